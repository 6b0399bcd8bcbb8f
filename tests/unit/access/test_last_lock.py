"""The lock's settings beside the data: enough to lock, private, and never trusted from others."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from kiosk.access.drivers import lock_tables
from kiosk.access.last_lock import LastLock
from kiosk.access.lock_settings_text import lock_settings_from, lock_settings_text
from kiosk.core.config import Config
from kiosk.core.errors import ConfigError


def command_lock() -> Config:
    config = Config(locks=lock_tables())
    settings = dataclasses.replace(
        config.tables["command"], open=("/bin/열기", "a b"), close=("/bin/false",), limit_s=3.0
    )
    config = config.with_table("command", settings)
    return config.with_table("door", dataclasses.replace(config.door, lock="command", open_s=9.0))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new" / "last-lock.json"


def test_what_is_remembered_makes_the_same_lock(file: Path):
    LastLock(file).remember(command_lock())
    found = LastLock(file).config()
    assert found is not None and found.door.lock == "command"
    assert found.tables["command"] == command_lock().tables["command"]
    assert found.door.open_s == Config().door.open_s, "only the lock's own settings"


def test_it_is_private_and_written_only_where_it_changed(file: Path):
    LastLock(file).remember(command_lock())
    before = file.stat()
    assert before.st_mode & 0o777 == 0o600
    LastLock(file).remember(command_lock())
    assert file.stat().st_ino == before.st_ino
    LastLock(file).remember(Config(locks=lock_tables()))
    assert file.stat().st_ino != before.st_ino


def test_nothing_is_remembered_at_first(file: Path):
    assert LastLock(file).config() is None


def test_a_file_that_cannot_be_written_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    (tmp_path / "data").write_text("a file in the place of the folder")
    LastLock(tmp_path / "data" / "last-lock.json").remember(command_lock())
    assert "cannot be kept" in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1]",
        "[" * 50_000,
        '{"door": 1}',
        '{"door": {"lock": "magnet"}}',
        '{"x": {}}',
        '{"command": {"limit_s": 1%s}}' % ("0" * 400),
    ],
)
def test_damaged_text_is_one_sentence(file: Path, text: str):
    file.parent.mkdir()
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(ConfigError, match=r"last-lock\.json"):
        LastLock(file).config()
    LastLock(file).remember(command_lock())
    assert lock_settings_text(command_lock()) == file.read_text()


def test_a_file_that_another_may_write_is_not_used(file: Path, caplog: pytest.LogCaptureFixture):
    LastLock(file).remember(command_lock())
    file.chmod(0o666)
    with pytest.raises(ConfigError, match=r"others may write it.*delete it"):
        LastLock(file).config()
    other = file.with_name("other")
    file.rename(other)
    file.symlink_to(other)
    with pytest.raises(ConfigError, match="delete it"):
        LastLock(file).config()
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(ConfigError, match="not a file of this user"):
        LastLock(file).config()
    LastLock(file).remember(command_lock())
    assert file.is_file() and "delete it" in caplog.text


def test_a_file_of_another_user_is_not_used(file: Path, monkeypatch: pytest.MonkeyPatch):
    LastLock(file).remember(command_lock())
    monkeypatch.setattr(os, "geteuid", lambda: file.stat().st_uid + 1)
    with pytest.raises(ConfigError, match="not a file of this user"):
        LastLock(file).config()


def test_settings_of_no_driver_are_the_name_alone():
    assert lock_settings_text(Config(locks=lock_tables())) == '{"door": {"lock": "log"}}'
    assert lock_settings_from('{"door": {"lock": "log"}}').door.lock == "log"
