"""The hash chain: any manipulation of the log is found, with its first row."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.core import paths
from kiosk.core.decisions import LogFilter
from kiosk.core.errors import StorageError
from kiosk.core.people import Person
from kiosk.core.reports import LogCheck
from kiosk.storage.audit import hash_chain
from kiosk.storage.audit.chain_verification import sentence, verify_log
from kiosk.storage.audit.hash_chain import content, next_link
from kiosk.storage.audit.retention import Retention
from kiosk.storage.crypto.key_store import FileKeys, new_key, store_key
from kiosk.storage.crypto.signing import Signer
from kiosk.storage.db import schema_steps
from kiosk.storage.store import Store
from tests.unit.storage.samples import (
    MORNING,
    decision,
    entries,
    plain_database,
    taken_until,
    template,
)


@pytest.fixture
def filled(store: Store, path: Path) -> Store:
    """Ten decisions and five actions, interleaved, with a checkpoint every four rows."""
    fill(store)
    return store


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hash_chain, "CHECKPOINT_EVERY", 4)


def fill(store: Store, rows: int = 10, start: datetime = MORNING) -> None:
    log = store.access_log
    for n in range(rows):
        log.append(decision(start + timedelta(seconds=n), person_number=f"N{n}"))
        if n % 2:
            store.using(lambda n=n: start + timedelta(seconds=n)).audit_log.record(
                "signed_in", "관리자", {"n": n}
            )


def meddle(path: Path, *statements: str) -> None:
    """Manipulate the file without the keys."""
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("PRAGMA foreign_keys = OFF")
        for statement in statements:
            raw.execute(statement)


def finding_of(path: Path) -> str:
    return sentence(verify_log(path))


def test_an_untouched_log_is_sound(filled: Store, path: Path) -> None:
    report = verify_log(path)
    assert (report.finding, report.rows, report.removed, report.signed) == ("", 15, 0, 15)
    assert report.fingerprint == filled.signer().fingerprint


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "has no log that could be verified"),
        ("CREATE TABLE stamps (id)", "belongs to another program"),
        (
            f"PRAGMA application_id = {schema_steps.APPLICATION_ID}",
            "has no log that could be verified",
        ),
        ("PRAGMA application_id = 7", "belongs to another program"),
    ],
)
def test_a_database_without_a_chain_is_refused(tmp_path: Path, content: str, says: str) -> None:
    with closing(sqlite3.connect(tmp_path / "munjigi.db")) as raw, raw:
        raw.execute(content)
    (tmp_path / "munjigi.db").touch()
    with pytest.raises(StorageError, match=says):
        verify_log(tmp_path / "munjigi.db")


def test_the_log_of_an_older_program_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(schema_steps, "steps", taken_until("0008_consent"))
        plain_database(tmp_path / "old.db", [])
    with pytest.raises(StorageError, match="has no log that could be verified"):
        verify_log(tmp_path / "old.db")


def test_an_empty_log_is_sound(store: Store, path: Path) -> None:
    assert verify_log(path) == LogCheck(
        0, 0, 0, verify_log(path).fingerprint, signers=(verify_log(path).fingerprint,)
    )


@pytest.mark.parametrize(
    ("statements", "says"),
    [
        (
            [
                "UPDATE log SET outcome = 'ACCEPT', reason = 'match' WHERE id = 4",
                "UPDATE log SET outcome = 'REJECT' WHERE id = 4",
            ],
            "Row 4 of log",
        ),
        (
            ["UPDATE log SET person_name = '이산' WHERE id = 7"],
            "Row 7 of log (2026-03-02 09:41:13) was changed",
        ),
        (
            ["UPDATE log SET distance = distance + 1e-9 WHERE id = 3"],
            "Row 3 of log (2026-03-02 09:41:09) was changed",
        ),
        (
            ["UPDATE log SET runner_up = NULL WHERE id = 2"],
            "Row 2 of log (2026-03-02 09:41:08) was changed",
        ),
        (
            ["UPDATE actions SET actor = 'nobody' WHERE id = 2"],
            "Row 2 of actions (2026-03-02 09:41:10) was changed",
        ),
        (["DELETE FROM log WHERE id = 5"], "Row 5 of log was removed"),
        (["DELETE FROM log WHERE id = 1"], "Row 1 of log was removed"),
        (["DELETE FROM actions WHERE id = 5"], "Row 5 of actions was removed"),
        (["DELETE FROM log"], "Row 1 of log was removed"),
        (
            ["DELETE FROM log WHERE id = 5", "DELETE FROM chain WHERE kind = 0 AND row_id = 5"],
            "Link 7 of the chain was removed",
        ),
        (
            [
                "INSERT INTO log SELECT 11, at, at_us, outcome, reason, mode, person_id,"
                " person_name, person_number, folded, distance, runner_up,"
                " threshold, frames, votes, quality, embedder_id, liveness, subject, trace_digest"
                " FROM log WHERE id = 1"
            ],
            "Row 11 of log (2026-03-02 09:41:07) was inserted",
        ),
        (
            [
                "UPDATE chain SET row_id = CASE row_id WHEN 3 THEN 4 ELSE 3 END"
                " WHERE kind = 0 AND row_id IN (3, 4)"
            ],
            "Row 3 of log (2026-03-02 09:41:09) was reordered",
        ),
        (
            [
                "UPDATE log SET id = CASE id WHEN 3 THEN -4 ELSE -3 END WHERE id IN (3, 4)",
                "UPDATE log SET id = -id WHERE id < 0",
            ],
            "Row 3 of log (2026-03-02 09:41:10) was changed",
        ),
        (
            [
                "DELETE FROM log WHERE id > 8",
                "DELETE FROM actions WHERE id > 4",
                "DELETE FROM chain WHERE seq > 12",
            ],
            "What stood after link 12 of the chain was removed",
        ),
        (
            [
                "DELETE FROM log WHERE id < 3",
                "DELETE FROM actions WHERE id < 2",
                "DELETE FROM chain WHERE seq <= 3",
            ],
            "Link 1 of the chain was removed",
        ),
        (["DELETE FROM chain_head"], "The signature of the newest row was removed"),
        (
            ["UPDATE chain_head SET signature = x''"],
            "What stands after link 12 of the chain was not signed",
        ),
        (
            ["UPDATE chain_head SET signature = zeroblob(64)"],
            "A row after link 12 of the chain was changed",
        ),
        (
            ["UPDATE checkpoints SET signature = zeroblob(64) WHERE seq = 8"],
            "A row after link 4 and not after link 8 of the chain was changed",
        ),
        (["DELETE FROM chain"], "What stood after link 0 of the chain was removed"),
    ],
)
def test_each_manipulation_is_found_with_its_row(
    filled: Store, path: Path, statements: list[str], says: str
) -> None:
    meddle(path, *statements)
    assert finding_of(path).startswith(says), finding_of(path)


def relink(path: Path) -> None:
    """Compute the chain again over the present rows: the most that is possible without the keys."""
    with closing(sqlite3.connect(path)) as raw, raw:
        link = hash_chain.START
        for seq, kind, row_id in raw.execute(
            "SELECT seq, kind, row_id FROM chain ORDER BY seq"
        ).fetchall():
            cursor = raw.execute(f"SELECT * FROM {hash_chain.KINDS[kind]} WHERE id = ?", [row_id])
            link = next_link(
                link, hash_chain.KINDS[kind], [c[0] for c in cursor.description], cursor.fetchone()
            )
            raw.execute("UPDATE chain SET link = ? WHERE seq = ?", [link, seq])
        raw.execute("UPDATE chain_head SET link = ?", [link])


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (2, "A row after link 0 and not after link 4"),
        (5, "A row after link 4 and not after link 8"),
        (10, "A row after link 12 of the chain"),
    ],
)
def test_a_recomputed_chain_lacks_the_signatures(
    filled: Store, path: Path, row: int, says: str
) -> None:
    meddle(path, f"UPDATE log SET person_name = '이산' WHERE id = {row}")
    relink(path)
    assert finding_of(path).startswith(says)


def test_signatures_of_another_key_are_none(filled: Store, path: Path) -> None:
    theirs = Signer(new_key())
    meddle(path, "UPDATE log SET person_name = '이산' WHERE id = 9")
    relink(path)
    with closing(sqlite3.connect(path)) as raw, raw:
        seq, link = raw.execute("SELECT seq, link FROM chain_head").fetchone()
        raw.execute(
            "UPDATE chain_head SET signer = ?, signature = ?",
            [theirs.fingerprint, theirs.sign("log head", hash_chain.statement(seq, link))],
        )
    assert "was changed" in finding_of(path)
    old = verify_log(path).fingerprint
    with closing(sqlite3.connect(path)) as raw, raw:  # even under the fingerprint of the kiosk
        raw.execute(
            "INSERT INTO signers VALUES (?, ?, 'x', 'now')", [theirs.fingerprint, theirs.public]
        )
    assert verify_log(path).fingerprint == old != filled.signer().fingerprint


def forge(path: Path, row: int, put_in_place: bool = False) -> Signer:
    """Compute every link and signature again, with the whole database and a foreign key."""
    theirs = Signer(new_key())
    meddle(path, f"UPDATE log SET person_name = '이산' WHERE id = {row}")
    relink(path)
    with closing(sqlite3.connect(path)) as raw, raw:
        name = theirs.fingerprint
        if put_in_place:
            name = raw.execute("SELECT fingerprint FROM signers").fetchone()[0]
            raw.execute("UPDATE signers SET public = ?", [theirs.public])
        else:
            raw.execute("INSERT INTO signers VALUES (?, ?, 'x', 'now')", [name, theirs.public])
        for seq, link in raw.execute("SELECT seq, link FROM chain WHERE seq % 4 = 0").fetchall():
            raw.execute(
                "UPDATE checkpoints SET link = ?, signer = ?, signature = ? WHERE seq = ?",
                [link, name, theirs.sign("log checkpoint", hash_chain.statement(seq, link)), seq],
            )
        seq, link = raw.execute("SELECT seq, link FROM chain_head").fetchone()
        raw.execute(
            "UPDATE chain_head SET signer = ?, signature = ?",
            [name, theirs.sign("log head", hash_chain.statement(seq, link))],
        )
    return theirs


def test_a_log_signed_with_a_foreign_key_is_found(filled: Store, path: Path) -> None:
    own = filled.vault.own_signers()
    assert verify_log(path, own=own).finding == ""
    theirs = forge(path, 2)
    assert verify_log(path, own=own).finding == "foreign_signer" and theirs.fingerprint in sentence(
        verify_log(path, own=own)
    )
    assert verify_log(path).signers == (theirs.fingerprint,), (
        "without the kiosk's keys it says at least whose they are"
    )
    filled.access_log.append(
        decision(MORNING + timedelta(minutes=5))
    )  # the running kiosk does not accept it either
    assert filled.audit_log.query(LogFilter(text="log_not_as_signed"), 9, 0)[1] == 1
    filled.close()
    with Store.open(path) as again:  # nor after a restart
        assert again.vault.own_signers() == own
        assert verify_log(path, own=own).finding == "foreign_signer"


def test_a_foreign_public_key_under_the_kiosks_fingerprint_is_refused(
    filled: Store, path: Path
) -> None:
    forge(path, 2, put_in_place=True)
    assert finding_of(path) != "" and verify_log(path, own=filled.vault.own_signers()).finding != ""


def test_a_removal_signed_by_another_key_is_found(filled: Store, path: Path) -> None:
    own = filled.vault.own_signers()
    theirs = Signer(new_key())
    with closing(sqlite3.connect(path)) as raw, raw:
        link = raw.execute("SELECT link FROM chain WHERE seq = 3").fetchone()[0]
        raw.execute(
            "INSERT INTO signers VALUES (?, ?, 'x', 'now')", [theirs.fingerprint, theirs.public]
        )
        raw.execute(
            "INSERT INTO removals VALUES (3, 1, ?, 'now', ?, ?)",
            [
                link,
                theirs.fingerprint,
                theirs.sign("log removal", hash_chain.statement(3, link, "1 now")),
            ],
        )
        for statement in (
            "DELETE FROM log WHERE id < 3",
            "DELETE FROM actions WHERE id < 2",
            "DELETE FROM chain WHERE seq <= 3",
        ):
            raw.execute(statement)
    assert verify_log(path, own=own).finding == "foreign_signer"


def test_earlier_keys_of_a_database_without_a_list_are_listed_once(
    filled: Store, path: Path
) -> None:
    """A database of an older program may lack the seed of an earlier key."""
    filled.close()
    listed = paths.keys_dir(path.parent) / "signers.key"
    earlier = Signer(new_key())
    listed.unlink()
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute(
            "INSERT INTO signers VALUES (?, ?, 'gone', 'then')",
            [earlier.fingerprint, earlier.public],
        )
    with Store.open(path) as store:
        assert (
            earlier.fingerprint in (store.vault.own_signers() or ())
            and len(store.vault.own_signers() or ()) == 2
        )
    with closing(sqlite3.connect(path)) as raw, raw:
        later = Signer(new_key())
        raw.execute(
            "INSERT INTO signers VALUES (?, ?, 'x', 'now')", [later.fingerprint, later.public]
        )
    with Store.open(path) as store:
        assert len(store.vault.own_signers() or ()) == 2


def test_the_next_row_records_that_the_one_before_was_not_as_signed(
    filled: Store, path: Path
) -> None:
    meddle(path, "UPDATE log SET person_name = '이산' WHERE id = 10")
    relink(path)
    filled.access_log.append(decision(MORNING + timedelta(minutes=5)))
    [newest, *_], _ = filled.audit_log.query(LogFilter(), 9, 0)
    assert (newest.event, newest.actor) == ("log_not_as_signed", "system")
    filled.access_log.append(decision(MORNING + timedelta(minutes=6)))
    assert filled.audit_log.query(LogFilter(), 9, 0)[1] == 6  # recorded once
    assert finding_of(path).startswith("Row 6 of actions") and "not as signed" in finding_of(
        path
    ), "a row written after it makes nothing good again"


def test_without_checkpoints_the_next_row_makes_nothing_good_again(
    filled: Store, path: Path
) -> None:
    meddle(path, "UPDATE log SET person_name = '이산' WHERE id = 2", "DELETE FROM checkpoints")
    relink(path)
    fill(filled, 1, MORNING + timedelta(minutes=5))
    assert verify_log(path, own=filled.vault.own_signers()).finding == "doubted"


def test_another_start_and_another_program_are_no_break(filled: Store, path: Path) -> None:
    with Store.open(path) as other:
        fill(other, 3)
        fill(filled, 3)
        fill(other, 3)
    assert verify_log(path).finding == ""
    with Store.open(path) as again:
        fill(again, 1)
    assert verify_log(path).finding == ""
    assert filled.audit_log.query(LogFilter(text="log_not_as_signed"), 9, 0)[1] == 0


def test_deleting_a_person_breaks_nothing(store: Store, path: Path) -> None:
    people = store.using(lambda: MORNING).people
    hong = people.add_with_templates(Person("1", "홍길동"), [template(1)])
    store.access_log.append(decision(person_id=hong.id))
    people.delete(hong.id or 0)
    report = verify_log(path)
    assert report.finding == "" and report.rows >= 1


def test_rows_of_an_older_program_are_taken_in_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(schema_steps, "steps", taken_until("0002_embedders_by_checksum"))
        plain_database(path, [])
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.executemany(
            "INSERT INTO log (at, at_us, outcome, reason, mode, person_name, person_number,"
            " folded, threshold, frames, votes, quality, embedder_id)"
            " VALUES (?, 1, 'REJECT', 'unknown', '1:N', '', '', '', 0.8, 1, 1, 0.5, 'net')",
            [[MORNING.isoformat()]] * 30,
        )
    with Store.open(path) as store:
        fill(store, 2)
    assert verify_log(path).finding == "" and verify_log(path).rows == 33
    meddle(
        path, "DELETE FROM chain", "DELETE FROM chain_head", "UPDATE log SET person_name = '이산'"
    )
    with Store.open(path) as store:
        fill(store, 1)
    assert finding_of(path) != "", "a removed chain is not made again"


def test_a_column_of_a_later_version_leaves_old_links_as_they_are(
    filled: Store, path: Path
) -> None:
    meddle(path, "ALTER TABLE log ADD COLUMN replay TEXT")
    assert verify_log(path).finding == ""
    fill(filled, 1)
    assert verify_log(path).finding == ""
    meddle(path, "UPDATE log SET replay = 'made up' WHERE id = 2")
    assert finding_of(path).startswith("Row 2 of log")


def test_columns_added_to_the_log_are_nullable_without_a_default(store: Store) -> None:
    """A default would change the content of rows that are already linked; see ``hash_chain``."""
    first = {
        "id",
        "at",
        "at_us",
        "outcome",
        "reason",
        "mode",
        "person_id",
        "person_name",
        "person_number",
        "folded",
        "distance",
        "runner_up",
        "threshold",
        "frames",
        "votes",
        "quality",
        "embedder_id",
    }
    later = [
        row
        for row in store.database.call(
            lambda: store.database.connection.execute("PRAGMA table_info(log)").fetchall()
        )
        if row[1] not in first
    ]
    assert [row[1] for row in later if row[3] or row[4] is not None] == []


VALUES = st.one_of(
    st.none(),
    st.text(max_size=4),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.binary(max_size=4),
)
ROWS = st.dictionaries(st.sampled_from(["a", "b", "c", "ab"]), VALUES)


@given(ROWS, ROWS)
def test_two_rows_are_never_written_alike(one: dict, other: dict) -> None:
    def written(row: dict) -> bytes:
        return content("log", list(row), list(row.values()))

    def plain(row: dict) -> dict:
        return {k: (type(v), v) for k, v in row.items() if v is not None}

    same = plain(one) == plain(other)
    assert (written(one) == written(other)) == same or (
        0.0 in one.values() and 0.0 in other.values()
    )
    assert written(dict(reversed(one.items()))) == written(one)


@pytest.mark.slow
@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_no_change_of_a_single_cell_goes_unnoticed(
    filled: Store, path: Path, data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(hash_chain.KINDS))
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        columns = [
            row[1] for row in raw.execute(f"PRAGMA table_info({kind})") if row[1] != "person_id"
        ]
        column = data.draw(st.sampled_from(columns))
        number = data.draw(st.integers(1, 5))
        before = raw.execute(f"SELECT {column} FROM {kind} WHERE id = ?", [number]).fetchone()[0]
        new = {int: 99, float: 0.123, str: '{"x":1}', bytes: b"x"}.get(type(before), 0.5)
        raw.execute(f"UPDATE {kind} SET {column} = ? WHERE id = ?", [new, number])
        try:
            assert finding_of(path).startswith(f"Row {number} of {kind}") and finding_of(
                path
            ).endswith(("changed", "removed"))
        finally:
            raw.execute(
                f"UPDATE {kind} SET {column} = ? WHERE id = ?",
                [before, 99 if column == "id" else number],
            )
    assert verify_log(path).finding == ""


# a missing key


def test_without_the_signing_key_rows_are_written_and_signed_later(
    filled: Store, path: Path
) -> None:
    folder = paths.keys_dir(path.parent)
    [key] = folder.glob("signer-*")
    filled.close()
    key.rename(folder / "away")
    with Store.open(path) as store:
        fill(store, 3)
        assert finding_of(path).startswith("What stands after link 12 of the chain was not signed")
        (folder / "away").rename(key)
        fill(store, 1)
        assert verify_log(path).finding == ""


# retention


DAYS = timedelta(days=1)


@pytest.fixture
def months(store: Store) -> Iterator[Store]:
    """One row per day for 120 days until ``MORNING``."""
    log = store.access_log
    for n in range(120, 0, -1):
        log.append(decision(MORNING - n * DAYS))
    yield store


def ids(store: Store) -> list[int]:
    return [row.id for row in entries(store.access_log)][::-1]


def test_old_rows_go_and_the_rest_is_provable(months: Store, path: Path) -> None:
    rule = Retention(months, 90)
    assert rule.due(MORNING)
    assert rule.run(MORNING) == 30
    assert ids(months) == list(range(31, 121))
    report = verify_log(path)
    assert (report.finding, report.removed, report.rows) == ("", 30, 121)
    assert not rule.due(MORNING) and rule.due(MORNING + DAYS) and rule.due(MORNING - DAYS)
    assert (rule.state().removed, rule.state().oldest) == (30, MORNING - 90 * DAYS)
    assert rule.run(MORNING + DAYS) == 1
    assert verify_log(path).finding == ""
    [action] = [a for a in months.audit_log.query(LogFilter(), 9, 0)[0] if a.detail["rows"] == 30]
    assert action.event == "log_rows_removed" and action.actor == "system"


def test_a_removal_in_many_batches_may_break_off_anywhere(
    months: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.storage.audit.retention.BATCH", 7)
    rule = Retention(months, 90)
    remove = rule._remove
    calls = []

    def breaking(*values: object) -> int:
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("killed")
        return remove(*values)

    monkeypatch.setattr(rule, "_remove", breaking)
    with pytest.raises(RuntimeError):
        rule.run(MORNING)
    assert verify_log(path).finding == "" and verify_log(path).removed == 14
    assert (
        rule.run(MORNING) == 16
        and verify_log(path).finding == ""
        and verify_log(path).removed == 30
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("DELETE FROM removals", "Link 1 of the chain was removed"),
        ("UPDATE removals SET last_seq = 31", "What stood before link 32 of the chain was removed"),
        ("DELETE FROM chain WHERE seq = 31", "Link 31 of the chain was removed"),
        (
            "UPDATE removals SET at = 'yesterday'",
            "What stood before link 31 of the chain was removed",
        ),
    ],
)
def test_removing_more_than_the_kiosk_did_is_found(
    months: Store, path: Path, change: str, says: str
) -> None:
    Retention(months, 90).run(MORNING)
    meddle(path, change)
    assert finding_of(path) == says


def test_everything_may_go(months: Store, path: Path) -> None:
    assert Retention(months, 90).run(MORNING, MORNING) == 120
    assert verify_log(path).finding == ""
    fill(months, 3, MORNING + 31 * DAYS)
    assert verify_log(path).finding == "" and ids(months) == [121, 122, 123]


def test_a_clock_that_was_wrong_neither_keeps_nor_removes_too_much(
    store: Store, path: Path
) -> None:
    log = store.access_log
    rule = Retention(store, 90)
    for at in (
        MORNING - 100 * DAYS,
        MORNING + 4000 * DAYS,
        MORNING - 95 * DAYS,
        MORNING - 10 * DAYS,
        MORNING - 900 * DAYS,
        MORNING - DAYS,
    ):
        log.append(decision(at))
    assert rule.run(MORNING) == 3  # its neighbours prove that the row from the future is older
    assert sorted(ids(store)) == [
        4,
        5,
        6,
    ]  # row 5 was written ten days ago at the earliest, whatever its date
    assert verify_log(path).finding == ""


@pytest.mark.parametrize("years", [-3, 3])
def test_a_clock_that_jumped_removes_nothing_whatever_is_written_by_it(
    months: Store, path: Path, years: int
) -> None:
    """After a dead battery or a wrong time server every row looks old, or from the future."""
    rule = Retention(months, 90)
    wrong = MORNING + years * 365 * DAYS
    Retention(months, 3650).run(MORNING)
    months.using(lambda: wrong).audit_log.record("started", "system", {})
    with pytest.raises(StorageError, match="The clock says") as caught:
        rule.run(wrong)
    assert caught.value.key == ("error.clock_behind" if years < 0 else "error.clock_ahead")
    if years > 0:  # a kiosk keeps deciding with a clock that is ahead
        fill(months, 3, wrong - DAYS)
        with pytest.raises(StorageError, match="sign in as an administrator"):
            rule.run(wrong)
    assert (
        ids(months)[:120] == list(range(1, 121))
        and rule.state().ran_at == MORNING
        and verify_log(path).removed == 0
    )


def test_old_rows_of_a_kiosk_that_was_off_for_months_go_when_an_administrator_signs_in(
    months: Store, path: Path
) -> None:
    rule = Retention(months, 90)
    now = MORNING + 200 * DAYS
    rule.run(MORNING)
    months.using(lambda: now).audit_log.record("signed_in", "직원", {"role": "staff"})
    with pytest.raises(StorageError):
        rule.run(now)
    months.using(lambda: now).audit_log.record("signed_in", "관리자", {"role": "admin"})
    assert rule.run(now) >= 90 and ids(months) == [] and verify_log(path).finding == ""


@pytest.mark.parametrize("before", [None, MORNING - 1000 * DAYS])
def test_rows_from_the_future_never_go_for_want_of_others(
    months: Store, before: datetime | None
) -> None:
    """A clock years behind, confirmed by an administrator, must not empty the log."""
    wrong = MORNING - 900 * DAYS
    months.using(lambda: wrong).audit_log.record("signed_in", "관리자", {"role": "admin"})
    assert Retention(months, 90).run(wrong, before) == 0
    assert len(ids(months)) == 120


def test_a_date_written_into_rows_removes_no_evidence(months: Store, path: Path) -> None:
    """The kiosk would sign that rows of today were old."""
    Retention(months, 3650).run(MORNING)
    old = (MORNING - 300 * DAYS).isoformat()
    meddle(path, f"UPDATE log SET at = '{old}', at_us = at_us - {300 * 86_400_000_000}")
    with pytest.raises(StorageError, match=r"Row 1 of log .* was changed") as caught:
        Retention(months, 90).run(MORNING)
    assert caught.value.key == "error.log_changed" and len(ids(months)) == 120
    assert Retention(months, 90).run(MORNING, MORNING - 90 * DAYS, "chief") >= 30
    [newest, *_], _ = months.audit_log.query(LogFilter(text="log_rows_removed"), 9, 0)
    assert "Row 1 of log" in newest.detail["finding"], "an administrator removes them knowingly"


def test_rows_come_and_go_at_once(
    months: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.storage.audit.retention.BATCH", 5)
    rule = Retention(months, 90)
    remove: Callable[..., int] = rule._remove

    def busy(*values: object) -> int:
        months.access_log.append(decision(MORNING))
        return remove(*values)

    monkeypatch.setattr(rule, "_remove", busy)
    assert rule.run(MORNING) == 30
    assert verify_log(path).finding == "" and len(ids(months)) == 96


def test_a_link_costs_little(store: Store, path: Path) -> None:
    """Measure what the chain adds to a row, without the time of the disk."""
    log = store.access_log

    def many() -> float:
        with store.database.transaction():  # one commit, so that only the computation is timed
            began = time.perf_counter()
            for _ in range(300):
                log.append(decision())
            return (time.perf_counter() - began) / 300

    assert store.database.call(many) < 0.002


def test_a_key_of_the_same_folder_is_not_the_kiosks_own(filled: Store, path: Path) -> None:
    store_key(FileKeys(paths.keys_dir(path.parent)), "signer", new_key())
    fill(filled, 1)
    assert verify_log(path).finding == ""
