"""An attack on the log's evidence: who a row is about, and the frames behind it."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from kiosk.core.people import Person
from kiosk.storage.audit.chain_verification import verify_log
from kiosk.storage.store import Store
from tests.attacks.table import Outcome, attack
from tests.unit.storage.samples import decision

CHANGES = (
    "UPDATE log SET person_id = 3 - person_id WHERE id = {row}",
    "UPDATE log SET person_id = NULL WHERE id = {row}",
    "UPDATE log_traces SET trace = zeroblob(20) WHERE log_id = {row}",
    "DELETE FROM log_traces WHERE log_id = {row}",
    "UPDATE log_traces SET trace = (SELECT trace FROM log_traces WHERE log_id = 21 - {row})"
    " WHERE log_id = {row}",
)
"""What an attacker writes; rows 1 to 20 are of persons 1 and 2."""


@attack("C18", "the person or the frames of a row are changed", tries=100, short=10)
def change_attachments(folder: Path, tries: int) -> Outcome:
    """Change them in one row of a copy, then verify its log."""
    chance = random.Random(18)
    path = folder / "data" / "munjigi.db"
    with Store.open(path) as store:
        people = [store.people.add(Person(f"2026-{n}", f"사람{n}")) for n in range(2)]
        for n in range(20):
            store.access_log.append(
                decision(person_id=people[n % 2].id, trace=f"frames {n}".encode())
            )
    succeeded = 0
    for n in range(tries):
        changed = folder / f"{n}.db"
        shutil.copyfile(path, changed)
        with closing(sqlite3.connect(changed)) as raw, raw:
            raw.execute(CHANGES[n % len(CHANGES)].format(row=chance.randint(1, 20)))
        succeeded += not verify_log(changed).finding
    return tries, succeeded, ""
