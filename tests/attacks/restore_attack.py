"""Attacks by restoring: somebody who was kept out since the backup comes back with it."""

from __future__ import annotations

from pathlib import Path

from kiosk.storage.db.timestamps import local_now
from tests.attacks.table import Outcome, attack
from tests.helpers.restored import AGAINST, filled, restored


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
