"""Migrations from 0014 on, in the order of their numbers."""

from __future__ import annotations

from sqlite_utils import Database

from kiosk.storage.db.migration_set import steps

ROW_SEALS = "0014_row_seals"

_ADDED_SEALS = (
    *(
        f"ALTER TABLE {table} ADD COLUMN seal BLOB"
        for table in (
            "people",
            "door_pins",
            "accounts",
            "cards",
            "settings",
            "look_alikes",
            "consents",
        )
    ),
    # the id of the person's key, so that the row's seal says which templates are theirs
    "ALTER TABLE people ADD COLUMN face_key TEXT NOT NULL DEFAULT ''",
    # the sum of the seals of all rows of a table, encrypted: row_seals.py
    "CREATE TABLE table_seals (name TEXT PRIMARY KEY, state BLOB NOT NULL) STRICT",
)


@steps(name=ROW_SEALS)
def _row_seals(db: Database) -> None:
    """Add the seals of rows that decide; ``Vault.seal_rows`` seals what is there."""
    for statement in _ADDED_SEALS:
        db.execute(statement)


@steps(name="0015_account_pins")
def _account_pins(db: Database) -> None:
    """Add when somebody else last chose an account's PIN, and whether its owner chose one since.

    Who chose the PINs of existing accounts is unknown; they count as their owners' own.
    """
    db.execute("ALTER TABLE accounts ADD COLUMN pin_given_at TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE accounts ADD COLUMN pin_is_own INTEGER NOT NULL DEFAULT 1")
    db.execute("UPDATE accounts SET pin_given_at = created_at")


@steps(name="0017_log_subject_and_trace")
def _log_subject_and_trace(db: Database) -> None:
    """Add what the chain covers of the person and the frames of a row; NULL in older rows.

    ``subject``: the person's id as written, 0 for nobody; unlike ``person_id`` it stays when a
    deletion clears that. ``trace_digest``: SHA-256 of the frames, empty without frames.
    """
    db.execute("ALTER TABLE log ADD COLUMN subject INTEGER")
    db.execute("ALTER TABLE log ADD COLUMN trace_digest BLOB")


@steps(name="0019_sealed_changes")
def _sealed_changes(db: Database) -> None:
    """Add to each action how often sealed rows had been changed; the hash chain covers it."""
    db.execute("ALTER TABLE actions ADD COLUMN sealed_changes INTEGER")


@steps(name="0020_looks")
def _looks(db: Database) -> None:
    """Add the look that a template belongs to, 0 for the enrolment, and what members answered.

    ``look_questions``: the latest question whether to keep a look, one row a person.
    """
    db.execute("ALTER TABLE templates ADD COLUMN look INTEGER NOT NULL DEFAULT 0")
    db.execute(
        "CREATE TABLE look_questions ("
        " person_id INTEGER PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,"
        " asked_at TEXT NOT NULL, answer TEXT NOT NULL) STRICT"
    )


@steps(name="0022_badge_dates")
def _badge_dates(db: Database) -> None:
    """Add the last day of a badge, so that it can be shown; NULL for cards and older badges.

    The door reads the day in the badge itself, which is signed.
    """
    db.execute("ALTER TABLE cards ADD COLUMN valid_until TEXT")


_LAST_ENTRIES = (
    "CREATE TABLE last_entries ("
    " person_id INTEGER PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,"
    " day TEXT NOT NULL) STRICT",
    "INSERT INTO last_entries SELECT person_id, max(substr(at, 1, 10)) FROM log"
    " WHERE outcome = 'ACCEPT' AND person_id IN (SELECT id FROM people) GROUP BY person_id",
    """CREATE TRIGGER log_last_entry AFTER INSERT ON log
    WHEN new.outcome = 'ACCEPT' AND new.person_id IS NOT NULL BEGIN
    INSERT INTO last_entries VALUES (new.person_id, substr(new.at, 1, 10))
        ON CONFLICT (person_id) DO UPDATE SET day = excluded.day;
END""",
)


@steps(name="0023_passes_and_last_entries")
def _passes_and_last_entries(db: Database) -> None:
    """Add the time of the last day at which a pass ends, and the day on which each was last let in.

    Rows of the log are removed after a while; the day of the last one stays, one row a person.
    """
    db.execute("ALTER TABLE people ADD COLUMN until_time TEXT")
    for statement in _LAST_ENTRIES:
        db.execute(statement)


