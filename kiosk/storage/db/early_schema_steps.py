"""Migrations 0001 to 0013. They are published and never changed; new ones are in
``late_schema_steps``."""

from __future__ import annotations

from sqlite_utils import Database

from kiosk.storage.db.migration_set import APPLICATION_ID, steps

_PEOPLE = """
CREATE TABLE people (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused: an old gallery may still hold it
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

_SETTINGS = (
    "CREATE TABLE settings (key TEXT PRIMARY KEY,"
    " value TEXT NOT NULL CHECK (json_valid(value))) STRICT"
)

# Each index of the log ends with the time and, implicitly, the row id: pages need no sorting.
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
    """Add the checksum of the network to the embedder of each template.

    The networks of dlib and sface never changed, so their checksums are known. For others it is
    unknown which version made a template: they keep the name without a checksum, match no network
    any more, and their people must be enrolled again.
    """
    for name, known in (("dlib", "dlib@377d4af1"), ("sface", "sface@0ba9fbfa")):
        db.execute("UPDATE templates SET embedder_id = ? WHERE embedder_id = ?", [known, name])


_EVIDENCE = (
    # apart from the log, so that frames can be deleted earlier than rows
    """CREATE TABLE log_traces (
    log_id INTEGER PRIMARY KEY REFERENCES log (id) ON DELETE CASCADE,
    trace BLOB NOT NULL  -- kiosk/core/voting_trace.py
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
    subject TEXT PRIMARY KEY,  -- a student number without hyphens, or * for all numbers
    failures INTEGER NOT NULL,
    blocked_until_us INTEGER NOT NULL,
    at_us INTEGER NOT NULL
) STRICT""",
)


@steps(name="0003_evidence")
def _evidence(db: Database) -> None:
    """Add the frames behind each decision, and pairs of look-alikes."""
    for statement in _EVIDENCE:
        db.execute(statement)


@steps(name="0004_door_pins")
def _door_pins(db: Database) -> None:
    """Add PINs for the door and failed tries of numbers and PINs."""
    for statement in _DOOR_PINS:
        db.execute(statement)


@steps(name="0005_groups")
def _groups(db: Database) -> None:
    """Add the access groups of a person, a JSON list of names."""
    db.execute(
        "ALTER TABLE people ADD COLUMN member_of TEXT NOT NULL DEFAULT '[]'"
        " CHECK (json_valid(member_of))"
    )


@steps(name="0006_cards")
def _cards(db: Database) -> None:
    """Add cards, badges and bar codes by a keyed hash of their code."""
    db.execute("""CREATE TABLE cards (
    id INTEGER PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('badge', 'card')),
    code_hash TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (kind, code_hash)
) STRICT""")
    db.execute("CREATE INDEX cards_person ON cards (person_id)")


_SEALED = """
CREATE TABLE templates (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    embedder_id TEXT NOT NULL CHECK (embedder_id <> ''),
    dimension INTEGER NOT NULL CHECK (dimension > 0),
    -- nonce, float32 encrypted with the person's key, tag
    sealed BLOB NOT NULL CHECK (length(sealed) = 4 * dimension + 28),
    pose TEXT NOT NULL,
    quality REAL NOT NULL,
    created_at TEXT NOT NULL
) STRICT
"""

_VAULT = (
    # which key is in use for which purpose; not the keys themselves
    "CREATE TABLE vault_keys (purpose TEXT PRIMARY KEY, key_id TEXT NOT NULL,"
    " since TEXT NOT NULL, wrapped BLOB) STRICT",
    "CREATE TABLE signers (fingerprint TEXT PRIMARY KEY, public BLOB NOT NULL,"
    " key_id TEXT NOT NULL, since TEXT NOT NULL) STRICT",
    "CREATE TABLE person_keys (person_id INTEGER PRIMARY KEY"
    " REFERENCES people (id) ON DELETE CASCADE, master TEXT NOT NULL,"
    " wrapped BLOB NOT NULL CHECK (length(wrapped) = 60)) STRICT",
    "CREATE TABLE receipts (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL,"
    " person_id INTEGER NOT NULL,"
    " document TEXT NOT NULL CHECK (json_valid(document))) STRICT",
)


@steps(name="0007_sealed_templates")
def _sealed_templates(db: Database) -> None:
    """Add sealed templates; ``template_rows.seal_plain`` seals the plain ones."""
    db.execute("DROP INDEX templates_embedder")
    db.execute("DROP INDEX templates_person")
    db.execute("ALTER TABLE templates RENAME TO plain_templates")
    for statement in (_SEALED, *_VAULT, *_INDEXES[:2]):
        db.execute(statement)


_CONSENT = (
    "CREATE TABLE consent_texts (version INTEGER PRIMARY KEY, ko TEXT NOT NULL, en TEXT NOT NULL,"
    " since TEXT NOT NULL,"
    " UNIQUE (ko, en)) STRICT",
    # version NULL: given before texts were stored
    "CREATE TABLE consents (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " person_id INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,"
    " version INTEGER REFERENCES consent_texts (version), language TEXT NOT NULL,"
    " given_at TEXT NOT NULL, withdrawn_at TEXT) STRICT",
    "CREATE INDEX consents_person ON consents (person_id)",
    "ALTER TABLE people ADD COLUMN entry TEXT NOT NULL DEFAULT 'face'"
    " CHECK (entry IN ('face', 'pin', 'card'))",
    "INSERT INTO consents (person_id, language, given_at)"
    " SELECT id, '', consented_at FROM people WHERE consented_at IS NOT NULL",
)


@steps(name="0008_consent")
def _consent(db: Database) -> None:
    """Add consents with their dates and the text that was read."""
    for statement in _CONSENT:
        db.execute(statement)


_CHAIN = (
    """CREATE TABLE actions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    event TEXT NOT NULL,
    actor TEXT NOT NULL,
    detail TEXT NOT NULL CHECK (json_valid(detail)),
    folded TEXT NOT NULL
) STRICT""",
    "CREATE INDEX actions_at ON actions (at_us)",
    # one link for each row of log (kind 0) and actions (kind 1), in the order of writing
    "CREATE TABLE chain (seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL CHECK (kind IN (0, 1)),"
    " row_id INTEGER NOT NULL,"
    " link BLOB NOT NULL CHECK (length(link) = 32)) STRICT",
    "CREATE TABLE chain_head (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL,"
    " link BLOB NOT NULL, signer TEXT NOT NULL,"
    " signature BLOB NOT NULL) STRICT",
    "CREATE TABLE checkpoints (seq INTEGER PRIMARY KEY, link BLOB NOT NULL, at TEXT NOT NULL,"
    " signer TEXT NOT NULL, signature BLOB NOT NULL) STRICT",
    "CREATE TABLE removals (last_seq INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL,"
    " link BLOB NOT NULL, at TEXT NOT NULL, signer TEXT NOT NULL,"
    " signature BLOB NOT NULL) STRICT",
)


@steps(name="0009_chain")
def _chain(db: Database) -> None:
    """Add the hash chain; ``Chain.adopt`` links the existing rows, with the signing key."""
    for statement in _CHAIN:
        db.execute(statement)


_COUNTS = (
    # rows per quarter of an hour, so that a page of millions of rows need not count them
    "CREATE TABLE log_counts (quarter INTEGER NOT NULL, outcome TEXT NOT NULL, n INTEGER NOT NULL,"
    " PRIMARY KEY (quarter, outcome)) STRICT, WITHOUT ROWID",
    # each name and number once: words are searched in thousands of names, not millions of rows
    "CREATE TABLE log_names (folded TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE INDEX log_folded_at ON log (folded, at_us)",
    "INSERT INTO log_counts SELECT at_us / 900000000, outcome, count(*) FROM log GROUP BY 1, 2",
    "INSERT INTO log_names SELECT folded, count(*) FROM log GROUP BY 1",
    """CREATE TRIGGER log_counted AFTER INSERT ON log BEGIN
    INSERT INTO log_counts VALUES (new.at_us / 900000000, new.outcome, 1)
        ON CONFLICT DO UPDATE SET n = n + 1;
    INSERT INTO log_names VALUES (new.folded, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END""",
    """CREATE TRIGGER log_uncounted AFTER DELETE ON log BEGIN
    UPDATE log_counts SET n = n - 1
        WHERE quarter = old.at_us / 900000000 AND outcome = old.outcome;
    DELETE FROM log_counts
        WHERE quarter = old.at_us / 900000000 AND outcome = old.outcome AND n <= 0;
    UPDATE log_names SET n = n - 1 WHERE folded = old.folded;
    DELETE FROM log_names WHERE folded = old.folded AND n <= 0;
END""",
)


@steps(name="0010_log_counts")
def _log_counts(db: Database) -> None:
    """Add counts and names of the log, updated by triggers."""
    for statement in _COUNTS:
        db.execute(statement)


_REASONS = (
    # as log_counts, by reason: an index of millions of rows would be too slow
    "CREATE TABLE log_reasons (quarter INTEGER NOT NULL, reason TEXT NOT NULL, n INTEGER NOT NULL,"
    " PRIMARY KEY (quarter, reason)) STRICT, WITHOUT ROWID",
    "INSERT INTO log_reasons SELECT at_us / 900000000, reason, count(*) FROM log"
    " WHERE outcome = 'REJECT' GROUP BY 1, 2",
    """CREATE TRIGGER log_reason_counted AFTER INSERT ON log WHEN new.outcome = 'REJECT' BEGIN
    INSERT INTO log_reasons VALUES (new.at_us / 900000000, new.reason, 1)
        ON CONFLICT DO UPDATE SET n = n + 1;
END""",
    """CREATE TRIGGER log_reason_uncounted AFTER DELETE ON log WHEN old.outcome = 'REJECT' BEGIN
    UPDATE log_reasons SET n = n - 1
        WHERE quarter = old.at_us / 900000000 AND reason = old.reason;
    DELETE FROM log_reasons
        WHERE quarter = old.at_us / 900000000 AND reason = old.reason AND n <= 0;
END""",
)


@steps(name="0011_log_reasons")
def _log_reasons(db: Database) -> None:
    """Add counts of the reasons for rejects, updated by triggers."""
    for statement in _REASONS:
        db.execute(statement)


@steps(name="0012_liveness")
def _liveness(db: Database) -> None:
    """Add the liveness score of a decision; NULL if it was not measured, as in older rows."""
    db.execute("ALTER TABLE log ADD COLUMN liveness REAL")


_CONSENT_BY_LANGUAGE = (
    "CREATE TABLE consent_versions (version INTEGER PRIMARY KEY, since TEXT NOT NULL) STRICT",
    "CREATE TABLE texts_by_language (version INTEGER NOT NULL"
    " REFERENCES consent_versions (version), language TEXT NOT NULL, text TEXT NOT NULL,"
    " PRIMARY KEY (version, language)) STRICT",
    "INSERT INTO consent_versions SELECT version, since FROM consent_texts",
    "INSERT INTO texts_by_language SELECT version, 'ko', ko FROM consent_texts",
    "INSERT INTO texts_by_language SELECT version, 'en', en FROM consent_texts",
    # SQLite cannot point a foreign key at another table: the consents are copied
    "CREATE TABLE new_consents (id INTEGER PRIMARY KEY AUTOINCREMENT, person_id INTEGER NOT NULL"
    " REFERENCES people (id) ON DELETE CASCADE,"
    " version INTEGER REFERENCES consent_versions (version), language TEXT NOT NULL,"
    " given_at TEXT NOT NULL, withdrawn_at TEXT) STRICT",
    "INSERT INTO new_consents SELECT id, person_id, version, language, given_at, withdrawn_at"
    " FROM consents",
    "DROP TABLE consents",
    "DROP TABLE consent_texts",
    "ALTER TABLE new_consents RENAME TO consents",
    "ALTER TABLE texts_by_language RENAME TO consent_texts",
    "CREATE INDEX consents_person ON consents (person_id)",
)


@steps(name="0013_consent_by_language")
def _consent_by_language(db: Database) -> None:
    """A row for each language of a consent text in place of a column for each."""
    for statement in _CONSENT_BY_LANGUAGE:
        db.execute(statement)
