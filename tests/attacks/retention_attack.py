"""An attack on evidence: an old date makes the kiosk itself remove rows and sign for it."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

from kiosk.core.errors import StorageError
from kiosk.storage.audit.chain_verification import verify_log
from kiosk.storage.audit.retention import Retention
from kiosk.storage.store import Store
from tests.attacks.table import Outcome, attack
from tests.unit.storage.samples import MORNING, decision

YEAR_US = 365 * 86_400_000_000


@attack("C16", "an old date in rows makes the kiosk remove them", tries=40, short=4)
def age_rows(folder: Path, tries: int) -> Outcome:
    """Age the first rows by a year, then let the kiosk apply its retention rule."""
    chance = random.Random(16)
    succeeded = 0
    for n in range(tries):
        path = folder / f"{n}" / "munjigi.db"
        with Store.open(path) as store:
            for minute in range(6):
                store.access_log.append(decision(MORNING + timedelta(minutes=minute)))
        old = (MORNING - timedelta(days=365)).isoformat()
        with closing(sqlite3.connect(path)) as raw, raw:
            raw.execute(
                "UPDATE log SET at = ?, at_us = at_us - ? WHERE id <= ?",
                [old, YEAR_US, chance.randint(1, 6)],
            )
        with Store.open(path) as store, suppress(StorageError):
            Retention(store, 90).run(MORNING + timedelta(hours=1))
        succeeded += not verify_log(path).finding
    return tries, succeeded, ""
