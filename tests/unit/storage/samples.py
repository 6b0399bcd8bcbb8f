"""Sample decisions, people and templates for the tests of storage."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import sqlite_utils
from sqlite_utils.migrations import Migrations

from kiosk.core import paths
from kiosk.core.decisions import Decision, LogEntry, LogFilter, Mode, Outcome, Reason
from kiosk.core.templates import Template
from kiosk.storage.audit import log_query
from kiosk.storage.audit.access_log import EVERYTHING, AccessLog
from kiosk.storage.backup import backup_file
from kiosk.storage.crypto.key_store import FileKeys, fetch_key
from kiosk.storage.db import schema_steps

SEOUL = timezone(timedelta(hours=9))
MORNING = datetime(2026, 3, 2, 9, 41, 7, 250_000, tzinfo=SEOUL)


def decision(
    at: datetime = MORNING, outcome: Outcome = Outcome.ACCEPT, **changes: object
) -> Decision:
    """Return a decision like those of the door."""
    fields: dict[str, object] = {
        "at": at,
        "outcome": outcome,
        "reason": Reason.MATCH if outcome is Outcome.ACCEPT else Reason.UNKNOWN,
        "mode": Mode.IDENTIFY,
        "threshold": 0.8,
        "embedder_id": "net",
        "person_name": "홍길동",
        "person_number": "2026-0001",
        "distance": 0.42,
        "runner_up": 0.97,
        "frames": 6,
        "votes": 4,
        "quality": 0.9,
    }
    return Decision(**(fields | changes))  # type: ignore[arg-type]


def entries(log: AccessLog, log_filter: LogFilter = EVERYTHING) -> Iterator[LogEntry]:
    """Yield all matching rows, newest first, read page by page as for an export."""

    def fetch(sql: str, values: list[object]) -> list[log_query.Row]:
        return log._database.call(log._read, sql, values)

    for page in log_query.pages(fetch, log_query.condition(log_filter, log._zone)):
        yield from page


def template(
    seed: int = 0, dimension: int = 8, embedder_id: str = "net", pose: str = "front"
) -> Template:
    """Return a template without a person."""
    vector = np.random.default_rng(seed).normal(size=dimension).astype(np.float32)
    return Template(0, embedder_id, vector, pose, 0.5)


def taken_until(last: str) -> Migrations:
    """Return the migrations of an older program, up to ``last``."""
    steps = Migrations("munjigi")
    for step in schema_steps.steps._migrations:
        steps(name=step.name)(step.fn)
        if step.name == last:
            break
    return steps


def plain_database(
    path: Path, templates: Sequence[tuple[str, Template]], number: str = "2026-1"
) -> int:
    """Create a database with unsealed templates of one person; return their id."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA secure_delete = ON")
        schema_steps.steps.apply(sqlite_utils.Database(connection))
        person = connection.execute(
            "INSERT INTO people (number, name, folded, role, enabled, created_at)"
            " VALUES (?, '이산', '이산', 'student', 1, ?)"
            " RETURNING id",
            [number, MORNING.isoformat()],
        ).fetchone()[0]
        for embedder_id, made in templates:
            connection.execute(
                "INSERT INTO templates"
                " (person_id, embedder_id, dimension, vector, pose, quality, created_at)"
                " VALUES (?, ?, ?, ?, ?, 0.5, ?)",
                [
                    person,
                    embedder_id,
                    made.vector.size,
                    made.vector.tobytes(),
                    made.pose,
                    MORNING.isoformat(),
                ],
            )
        connection.commit()
    return int(person)


def master_of(path: Path, backup: Path) -> bytes:
    """Return the content key of a backup, with the master key of the database at ``path``."""
    name = backup_file.header(backup).slots["master"]
    return backup_file.content_key(
        backup, "master", fetch_key(FileKeys(paths.keys_dir(path.parent)), "master", name)
    )


@contextmanager
def opened(backup: Path, path: Path) -> Iterator[sqlite3.Connection]:
    """Open the database in a backup, with the master key of the database at ``path``."""
    with tempfile.TemporaryDirectory() as folder:
        inside = Path(folder) / "inside.db"
        backup_file.unpack(backup, master_of(path, backup), inside)
        with closing(sqlite3.connect(inside)) as connection:
            yield connection
