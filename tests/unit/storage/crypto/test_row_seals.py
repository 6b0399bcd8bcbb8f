"""Rows that decide count only if the kiosk wrote them; what somebody else wrote is named."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from kiosk.core.errors import SignInError, StorageError
from kiosk.core.people import AccountRole, Person, PersonRole
from kiosk.core.reports import SealCheck
from kiosk.core.thresholds import Choice, LookAlike
from kiosk.services.door_override import stored_override
from kiosk.storage.audit.seal_verification import (
    SealWatch,
    confirm_tables,
    sentences,
    verify_seals,
)
from kiosk.storage.backup import restore
from kiosk.storage.crypto.key_store import FileKeys
from kiosk.storage.crypto.row_seals import SEALED
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db import schema_steps
from kiosk.storage.store import Store
from tests.helpers.tampering import put_back, rows_of, tamper
from tests.unit.storage.samples import MORNING, plain_database, taken_until, template

HONG = Person("2026-0001", "홍길동", PersonRole.STUDENT, valid_until=date(2026, 6, 30))
SAN = Person("2026-0002", "이산")
PIN, PEPPER = "739164", bytes(32)


@pytest.fixture
def filled(store: Store) -> Store:
    store.people.add_with_templates(HONG, [template(1)])
    store.people.add_with_templates(SAN, [template(2)])
    store.people.set_enabled(2, False)
    store.accounts.create("관리자", AccountRole.ADMIN, PIN)
    store.accounts.create("조교", AccountRole.STAFF, PIN)
    store.door_pins.set(1, "582036")
    store.door_pins.set(2, "582037")
    store.cards(PEPPER).add_card(1, "04A1B2")
    store.settings.set("door.override", "lockdown")
    store.choice.set(Choice(distance=0.3))
    store.look_alikes.replace("net", [LookAlike(1, 2, 0.2)])
    return store


def checked(store: Store) -> SealCheck:
    return verify_seals(store.database.path, Vault(store.vault.store))


def broken(store: Store) -> dict[str, tuple[int, ...]]:
    return dict(checked(store).rows)


def test_whatever_the_kiosk_writes_holds(filled: Store) -> None:
    filled.people.update(replace(HONG, id=1, name="홍길순"))
    filled.people.enrol_again(replace(SAN, id=2), [template(3)])
    filled.people.withdraw(1)
    filled.settings.set("door.override", "free")
    filled.settings.delete("decision")
    filled.accounts.verify("관리자", PIN)
    filled.accounts.set_pin(2, "582036")
    filled.accounts.set_enabled(2, False)
    filled.door_pins.set(1, "739164")
    filled.door_pins.clear(2)
    filled.cards(PEPPER).new_badge(2, b"serial")
    filled.cards(PEPPER).forget(1)
    filled.look_alikes.replace("net", [])
    filled.people.delete(2)
    assert checked(filled).sound


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE people SET valid_until = NULL WHERE id = 1",
        "UPDATE people SET enabled = 1 WHERE id = 2",
        "UPDATE people SET number = '2026-9', name = '다른 사람' WHERE id = 1",
        "UPDATE people SET member_of = '[\"opens\"]' WHERE id = 1",
        "UPDATE people SET entry = 'pin' WHERE id = 1",
        "UPDATE people SET role = 'nonsense', member_of = '7' WHERE id = 1",
        "UPDATE people SET seal = NULL WHERE id = 1",
        "UPDATE people SET seal = (SELECT seal FROM people AS o WHERE o.id = 2) WHERE id = 1",
    ],
)
def test_a_changed_person_is_kept_out_and_named(filled: Store, path: Path, change: str) -> None:
    changed = 2 if change.endswith("id = 2") else 1
    tamper(path, change)
    person = filled.people.get(changed)
    assert person is not None and not person.enabled and not person.genuine
    other = filled.people.get(3 - changed)
    assert other is not None and other.genuine
    assert broken(filled) == {"people": (changed,)}
    assert str(changed) in sentences(checked(filled))[0]


def test_a_changed_person_is_not_made_genuine_by_a_change(filled: Store, path: Path) -> None:
    tamper(path, "UPDATE people SET valid_until = NULL WHERE id = 1")
    for attempt in (
        lambda: filled.people.set_enabled(1, True),
        lambda: filled.people.update(replace(HONG, id=1, name="홍길순")),
    ):
        with pytest.raises(StorageError) as caught:
            attempt()
        assert caught.value.key == "error.person_not_genuine"
    filled.people.withdraw(1)
    assert not filled.people.get(1).genuine  # type: ignore[union-attr]


def test_a_changed_person_can_be_enrolled_again_or_deleted(filled: Store, path: Path) -> None:
    tamper(path, "UPDATE people SET valid_until = NULL")
    again = filled.people.enrol_again(replace(HONG, id=1), [template(4)])
    assert again.genuine and not again.enabled, "an administrator enables them again"
    assert filled.people.set_enabled(1, True).enabled
    filled.people.delete(2)
    assert filled.people.get(2) is None and broken(filled) == {}


def test_an_inserted_administrator_cannot_sign_in(filled: Store, path: Path) -> None:
    [row] = [row for row in rows_of(path, "accounts") if row["name"] == "관리자"]
    put_back(path, "accounts", [row | {"id": 9, "name": "evil", "folded": "evil"}])
    with pytest.raises(SignInError):
        filled.accounts.verify("evil", PIN)
    assert "evil" not in [account.name for account in filled.accounts.list()]
    assert broken(filled) == {"accounts": (9,)}
    with pytest.raises(StorageError, match="already"):
        filled.accounts.create("evil", AccountRole.STAFF, PIN)


@pytest.mark.parametrize("change", ["role = 'admin'", "enabled = 1, role = 'admin'"])
def test_a_changed_account_does_not_count(filled: Store, path: Path, change: str) -> None:
    tamper(path, f"UPDATE accounts SET {change} WHERE name = '조교'")
    with pytest.raises(SignInError):
        filled.accounts.verify("조교", PIN)
    assert filled.accounts.verify("관리자", PIN).role is AccountRole.ADMIN


@pytest.mark.parametrize(
    "change",
    ["DELETE FROM accounts", "UPDATE accounts SET seal = x'00'", "UPDATE accounts SET id = id + 7"],
)
def test_removed_accounts_do_not_bring_the_first_start_back(
    filled: Store, path: Path, change: str
) -> None:
    assert not filled.accounts.never_any()
    tamper(path, change)
    assert filled.accounts.list() == [] and not filled.accounts.never_any()
    filled.close()
    with Store.open(path) as opened:
        assert not opened.accounts.never_any()


def test_only_a_new_database_asks_for_the_first_administrator(store: Store) -> None:
    assert store.accounts.never_any()


def test_changed_settings_fall_to_the_default(filled: Store, path: Path) -> None:
    tamper(path, "UPDATE settings SET value = '\"free\"' WHERE key = 'door.override'")
    tamper(path, "UPDATE settings SET value = '{\"distance\": 2.0}' WHERE key = 'decision'")
    assert filled.settings.get("door.override") is None and filled.choice.get() is None
    assert set(filled.settings.all()) == set()
    assert broken(filled)["settings"]
    filled.settings.set("door.override", "normal")
    filled.choice.set(None)
    assert filled.settings.get("door.override") == "normal" and broken(filled) == {}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE settings SET value = 'false' WHERE key = 'security.two_admins'",
        "DELETE FROM settings WHERE key = 'security.two_admins'",
        "UPDATE table_seals SET state = zeroblob(40)",
    ],
)
def test_the_rule_of_two_stays_on_where_it_is_uncertain(
    store: Store, path: Path, change: str
) -> None:
    assert not store.two_admins.is_on()
    store.two_admins.turn_on()
    tamper(path, change)
    assert store.two_admins.is_on()


def test_a_card_pointed_at_another_is_unknown(filled: Store, path: Path) -> None:
    cards = filled.cards(PEPPER)
    assert cards.owner_of_card("04A1B2") == 1
    tamper(path, "UPDATE cards SET person_id = 2")
    assert cards.owner_of_card("04A1B2") is None and cards.count(2) == {}
    cards.add_card(1, "04A1B2")
    assert cards.owner_of_card("04A1B2") == 1


def test_the_pin_of_another_does_not_open(filled: Store, path: Path) -> None:
    tamper(
        path,
        "UPDATE door_pins SET pin_hash = (SELECT pin_hash FROM door_pins AS o"
        " WHERE o.person_id = 2) WHERE person_id = 1",
    )
    assert not filled.door_pins.matches(1, "582037") and filled.door_pins.matches(2, "582037")
    filled.door_pins.set(1, "582036")
    assert filled.door_pins.matches(1, "582036")


def test_an_old_face_does_not_open_after_a_new_enrolment(filled: Store, path: Path) -> None:
    old = {table: rows_of(path, table) for table in ("templates", "person_keys")}
    filled.people.enrol_again(replace(HONG, id=1), [template(7)])
    new = filled.people.template_table("net", [1]).vectors
    tamper(path, "DELETE FROM templates WHERE person_id = 1")
    for table, rows in old.items():
        put_back(path, table, [row for row in rows if row["person_id"] == 1])
    assert len(new) == 1
    assert [t.person_id for t in filled.people.templates("net")] == [2]
    assert filled.people.template_table("net").person_ids.tolist() == [2]
    assert filled.people.template_table("net", [1]).ids.size == 0
    assert checked(filled).keys == (1,)


@pytest.mark.parametrize("table", ["people", "accounts", "cards", "door_pins", "look_alikes"])
def test_removed_rows_are_named(filled: Store, path: Path, table: str) -> None:
    tamper(path, f"DELETE FROM {table} WHERE rowid = (SELECT max(rowid) FROM {table})")
    assert checked(filled).tables == (table,)


def test_old_rows_put_back_are_named(filled: Store, path: Path) -> None:
    before = rows_of(path, "people")
    filled.people.set_enabled(1, False)
    put_back(path, "people", before)
    assert filled.people.get(1).genuine  # type: ignore[union-attr]
    assert checked(filled).tables == ("people",)
    filled.people.update(replace(HONG, id=1, name="홍길순"))
    assert checked(filled).tables == ("people",), "a later change does not hide it"


@pytest.mark.parametrize("tables", [["people"], ["settings"], ["people", "accounts", "settings"]])
def test_old_sums_put_back_with_their_rows_are_named(
    filled: Store, path: Path, tables: list[str]
) -> None:
    before = {table: rows_of(path, table) for table in [*tables, "table_seals"]}
    filled.people.set_enabled(1, False)
    filled.settings.set("door.override", "normal")
    filled.accounts.set_enabled(2, False)
    assert checked(filled).sound
    for table, rows in before.items():
        put_back(path, table, rows)
    assert "table_seals" in checked(filled).tables
    filled.people.update(replace(SAN, id=2, name="이산하"))
    assert "table_seals" in checked(filled).tables, "a later change does not hide it"


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM cards",
        "DELETE FROM table_seals",
        "UPDATE table_seals SET state = zeroblob(68)",
    ],
)
def test_an_administrator_takes_the_rows_as_they_are(
    filled: Store, path: Path, change: str
) -> None:
    tamper(path, change)
    assert not checked(filled).sound
    assert confirm_tables(filled, "관리자")
    assert checked(filled).sound and confirm_tables(filled, "관리자") == ""
    filled.people.set_enabled(1, False)
    assert checked(filled).sound and not filled.accounts.never_any()


def test_old_sums_are_confirmed_too(filled: Store, path: Path) -> None:
    before = {table: rows_of(path, table) for table in ("people", "table_seals")}
    filled.people.set_enabled(1, False)
    for table, rows in before.items():
        put_back(path, table, rows)
    assert confirm_tables(filled, "관리자") and checked(filled).sound


def test_rows_that_do_not_hold_are_not_confirmed(filled: Store, path: Path) -> None:
    tamper(path, "UPDATE people SET enabled = 1 WHERE id = 2")
    confirm_tables(filled, "관리자")
    assert broken(filled) == {"people": (2,)}


def test_the_sum_of_a_table_cannot_be_written(filled: Store, path: Path) -> None:
    states = rows_of(path, "table_seals")
    swapped = [row | {"state": states[n - 1]["state"]} for n, row in enumerate(states)]
    put_back(path, "table_seals", swapped)
    assert set(SEALED) <= set(checked(filled).tables)
    tamper(path, "DELETE FROM table_seals")
    assert set(SEALED) <= set(checked(filled).tables)


def test_a_stored_trigger_does_not_have_rows_sealed(filled: Store, path: Path) -> None:
    tamper(
        path,
        "CREATE TRIGGER evil AFTER INSERT ON actions BEGIN"
        " UPDATE people SET enabled = 1, valid_until = NULL; END",
    )
    with pytest.raises(StorageError, match="a trigger that Munjigi did not make"):
        filled.audit_log.record("signed_in", "관리자", {})
    filled.close()
    tamper(path, "DROP TRIGGER evil")
    with Store.open(path) as store:
        assert checked(store).sound and not store.people.get(2).enabled  # type: ignore[union-attr]


def test_what_is_rolled_back_changes_no_sum(filled: Store) -> None:
    def write() -> None:
        sql = filled.database.connection
        with filled.database.transaction():
            sql.execute("UPDATE people SET name = 'x'")
            sql.execute("INSERT OR REPLACE INTO settings (key, value) VALUES ('decision', '1')")
            raise ValueError

    with pytest.raises(ValueError):
        filled.database.call(write)
    assert checked(filled).sound


def test_replace_takes_the_old_row_out(filled: Store) -> None:
    filled.database.call(
        lambda: filled.database.connection.execute(
            "INSERT OR REPLACE INTO settings (key, value) VALUES ('decision', '1')"
        )
    )
    assert checked(filled).sound


def upgraded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a database of the version before seals."""
    with monkeypatch.context() as patch:
        patch.setattr(schema_steps, "steps", taken_until("0002_embedders_by_checksum"))
        plain_database(path, [("net", template(1))])


