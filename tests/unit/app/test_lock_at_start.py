"""What was opened last is locked, whatever has failed since."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.access import failsafe
from kiosk.access.last_lock import LastLock
from kiosk.access.lock_settings_text import lock_settings_text
from kiosk.access.locks import Driver
from kiosk.app import lock_at_start
from kiosk.app.bootstrap.config_factory import read_config
from kiosk.app.lock_at_start import LockAtStart
from kiosk.app.single_instance import only_one
from kiosk.cli import main
from kiosk.core import paths
from kiosk.core.config import Config
from tests.helpers.lock_program import LockProgram


@pytest.fixture
def lock(tmp_path: Path) -> LockProgram:
    """A lock that was left open by a process that was killed."""
    made = LockProgram(tmp_path / "data")
    LastLock(paths.last_lock_file(made.data)).remember(read_config(made.config))
    made.tell("open")
    return made


def another_lock(config: Path) -> None:
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("echo locked", "echo the other"), encoding="utf-8")


def a_folder(config: Path) -> None:
    config.unlink()
    config.mkdir()


BREAKAGES: dict[str, Callable[[Path], object]] = {
    "no TOML": lambda config: config.write_text("[door\nlock ="),
    "an unknown key": lambda config: config.write_text("[door]\nlook = 1\n"),
    "no text": lambda config: config.write_bytes(b"\xff\xfe"),
    "a folder": a_folder,
    "no file": Path.unlink,
    "no lock": lambda config: config.write_text('[door]\nlock = "log"\n'),
    "another lock": another_lock,
    "a lock that cannot be made": lambda config: config.write_text('[door]\nlock = "http"\n'),
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_lock_close_locks_with_settings_that_were_broken_or_changed(
    lock: LockProgram, breakage: str, capfd: pytest.CaptureFixture[str]
):
    BREAKAGES[breakage](lock.config)
    code = main(["lock", "close", "--data-dir", str(lock.data)])
    said, problem = capfd.readouterr()
    assert "locked" in lock.said
    if breakage == "a lock that cannot be made":
        assert code == 2 and "http.url" in problem
    else:
        assert code == 0 and "command: locked" in said
    unreadable = breakage in ("no TOML", "an unknown key", "no text", "a folder")
    assert ("config.toml" in problem) == unreadable


def test_both_locks_are_locked_where_the_settings_name_another(lock: LockProgram):
    another_lock(lock.config)
    assert main(["lock", "close", "--data-dir", str(lock.data)]) == 0
    assert {"locked", "the other"} < set(lock.said)


def test_lock_close_without_any_settings_says_which_file_is_wrong(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    (tmp_path / "config.toml").write_text("[door\n")
    assert main(["lock", "close", "--data-dir", str(tmp_path)]) == 2
    assert "config.toml is not valid TOML" in capfd.readouterr().err


def test_lock_close_where_what_was_kept_is_damaged_locks_with_the_settings(
    lock: LockProgram, capfd: pytest.CaptureFixture[str]
):
    paths.last_lock_file(lock.data).write_text("{")
    assert main(["lock", "close", "--data-dir", str(lock.data)]) == 2
    assert "last-lock.json" in capfd.readouterr().err and not lock.is_open


@pytest.mark.parametrize("breakage", ["no TOML", "a folder"])
def test_the_next_start_locks_although_it_fails(
    lock: LockProgram, breakage: str, capfd: pytest.CaptureFixture[str]
):
    BREAKAGES[breakage](lock.config)
    assert main(["run", "--data-dir", str(lock.data)]) == 2
    assert not lock.is_open and "config.toml" in capfd.readouterr().err


def test_a_failed_start_says_that_the_lock_does_not_confirm(
    lock: LockProgram, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(lock_at_start, "CONFIRM_S", 0.05)
    monkeypatch.setattr(failsafe, "PATIENCE_S", 0.05)
    lock.stick()
    lock.config.write_text("[door\n")
    assert main(["run", "--data-dir", str(lock.data)]) == 2
    assert "did not confirm that it is locked" in caplog.text


def test_a_running_kiosk_keeps_its_lock(lock: LockProgram):
    with only_one(lock.data):
        start = LockAtStart(lock.data)
        start.begin()
        start.finish()
    assert lock.is_open


def test_a_folder_that_cannot_be_written_does_not_keep_the_door_open(
    lock: LockProgram, monkeypatch: pytest.MonkeyPatch
):
    (lock.data / "kiosk.lock").mkdir()
    start = LockAtStart(lock.data)
    start.begin()
    start.finish()
    assert not lock.is_open


def test_a_start_with_another_lock_locks_the_former_first(lock: LockProgram):
    lock.config.write_text("", encoding="utf-8")
    start = LockAtStart(lock.data)
    start.begin()
    start.finish()
    assert not lock.is_open
    with only_one(lock.data):
        pass  # the kiosk itself can have the folder now


@pytest.mark.slow
@pytest.mark.parametrize("same", [False, True])
def test_a_former_lock_that_answers_later_is_told_until_it_confirms(
    lock: LockProgram, monkeypatch: pytest.MonkeyPatch, same: bool
):
    monkeypatch.setattr(lock_at_start, "CONFIRM_S", 0.3)
    lock.stick()
    kept = read_config(lock.config)
    lock.config.write_text("", encoding="utf-8")
    start = LockAtStart(lock.data)
    start.begin()
    start.finish(kept if same else read_config(lock.config))
    lock.stick(False)
    # its own lock is told by the kiosk, on the only connection that some locks allow
    assert lock.locks_within(0.5 if same else 5.0) is not same
    start.finish()
    assert lock.is_open is same


def test_nothing_is_made_where_no_lock_was_opened(tmp_path: Path):
    start = LockAtStart(tmp_path / "data")
    start.begin()
    start.finish()
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("fails", [RuntimeError("a bug"), OSError("no such device")])
def test_a_driver_that_fails_unexpectedly_keeps_neither_the_other_lock_open_nor_the_start(
    lock: LockProgram,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    fails: Exception,
):
    another_lock(lock.config)
    make = lock_at_start.make_driver

    def broken(config: Config) -> Driver:
        if "the other" in lock_settings_text(config):
            raise fails
        return make(config)

    monkeypatch.setattr(lock_at_start, "make_driver", broken)
    assert main(["lock", "close", "--data-dir", str(lock.data)]) == 2
    assert str(fails) in capfd.readouterr().err and not lock.is_open
    LastLock(paths.last_lock_file(lock.data)).remember(read_config(lock.config))
    start = LockAtStart(lock.data)
    start.begin()
    start.finish()


def test_a_lock_that_cannot_be_made_does_not_stop_the_start(
    lock: LockProgram, caplog: pytest.LogCaptureFixture
):
    paths.last_lock_file(lock.data).write_text('{"door": {"lock": "http"}}')
    start = LockAtStart(lock.data)
    start.begin()
    start.finish()
    assert "http.url" in caplog.text
