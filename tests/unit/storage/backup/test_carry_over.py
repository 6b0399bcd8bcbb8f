"""A restore brings nobody back who was disabled, dismissed or restricted since the backup."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.core import paths
from kiosk.core.decisions import LogFilter
from kiosk.core.people import AccountRole, Person
from kiosk.storage.audit.chain_verification import verify_log
from kiosk.storage.audit.seal_verification import sentences, verify_seals
from kiosk.storage.backup.carry_over import _stricter
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from tests.helpers.entry_changes import PIN
from tests.helpers.restored import (
    ADMIN_PIN,
    AGAINST,
    OTHER_PIN,
    Case,
    account,
    filled,
    may_sign_in,
    person,
    restored,
)

pytestmark = pytest.mark.slow


def detail_of(store: Store) -> dict[str, object]:
    """What the audit log says of the restore."""
    actions, _ = store.audit_log.query(LogFilter(), 20, 0)
    return next(dict(one.detail) for one in actions if one.event == "backup_restored")


@pytest.mark.parametrize("case", AGAINST.values(), ids=AGAINST)
def test_what_is_stored_against_somebody_outlives_a_restore(path: Path, case: Case) -> None:
    against, in_vain = case
    with filled(path) as store:
        backup = store.backups.make("x", local_now())
        assert in_vain(store)
        against(store)
    with restored(path, backup) as back:
        assert not in_vain(back)
        assert may_sign_in(back, "관리자", ADMIN_PIN)
        assert sentences(verify_seals(path, back.vault)) == []
    assert verify_log(path).finding == ""


FORGED = {
    "a person enabled": "UPDATE people SET enabled = 1, member_of = '[\"guards\"]'",
    "a PIN": "UPDATE door_pins SET set_at = '2030-01-01T00:00:00+00:00', pin_hash = '$forged'",
    "an administrator": "UPDATE accounts SET role = 'admin', pin_hash = '$forged'",
    "an open door": "INSERT INTO settings (key, value) VALUES ('door.override', '\"free\"')",
}


@pytest.mark.parametrize("forgery", FORGED.values(), ids=FORGED)
def test_what_was_forged_in_the_present_database_is_not_carried_over(
    path: Path, forgery: str
) -> None:
    with filled(path) as store:
        backup = store.backups.make("x", local_now())
    with closing(sqlite3.connect(path)) as sql, sql:
        sql.execute(forgery)
    with restored(path, backup) as back:
        assert back.settings.get("door.override") is None
        assert person(back).groups == () and not back.door_pins.matches(person(back).id, "$forged")
        with closing(sqlite3.connect(path)) as sql:
            assert "$forged" not in "".join(sql.iterdump())


def test_nothing_changes_for_those_against_whom_nothing_was_stored(path: Path) -> None:
    with filled(path) as store:
        before = person(store)
        backup = store.backups.make("x", local_now())
    with restored(path, backup) as back:
        assert person(back) == before and back.door_pins.matches(before.id, PIN)
        assert may_sign_in(back, "옛 관리자", OTHER_PIN)
        detail = detail_of(back)
        assert (detail["people_kept_out"], detail["accounts_kept_out"]) == (0, 0)


def test_the_audit_log_says_how_many_are_kept_out(path: Path) -> None:
    with filled(path) as store:
        backup = store.backups.make("x", local_now())
        AGAINST["disabled"][0](store)
        AGAINST["administrator disabled"][0](store)
    with restored(path, backup) as back:
        detail = detail_of(back)
        assert (detail["people_kept_out"], detail["accounts_kept_out"]) == (1, 1)


def test_what_the_backup_says_against_somebody_stays(path: Path) -> None:
    with filled(path) as store:
        AGAINST["disabled"][0](store)
        backup = store.backups.make("x", local_now())
        store.people.set_enabled(person(store).id, True)
    with restored(path, backup) as back:
        assert not person(back).enabled, "who was enabled since is enabled again by hand"


def test_person_who_is_missing_without_a_receipt_comes_back_disabled(path: Path) -> None:
    with filled(path) as store:
        backup = store.backups.make("x", local_now())
    with closing(sqlite3.connect(path)) as sql, sql:
        sql.execute("PRAGMA foreign_keys = ON")
        sql.execute("DELETE FROM people")
    with restored(path, backup) as back:
        assert not person(back).enabled


def test_today_s_administrator_stays_one_where_all_of_the_backup_are_disabled(path: Path) -> None:
    with filled(path) as store:
        backup = store.backups.make("x", local_now())
        store.accounts.create("새 관리자", AccountRole.ADMIN, "918273")
        for name in ("관리자", "옛 관리자"):
            store.accounts.set_enabled(account(store, name), False)
    with restored(path, backup) as back:
        assert may_sign_in(back, "새 관리자", "918273")
        assert not may_sign_in(back, "관리자", ADMIN_PIN)


def test_number_of_a_disabled_person_in_another_database_counts_too(
    path: Path, tmp_path: Path
) -> None:
    with filled(path) as store:
        backup = store.backups.make("x", local_now())
    path.unlink()
    with Store.open(path) as other:
        other.people.add(Person("2026-0", "이산"))
        other.people.add(Person("2026-1", "홍길동", enabled=False))
    with restored(path, backup) as back:
        assert not person(back).enabled and back.door_pins.matches(person(back).id, PIN)


def test_damaged_database_stops_no_restore(path: Path) -> None:
    with filled(path) as store:
        backup = store.backups.make("x", local_now())
        AGAINST["disabled"][0](store)
    path.write_bytes(path.read_bytes()[:8192] + b"\xff" * 20_000)
    with restored(path, backup) as back:
        assert person(back) is not None
    assert paths.set_aside_dir(path.parent).is_dir()


@pytest.mark.parametrize(
    ("then", "now", "stricter"),
    [
        (("2026-12-02", None), ("2026-12-02", "18:30"), ("2026-12-02", "18:30")),
        (("2026-12-02", "09:00"), ("2026-12-03", "18:30"), ("2026-12-02", "09:00")),
        ((None, None), ("2026-12-02", None), ("2026-12-02", None)),
        ((None, None), (None, None), (None, None)),
    ],
)
def test_the_earlier_end_of_a_pass_counts(then, now, stricter) -> None:
    names = ("valid_until", "until_time")
    common = {"enabled": 1, "valid_from": None}
    found = _stricter(
        common | dict(zip(names, then, strict=True)),
        common | dict(zip(names, now, strict=True)),
        same=False,
    )
    assert (found["valid_until"], found["until_time"]) == stricter