def test_an_older_database_is_sealed_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upgraded(path, monkeypatch)
    with Store.open(path) as store:
        assert checked(store).sound and store.people.get(1).enabled  # type: ignore[union-attr]
        assert len(store.people.templates("net")) == 1
        assert store.accounts.never_any()


@pytest.mark.parametrize("named", [True, False])
def test_a_database_without_seals_is_not_sealed_again(
    path: Path, monkeypatch: pytest.MonkeyPatch, named: bool, tmp_path: Path
) -> None:
    with Store.open(path) as store:
        store.people.add(HONG)
    if named:
        tamper(
            path,
            *(f"UPDATE {table} SET seal = NULL" for table in SEALED),
            "DELETE FROM vault_keys WHERE purpose = 'seal'",
            "DELETE FROM table_seals",
        )
    else:  # a database of before in its place
        for left in path.parent.glob("munjigi.db*"):
            left.unlink()
        upgraded(path, monkeypatch)
    with Store.open(path) as store:
        person = store.people.get(1)
        assert person is not None and not person.enabled
        assert not store.accounts.never_any()
        assert not checked(store).sound


def test_backups_keep_what_was_not_genuine_so(filled: Store, path: Path) -> None:
    tamper(path, "UPDATE people SET enabled = 1 WHERE id = 2")
    file = filled.backups.make("x", MORNING)
    filled.close()
    vault = Vault(FileKeys(path.parent.with_name(f"{path.parent.name}-keys")))
    restore.restore(filled.backups, file, vault, MORNING, "관리자")
    with Store.open(path) as back:
        assert broken(back) == {"people": (2,)} and back.people.get(1).genuine  # type: ignore[union-attr]


