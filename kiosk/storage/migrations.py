"""The numbered steps from an empty file to the present tables.

Each step runs in a savepoint together with its own record; all pending steps share one transaction
of the caller, so a database is never left between two versions. A published step is never
changed: add another one.
"""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

APPLICATION_ID = 0x4D4E4A47  # "MNJG", in the file's header: tells our database from other programs'

steps = Migrations("munjigi")


def applied(db: Database) -> list[str]:
    """Names of the steps that the database has taken, in order."""
    return [step.name for step in steps.applied(db)]


def pending(db: Database) -> list[str]:
    """Names of the steps that are still to be taken, in order."""
    return [step.name for step in steps.pending(db)]


def unknown(db: Database) -> list[str]:
    """Names of steps that a newer program took."""
    known = {step.name for step in steps._migrations}
    return [name for name in applied(db) if name not in known]


_PEOPLE = """
CREATE TABLE people (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again: a stale gallery must not name somebody else
    number TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    role TEXT NOT NULL,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    valid_from TEXT,
    valid_until TEXT,
    consented_at TEXT,
    created_at TEXT NOT NULL
) STRICT
"""

_TEMPLATES = """
CREATE TABLE templates (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    embedder_id TEXT NOT NULL CHECK (embedder_id <> ''),
    dimension INTEGER NOT NULL CHECK (dimension > 0),
    vector BLOB NOT NULL CHECK (length(vector) = 4 * dimension),  -- float32, little-endian
    pose TEXT NOT NULL,
    quality REAL NOT NULL,
    created_at TEXT NOT NULL
) STRICT
"""

_LOG = """
CREATE TABLE log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    mode TEXT NOT NULL,
    person_id INTEGER REFERENCES people (id) ON DELETE SET NULL,
    person_name TEXT NOT NULL,
    person_number TEXT NOT NULL,
    folded TEXT NOT NULL,
    distance REAL,
    runner_up REAL,
    threshold REAL NOT NULL,
    frames INTEGER NOT NULL,
    votes INTEGER NOT NULL,
    quality REAL NOT NULL,
    embedder_id TEXT NOT NULL
) STRICT
"""

_ACCOUNTS = """
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    folded TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    pin_hash TEXT NOT NULL,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    failures INTEGER NOT NULL DEFAULT 0,
    blocked_until_us INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL
) STRICT
"""

_SETTINGS = "CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL CHECK (json_valid(value))) STRICT"

# Each index of the log ends with the time (and, silently, the row's number): pages come out of it in order, without sorting.
_INDEXES = (
    "CREATE INDEX templates_embedder ON templates (embedder_id, person_id)",
    "CREATE INDEX templates_person ON templates (person_id)",
    "CREATE INDEX people_folded ON people (folded)",
    "CREATE INDEX log_at ON log (at_us)",
    "CREATE INDEX log_outcome_at ON log (outcome, at_us)",
    "CREATE INDEX log_person_at ON log (person_id, at_us)",
)


@steps(name="0001_first_tables")
def _first_tables(db: Database) -> None:
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    for statement in (_PEOPLE, _TEMPLATES, _LOG, _ACCOUNTS, _SETTINGS, *_INDEXES):
        db.execute(statement)


@steps(name="0002_embedders_by_checksum")
def _embedders_by_checksum(db: Database) -> None:
    """Templates carry the checksum of the network that made them. Those of dlib and sface are known, they never changed.
    Which Siamese network, FaceNet or network of one's own it was nobody knows: these keep the bare name, match no
    network any more, and their people are enrolled again."""
    for name, known in (("dlib", "dlib@377d4af1"), ("sface", "sface@0ba9fbfa")):
        db.execute("UPDATE templates SET embedder_id = ? WHERE embedder_id = ?", [known, name])


_EVIDENCE = (
    # apart from the log, so that a retention rule may drop the frames earlier than the rows
    """CREATE TABLE log_traces (
    log_id INTEGER PRIMARY KEY REFERENCES log (id) ON DELETE CASCADE,
    trace BLOB NOT NULL  -- kiosk/trace.py
) STRICT""",
    """CREATE TABLE look_alikes (
    first INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    second INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    distance REAL NOT NULL,
    embedder_id TEXT NOT NULL,
    found_at TEXT NOT NULL,
    PRIMARY KEY (first, second),
    CHECK (first < second)
) STRICT""",
    "CREATE INDEX look_alikes_second ON look_alikes (second)",
)

_DOOR_PINS = (
    """CREATE TABLE door_pins (
    person_id INTEGER PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,
    pin_hash TEXT NOT NULL,
    set_at TEXT NOT NULL
) STRICT""",
    """CREATE TABLE door_tries (
    subject TEXT PRIMARY KEY,  -- a student number without hyphens, or * for all together
    failures INTEGER NOT NULL,
    blocked_until_us INTEGER NOT NULL,
    at_us INTEGER NOT NULL
) STRICT""",
)


@steps(name="0003_evidence")
def _evidence(db: Database) -> None:
    """The frames behind each decision, and who looks alike."""
    for statement in _EVIDENCE:
        db.execute(statement)


@steps(name="0004_door_pins")
def _door_pins(db: Database) -> None:
    """PINs for the door, and how often numbers and PINs were guessed."""
    for statement in _DOOR_PINS:
        db.execute(statement)


@steps(name="0005_groups")
def _groups(db: Database) -> None:
    """Which access groups a person is in, as a JSON list of names."""
    db.execute("ALTER TABLE people ADD COLUMN member_of TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(member_of))")


@steps(name="0006_cards")
def _cards(db: Database) -> None:
    """Cards, badges and bar codes by a keyed hash of their code."""
    db.execute("""CREATE TABLE cards (
    id INTEGER PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('badge', 'card')),
    code_hash TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (kind, code_hash)
) STRICT""")
    db.execute("CREATE INDEX cards_person ON cards (person_id)")
