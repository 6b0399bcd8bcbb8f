"""Backups are made during writes, rotated, verified and restored; deleted people stay deleted."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core import paths
from kiosk.core.decisions import LogFilter
from kiosk.core.errors import StorageError
from kiosk.core.people import AccountRole, CredentialMode, Person
from kiosk.storage.audit.chain_verification import verify_log
from kiosk.storage.audit.hash_chain import statement
from kiosk.storage.backup import backup_file, restore
from kiosk.storage.backup.backup_job import BackupJob
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.backup.key_destruction import KeysDestroyed
from kiosk.storage.backup.recovery_code import ALPHABET, key_of, new_code
from kiosk.storage.backup.scratch import PREFIX
from kiosk.storage.crypto.key_rotation import rotate
from kiosk.storage.crypto.key_store import FileKeys, key_id, new_key
from kiosk.storage.crypto.signing import Signer
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db import schema_steps, swap_in
from kiosk.storage.people.people_store import PeopleStore
from kiosk.storage.store import Store
from tests.helpers.hostile_documents import hostile_backups
from tests.unit.storage.samples import MORNING, decision, plain_database, taken_until, template

HONG = Person("2026-0001", "홍길동", consented_at=MORNING)
SAN = Person("2026-0002", "이산", consented_at=MORNING)


@pytest.fixture
def people(store: Store) -> PeopleStore:
    return store.using(lambda: MORNING).people


@pytest.fixture
def filled(store: Store, people: PeopleStore) -> Store:
    """Two people with templates, ten rows, an administrator."""
    people.add_with_templates(HONG, [template(1), template(2)])
    people.add_with_templates(SAN, [template(3)])
    store.accounts.create("관리자", AccountRole.ADMIN, "482915")
    for n in range(10):
        store.access_log.append(decision(MORNING + timedelta(seconds=n)))
    return store


def recovery_of(store: Store) -> bytes:
    """Set and return a recovery key as the command does."""
    key = key_of(new_code())

    def keep() -> tuple[str, bytes]:
        with store.database.transaction():
            return store.vault.set_recovery(store.database.connection, key, MORNING)

    store.backups.set_recovery(store.database.call(keep))
    return key


def restored(path: Path, file: Path, recovery: bytes | None = None) -> Store:
    """Restore a backup and open the database."""
    vault = Vault(FileKeys(paths.keys_dir(path.parent)))
    restore.restore(
        Backups(path, vault), file, vault, MORNING + timedelta(days=1), "관리자", recovery
    )
    return Store.open(path)


def test_a_backup_contains_what_was_committed(filled: Store) -> None:
    check = restore.verify(filled.backups, filled.backups.make("x", MORNING))
    assert (check.people, check.templates, check.rows, check.log.finding) == (2, 3, 10, "")
    assert [
        f
        for f in filled.backups.folder.iterdir()
        if f.suffix not in (".mjb", "") and f.name != ".lock"
    ] == []
    assert not list(filled.database.path.parent.glob(f"{PREFIX}*"))


def test_rows_are_written_while_a_backup_is_made(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = backup_file.write
    log = filled.access_log

    def slow(*values: object, **named: object) -> None:
        for _ in range(5):
            log.append(decision())
        real(*values, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(backup_file, "write", slow)
    check = restore.verify(filled.backups, filled.backups.make("x", MORNING))
    assert check.rows == 10 and check.log.finding == "" and log.count() == 15


@pytest.mark.slow
def test_many_at_once_wait_for_each_other(filled: Store) -> None:
    threads = [
        threading.Thread(target=filled.backups.make, args=(f"t{n}", MORNING + timedelta(seconds=n)))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(filled.backups.files()) == 4
    assert {restore.verify(filled.backups, file).rows for file in filled.backups.files()} == {10}


def test_the_list_shows_which_keys_open_a_backup(filled: Store) -> None:
    filled.backups.make("a", MORNING)
    recovery_of(filled)
    filled.backups.make("b", MORNING + timedelta(hours=1))
    (filled.backups.folder / "munjigi-29990101T000000000000Z-x.mjb").write_bytes(b"nonsense")
    b, a, nonsense = filled.backups.list()
    assert (
        nonsense.damaged
        and (b.label, a.label) == ("b", "a")
        and b.opens
        and a.opens
        and a.recovers
        and b.recovers
    )
    assert b.made_at == MORNING + timedelta(hours=1)
    shutil.move(
        paths.keys_dir(filled.database.path.parent), filled.database.path.parent.parent / "away"
    )
    assert not filled.backups.list()[0].opens
    with pytest.raises(StorageError, match="There is no backup"):
        filled.backups.file("nothing.mjb")


@pytest.mark.slow
def test_the_oldest_go_first(filled: Store) -> None:
    for n in range(6):
        filled.backups.make(f"n{n}", MORNING + timedelta(days=n))
    assert filled.backups.rotate(4) == 2
    assert [info.label for info in filled.backups.list()] == ["n5", "n4", "n3", "n2"]
    assert filled.backups.rotate(4) == 0


def test_a_backup_from_the_future_pushes_out_no_new_one(filled: Store) -> None:
    """All kept backups were made while the clock was ahead."""
    keeper = BackupJob(filled, every=timedelta(hours=24), keep=3, set_aside=timedelta(days=90))
    for n in range(3):
        keeper.back_up(MORNING + timedelta(days=4000 + n), f"ahead{n}", "system")
    assert keeper.due(MORNING)
    made = keeper.back_up(MORNING, "right", "system")
    assert made.exists() and [info.label for info in filled.backups.list()] == [
        "right",
        "ahead2",
        "ahead1",
    ]
    assert (
        not keeper.due(MORNING + timedelta(hours=1)) and restore.newest_good(filled.backups) == made
    )


def test_backups_of_before_they_were_numbered_are_older(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = backup_file.write
    with monkeypatch.context() as patch:
        patch.setattr(backup_file, "write", lambda *values, number, **named: real(*values, **named))
        for day in (9, 5000):
            filled.backups.make(f"old{day}", MORNING + timedelta(days=day))
    filled.backups.make("new", MORNING)
    assert [info.label for info in filled.backups.list()] == ["new", "old5000", "old9"]


def test_a_damaged_backup_holds_up_no_deletion(
    filled: Store, people: PeopleStore, path: Path
) -> None:
    good = filled.backups.make("a", MORNING)
    bad = filled.backups.make("b", MORNING + timedelta(hours=1))
    bad.write_bytes(bad.read_bytes()[:100])
    receipt = people.delete(1)
    assert backup_file.person_keys(good, filled.backups.content_key(good))[1] == backup_file.GONE
    assert filled.backups.files() == [good]
    assert receipt.document["statement"]["destroyed"]["damaged_backups"] == 1
    assert people.get(1) is None and restore.verify(filled.backups, good).people == 1


def test_a_backup_that_the_system_refuses_stops_a_deletion_before_anything_is_done(
    filled: Store, people: PeopleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = filled.backups.make("a", MORNING)
    other = filled.backups.make("b", MORNING + timedelta(hours=1))
    real = Path.open

    def refused(self: Path, mode: str = "r", *rest: object, **named: object) -> object:
        if self == other and "+" in mode:
            raise PermissionError(13, "Permission denied")
        return real(self, mode, *rest, **named)  # type: ignore[call-overload]

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refused)
        with pytest.raises(StorageError):
            people.delete(1)
    assert people.get(1) is not None
    assert backup_file.person_keys(good, filled.backups.content_key(good))[1] != backup_file.GONE, (
        "it would be deleted by a restore"
    )


@pytest.mark.parametrize("cut", [100, -20])
def test_a_damaged_backup_holds_up_no_other_master_key(filled: Store, cut: int) -> None:
    good = filled.backups.make("a", MORNING)
    bad = filled.backups.make("b", MORNING + timedelta(hours=1))
    raw = bytearray(bad.read_bytes())
    slot = backup_file.header(bad).offset + 20
    raw[slot] ^= 1  # the header is intact, the slot is not
    bad.write_bytes(raw if cut < 0 else raw[:cut])
    old, _, changed = rotate(filled)
    assert changed == 1 and filled.vault.store.get(f"master-{old}") is None
    assert restore.verify(filled.backups, good).people == 2


# restoring


def test_a_restored_kiosk_is_the_one_that_was_backed_up(filled: Store, path: Path) -> None:
    file = filled.backups.make("x", MORNING)
    filled.access_log.append(decision(MORNING + timedelta(hours=1)))
    filled.people.add(Person("3", "뒤에 온 사람"))
    filled.close()
    with restored(path, file) as back:
        people = back.people
        assert [p.name for p in people.search("", 9, 0)[0]] == ["이산", "홍길동"]
        np.testing.assert_array_equal(people.templates("net")[0].vector, template(1).vector)
        assert back.access_log.count() == 10
        assert back.accounts.verify("관리자", "482915").name == "관리자"
        [action] = [
            a for a in back.audit_log.query(LogFilter(), 9, 0)[0] if a.event == "backup_restored"
        ]
        assert action.actor == "관리자" and action.detail["backup"] == file.name
        back.access_log.append(decision(MORNING + timedelta(days=2)))
    assert verify_log(path).finding == ""
    [aside] = paths.set_aside_dir(path.parent).iterdir()
    with closing(sqlite3.connect(aside / path.name)) as old:
        assert old.execute("SELECT count(*) FROM log").fetchone()[0] == 11, (
            "what was replaced is set aside, not deleted"
        )


def test_a_damaged_database_is_set_aside_as_it_was(filled: Store, path: Path) -> None:
    file = filled.backups.make("x", MORNING)
    filled.close()
    path.write_bytes(b"\xff" * 20_000)
    with restored(path, file) as back:
        assert back.access_log.count() == 10
    [aside] = paths.set_aside_dir(path.parent).iterdir()
    assert (aside / path.name).read_bytes() == b"\xff" * 20_000


def test_another_machine_needs_the_recovery_code_alone(filled: Store, tmp_path: Path) -> None:
    recovery = recovery_of(filled)
    file = filled.backups.make("x", MORNING)
    elsewhere = tmp_path / "elsewhere" / "munjigi.db"
    with pytest.raises(StorageError, match="not in"):
        restored(elsewhere, file)
    assert not elsewhere.exists()
    with pytest.raises(StorageError, match="does not open with this recovery key"):
        restored(elsewhere, file, key_of(new_code()))
    with restored(elsewhere, file, recovery) as back:
        people = back.people
        assert len(people.templates("net")) == 3
        people.add_with_templates(Person("3", "새 사람"), [template(4)])
        back.access_log.append(decision())
        assert len(people.templates("net")) == 4
        assert {info.recovers for info in back.backups.list()} <= {False}
    own = Vault(FileKeys(paths.keys_dir(elsewhere.parent))).own_signers()
    assert verify_log(elsewhere, own=own).finding == "" and len(own or ()) == 2, (
        "the earlier key is known here too"
    )
    # the list of signers and the database's secret come with the backup
    keys = {
        file.name
        for file in paths.keys_dir(elsewhere.parent).iterdir()
        if file.name.startswith(("master-", "signer-"))
    }
    assert len(keys) == 2 and not keys & {
        file.name for file in paths.keys_dir(filled.database.path.parent).iterdir()
    }, "its own keys"


def test_the_recovery_code_outlives_another_master_key(filled: Store) -> None:
    file = filled.backups.make("x", MORNING)
    recovery = recovery_of(filled)
    rotate(filled)
    later = filled.backups.make("y", MORNING + timedelta(hours=1))
    for copy in (file, later):
        assert restore.verify(filled.backups, copy, recovery).templates == 3
    newer = recovery_of(filled)
    assert restore.verify(filled.backups, later, newer).people == 2
    with pytest.raises(StorageError, match="does not open"):
        restore.verify(filled.backups, later, recovery)


def test_people_deleted_since_the_backup_stay_deleted(
    filled: Store, people: PeopleStore, path: Path
) -> None:
    file = filled.backups.make("x", MORNING)
    people.delete(1)
    people.withdraw(2)
    filled.close()
    with restored(path, file) as back:
        people = back.people
        [left], _ = people.search("", 9, 0)
        assert (left.name, left.templates, left.entry, left.consented_at) == (
            "이산",
            0,
            CredentialMode.PIN,
            None,
        )
        assert people.templates("net") == [] and len(people.receipts()) == 2
        assert (people.add(Person("9", "새 사람")).id or 0) > 2


def test_by_its_receipts_even_from_a_copy_kept_elsewhere(
    filled: Store, people: PeopleStore, path: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "usb" / "copy.mjb"
    kept.parent.mkdir()
    shutil.copy(filled.backups.make("x", MORNING - timedelta(hours=1)), kept)
    people.delete(1)
    people.withdraw(2)
    later = people.enrol_again(
        replace(
            people.get(2) or SAN,
            consented_at=MORNING + timedelta(hours=2),
            entry=CredentialMode.FACE,
        ),
        [template(8)],
    )
    filled.close()
    with restored(path, kept) as back:
        people = back.people
        assert [(p.name, p.templates) for p in people.search("", 9, 0)[0]] == [("이산", 0)], later


def test_a_consent_after_a_withdrawal_is_restored_with_the_new_face(
    filled: Store, people: PeopleStore, path: Path
) -> None:
    people.withdraw(2)
    people.enrol_again(
        replace(
            people.get(2) or SAN,
            consented_at=MORNING + timedelta(hours=2),
            entry=CredentialMode.FACE,
        ),
        [template(8)],
    )
    file = filled.backups.make("x", MORNING + timedelta(hours=3))
    assert filled.backups.destroy_deleted(people.receipts()) == 0
    filled.close()
    with restored(path, file) as back:
        assert [t.person_id for t in back.people.templates("net")] == [1, 1, 2]


def test_a_kiosk_killed_within_a_deletion_destroys_the_key_later(
    filled: Store, people: PeopleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = filled.backups.make("x", MORNING - timedelta(hours=1))
    with monkeypatch.context() as patch:
        patch.setattr(
            filled.backups, "destroy_key", lambda *_: KeysDestroyed()
        )  # as if an older copy had been put back
        people.delete(1)
    content = filled.backups.content_key(file)
    assert backup_file.person_keys(file, content)[1] != backup_file.GONE
    assert filled.backups.destroy_deleted(people.receipts()) == 1
    assert backup_file.person_keys(file, content)[1] == backup_file.GONE


def test_a_database_set_aside_is_deleted_with_the_next_person(filled: Store, path: Path) -> None:
    file = filled.backups.make("x", MORNING)
    filled.close()
    with restored(path, file) as back:
        assert list(paths.set_aside_dir(path.parent).iterdir())
        back.people.delete(1)
        assert not list(paths.set_aside_dir(path.parent).iterdir())


def test_a_backup_of_an_older_program_comes_back_with_todays_tables(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(schema_steps, "steps", taken_until("0002_embedders_by_checksum"))
        plain_database(path, [("net", template(1))])
    with Store.open(path) as store:
        [file] = store.backups.files()
        assert "before" in file.name and restore.verify(store.backups, file).templates == 1
    with restored(path, file) as back:
        np.testing.assert_array_equal(back.people.templates("net")[0].vector, template(1).vector)
    assert verify_log(path).finding == ""


def test_a_newer_programs_backup_is_refused(filled: Store) -> None:
    filled.database.call(
        lambda: filled.database.sqlite.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('munjigi', '9999_future', '')"
        )
    )
    file = filled.backups.make("x", MORNING)
    with pytest.raises(StorageError, match="newer Munjigi"):
        restore.verify(filled.backups, file)


def test_a_log_that_was_changed_before_the_backup_is_said(filled: Store, path: Path) -> None:
    filled.database.call(
        lambda: filled.database.sqlite.execute("UPDATE log SET person_name = '이산' WHERE id = 3")
    )
    assert (
        restore.verify(filled.backups, filled.backups.make("x", MORNING)).log.finding
        == "row_changed"
    )


def test_a_foreign_signing_key_is_not_trusted_after_a_restore(filled: Store, path: Path) -> None:
    theirs = Signer(new_key())

    def forge() -> None:
        sql = filled.database.connection
        sql.execute(
            "INSERT INTO signers VALUES (?, ?, 'x', 'now')", [theirs.fingerprint, theirs.public]
        )
        seq, link = sql.execute("SELECT seq, link FROM chain_head").fetchone()
        sql.execute(
            "UPDATE chain_head SET signer = ?, signature = ?",
            [theirs.fingerprint, theirs.sign("log head", statement(seq, link))],
        )

    filled.database.call(forge)
    file = filled.backups.make("x", MORNING)
    assert restore.verify(filled.backups, file).log.finding == "foreign_signer"
    filled.close()
    with restored(path, file) as back:
        assert theirs.fingerprint not in (back.vault.own_signers() or ())


def test_a_backup_that_is_damaged_changes_nothing(filled: Store, path: Path) -> None:
    file = filled.backups.make("x", MORNING)
    raw = bytearray(file.read_bytes())
    raw[-50] ^= 1
    file.write_bytes(raw)
    filled.close()
    before = path.read_bytes()
    with pytest.raises(StorageError, match="damaged"):
        restored(path, file)
    assert path.read_bytes() == before and not paths.set_aside_dir(path.parent).exists()
    assert not list(path.parent.glob(f"{PREFIX}*"))


def test_the_newest_good_backup_is_found(filled: Store) -> None:
    good = filled.backups.make("good", MORNING)
    bad = filled.backups.make("bad", MORNING + timedelta(hours=1))
    bad.write_bytes(bad.read_bytes()[:-10])
    assert restore.newest_good(filled.backups) == good
    good.unlink()
    assert restore.newest_good(filled.backups) is None


@pytest.mark.parametrize("step", [0, 1, 2, 3])
def test_a_restore_killed_at_any_step_leaves_one_whole_database(
    filled: Store, path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    file = filled.backups.make("x", MORNING)
    filled.access_log.append(decision())
    held = filled.database.call(
        lambda: filled.database.connection.execute("SELECT count(*) FROM log").fetchone()
    )  # the write-ahead log is not empty
    assert held == (11,)
    filled.close()
    (path.parent / "munjigi.db-wal").touch()
    moves = []

    def killing(move: Callable[[Path, Path], Path]) -> Callable[[Path, Path], Path]:
        def killed(source: Path, target: Path) -> Path:
            if "munjigi" in str(target) and "keys" not in str(target):
                if len(moves) == step:
                    raise KeyboardInterrupt
                moves.append(target)
            return move(source, target)

        return killed

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killing(Path.rename))
        patch.setattr(Path, "replace", killing(Path.replace))
        with pytest.raises(KeyboardInterrupt):
            restored(path, file)
    with Store.open(path) as store:
        assert store.access_log.count() == (11 if step == 0 else 10)
        assert len(store.people.templates("net")) == 3
    assert not swap_in.waiting(path).exists()


def test_an_offer_leaves_nothing_unpacked(filled: Store, path: Path) -> None:
    offer = restore.Offer(filled.backups, filled.backups.make("x", MORNING))
    assert offer.sign_in("관리자", "482915").name == "관리자" and list(
        path.parent.glob(f"{PREFIX}*")
    )
    offer.close()
    assert not list(path.parent.glob(f"{PREFIX}*"))


# the recovery code


@given(st.lists(st.sampled_from(ALPHABET), min_size=26, max_size=26))
def test_a_code_is_the_same_however_it_is_typed(letters: list[str]) -> None:
    code = "".join(letters)
    grouped = "-".join(code[n : n + 5] for n in range(0, 26, 5))
    assert (
        key_of(code)
        == key_of(grouped)
        == key_of(f"  {grouped.lower()} ")
        == key_of(code.replace("0", "o").replace("1", "l"))
    )


def test_codes_are_fresh_and_long_enough() -> None:
    codes = {new_code() for _ in range(50)}
    assert len(codes) == 50 and {len(code.replace("-", "")) for code in codes} == {26}
    assert len({key_id(key_of(code)) for code in codes}) == 50


@pytest.mark.parametrize("typed", ["", "ABC", "U" * 26, "0" * 25, "0" * 27, "홍" * 26])
def test_anything_but_a_recovery_code_is_refused(typed: str) -> None:
    with pytest.raises(StorageError, match="recovery code has 26"):
        key_of(typed)


def test_a_bad_file_among_the_backups_stops_nothing(filled, people, caplog):
    job = BackupJob(filled, every=timedelta(days=1), keep=5, set_aside=timedelta(days=1))
    folder = filled.backups.folder
    folder.mkdir(parents=True)
    for number, content in enumerate(hostile_backups()):
        (folder / f"munjigi-{number}.mjb").write_bytes(content)
    (folder / "folder.mjb").mkdir()
    (folder / "gone.mjb").symlink_to(folder / "nowhere")
    (folder / f"{'x' * 251}.mjb").write_bytes(b"nothing")
    (folder / os.fsdecode(b"\xff\n.mjb")).write_bytes(b"nothing")
    assert job.due(MORNING)
    named = {info.name for info in filled.backups.list() if info.damaged}
    assert {"munjigi-0.mjb", "\ufffd\ufffd.mjb", f"{'x' * 251}.mjb"} <= named
    assert all(name.isprintable() for name in named)
    job.run(MORNING)
    assert people.delete(1).person_id == 1
    assert caplog.text.encode(), "names that are no text can be logged"
    assert not job.due(MORNING + timedelta(hours=1))


def test_a_backup_of_the_future_is_not_a_new_one(filled):
    job = BackupJob(filled, every=timedelta(days=1), keep=5, set_aside=timedelta(days=1))
    filled.backups.make("later", MORNING + timedelta(days=400))
    assert job.due(MORNING)
    filled.backups.make("now", MORNING)
    assert not job.due(MORNING + timedelta(hours=1))
