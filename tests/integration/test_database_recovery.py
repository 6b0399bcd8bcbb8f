"""A kiosk that cannot open its database: locked door, explanation, restore from a backup."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import socket
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.access.drivers import lock_tables
from kiosk.access.drivers.relay_board import SerialConfig
from kiosk.app.bootstrap.config_factory import read_config
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.database_recovery import DatabaseRecovery
from kiosk.app.single_instance import only_one
from kiosk.core import paths
from kiosk.core.config import Config, DoorConfig, SecurityConfig, UiConfig
from kiosk.core.decisions import LogFilter
from kiosk.core.errors import StorageError
from kiosk.core.people import AccountRole, Person
from kiosk.ui.i18n import tr
from tests.helpers.administrators import seasoned
from tests.helpers.board import Board
from tests.helpers.lock_program import LockProgram
from tests.helpers.waiting import WAIT_S
from tests.unit.storage.samples import template

CONFIG = dataclasses.replace(Config(), ui=UiConfig(windowed=True, reduced_motion=True))
NOW = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)
PIN = "482915"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A kiosk with one person and two accounts, backed up twice; the newer backup is damaged."""
    folder = tmp_path / "data"
    storage = open_store(folder, CONFIG)
    storage.people.add_with_templates(Person("2026-1", "이산"), [template(1)])
    seasoned(storage, "관리자")
    storage.accounts.create("조교", AccountRole.STAFF, PIN)
    storage.backups.make("good", NOW)
    bad = storage.backups.make("bad", NOW + timedelta(hours=1))
    bad.write_bytes(bad.read_bytes()[:-100])
    storage.close()
    return folder


def trouble(qtbot, data_dir: Path, config: Config = CONFIG) -> DatabaseRecovery:
    with pytest.raises(StorageError) as caught:
        open_store(data_dir, config)
    made = DatabaseRecovery(config, data_dir, caught.value)
    qtbot.addWidget(made.window, before_close_func=lambda _: made.stop())
    made.start()
    return made


def test_a_damaged_database_is_replaced_by_the_newest_good_backup(qtbot, data_dir):
    damaged = b"\xff" * 30_000
    paths.database_file(data_dir).write_bytes(damaged)
    shown = trouble(qtbot, data_dir)
    qtbot.waitUntil(lambda: shown.screen.restore.isVisible())
    assert paths.database_file(data_dir).read_bytes() == damaged, (
        "nothing is touched before somebody says so"
    )
    shown.screen.restore.click()
    assert shown.window.current == "sign_in"
    shown.sign_in.submitted.emit("관리자", "000111")
    qtbot.waitUntil(lambda: bool(shown.sign_in.entry.error.text()))
    assert paths.database_file(data_dir).read_bytes() == damaged
    with qtbot.waitSignal(shown.over):
        shown.sign_in.submitted.emit("관리자", PIN)
    storage = open_store(data_dir, CONFIG)
    assert [p.name for p in storage.people.search("", 9, 0)[0]] == ["이산"] and len(
        storage.people.templates("net")
    ) == 1
    storage.close()
    [aside] = paths.set_aside_dir(data_dir).iterdir()
    assert (aside / "munjigi.db").read_bytes() == damaged


@pytest.mark.parametrize("where", ["settings", "backup"])
def test_restoring_a_backup_needs_two_administrators_if_required(qtbot, data_dir, where):
    storage = open_store(data_dir, CONFIG)
    seasoned(storage, "다른 관리자")
    if where == "backup":
        storage.two_admins.turn_on()
    storage.backups.make("two", NOW + timedelta(hours=2))
    storage.close()
    damaged = b"\xff" * 30_000
    paths.database_file(data_dir).write_bytes(damaged)
    security = SecurityConfig(two_admins=where == "settings")
    shown = trouble(qtbot, data_dir, dataclasses.replace(CONFIG, security=security))
    qtbot.waitUntil(lambda: shown.screen.restore.isVisible())
    shown.screen.restore.click()
    shown.sign_in.submitted.emit("관리자", PIN)
    qtbot.waitUntil(lambda: shown.sign_in.entry.error.text() == tr("error.second_admin"))
    shown.sign_in.reset()
    shown.sign_in.submitted.emit("관리자", PIN)  # the same one again
    qtbot.waitUntil(lambda: shown.sign_in.entry.error.text() == tr("error.second_admin"))
    assert paths.database_file(data_dir).read_bytes() == damaged
    with qtbot.waitSignal(shown.over):
        shown.sign_in.submitted.emit("다른 관리자", PIN)
    storage = open_store(data_dir, CONFIG)
    [restored] = [
        a for a in storage.audit_log.query(LogFilter(), 9, 0)[0] if a.event == "backup_restored"
    ]
    storage.close()
    assert restored.actor == "관리자 + 다른 관리자"


