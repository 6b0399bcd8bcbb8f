"""Starting the kiosk: its lock is known beforehand, and no demo camera replaces a lost webcam."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest

from kiosk.access import failsafe
from kiosk.access.last_lock import LastLock
from kiosk.access.lock_settings_text import lock_settings_text
from kiosk.app import lock_at_start, start
from kiosk.app.bootstrap.config_factory import read_config
from kiosk.app.lock_at_start import LockAtStart
from kiosk.core import paths
from kiosk.core.config import CameraConfig
from kiosk.core.errors import CameraError, LockError
from tests.helpers.lock_program import LockProgram


def test_lost_webcam_is_not_replaced_by_the_demo(monkeypatch):
    monkeypatch.setattr(start, "resolve_source", lambda source: "demo")
    with pytest.raises(CameraError, match="plug it in again"):
        start.webcam_opener(CameraConfig())()


def test_webcam_is_opened_under_its_new_name(monkeypatch):
    opened = []
    monkeypatch.setattr(start, "resolve_source", lambda source: "/dev/video1")
    monkeypatch.setattr(start, "open_camera", lambda source, config: opened.append(source))
    start.webcam_opener(CameraConfig())()
    assert opened == ["/dev/video1"]


def test_the_kiosk_keeps_the_settings_of_its_lock_before_it_can_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    lock = LockProgram(tmp_path / "data")
    lock.tell("open")
    kept: list[str] = []

    def run(session: object) -> int:
        kept.append(paths.last_lock_file(lock.data).read_text(encoding="utf-8"))
        return 0

    monkeypatch.setattr(start, "resolve_source", lambda source: "/dev/video0")
    monkeypatch.setattr(start, "qt_application", lambda: None)
    monkeypatch.setattr(start, "check_weights", lambda config: None)
    monkeypatch.setattr(start, "_run", run)
    config = read_config(lock.config)
    assert start.start_kiosk(config, lock.data, LockAtStart(lock.data)) == 0
    assert kept == [lock_settings_text(config)]


@pytest.mark.slow
def test_a_kiosk_that_lost_webcam_and_lock_at_once_goes_on_locking_beside_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    lock = LockProgram(tmp_path / "data")
    config = read_config(lock.config)
    LastLock(paths.last_lock_file(lock.data)).remember(config)
    lock.tell("open")
    lock.stick()

    def run(session: object) -> int:
        lock.stick(False)
        return 0 if lock.locks_within(5.0) else 1

    monkeypatch.setattr(lock_at_start, "CONFIRM_S", 0.05)
    monkeypatch.setattr(start, "resolve_source", lambda source: "demo")
    monkeypatch.setattr(start, "qt_application", lambda: None)
    monkeypatch.setattr(start, "check_weights", lambda config: None)
    monkeypatch.setattr(start, "_run", run)
    locking = LockAtStart(lock.data)
    locking.begin()
    assert start.start_kiosk(config, lock.data, locking) == 0
    locking.finish()


@pytest.mark.parametrize("stuck", [False, True])
def test_a_lock_that_did_not_confirm_at_the_end_is_told_again_before_the_process_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stuck: bool
):
    lock = LockProgram(tmp_path / "data")
    lock.tell("open")
    if stuck:
        lock.stick()
    runtime = mock.MagicMock(before_restart=None)
    runtime.lock.surely_locked = False
    monkeypatch.setattr(failsafe, "CONFIRM_S", 0.3)
    monkeypatch.setattr(start, "open_store", mock.MagicMock())
    monkeypatch.setattr(start, "log_to_file", lambda folder: None)
    monkeypatch.setattr(start, "_build", lambda session, storage: (runtime, None))
    monkeypatch.setattr(start, "run_event_loop", lambda application, stop: stop() or 0)
    session = mock.MagicMock(config=read_config(lock.config), data_dir=lock.data, lang=None)
    if stuck:
        with pytest.raises(LockError, match="did not confirm that it is locked"):
            start._run(session)
    else:
        assert start._run(session) == 0 and not lock.is_open
    runtime.stop.assert_called_once()
