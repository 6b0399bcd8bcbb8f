"""Starting the kiosk: its lock is known beforehand, and no demo camera replaces a lost webcam."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest

from kiosk.access import failsafe
from kiosk.access.last_lock import LastLock
from kiosk.access.lock_settings_text import lock_settings_text
from kiosk.app import lock_at_start, start, webcam_watch
from kiosk.app.bootstrap.config_factory import read_config
from kiosk.app.camera_opener import CameraOpener
from kiosk.app.lock_at_start import LockAtStart
from kiosk.app.webcam_watch import WebcamWatch
from kiosk.core import paths
from kiosk.core.config import CameraConfig, Config
from kiosk.core.errors import CameraError, LockError
from kiosk.vision.camera import webcam_finder
from kiosk.vision.camera.webcam_finder import WebcamInfo
from tests.helpers.lock_program import LockProgram

WEBCAM = WebcamInfo("/dev/video0", "Webcam")


def with_source(source: str, lock: str = "log") -> Config:
    base = Config()
    return replace(
        base, camera=replace(base.camera, source=source), door=replace(base.door, lock=lock)
    )


def test_a_lost_webcam_is_not_replaced_by_the_demo(monkeypatch):
    monkeypatch.setattr(webcam_finder, "webcams", list)
    with pytest.raises(CameraError, match="plug one in"):
        CameraOpener(CameraConfig())()


@pytest.mark.parametrize("door", ["nothing", "database", "lock", "last lock", "service"])
@pytest.mark.parametrize("found", [[], [WEBCAM]], ids=["no webcam", "webcam"])
def test_auto_shows_drawn_people_only_without_a_door_and_a_webcam(
    tmp_path, monkeypatch, door, found
):
    monkeypatch.setattr(start, "webcams", lambda: found)
    monkeypatch.setattr(start, "Notifier", lambda: mock.Mock(enabled=door == "service"))
    if door == "database":
        paths.database_file(tmp_path).touch()
    if door == "last lock":
        paths.last_lock_file(tmp_path).touch()
    config = with_source("auto", "serial" if door == "lock" else "log")
    assert start.shows_drawn_people(config, tmp_path) is (door == "nothing" and not found)


def test_the_demo_comes_at_a_door_too_where_it_is_asked_for(tmp_path):
    paths.database_file(tmp_path).touch()
    assert start.shows_drawn_people(with_source(" demo "), tmp_path)
    assert not start.shows_drawn_people(with_source("/dev/video9"), tmp_path)


def test_a_named_webcam_that_is_away_stops_the_start_only_without_a_door(tmp_path):
    config = with_source("/dev/video98")
    with pytest.raises(CameraError, match="plug it in"):
        start.check_source_at_start(config, tmp_path)
    paths.database_file(tmp_path).touch()
    start.check_source_at_start(config, tmp_path)
    with pytest.raises(CameraError, match="There is no camera, video or folder"):
        start.check_source_at_start(with_source("no/such.mp4"), tmp_path)


def test_a_webcam_that_appears_beside_the_demo_takes_over_at_once(qapp, monkeypatch):
    nodes: list[str] = []
    cameras: list[WebcamInfo] = []
    monkeypatch.setattr(webcam_watch, "video_nodes", lambda: list(nodes))
    monkeypatch.setattr(webcam_watch, "webcams", lambda: cameras)
    runtime = mock.Mock()
    watch = WebcamWatch(runtime)
    watch.look()
    nodes.append("/dev/video1")  # metadata only
    watch.look()
    runtime.restart.assert_not_called()
    nodes.append("/dev/video2")
    cameras.append(WEBCAM)
    watch.look()
    runtime.restart.assert_called_once()


def test_the_kiosk_keeps_the_settings_of_its_lock_before_it_can_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    lock = LockProgram(tmp_path / "data")
    lock.tell("open")
    kept: list[str] = []

    def run(session: object) -> int:
        kept.append(paths.last_lock_file(lock.data).read_text(encoding="utf-8"))
        return 0

    monkeypatch.setattr(start, "webcams", lambda: [WEBCAM])
    monkeypatch.setattr(start, "qt_application", lambda: None)
    monkeypatch.setattr(start, "check_weights", lambda config: None)
    monkeypatch.setattr(start, "_run", run)
    config = read_config(lock.config)
    assert start.start_kiosk(config, lock.data, LockAtStart(lock.data)) == 0
    assert kept == [lock_settings_text(config)]


@pytest.mark.slow
def test_a_kiosk_that_lost_its_lock_goes_on_locking_beside_the_demo(
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
    config = replace(config, camera=replace(config.camera, source="demo"))
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