def test_missing_good_backup_is_reported(qtbot, data_dir):
    paths.database_file(data_dir).write_bytes(b"\xff" * 30_000)
    shutil.move(paths.keys_dir(data_dir), data_dir.parent / "away")
    shown = trouble(qtbot, data_dir)
    qtbot.waitUntil(lambda: "backup restore" in shown.screen.offer.text())
    assert not shown.screen.restore.isVisible() and not paths.keys_dir(data_dir).exists()


def test_temporary_errors_are_retried(qtbot, data_dir, monkeypatch):
    monkeypatch.setattr("kiosk.app.database_recovery.AGAIN_MS", 50)
    monkeypatch.setattr("kiosk.storage.db.database.BUSY_TIMEOUT_S", 0.05)
    with closing(sqlite3.connect(paths.database_file(data_dir), isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        shown = trouble(qtbot, data_dir)
        assert not shown.screen.card.isVisible(), "a backup does not help against a lock"
    with qtbot.waitSignal(shown.over):
        pass


def test_relay_left_on_is_switched_off_once_the_board_answers(qtbot, data_dir):
    pytest.importorskip("serial")
    board = Board(data_dir.parent / "relay")
    board.relays[1] = True
    board.says = b"CH1: ON\r\n"
    paths.database_file(data_dir).write_bytes(b"\xff" * 30_000)
    config = dataclasses.replace(
        CONFIG, door=DoorConfig(lock="serial"), locks=lock_tables()
    ).with_table("serial", SerialConfig(port=str(board.port), answer_s=0.1))
    shown = trouble(qtbot, data_dir, config)
    qtbot.waitUntil(lambda: board.switched.count((1, False)) >= 2)
    board.says = b""
    qtbot.waitUntil(lambda: not shown._locker.is_alive())
    assert not board.relays[1] and not any(on for _, on in board.switched)
    board.unplug()


def test_the_door_is_locked_also_where_the_recovery_itself_fails(qapp, data_dir, monkeypatch):
    def fails(*_: object) -> None:
        raise StorageError("The keys cannot be read.")

    monkeypatch.setattr("kiosk.app.database_recovery.backups_of", fails)
    lock = LockProgram(data_dir.parent / "locked")
    lock.tell("open")
    with pytest.raises(StorageError, match="keys"):
        DatabaseRecovery(read_config(lock.config), data_dir, StorageError("damaged"))
    assert lock.locks_within(WAIT_S)


def test_recovery_screen_reports_to_systemd(qtbot, data_dir, monkeypatch):
    monkeypatch.setattr("kiosk.app.database_recovery.HEARTBEAT_MS", 20)
    monkeypatch.setenv("NOTIFY_SOCKET", str(data_dir.parent / "notify"))
    paths.database_file(data_dir).write_bytes(b"\xff" * 30_000)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(data_dir.parent / "notify"))
        shown = trouble(qtbot, data_dir)
        heard: list[bytes] = []

        def listen() -> int:
            with contextlib.suppress(BlockingIOError):
                while True:
                    heard.append(listener.recv(200, socket.MSG_DONTWAIT))
            return len(heard)

        qtbot.waitUntil(lambda: listen() > 3)
        assert heard[0] == b"READY=1"
        assert set(heard[1:]) == {
            b"WATCHDOG=1\nSTATUS=the database cannot be opened (error.storage_not_ours)"
        }
        shown.stop()
        assert listen() and heard[-1] == b"STOPPING=1"


def test_one_kiosk_per_data_folder(tmp_path):
    with only_one(tmp_path / "data"):
        with pytest.raises(StorageError, match="A kiosk is running"), only_one(tmp_path / "data"):
            pass
        with only_one(tmp_path / "other"):
            pass
    with only_one(tmp_path / "data"):
        pass
