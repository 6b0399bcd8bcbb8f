"""Rows of one person damaged, by a disk or by somebody who can write the database."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import numpy as np

from kiosk.core.errors import KioskError
from kiosk.core.people import Person
from kiosk.core.templates import Template
from kiosk.storage.store import Store
from tests.attacks.table import Outcome, attack

NOW = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)

DAMAGES = (
    "UPDATE templates SET sealed = zeroblob(length(sealed)) WHERE person_id = 1",
    "UPDATE templates SET sealed = zeroblob(7) WHERE person_id = 1",
    "UPDATE templates SET dimension = 1000000000 WHERE person_id = 1",
    "UPDATE templates SET dimension = -5 WHERE person_id = 1",
    "UPDATE templates SET id = id + 100 WHERE person_id = 1",
    "UPDATE templates SET person_id = 2 WHERE person_id = 1",
    "UPDATE person_keys SET wrapped = zeroblob(length(wrapped)) WHERE person_id = 1",
    "UPDATE person_keys SET wrapped = zeroblob(3) WHERE person_id = 1",
    "UPDATE person_keys SET master = 'nothing' WHERE person_id = 1",
)


@attack("E25", "keep everybody out by one damaged template", tries=len(DAMAGES), short=3)
def one_row(folder: Path, tries: int) -> Outcome:
    """Damage what is stored of one of three people; then read the gallery."""
    kept_out = []
    for number, damage in enumerate(islice(DAMAGES, tries)):
        with Store.open(folder / str(number) / "munjigi.db") as opened:
            store = opened.using(lambda: NOW)
            for one in (1, 2, 3):
                vector = np.full(8, one, np.float32)
                person = Person(str(one), "홍길동", consented_at=NOW)
                store.people.add_with_templates(person, [Template(0, "net", vector, "front")])
            _execute(store, damage)
            try:
                table = list(store.people.template_table("net").person_ids)
                objects = [one.person_id for one in store.people.templates("net")]
            except (KioskError, MemoryError, ValueError) as error:
                kept_out.append(f"{damage}: {type(error).__name__}")
                continue
            if not {2, 3} <= set(table) or not {2, 3} <= set(objects):
                kept_out.append(f"{damage}: {table}")
    return number + 1, len(kept_out), "; ".join(kept_out)


def _execute(store: Store, statement: str) -> None:
    def change() -> None:
        store.database.connection.execute("PRAGMA ignore_check_constraints = ON")
        with store.database.transaction():
            store.database.connection.execute(statement)

    store.database.call(change)
