"""The person and the frames of a row of the log are covered by the chain, too."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.core.people import Person
from kiosk.storage.audit.chain_verification import sentence, verify_log
from kiosk.storage.store import Store
from tests.unit.storage.samples import decision


def meddle(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as raw, raw:
        for statement in statements:
            raw.execute(statement)


@pytest.fixture
def filled(store: Store) -> Store:
    """Rows 1 and 2 of two people with frames, row 3 of a stranger, row 4 without frames."""
    people = [store.people.add(Person(f"2026-{n}", f"사람{n}")) for n in range(2)]
    for person in people:
        store.access_log.append(decision(person_id=person.id, trace=b"frames"))
    store.access_log.append(decision(trace=b"others"))
    store.access_log.append(decision())
    return store


def test_an_untouched_log_is_sound(filled: Store, path: Path) -> None:
    assert verify_log(path).finding == ""


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE log SET person_id = 2 WHERE id = 1", "The person of row 1"),
        ("UPDATE log SET person_id = NULL WHERE id = 2", "The person of row 2"),
        ("UPDATE log SET person_id = 1 WHERE id = 3", "The person of row 3"),
        ("UPDATE log SET person_id = 3 - person_id", "The person of row 1"),
        ("UPDATE log SET person_id = 2, subject = 2 WHERE id = 1", "Row 1 of log"),
        ("UPDATE log SET subject = NULL, trace_digest = NULL WHERE id = 1", "Row 1 of log"),
        ("UPDATE log_traces SET trace = x'00' WHERE log_id = 2", "The frames behind row 2"),
        ("DELETE FROM log_traces WHERE log_id = 3", "The frames behind row 3"),
        ("DELETE FROM log_traces", "The frames behind row 1"),
        ("INSERT INTO log_traces VALUES (4, x'00')", "The frames behind row 4"),
        ("UPDATE log_traces SET log_id = 4 WHERE log_id = 3", "The frames behind row 3"),
        ("UPDATE log SET trace_digest = x'' WHERE id = 2", "Row 2 of log"),
    ],
)
def test_each_change_is_named(filled: Store, path: Path, statement: str, says: str) -> None:
    meddle(path, statement)
    found = verify_log(path)
    assert sentence(found).startswith(says) and found.values["table"] == "log"


def test_a_deleted_person_is_no_change(filled: Store, path: Path) -> None:
    filled.people.delete(1)
    assert verify_log(path).finding == ""
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT person_id, subject FROM log WHERE id < 3").fetchall() == [
            (None, 1),
            (2, 2),
        ]


def test_somebody_deleted_before_the_row_is_nobody(store: Store, path: Path) -> None:
    store.access_log.append(decision(person_id=7))
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT person_id, subject FROM log").fetchall() == [(None, 0)]
    assert verify_log(path).finding == ""


def test_rows_of_an_older_program_stay_verifiable(store: Store, path: Path) -> None:
    """The migration adds the columns; the links of the rows before it are as they were."""
    store.access_log.append(decision(trace=b"frames"))

    def old_row() -> None:
        raw = store.database.connection
        names = [row[1] for row in raw.execute("PRAGMA table_info(log)")]
        kept = ", ".join(sorted(set(names) - {"id", "subject", "trace_digest"}))
        with store.database.transaction():
            raw.execute(f"INSERT INTO log ({kept}) SELECT {kept} FROM log WHERE id = 1")
            raw.execute("INSERT INTO log_traces VALUES (2, x'01')")
            store.chain.add(raw, "log", 2, decision().at)

    store.database.call(old_row)
    store.access_log.append(decision(trace=b"frames"))
    assert verify_log(path).finding == ""
    meddle(path, "UPDATE log_traces SET trace = x'02' WHERE log_id = 2")
    assert verify_log(path).finding == "", "not covered in rows of an older program"
    meddle(path, "UPDATE log_traces SET trace = x'02' WHERE log_id = 3")
    assert verify_log(path).finding == "trace_changed"
