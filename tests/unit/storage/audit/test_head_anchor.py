"""The anchor beside the keys: a database that lost its end, or is an older one, is told apart."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from kiosk.core import paths
from kiosk.core.decisions import LogFilter
from kiosk.core.errors import StorageError
from kiosk.core.people import AccountRole, CredentialMode, Person
from kiosk.storage.audit.chain_verification import sentence, verify_kiosk_log
from kiosk.storage.audit.head_anchor import Anchor, anchor_name, read_anchor
from kiosk.storage.audit.retention import Retention
from kiosk.storage.backup import restore
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.crypto.key_rotation import rotate
from kiosk.storage.crypto.key_store import FileKeys, KeyringKeys, new_key
from kiosk.storage.crypto.signing import Signer
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db import swap_in
from kiosk.storage.store import Store
from tests.helpers.tampering import put_back as put_rows_back
from tests.helpers.tampering import rows_of, tamper
from tests.unit.storage.samples import MORNING, decision

PIN = "739182"
OLD_PIN = "518207"
NUMBERS = count()


def keys_of(path: Path) -> Vault:
    return Vault(FileKeys(paths.keys_dir(path.parent)))


def fill(path: Path, rows: int = 3) -> int:
    """Write ``rows`` rows, none like another; return the number of the newest link."""
    with Store.open(path) as store:
        for _ in range(rows):
            store.access_log.append(decision(person_name=f"N{next(NUMBERS)}"))
    return newest(path)


def newest(path: Path) -> int:
    anchor = read_anchor(keys_of(path), path)
    assert anchor is not None and anchor.genuine
    return anchor.newest


def copy_of(path: Path) -> Path:
    copy = path.with_name("copy.db")
    shutil.copyfile(path, copy)
    return copy


def put_back(path: Path, copy: Path) -> None:
    for left in path.parent.glob("munjigi.db-*"):
        left.unlink()
    copy.replace(path)


def finding(path: Path) -> str:
    return verify_kiosk_log(path, keys_of(path)).finding


def refused(store: Store) -> bool:
    """Return whether the door gets no time, and so lets nobody in."""
    try:
        store.trusted_clock(lambda: MORNING + timedelta(days=36500))()
    except StorageError as error:
        assert error.key == "error.log_rolled_back" and "log confirm" in str(error)
        return True
    return False


def events(store: Store, event: str) -> int:
    return store.audit_log.query(LogFilter(text=event), 9, 0)[1]


@pytest.fixture
def rolled_back(path: Path) -> Path:
    """A database in whose place its own copy of three rows earlier was put."""
    fill(path)
    copy = copy_of(path)
    assert fill(path) == 6
    put_back(path, copy)
    return path


def test_the_newest_link_is_noted_at_close(path: Path) -> None:
    assert fill(path) == 3 and fill(path, 2) == 5 and finding(path) == ""
    with closing(sqlite3.connect(path)) as raw:
        link = raw.execute("SELECT link FROM chain WHERE seq = 5").fetchone()[0]
    assert read_anchor(keys_of(path), path).heads[0].link == link  # type: ignore[union-attr]


def test_an_older_database_is_named_and_keeps_the_door_locked(rolled_back: Path) -> None:
    report = verify_kiosk_log(rolled_back, keys_of(rolled_back))
    assert report.finding == "rolled_back" and "link 6" in sentence(report)
    for _ in range(2):  # a restart makes nothing good
        with Store.open(rolled_back) as store:
            assert refused(store) and refused(store)
            assert events(store, "log_rolled_back") == 1
            store.access_log.append(decision())
    assert finding(rolled_back) == "rolled_back" and newest(rolled_back) == 6


def test_nothing_is_removed_from_a_log_that_lost_its_end(rolled_back: Path) -> None:
    with Store.open(rolled_back) as store:
        with pytest.raises(StorageError, match="not as this kiosk had noted"):
            Retention(store, 90).run(MORNING + timedelta(days=200), MORNING + timedelta(days=1))
        assert store.access_log.count() == 3


def test_more_rows_than_were_lost_do_not_hide_it(rolled_back: Path) -> None:
    fill(rolled_back, 9)
    with Store.open(rolled_back) as store:
        assert refused(store)
    assert finding(rolled_back) == "rolled_back"


def test_a_cut_end_is_found_by_the_running_kiosk(path: Path) -> None:
    fill(path)
    with closing(sqlite3.connect(path)) as raw:
        head = raw.execute("SELECT seq, link, signer, signature FROM chain_head").fetchone()
    with Store.open(path) as store:
        store.access_log.append(decision())
        assert not refused(store)
        with closing(sqlite3.connect(path)) as raw, raw:
            raw.execute("DELETE FROM log WHERE id = 4")
            raw.execute("DELETE FROM chain WHERE seq > 3")
            raw.execute("UPDATE chain_head SET seq = ?, link = ?, signer = ?, signature = ?", head)
        assert refused(store) and events(store, "log_rolled_back") == 1
        store.access_log.append(decision())
        assert refused(store)
    assert newest(path) == 4 and finding(path) == "rolled_back"


def test_a_removed_database_is_named(path: Path) -> None:
    fill(path)
    path.unlink()
    with Store.open(path) as store:
        assert refused(store)
        store.accounts.create("new", AccountRole.ADMIN, PIN)
        store.accounts.verify("new", PIN)
        assert refused(store), "a new administrator is none of before"
    assert finding(path) == "rolled_back"


def test_an_administrator_of_that_time_confirms_by_signing_in(path: Path) -> None:
    with Store.open(path) as store:
        store.accounts.create("chief", AccountRole.ADMIN, PIN)
        store.accounts.create("staff", AccountRole.STAFF, PIN)
        gone = store.accounts.create("gone", AccountRole.ADMIN, OLD_PIN)
        chief = store.accounts.create("changed", AccountRole.ADMIN, OLD_PIN)
    copy = copy_of(path)
    with Store.open(path) as store:
        store.accounts.set_enabled(gone.id or 0, False)
        store.accounts.set_pin(chief.id or 0, PIN)
    put_back(path, copy)
    with Store.open(path) as store:
        for name, pin in (("staff", PIN), ("gone", OLD_PIN), ("changed", OLD_PIN)):
            assert store.accounts.verify(name, pin) and refused(store), name
        store.accounts.verify("chief", PIN)
        assert not refused(store) and events(store, "log_roll_back_confirmed") == 1
        assert store.roll_back_guard.behind() is None
    assert finding(path) == ""
    with Store.open(path) as store:
        assert not refused(store)


@pytest.mark.parametrize("rule_in_copy", [False, True])
def test_with_the_rule_two_administrators_of_that_time_confirm(
    path: Path, rule_in_copy: bool
) -> None:
    """Also where the older database is of before the rule."""
    with Store.open(path) as store:
        for name in ("chief", "deputy"):
            store.accounts.create(name, AccountRole.ADMIN, PIN)
        if rule_in_copy:
            store.two_admins.turn_on()
        store.access_log.append(decision())
    copy = copy_of(path)
    with Store.open(path) as store:
        store.two_admins.turn_on()
        store.access_log.append(decision(person_name="later"))
    put_back(path, copy)
    with Store.open(path) as store:
        for _ in range(2):
            store.accounts.verify("chief", PIN)
            assert refused(store)
        store.accounts.verify("deputy", PIN)
        assert not refused(store)
        [confirmed], _ = store.audit_log.query(LogFilter(text="log_roll_back_confirmed"), 9, 0)
        assert confirmed.actor == "chief + deputy"


def test_a_confirmation_that_is_not_committed_confirms_nothing(rolled_back: Path) -> None:
    with Store.open(rolled_back) as store:

        def fail() -> None:
            with store.database.transaction():
                store.roll_back_guard.confirm("root")
                raise StorageError("The disk is full.")

        with pytest.raises(StorageError, match="full"):
            store.database.call(fail)
        assert refused(store)
        assert store.roll_back_guard.confirm("root") and not refused(store)
        assert not store.roll_back_guard.confirm("root")


def test_another_process_confirms_for_the_running_kiosk(rolled_back: Path) -> None:
    with Store.open(rolled_back) as kiosk:
        assert refused(kiosk)
        with Store.open(rolled_back) as command:
            assert command.roll_back_guard.confirm("root")
        assert not refused(kiosk)
        kiosk.access_log.append(decision())
    assert finding(rolled_back) == ""


def test_a_process_that_slept_hides_no_roll_back(path: Path) -> None:
    with Store.open(path) as sleeper:
        sleeper.access_log.append(decision())
        fill(path, 1)
        copy = path.with_name("copy.db")
        with closing(sqlite3.connect(path)) as raw:
            raw.execute("VACUUM INTO ?", [str(copy)])
        fill(path, 5)
        with closing(sqlite3.connect(copy)) as old, closing(sqlite3.connect(path)) as raw:
            old.backup(raw)  # as somebody does who can write the file
        for _ in range(9):
            sleeper.access_log.append(decision())
        assert refused(sleeper)
    assert finding(path) == "rolled_back" and newest(path) == 7


def test_a_crash_before_the_note_is_no_alarm(path: Path) -> None:
    fill(path)
    name = anchor_name(path)
    keys = FileKeys(paths.keys_dir(path.parent))
    behind = keys.get(name)
    fill(path)
    keys.put(name, behind or b"")
    with Store.open(path) as store:
        assert not refused(store)
    assert finding(path) == "" and newest(path) == 6


def test_another_program_beside_the_kiosk_is_no_alarm(path: Path) -> None:
    with Store.open(path) as kiosk:
        for _ in range(3):
            kiosk.access_log.append(decision())
            with Store.open(path) as command:
                command.access_log.append(decision())
                kiosk.access_log.append(decision())
                command.access_log.append(decision())
                assert not refused(command)
            assert not refused(kiosk)
    assert finding(path) == ""


@pytest.mark.parametrize("everything", [False, True])
def test_removed_rows_are_no_alarm(path: Path, everything: bool) -> None:
    with Store.open(path) as store:
        for days in (100, 99, 1):
            store.access_log.append(decision(MORNING - timedelta(days=days)))
    keys = FileKeys(paths.keys_dir(path.parent))
    behind = keys.get(anchor_name(path))
    with Store.open(path) as store:
        before = MORNING + timedelta(days=1) if everything else None
        Retention(store, 90).run(MORNING, before)
        assert not refused(store)
    keys.put(anchor_name(path), behind or b"")  # a crash before the note
    with Store.open(path) as store:
        assert not refused(store)
    assert finding(path) == ""


def test_a_removal_that_the_kiosk_did_not_sign_covers_nothing(path: Path) -> None:
    fill(path)
    copy = copy_of(path)
    fill(path)
    put_back(path, copy)
    theirs = Signer(new_key())
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute(
            "INSERT INTO signers VALUES (?, ?, 'x', 'y')", [theirs.fingerprint, theirs.public]
        )
        raw.execute(
            "INSERT INTO removals VALUES (9, 1, ?, 'now', ?, ?)",
            [bytes(32), theirs.fingerprint, bytes(64)],
        )
        raw.execute("DELETE FROM chain")
    with Store.open(path) as store:
        assert refused(store)


def test_a_rotated_master_key_is_no_alarm(path: Path) -> None:
    with Store.open(path) as store:
        store.access_log.append(decision())
        rotate(store)
        store.access_log.append(decision())
        assert not refused(store)
    fill(path)
    assert finding(path) == ""


def test_data_on_another_machine_is_no_alarm(path: Path, tmp_path: Path) -> None:
    fill(path)
    there = tmp_path / "there" / "munjigi.db"
    shutil.copytree(path.parent, there.parent)
    shutil.copytree(paths.keys_dir(path.parent), paths.keys_dir(there.parent))
    assert fill(there) == 6 and finding(there) == ""
    assert fill(path) == 6 and finding(path) == ""


def test_two_databases_may_share_a_key_store(path: Path, tmp_path: Path) -> None:
    keys = FileKeys(tmp_path / "keys")
    for name in ("one", "two"):
        with Store.open(tmp_path / name / "munjigi.db", keys=keys) as store:
            store.access_log.append(decision(person_name=name))
    for name in ("one", "two"):
        with Store.open(tmp_path / name / "munjigi.db", keys=keys) as store:
            assert not refused(store)
    shutil.copyfile(tmp_path / "one" / "munjigi.db", tmp_path / "two" / "munjigi.db")
    with Store.open(tmp_path / "two" / "munjigi.db", keys=keys) as store:
        assert refused(store), "another database of the same keys"


@pytest.fixture
def backed_up(path: Path) -> Iterator[tuple[Path, Path]]:
    """A database with six rows and its backup with three."""
    with Store.open(path) as store:
        for _ in range(3):
            store.access_log.append(decision())
        file = store.backups.make("x", MORNING)
    fill(path)
    yield path, file


def restore_of(path: Path, file: Path) -> None:
    vault = keys_of(path)
    restore.restore(Backups(path, vault), file, vault, MORNING, "chief")


def test_a_restored_backup_is_no_alarm(backed_up: tuple[Path, Path]) -> None:
    path, file = backed_up
    restore_of(path, file)
    assert finding(path) == ""
    with Store.open(path) as store:
        assert not refused(store)
        store.access_log.append(decision())
    assert finding(path) == "" and len(read_anchor(keys_of(path), path).heads) == 1  # type: ignore


@pytest.mark.parametrize("when", ["before", "between"])
def test_a_restore_that_is_killed_is_no_alarm(
    backed_up: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    path, file = backed_up

    def killed(target: Path, new: Path) -> None:
        if when == "between":
            new.replace(swap_in.waiting(target))
        raise KeyboardInterrupt

    monkeypatch.setattr(swap_in, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        restore_of(path, file)
    with Store.open(path) as store:
        assert not refused(store)
        assert store.access_log.count() == (6 if when == "before" else 3)
    assert finding(path) == ""


def test_the_database_of_before_a_restore_is_told_apart(backed_up: tuple[Path, Path]) -> None:
    path, file = backed_up
    copy = copy_of(path)
    restore_of(path, file)
    fill(path)
    put_back(path, copy)
    with Store.open(path) as store:
        assert refused(store)


@pytest.mark.parametrize(
    "forged",
    [
        b"",
        b"not json",
        b'{"purpose": "log anchor"}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_anchor_counts_as_another_database(path: Path, forged: bytes) -> None:
    fill(path)
    FileKeys(paths.keys_dir(path.parent)).put(anchor_name(path), forged)
    with Store.open(path) as store:
        assert refused(store)
        assert store.roll_back_guard.behind() == Anchor((), genuine=False)
        store.roll_back_guard.confirm("root")
    assert finding(path) == "" and newest(path) > 3


def test_an_anchor_of_a_foreign_key_is_none(path: Path) -> None:
    fill(path)
    other = path.parent.parent / "other" / "munjigi.db"
    fill(other)
    theirs = FileKeys(paths.keys_dir(other.parent)).get(anchor_name(other))
    FileKeys(paths.keys_dir(path.parent)).put(anchor_name(path), theirs or b"")
    with Store.open(path) as store:
        assert refused(store)


def test_a_key_store_that_does_not_answer_keeps_the_door_locked(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(path)
    real = FileKeys.get

    def unreadable(self: FileKeys, name: str) -> bytes | None:
        if name.startswith("anchor-"):
            raise StorageError("The key file cannot be read.", key="error.key_unreadable")
        return real(self, name)

    with monkeypatch.context() as patch:
        patch.setattr(FileKeys, "get", unreadable)
        with Store.open(path) as store, pytest.raises(StorageError, match="cannot be read"):
            store.trusted_clock()()
    assert newest(path) == 3 and finding(path) == ""


def test_a_folder_that_cannot_be_written_stops_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(path)
    real = FileKeys.put

    def full(self: FileKeys, name: str, key: bytes) -> None:
        if name.startswith("anchor-"):
            raise StorageError("The disk is full.", key="error.storage_full")
        real(self, name, key)

    with monkeypatch.context() as patch:
        patch.setattr(FileKeys, "put", full)
        fill(path)
    assert newest(path) == 3 and finding(path) == ""
    assert fill(path, 1) == 7


class MemoryKeyring:
    """The package ``keyring``, in memory."""

    def __init__(self) -> None:
        self.passwords: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, name: str) -> str | None:
        return self.passwords.get((service, name))

    def set_password(self, service: str, name: str, password: str) -> None:
        self.passwords[service, name] = password

    def delete_password(self, service: str, name: str) -> None:
        del self.passwords[service, name]


def test_the_system_keyring_keeps_the_anchor(path: Path) -> None:
    keys = KeyringKeys(MemoryKeyring())
    for rows in (1, 2):
        with Store.open(path, keys=keys) as store:
            store.access_log.append(decision())
            assert not refused(store)
        if rows == 1:
            copy = copy_of(path)
    put_back(path, copy)
    with Store.open(path, keys=keys) as store:
        assert refused(store)


def test_people_and_deletions_move_the_anchor(path: Path) -> None:
    with Store.open(path) as store:
        person = store.people.add(Person("2026-1", "홍길동"))
        store.people.delete(person.id or 0, "chief")
    assert newest(path) == 2


@pytest.mark.parametrize("table", ["people", "accounts", "settings"])
def test_an_older_table_with_its_own_sum_is_found(path: Path, table: str) -> None:
    with Store.open(path) as store:
        person = store.people.add(Person("2026-1", "홍길동", entry=CredentialMode.PIN))
        store.accounts.create("관리자", AccountRole.ADMIN, PIN)
        store.settings.set("door.override", "free")
        store.audit_log.record("x", "관리자", {})
    old = {name: rows_of(path, name) for name in (table, "table_seals")}
    with Store.open(path) as store:
        store.people.set_enabled(person.id or 0, False)
        store.accounts.set_enabled(
            store.accounts.create("B", AccountRole.ADMIN, PIN).id or 0, False
        )
        store.settings.set("door.override", "normal")
        store.audit_log.record("x", "관리자", {})
    assert finding(path) == ""
    tamper(path, f"DELETE FROM {table}", f"DELETE FROM table_seals WHERE name = '{table}'")
    put_rows_back(path, table, old[table])
    put_rows_back(path, "table_seals", [r for r in old["table_seals"] if r["name"] == table])
    assert finding(path) == "rolled_back"
    with Store.open(path) as store:
        assert refused(store) and not store.accounts.never_any()
        assert store.roll_back_guard.confirm("root") and not refused(store)
    assert finding(path) == ""


def test_a_restored_backup_has_the_changes_of_its_own_tables(path: Path) -> None:
    with Store.open(path) as store:
        store.people.add(Person("2026-1", "홍길동", entry=CredentialMode.PIN))
        backup = store.backups.make("x", MORNING)
        for n in range(9):
            store.people.add(Person(f"2026-2{n}", "이산", entry=CredentialMode.PIN))
    restore.restore(Backups(path, keys_of(path)), backup, keys_of(path), MORNING, "관리자")
    with Store.open(path) as store:
        assert not refused(store)
    assert finding(path) == ""


def test_no_accounts_bring_no_first_start_back_in_place_of_the_database(path: Path) -> None:
    fill(path)
    for file in path.parent.glob("munjigi.db*"):
        file.unlink()
    with Store.open(path) as store:
        assert not store.accounts.never_any()
        store.roll_back_guard.confirm("root")
        assert store.accounts.never_any()
