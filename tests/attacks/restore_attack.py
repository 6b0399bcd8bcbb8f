"""Attacks by restoring: somebody who was kept out since the backup comes back with it."""

from __future__ import annotations

import logging
from pathlib import Path

from kiosk.access.policy import may_enter
from kiosk.core.decisions import Mode, Reason, Verdict
from kiosk.door.verification import VerifyService
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from tests.attacks.table import Outcome, attack
from tests.helpers.door import NotedLock
from tests.helpers.restored import AGAINST, filled, person, restored


@attack("B9", "come back with a backup after being kept out", tries=24, short=2)
def come_back(folder: Path, tries: int) -> Outcome:
    """Store something against somebody, restore the backup of before, and use what it undoes."""
    succeeded = 0
    for number, (against, in_vain) in zip(
        range(tries), list(AGAINST.values()) * tries, strict=False
    ):
        path = folder / str(number) / "data" / "munjigi.db"
        with filled(path) as store:
            backup = store.backups.make("x", local_now())
            against(store)
        with restored(path, backup) as back:
            succeeded += in_vain(back)
    return tries, succeeded, f"{len(AGAINST)} ways of being kept out"


@attack("B9", "come back with a backup after the database was spoilt", tries=12, short=1)
def come_back_unnoticed(folder: Path, tries: int) -> Outcome:
    """Spoil the database that knows of it, restore, and come to the door, also after a restart."""
    succeeded = 0
    for number in range(tries):
        path = folder / str(number) / "data" / "munjigi.db"
        with filled(path) as store:
            backup = store.backups.make("x", local_now())
            AGAINST["disabled"][0](store)
        if number % 2:
            path.write_bytes(b"\xff" * 20_000)
        else:
            path.unlink()
        restored(path, backup).close()
        with Store.open(path) as back:
            succeeded += _opens(back)
    return tries, succeeded, "damaged or missing; what opens the door gets no time"


def _opens(store: Store) -> bool:
    """Return whether the door opens for the person who was disabled."""
    lock = NotedLock()
    service = VerifyService(
        store.people,
        store.access_log,
        lock,
        may_enter,
        store.trusted_clock(),
        embedder_id="net",
        open_s=1.0,
    )
    found = person(store)
    assert found is not None
    logging.disable(logging.ERROR)
    try:
        service.decide(Verdict(Reason.MATCH, found.id), Mode.IDENTIFY, 1.0, 1.0)
    finally:
        logging.disable(logging.NOTSET)
    return lock.opened > 0
