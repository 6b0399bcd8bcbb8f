"""After a restore over a database that could not be read, somebody confirms who is in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.core.decisions import LogFilter
from kiosk.core.errors import StorageError
from kiosk.core.people import AccountRole
from kiosk.storage.backup.restore_confirmation import UNCONFIRMED
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from tests.helpers.restored import (
    ADMIN_PIN,
    AGAINST,
    OTHER_PIN,
    account,
    filled,
    may_sign_in,
    restored,
)
from tests.helpers.tampering import tamper

pytestmark = pytest.mark.slow


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:8192] + b"\xff" * 20_000)


def another(path: Path) -> None:
    """Put a fresh database in its place, which knows nothing of anybody."""
    path.unlink()
    Store.open(path).close()


UNREADABLE: dict[str, Callable[[Path], object]] = {
    "damaged": damage,
    "missing": lambda path: path.unlink(),
    "another": another,
    "not a database": lambda path: path.write_bytes(b"\xff" * 20_000),
}


def is_trusted(store: Store) -> bool:
    """Whether what opens the door gets a time."""
    try:
        store.trusted_clock()()
    except StorageError as error:
        assert error.key == "error.restore_unconfirmed"
        return False
    return True


@pytest.mark.parametrize("spoil", UNREADABLE.values(), ids=UNREADABLE)
def test_door_stays_shut_until_somebody_confirms(
    path: Path, spoil: Callable[[Path], object]
) -> None:
    with filled(path) as store:
        backup = store.backups.make("x", local_now())
        AGAINST["disabled"][0](store)
    spoil(path)
    restored(path, backup).close()
    with Store.open(path) as back:
        assert back.restore_confirmation.pending() == backup.name and not is_trusted(back)
        back.accounts.verify("관리자", ADMIN_PIN)
        assert not is_trusted(back), "signing in is no look at who came back"
        back.restore_confirmation.confirm("관리자")
        assert back.restore_confirmation.pending() is None and is_trusted(back)
        back.restore_confirmation.confirm("관리자")
        actions, _ = back.audit_log.query(LogFilter(), 20, 0)
        assert [
            (one.actor, one.detail["backup"]) for one in actions if one.event == "restore_confirmed"
        ] == [("관리자", backup.name)]
    with Store.open(path) as again:
        assert is_trusted(again)


def test_nothing_is_to_be_confirmed_where_the_present_database_was_read(path: Path) -> None:
    with filled(path) as store:
        backup = store.backups.make("x", local_now())
    with restored(path, backup) as back:
        assert back.restore_confirmation.pending() is None and is_trusted(back)


def test_another_restore_before_the_confirmation_changes_nothing(path: Path) -> None:
    with filled(path) as store:
        first = store.backups.make("x", local_now())
    damage(path)
    with restored(path, first) as back:
        second = back.backups.make("y", local_now())
    with restored(path, second) as back:
        assert back.restore_confirmation.pending() == second.name
        back.restore_confirmation.confirm("관리자")
        third = back.backups.make("z", local_now())
    with restored(path, second) as back:
        assert back.restore_confirmation.pending() is None, "the present one was confirmed"
        assert third.exists()


def test_mark_that_somebody_else_wrote_counts_too(path: Path) -> None:
    filled(path).close()
    with closing(sqlite3.connect(path)) as sql, sql:
        sql.execute("INSERT INTO settings (key, value) VALUES (?, '7')", [UNCONFIRMED])
    with Store.open(path) as store:
        assert store.restore_confirmation.pending() == "7" and not is_trusted(store)


def test_administrators_of_before_come_back_disabled(path: Path) -> None:
    with filled(path) as store:
        backup = store.backups.make("x", local_now())
        store.accounts.set_enabled(account(store, "옛 관리자"), False)
    damage(path)
    with restored(path, backup) as back:
        assert not may_sign_in(back, "옛 관리자", OTHER_PIN), "the note beside the keys knows"
        assert may_sign_in(back, "관리자", ADMIN_PIN)


def test_administrators_come_back_where_none_is_noted(path: Path) -> None:
    with filled(path) as store:
        backup = store.backups.make("x", local_now())
        store.accounts.create("새 관리자", AccountRole.ADMIN, "918273")
        for name in ("관리자", "옛 관리자"):
            store.accounts.set_enabled(account(store, name), False)
    damage(path)
    with restored(path, backup) as back:
        assert may_sign_in(back, "관리자", ADMIN_PIN) and may_sign_in(back, "옛 관리자", OTHER_PIN)


def test_removing_the_row_that_asks_for_it_is_no_confirmation(path: Path) -> None:
    with filled(path) as store:
        backup = store.backups.make("x", local_now())
    damage(path)
    restored(path, backup).close()
    tamper(path, f"DELETE FROM settings WHERE key = '{UNCONFIRMED}'")
    with Store.open(path) as back:
        assert back.restore_confirmation.pending() == backup.name and not is_trusted(back)
        back.restore_confirmation.confirm("관리자")
        assert is_trusted(back)