def test_a_restore_that_deletes_again_leaves_rows_that_hold(filled: Store, path: Path) -> None:
    file = filled.backups.make("x", MORNING)
    filled.people.delete(2)
    filled.people.withdraw(1)
    filled.close()
    vault = Vault(FileKeys(path.parent.with_name(f"{path.parent.name}-keys")))
    restore.restore(filled.backups, file, vault, MORNING, "관리자")
    with Store.open(path) as back:
        assert checked(back).sound and back.people.get(1).genuine  # type: ignore[union-attr]
        assert back.people.get(2) is None


def test_without_the_key_nothing_is_written_or_taken_for_genuine(filled: Store, path: Path) -> None:
    filled.close()
    [key] = path.parent.with_name(f"{path.parent.name}-keys").glob("seal-*")
    kept = key.read_bytes()
    key.unlink()
    attempts: list[Callable[[Store], Any]] = [
        lambda store: store.people.get(1),
        lambda store: store.people.add(Person("3", "셋")),
        lambda store: store.accounts.verify("관리자", PIN),
        lambda store: store.settings.set("a", 1),
        lambda store: store.cards(PEPPER).owner_of_card("04A1B2"),
    ]
    with Store.open(path) as store:
        for attempt in attempts:
            with pytest.raises(StorageError) as caught:
                attempt(store)
            assert caught.value.key == "error.key_missing"
        assert store.settings.get("door.override") is None and not store.accounts.never_any()
        assert store.two_admins.is_on()
        key.write_bytes(kept)
        assert store.people.get(1).genuine and checked(store).sound  # type: ignore[union-attr]


