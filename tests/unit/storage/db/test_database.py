"""Open, refuse and migrate databases; the thread that owns the connection."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlite_utils

from kiosk.core.errors import StorageError
from kiosk.core.people import Person
from kiosk.storage.db import schema_steps
from kiosk.storage.db.sqlite_errors import explained
from kiosk.storage.store import Store
from tests.unit.storage.samples import decision, opened, plain_database, taken_until, template

ROOT = Path(__file__).resolve().parents[4]


PRESENT = [step.name for step in schema_steps.steps._migrations]


def pragma(store: Store, name: str) -> object:
    return store.database.call(
        lambda: store.database.sqlite.execute(f"PRAGMA {name}").fetchone()[0]
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def refused(path: Path) -> StorageError:
    with pytest.raises(StorageError) as caught:
        Store.open(path, busy_timeout_s=0.05)
    return caught.value


@contextlib.contextmanager
def other(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def test_a_new_database_is_private_durable_and_ours(store: Store, path: Path) -> None:
    store.access_log.append(decision())
    assert mode(path.parent) == 0o700
    assert {mode(file) for file in path.parent.iterdir()} == {
        0o600
    }  # the write-ahead log contains templates too
    assert pragma(store, "journal_mode") == "wal"
    assert pragma(store, "synchronous") == 2  # FULL
    assert pragma(store, "foreign_keys") == 1
    assert pragma(store, "application_id") == schema_steps.APPLICATION_ID


def test_every_table_is_strict(store: Store) -> None:
    strict = store.database.call(
        lambda: {
            t.name: t.strict
            for t in store.database.sqlite.tables
            if not t.name.startswith(("_", "sqlite_"))
        }
    )
    assert strict.keys() >= {
        "people",
        "templates",
        "log",
        "accounts",
        "settings",
        "log_traces",
        "look_alikes",
        "door_pins",
        "door_tries",
        "cards",
        "person_keys",
    }
    assert all(strict.values()), strict


def test_an_existing_file_is_closed_to_others(path: Path) -> None:
    Store.open(path).close()
    path.chmod(0o644)
    Store.open(path).close()
    assert mode(path) == 0o600


def test_rows_are_there_after_opening_again(path: Path) -> None:
    with Store.open(path) as first:
        first.people.add(Person("2026-1", "이산"))
    with Store.open(path) as again:
        assert [p.name for p in again.people.search("", 9, 0)[0]] == ["이산"]
    assert [file.name for file in path.parent.iterdir()] == [
        "munjigi.db"
    ]  # no backup: nothing was migrated


def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"these are somebody's notes\n" * 200)
    assert refused(path).key == "error.storage_not_ours"
    assert path.read_bytes() == b"these are somebody's notes\n" * 200


def test_another_programs_database_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with other(path) as theirs:
        theirs.execute("CREATE TABLE bookmarks (url)")
    before = path.read_bytes()
    assert "another program" in str(refused(path))
    assert path.read_bytes() == before


@pytest.mark.slow
def test_a_damaged_database_is_left_alone(path: Path) -> None:
    with Store.open(path) as store:
        people = store.people
        for n in range(300):
            people.add(Person(f"2026-{n}", "이름" * 20))
    content = bytearray(path.read_bytes())
    content[4096 * 8 : 4096 * 12] = b"\xff" * 4096 * 4
    path.write_bytes(content)
    assert refused(path).key == "error.storage_damaged"
    assert path.read_bytes() == content


@pytest.mark.slow
def test_a_damaged_databases_write_ahead_log_is_left_alone(path: Path, tmp_path: Path) -> None:
    with Store.open(path) as store:
        people = store.people
        for n in range(300):
            people.add(Person(f"2026-{n}", "이름" * 20))
    with Store.open(path) as store:
        store.people.add(Person("last", "이산"))
        crashed = (
            tmp_path / "crashed" / path.name
        )  # as after a power cut: the last row is only in the write-ahead log
        crashed.parent.mkdir()
        content = bytearray(path.read_bytes())
        content[4096 * 8 : 4096 * 12] = b"\xff" * 4096 * 4
        crashed.write_bytes(content)
        wal = crashed.with_name(crashed.name + "-wal")
        wal.write_bytes(path.with_name(path.name + "-wal").read_bytes())
    before = wal.read_bytes()
    assert refused(crashed).key == "error.storage_damaged"
    assert crashed.read_bytes() == content and wal.read_bytes() == before != b""


def test_a_cut_off_database_is_refused(path: Path) -> None:
    with Store.open(path) as store:
        store.people.add(Person("2026-1", "이산"))
    content = path.read_bytes()[: 4096 * 5 + 100]
    path.write_bytes(content)
    assert refused(path).key == "error.storage_damaged"
    assert path.read_bytes() == content


def test_a_folder_in_the_files_place_is_refused(path: Path) -> None:
    path.mkdir(parents=True)
    assert "not a file" in str(refused(path))


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    assert "cannot be created" in str(refused(tmp_path / "data" / "munjigi.db"))


def test_a_locked_database_is_refused_and_opens_later(path: Path) -> None:
    Store.open(path).close()
    with other(path) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert refused(path).key == "error.storage_busy"
    Store.open(path).close()


_READ_ONLY = """
import os, sys
from pathlib import Path
from kiosk.core.errors import StorageError
from kiosk.storage.store import Store
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
try:
    Store.open(Path(sys.argv[1]), busy_timeout_s=0.05)
