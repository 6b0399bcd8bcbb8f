"""Attack on what is typed as a number and belongs to nobody: a PIN, or the code of a card."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

from kiosk.access.policy import may_enter
from kiosk.core.decisions import LogFilter, Mode
from kiosk.door.claims import Claims
from kiosk.door.verification import VerifyService
from kiosk.storage.audit.log_export import KINDS, export_log
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from kiosk.vision.recognition.gallery import Gallery
from tests.attacks.table import Outcome, attack
from tests.helpers.door import NotedLock


@attack("D21", "read a typed PIN or card code from what is stored", tries=600, short=30)
def typed_numbers(folder: Path, tries: int) -> Outcome:
    """Type secrets into the number field, then look for them in every file and every row shown."""
    random = Random(21)
    secrets = [_secret(random) for _ in range(tries)]
    file = logging.FileHandler(folder / "kiosk.log", encoding="utf-8")
    kiosk = logging.getLogger("kiosk")
    before = kiosk.level, kiosk.propagate
    kiosk.addHandler(file)
    kiosk.setLevel(logging.DEBUG)
    kiosk.propagate = False
    try:
        shown = _type_and_export(folder, secrets)
    finally:
        kiosk.removeHandler(file)
        kiosk.setLevel(before[0])
        kiosk.propagate = before[1]
        file.close()
    everything = b"\0".join(_contents(folder)) + shown.encode()
    return tries, sum(secret.encode() in everything for secret in secrets), "in every file and row"


def _secret(random: Random) -> str:
    if random.random() < 0.5:
        return f"{random.randrange(10**7, 10**9)}"
    return f"04{random.randrange(16**12):012X}"


def _type_and_export(folder: Path, secrets: list[str]) -> str:
    """Type ``secrets`` at the door, export the log in every format, and return what is shown."""
    path = folder / "data" / "munjigi.db"
    with Store.open(path) as store:
        _type(store, secrets)
        for kind in KINDS:
            export_log(path, LogFilter(), folder / f"log.{kind}", kind, vault=store.vault)
        for secret in secrets[:10]:
            assert store.access_log.count(LogFilter(text=secret)) == 1, "a search finds it"
        rows, _ = store.access_log.query(LogFilter(), len(secrets), 0)
        store.backups.make("daily", local_now())
        return repr(rows)


def _type(store: Store, secrets: list[str]) -> None:
    gallery = Gallery("net", 8)
    claims = Claims(
        store.people, gallery, store.door_pins, store.door_tries, lambda person: person.look_alike
    )
    service = VerifyService(
        store.people,
        store.access_log,
        NotedLock(),
        may_enter,
        local_now,
        embedder_id="net",
        open_s=1.0,
    )
    for at, secret in enumerate(secrets):
        claim = claims.begin(secret, float(at))
        assert claim.reason is not None
        service.refuse(claim.reason, Mode.VERIFY, 1.0, claim.number, claim.person)


def _contents(folder: Path) -> Iterator[bytes]:
    """Yield the content of every file, and of what is packed in a workbook."""
    for file in sorted(folder.rglob("*")):
        if not file.is_file():
            continue
        yield file.read_bytes()
        if file.suffix == ".xlsx":
            with zipfile.ZipFile(file) as book:
                yield from map(book.read, book.namelist())