def test_the_kiosk_records_it_once(filled: Store, path: Path) -> None:
    watch = SealWatch(filled)
    assert watch.due(MORNING)
    watch.run(MORNING)
    assert not watch.due(MORNING)
    tamper(path, "UPDATE people SET enabled = 1 WHERE id = 2")
    watch.run(MORNING)
    watch.run(MORNING)
    with closing(sqlite3.connect(path)) as raw:
        found = raw.execute(
            "SELECT json_extract(detail, '$.found') FROM actions WHERE event = 'rows_not_as_sealed'"
        ).fetchall()
    assert found == [("people 2",)]


def test_an_update_that_was_killed_seals_at_the_next_start(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgraded(path, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(Vault, "seal_rows", lambda vault, sql: sql.execute("SELECT * FROM nothing"))
        with pytest.raises(sqlite3.Error):
            Store.open(path)
    with Store.open(path) as store:
        assert checked(store).sound and store.people.get(1).genuine  # type: ignore[union-attr]


def without_seals(path: Path) -> None:
    """Make the database one of before seals, with an administrator of somebody else's."""
    tamper(
        path, "DELETE FROM _sqlite_migrations WHERE name IN ('0014_row_seals', '0015_account_pins')"
    )
    tamper(path, "DROP TABLE table_seals", "ALTER TABLE people DROP COLUMN face_key")
    then = [table for table in SEALED if not table.startswith("fleet_")]
    tamper(path, *(f"ALTER TABLE {table} DROP COLUMN seal" for table in then))
    tamper(
        path,
        *(f"ALTER TABLE accounts DROP COLUMN {name}" for name in ("pin_given_at", "pin_is_own")),
    )
    tamper(path, INSERTED, values=(PasswordHasher().hash("918273"),))


INSERTED = (
    "INSERT INTO accounts (name, folded, role, pin_hash, enabled, created_at)"
    " VALUES ('evil', 'evil', 'admin', ?, 1, '2026-01-01T00:00:00+00:00')"
)


def test_no_backup_is_made_of_a_database_whose_seals_were_removed(
    filled: Store, path: Path
) -> None:
    filled.close()
    without_seals(path)
    with Store.open(path) as store:
        assert store.backups.files() == [], "a restore would trust and seal what is in it"
        assert broken(store)["accounts"]


def test_a_trigger_in_a_new_file_does_not_have_rows_sealed(filled: Store, path: Path) -> None:
    filled.close()
    for file in path.parent.glob("munjigi.db*"):
        file.unlink()
    known = PasswordHasher().hash("918273")
    tamper(
        path,
        f"PRAGMA application_id = {schema_steps.APPLICATION_ID}",
        'CREATE TABLE "_sqlite_migrations" (id INTEGER PRIMARY KEY, migration_set TEXT,'
        " name TEXT, applied_at TEXT)",
        "CREATE TRIGGER evil AFTER INSERT ON _sqlite_migrations"
        f" WHEN new.name = '0015_account_pins' BEGIN {INSERTED.replace('?', repr(known))}; END",
    )
    with Store.open(path) as store:
        assert broken(store) == {"accounts": (1,)}
        with pytest.raises(SignInError):
            store.accounts.verify("evil", "918273")


def test_older_settings_do_not_weaken_and_are_confirmed_by_command(
    filled: Store, path: Path
) -> None:
    filled.settings.set("door.override", "free")
    filled.two_admins.turn_off()
    filled.choice.set(Choice(distance=0.5))
    old = rows_of(path, "settings")
    assert stored_override(filled.settings) == "free"
    filled.settings.set("door.override", "normal")
    filled.two_admins.turn_on()
    filled.choice.set(Choice(distance=0.3))
    put_back(path, "settings", old)
    assert stored_override(filled.settings) == "normal"
    assert filled.two_admins.is_on() and filled.choice.get() is None
    assert confirm_tables(filled, "root") == "settings"
    assert checked(filled).sound and confirm_tables(filled, "root") == ""
    assert not filled.two_admins.is_on() and filled.choice.get() == Choice(distance=0.5)


def test_an_inserted_setting_changes_none_of_the_others(filled: Store, path: Path) -> None:
    filled.settings.set("door.override", "free")
    tamper(path, "INSERT INTO settings (key, value) VALUES ('x', '1')")
    assert stored_override(filled.settings) == "free" and not filled.two_admins.is_on()