except StorageError as error:
    print(error.key)
"""


def test_a_read_only_database_is_refused(path: Path) -> None:
    Store.open(path).close()
    before = path.read_bytes()
    readable = [path.parent, *path.parent.parents]
    modes = {
        folder: mode(folder)
        for folder in readable
        if not mode(folder) & stat.S_IXOTH and folder.stat().st_uid == os.getuid()
    }
    try:
        for folder in modes:
            folder.chmod(0o755)
        path.chmod(0o444)
        child = subprocess.run(
            [sys.executable, "-c", _READ_ONLY, str(path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        for folder, old in modes.items():
            folder.chmod(old)
    assert child.stdout.strip() in ("error.storage_read_only", "error.storage_unreadable"), (
        child.stderr
    )
    assert path.read_bytes() == before
    assert not mode(path) & 0o222  # and no permission was added


def test_a_newer_database_is_refused(path: Path) -> None:
    Store.open(path).close()
    with other(path) as newer:
        newer.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('munjigi', '9999_future', '')"
        )
    before = path.read_bytes()
    error = refused(path)
    assert error.key == "error.storage_newer" and "update" in str(error)
    assert path.read_bytes() == before


def next_version(monkeypatch: pytest.MonkeyPatch, fails: bool = False) -> None:
    steps = taken_until(PRESENT[-1])

    @steps(name="9001_doors")
    def _doors(db: sqlite_utils.Database) -> None:
        db.execute("CREATE TABLE doors (name TEXT) STRICT")

    @steps(name="9002_windows")
    def _windows(db: sqlite_utils.Database) -> None:
        db.execute("CREATE TABLE windows (name TEXT) STRICT")
        if fails:
            raise RuntimeError("half-way")

    monkeypatch.setattr(schema_steps, "steps", steps)


def test_an_older_database_is_backed_up_then_migrated(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(path) as old:
        old.people.add(Person("2026-1", "이산"))
    with monkeypatch.context() as patch:
        next_version(patch)
        with Store.open(path) as new:
            assert new.database.call(lambda: schema_steps.applied(new.database.sqlite)) == [
                *PRESENT,
                "9001_doors",
                "9002_windows",
            ]
            assert new.people.by_number("2026-1") is not None
    [copy] = (path.parent / "backups").glob("*-before-9001.mjb")
    assert mode(copy) == 0o600 and mode(copy.parent) == 0o700
    with opened(copy, path) as backup:  # a complete database of the old version
        assert backup.execute("SELECT number FROM people").fetchall() == [("2026-1",)]
        assert not backup.execute("SELECT 1 FROM sqlite_master WHERE name = 'doors'").fetchone()


def test_a_failed_migration_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store.open(path).close()
    with monkeypatch.context() as patch:
        next_version(patch, fails=True)
        with pytest.raises(RuntimeError, match="half-way"):
            Store.open(path)
    with Store.open(path) as store:  # the old program still opens it
        assert not {"doors", "windows"} & set(
            store.database.call(lambda: store.database.sqlite.table_names())
        )


def test_a_backup_that_cannot_be_written_stops_the_migration(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.open(path).close()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        next_version(patch)
        patch.setattr(os, "fsync", full)
        assert refused(path).key == "error.storage_full"
    assert not list((path.parent / "backups").glob("*.mjb*")) and not list(
        (path.parent / "backups").glob("*.part*")
    )
    with Store.open(path) as store:
        assert "doors" not in store.database.call(lambda: store.database.sqlite.table_names())


def test_two_programs_may_start_at_once(path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: Store.open(path), range(4)))
    for store in opened:
        assert (
            store.database.call(lambda db=store.database: schema_steps.applied(db.sqlite))
            == PRESENT
        )
        store.close()


def test_an_interrupted_first_start_is_taken_up_again(path: Path) -> None:
    path.parent.mkdir()
    path.touch()  # power cut between creating the file and its first page
    Store.open(path).close()


def test_work_runs_in_one_thread_in_order(store: Store) -> None:
    done: list[tuple[int, int]] = []
    futures = [
        store.database.submit(lambda n=n: done.append((n, threading.get_ident())))
        for n in range(50)
    ]
    for future in futures:
        future.result(5)
    assert [n for n, _ in done] == list(range(50))
    assert {thread for _, thread in done} != {threading.get_ident()} and len(
        {thread for _, thread in done}
    ) == 1


def test_a_call_from_the_worker_runs_at_once(store: Store) -> None:
    people = store.people
    person = store.database.call(lambda: people.add(Person("2026-1", "이산")), timeout=5)
    assert people.get(person.id or 0) == person


def test_an_error_from_the_worker_itself_comes_back(store: Store) -> None:
    people = store.people
    with pytest.raises(StorageError, match="not enrolled"):
        store.database.call(lambda: people.delete(7))


def test_the_connection_is_the_workers_alone(store: Store) -> None:
    with pytest.raises(RuntimeError, match="thread"):
        _ = store.database.sqlite


def test_after_close_work_is_refused(path: Path) -> None:
    store = Store.open(path)
    last = store.database.submit(store.people.add, Person("2026-1", "이산"))
    store.close()
    store.close()
    assert last.result(0).name == "이산"  # work submitted before is finished
    with pytest.raises(StorageError, match="closed"):
        store.database.call(int)
    with pytest.raises(StorageError, match="closed"):
        store.people.get(1)


def test_work_that_never_began_is_dropped_at_its_timeout(store: Store) -> None:
    gate = threading.Event()
    ran = threading.Event()
    blocker = store.database.submit(gate.wait, 5)
    with pytest.raises(StorageError, match="in time"):
        store.database.call(ran.set, timeout=0.01)
    gate.set()
    blocker.result(5)
    store.database.call(int)
    assert not ran.is_set()


def test_a_timeout_error_of_the_work_itself_is_not_mistaken(store: Store) -> None:
    def work() -> None:
        raise TimeoutError("the work's own")

    with pytest.raises(TimeoutError, match="the work's own"):
        store.database.call(work)


def test_a_defect_is_no_storage_error(store: Store) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        store.database.call(lambda: store.database.sqlite.execute("SELECT * FROM nowhere"))


def test_a_forgotten_transaction_is_rolled_back(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    def forget() -> None:
        store.database.sqlite.execute("BEGIN")
        store.database.sqlite.execute("INSERT INTO settings (key, value) VALUES ('a', '1')")

    store.database.call(forget)
    assert store.database.call(lambda: store.database.sqlite.table("settings").count) == 0
    assert "left open" in caplog.text


def test_a_transaction_is_all_or_nothing(store: Store) -> None:
    def half() -> None:
        with store.database.transaction():
            store.database.sqlite.execute("INSERT INTO settings (key, value) VALUES ('a', '1')")
            with store.database.transaction():
                store.database.sqlite.execute("INSERT INTO settings (key, value) VALUES ('b', '1')")
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        store.database.call(half)
    assert store.database.call(lambda: store.database.sqlite.table("settings").count) == 0


@pytest.mark.parametrize(
    ("code", "key"),
    [
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "busy"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "read_only"),
        (sqlite3.SQLITE_FULL, "full"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "damaged"),
        (sqlite3.SQLITE_IOERR_FSYNC, "unreadable"),
        (sqlite3.SQLITE_NOTADB, "not_ours"),
    ],
)
def test_sqlites_codes_become_sentences(code: int, key: str) -> None:
    error = sqlite3.OperationalError("x")
    error.sqlite_errorcode = code
    translated = explained(error, Path("/data/munjigi.db"))
    assert translated is not None and translated.key == f"error.storage_{key}"
    assert (
        str(translated).startswith("The database /data/munjigi.db ")
        and str(translated).endswith(".")
        and ";" in str(translated)
    )


def test_a_full_disk_is_an_error_and_loses_nothing(store: Store) -> None:
    log = store.access_log
    log.append(decision())
    pages = store.database.call(
        lambda: store.database.sqlite.execute("PRAGMA page_count").fetchone()[0]
    )
    store.database.call(
        lambda: store.database.sqlite.execute(f"PRAGMA max_page_count = {pages}").fetchall()
    )
    with pytest.raises(StorageError, match="disk is full"):
        for _ in range(500):
            log.append(decision(person_name="가" * 60))
    written = log.count()
    store.database.call(
        lambda: store.database.sqlite.execute("PRAGMA max_page_count = 1000000").fetchall()
    )
    log.append(decision())
    assert log.count() == written + 1


def test_old_templates_are_tied_to_the_network_that_made_them(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(schema_steps, "steps", taken_until("0001_first_tables"))
        plain_database(
            path, [("dlib", template(1)), ("siamese", template(2)), ("sface", template(3))]
        )
    with Store.open(path) as new:
        people = new.people
        assert (
            len(people.templates("dlib@377d4af1")) == 1
            and len(people.templates("sface@0ba9fbfa")) == 1
            and people.templates("dlib") == []
        )
        assert len(people.templates("siamese")) == 1, (
            "which Siamese network that was nobody knows: it matches none"
        )


def test_only_writes_of_other_programs_are_noticed(path: Path) -> None:
    with Store.open(path) as ours, Store.open(path) as theirs:
        ours.people.add(Person("2026-1", "이산"))
        assert not ours.database.changed_elsewhere()
        theirs.people.add(Person("2026-2", "정조"))
        assert ours.database.changed_elsewhere()
        assert not ours.database.changed_elsewhere(), "translated once"