_SEPARATE_CONSENTS = (
    # NULL: one consent for everything, given before there were separate ones. Nullable, so that
    # the seals of those rows still hold
    "ALTER TABLE consents ADD COLUMN kind TEXT",
    "ALTER TABLE consent_versions ADD COLUMN terms TEXT NOT NULL DEFAULT '{}'",
    "CREATE TABLE texts_by_kind (version INTEGER NOT NULL REFERENCES consent_versions (version),"
    " kind TEXT NOT NULL, language TEXT NOT NULL, text TEXT NOT NULL,"
    " PRIMARY KEY (version, kind, language)) STRICT",
    "INSERT INTO texts_by_kind SELECT version, '', language, text FROM consent_texts"
    " ORDER BY rowid",
    "DROP TABLE consent_texts",
    "ALTER TABLE texts_by_kind RENAME TO consent_texts",
)


@steps(name="0024_separate_consents")
def _separate_consents(db: Database) -> None:
    """Add what a consent is about, and a text for each kind; older texts are about everything."""
    for statement in _SEPARATE_CONSENTS:
        db.execute(statement)


@steps(name="0024_consent_signatures")
def _consent_signatures(db: Database) -> None:
    """Add the signatures drawn at the consents, sealed with the person's key."""
    db.execute(
        "CREATE TABLE consent_signatures (id INTEGER PRIMARY KEY AUTOINCREMENT,"
        " person_id INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,"
        " signed_at TEXT NOT NULL, sealed BLOB NOT NULL) STRICT"
    )
    db.execute("CREATE INDEX consent_signatures_person ON consent_signatures (person_id)")


_FLEET = (
    # this node's place in a fleet, one row; lease: JSON
    "CREATE TABLE fleet_membership (one INTEGER PRIMARY KEY CHECK (one = 1), fleet TEXT NOT NULL,"
    " node TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, founder BLOB NOT NULL,"
    " number INTEGER NOT NULL, link BLOB NOT NULL CHECK (length(link) = 32), lease TEXT,"
    " revoked INTEGER NOT NULL DEFAULT 0, seal BLOB) STRICT",
    "CREATE TABLE fleet_nodes (node TEXT PRIMARY KEY,"
    " document TEXT NOT NULL CHECK (json_valid(document)), seal BLOB) STRICT",
    # which row here is which subject in the fleet; it stays after a deletion, so that nothing
    # brings the person back. version: the newest known; read_*: the newest line of the feed
    "CREATE TABLE fleet_subjects (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,"
    " subject TEXT NOT NULL, local_id INTEGER, version INTEGER NOT NULL, member_of TEXT NOT NULL,"
    " read_number INTEGER NOT NULL DEFAULT 0, read_version INTEGER NOT NULL DEFAULT 0,"
    " read_digest BLOB NOT NULL DEFAULT x'', read_audience TEXT NOT NULL DEFAULT '[]',"
    " writer TEXT NOT NULL DEFAULT '', waiting INTEGER NOT NULL DEFAULT 0, seal BLOB,"
    " UNIQUE (kind, subject), UNIQUE (kind, local_id)) STRICT",
    "CREATE INDEX fleet_subjects_waiting ON fleet_subjects (id) WHERE waiting",
    # what staff changed and the centre does not have yet
    "CREATE TABLE fleet_changed (stamp INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,"
    " local_id INTEGER NOT NULL, actor TEXT, at TEXT, UNIQUE (kind, local_id)) STRICT",
    "CREATE INDEX fleet_changed_unsigned ON fleet_changed (stamp) WHERE actor IS NULL",
    # mine, theirs: JSON; *_faces: templates sealed with the person's key
    "CREATE TABLE fleet_conflicts (id INTEGER PRIMARY KEY AUTOINCREMENT, why TEXT NOT NULL,"
    " kind TEXT NOT NULL, subject TEXT NOT NULL, other TEXT NOT NULL, local_id INTEGER NOT NULL,"
    " mine TEXT NOT NULL, theirs TEXT NOT NULL, mine_faces BLOB, theirs_faces BLOB,"
    " found_at TEXT NOT NULL, seal BLOB) STRICT",
    "CREATE TABLE fleet_deletions (number INTEGER PRIMARY KEY, subject TEXT NOT NULL,"
    " at TEXT NOT NULL, sent INTEGER NOT NULL DEFAULT 0) STRICT",
)


@steps(name="0026_fleet")
def _fleet(db: Database) -> None:
    """Add what a node of a fleet keeps; all of it stays empty elsewhere."""
    for statement in _FLEET:
        db.execute(statement)
