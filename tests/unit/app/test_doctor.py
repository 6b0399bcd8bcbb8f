"""The doctor's checks and their advice, in both languages."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest

from kiosk.app.bootstrap.config_factory import default_config
from kiosk.app.bootstrap.store_factory import backup_job_of, open_store
from kiosk.app.doctor import camera_checks, examination, machine_checks
from kiosk.app.doctor.group_checks import groups_check
from kiosk.app.doctor.storage_checks import backup_check, seals_check, zone_check
from kiosk.app.rate_meter import RateMeter
from kiosk.app.single_instance import only_one
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import CameraError
from kiosk.core.languages import language_codes
from kiosk.core.people import Person
from kiosk.core.view_models import Check, CheckLevel, DoorView
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from kiosk.ui.catalogue import catalogue, tr_in
from kiosk.vision.camera.camera_mode import CameraMode
from kiosk.vision.camera.webcam_finder import WebcamInfo
from tests.helpers.tampering import tamper

BUSY = CameraError(
    "Another program (cheese) uses the camera /dev/video0; close it.",
    key="error.camera_used_by",
    program="cheese",
    camera="/dev/video0",
)


def with_camera(source: str) -> Config:
    return replace(Config(), camera=replace(Config().camera, source=source))


def webcam(form: str, fps: float, *pictures: np.ndarray) -> mock.Mock:
    """Return an opened webcam that delivers ``pictures`` and then none."""
    camera = mock.Mock(mode=CameraMode(form, 640, 480, fps))
    camera.title = "Webcam"
    camera.read.side_effect = [*pictures, *[None] * 10]
    return camera


def broken_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every check of the machine fail."""
    monkeypatch.setattr(machine_checks, "_loads", lambda name: "xcb" not in name)
    monkeypatch.setattr(machine_checks, "versions", lambda: [("python", "3.11.2")])
    monkeypatch.setattr(machine_checks, "_unsynchronised", lambda: True)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(Path, "rglob", lambda self, pattern: iter(()))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1e6))
    for variable in ("WAYLAND_DISPLAY", "DISPLAY"):
        monkeypatch.delenv(variable, raising=False)


def in_both_languages(check: Check) -> list[str]:
    """Return the messages that the System page shows for a check, with their values."""
    keys = [key for key in (check.key, check.advice_key) if key]
    return [tr_in(code, key, **check.values) for code in language_codes() for key in keys]


def test_every_check_has_messages_in_both_languages(tmp_path: Path) -> None:
    checks = examination.examine(with_camera("demo"), tmp_path)
    kinds = {check.name.split()[0] for check in checks}
    assert kinds == {
        "python",
        "packages",
        "libraries",
        "display",
        "fonts",
        "weights",
        "camera",
        "keyboard",
        "hangul",
        "reader",
        "codes",
        "lock",
        "face_alone",
        "rules",
        "database",
        "keys",
        "log",
        "backup",
        "notifications",
        "fleet",
        "threshold",
        "disk",
        "clock",
        "zone",
    }
    assert {f"doctor.name.{kind}" for kind in kinds} <= catalogue("ko").keys()
    for check in checks:
        assert check.key or check.name in (
            "python",
            "packages",
            "camera",
            "display",
            "clock",
            "zone",
        ), f"{check} is English only"
        assert bool(check.advice) == bool(check.advice_key), check
        assert all(in_both_languages(check))


@pytest.mark.parametrize(
    ("zone", "policy", "level"),
    [
        ("UTC", "", CheckLevel.WARNING),
        ("Asia/Seoul", "", CheckLevel.OK),
        ("UTC", 'zone = "Asia/Seoul"\n', CheckLevel.OK),
    ],
)
def test_a_machine_that_is_still_on_utc_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str, policy: str, level: CheckLevel
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        (tmp_path / "policy.toml").write_text(policy)
        check = zone_check(Config(), tmp_path)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert check.level is level and ("Seoul" in check.found or "KST" in check.found) is (
        level is CheckLevel.OK
    )


def test_rows_that_somebody_else_wrote_are_named(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.people.add(Person("2026-1", "이산"))
    assert seals_check(Config(), tmp_path).level is CheckLevel.OK
    tamper(paths.database_file(tmp_path), "UPDATE people SET name = '다른 사람'")
    check = seals_check(Config(), tmp_path)
    assert check.level is CheckLevel.PROBLEM and check.values["rows"] == "people 1"
    assert all("people 1" in text for text in in_both_languages(check)[1::2])


def test_every_problem_comes_with_advice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken_machine(monkeypatch)
    checks = [
        machine_checks.packages(),
        machine_checks.libraries(),
        machine_checks.display(),
        machine_checks.fonts(),
        machine_checks.disk(tmp_path),
        machine_checks.clock(),
    ]
    assert [check.level for check in checks] == [
        CheckLevel.PROBLEM,
        CheckLevel.PROBLEM,
        CheckLevel.WARNING,
        CheckLevel.PROBLEM,
        CheckLevel.WARNING,
        CheckLevel.WARNING,
    ]
    for check in checks:
        assert (
            check.found and check.advice and check.advice_key and all(in_both_languages(check))
        ), check
    assert "libxcb-cursor.so.0" in checks[1].found and "libEGL" not in checks[1].found
    assert checks[4].found == "1 MB free"


def test_read_only_folder_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    check = machine_checks.disk(tmp_path / "new" / "folder")
    assert (
        check.level is CheckLevel.PROBLEM
        and str(tmp_path) in check.found
        and "--data-dir" in check.advice
    )


def test_clock_behind_the_program_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1e9)
    check = machine_checks.clock()
    assert (
        check.level is CheckLevel.PROBLEM
        and "set it" in check.advice
        and all(in_both_languages(check))
    )


def test_display_must_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-9")
    assert (
        machine_checks.display().level is CheckLevel.PROBLEM
        and "wayland-9 does not respond" in machine_checks.display().found
    )
    monkeypatch.setattr(machine_checks, "_wayland_answers", lambda value: True)
    assert machine_checks.display().level is CheckLevel.OK


@pytest.mark.parametrize(
    ("devices", "fails", "level", "says"),
    [
        (["/dev/video0"], None, CheckLevel.OK, "Webcam: 640×480 YUYV, 30/s"),
        (["/dev/video0"], BUSY, CheckLevel.PROBLEM, "/dev/video0: no picture"),
        ([], None, CheckLevel.WARNING, "no webcam"),
    ],
)
def test_webcam_check(
    monkeypatch: pytest.MonkeyPatch,
    devices: list[str],
    fails: CameraError | None,
    level: CheckLevel,
    says: str,
) -> None:
    def try_source(source: str, config: object) -> mock.Mock:
        if fails is not None:
            raise fails
        return webcam("YUYV", 30.0)

    infos = [WebcamInfo(device, "Webcam") for device in devices]
    monkeypatch.setattr(camera_checks, "webcams", lambda: infos)
    monkeypatch.setattr(camera_checks, "webcams_to_try", lambda: infos)
    monkeypatch.setattr(camera_checks, "video_nodes", lambda: devices)
    monkeypatch.setattr(camera_checks, "try_source", try_source)
    check = camera_checks.camera_check(Config(), Path("absent"))
    assert check.level is level and says in check.found and all(in_both_languages(check))
    assert ("cheese" in check.advice) is (fails is not None)


@pytest.mark.parametrize(
    ("camera", "source", "level", "advice"),
    [
        (webcam("YUYV", 30.0), "0", CheckLevel.OK, "/dev/v4l/by-id/usb-Cam"),
        (webcam("YUYV", 30.0), "/dev/v4l/by-id/usb-Cam", CheckLevel.OK, ""),
        (webcam("GREY", 30.0), "auto", CheckLevel.WARNING, "infrared"),
        (webcam("YUYV", 5.0), "auto", CheckLevel.WARNING, "camera.width"),
    ],
)
def test_what_a_camera_delivers_is_judged(monkeypatch, camera, source, level, advice) -> None:
    monkeypatch.setattr(camera_checks, "webcams", lambda: [WebcamInfo("/dev/video0", "Webcam")])
    monkeypatch.setattr(
        camera_checks, "stable_links", lambda: {"/dev/video0": "/dev/v4l/by-id/usb-Cam"}
    )
    monkeypatch.setattr(camera_checks, "try_source", lambda source, config: camera)
    check = camera_checks.camera_check(with_camera(source), Path("absent"))
    assert check.level is level and check.found.startswith("Webcam: 640×480")
    assert bool(check.advice) is bool(advice) and advice in check.advice
    assert all(in_both_languages(check))


@pytest.mark.slow
@pytest.mark.parametrize(("hangs", "said"), [(0, ""), (90, "90"), (180, "180"), (270, "270")])
def test_a_camera_on_its_side_is_told_where_somebody_stands_before_it(monkeypatch, hangs, said):
    seen = draw_person(CAST[2].looks, size=(640, 480), centre=(320, 250), height=210.0)
    camera = webcam("YUYV", 30.0, np.ascontiguousarray(np.rot90(seen, hangs // 90)))
    monkeypatch.setattr(camera_checks, "try_source", lambda source, config: camera)
    check = camera_checks.camera_check(with_camera("/dev/video0"), Path("absent"))
    assert (f"camera.turned = {said}" in check.advice) is bool(said)
    assert all(in_both_languages(check))


def test_the_running_kiosk_may_have_the_camera(tmp_path, monkeypatch) -> None:
    def refuse(source: str, config: object) -> None:
        raise BUSY

    monkeypatch.setattr(camera_checks, "try_source", refuse)
    with only_one(tmp_path):
        check = camera_checks.camera_check(with_camera("/dev/video0"), tmp_path)
    assert check.level is CheckLevel.OK and "running kiosk" in check.found
    assert all(in_both_languages(check))
    check = camera_checks.camera_check(with_camera("/dev/video0"), tmp_path)
    assert check.level is CheckLevel.PROBLEM and "cheese" in check.advice


@pytest.mark.parametrize("problem", [None, BUSY])
def test_running_kiosk_reports_why_its_camera_gives_nothing(problem: CameraError | None) -> None:
    check = camera_checks.camera_in_use(DoorView(camera_ok=False, camera_problem=problem), 0.0)
    assert check is not None and check.level is CheckLevel.PROBLEM
    assert ("cheese" in check.advice) is (problem is not None) and all(in_both_languages(check))
    view = DoorView(camera_title="C270", camera_mode="640×480 YUYV, 30/s")
    for fps, level in ((29.6, CheckLevel.OK), (7.5, CheckLevel.WARNING)):
        found = camera_checks.camera_in_use(view, fps)
        assert found is not None and found.level is level and all(in_both_languages(found))
        assert found.found == f"C270: 640×480 YUYV, 30/s; actually {fps} frames per second"
    assert camera_checks.camera_in_use(DoorView(demo=True), 0.0) is None


def test_the_rate_of_a_camera_is_that_of_the_latest_pictures() -> None:
    meter = RateMeter()
    assert meter.rate == 0.0
    for index in range(200):
        meter.came(index / 10 if index < 100 else 10 + (index - 100) / 25)
    assert meter.rate == pytest.approx(25.0)
    meter.reset()
    meter.came(1.0)
    assert meter.rate == 0.0


def test_running_kiosk_tells_of_faces_that_it_ignores() -> None:
    check = camera_checks.camera_in_use(DoorView(camera_title="C270", faces_ignored=2), 30.0)
    assert check.level is CheckLevel.WARNING and "minutes" in check.found and "2" in check.found
    assert "televisions" in check.advice


def test_silent_stream_is_a_problem_and_hides_the_password() -> None:
    check = camera_checks.camera_check(
        with_camera("rtsp://staff:secret@127.0.0.1:9/door"), Path("absent")
    )
    assert check.level is CheckLevel.PROBLEM and "secret" not in check.found + check.advice
    assert "check the address" in check.advice and check.advice_key == "error.camera"


def test_unusable_database_does_not_prevent_other_checks(tmp_path: Path) -> None:
    (tmp_path / "munjigi.db").write_bytes(b"somebody's notes" * 100)
    checks = {check.name: check for check in examination.examine(with_camera("demo"), tmp_path)}
    assert (
        checks["database"].level is CheckLevel.PROBLEM
        and "not a database" in checks["database"].advice
    )
    assert (
        checks["database"].advice_key in catalogue("ko") and checks["disk"].level is CheckLevel.OK
    )


def test_failing_check_does_not_prevent_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse() -> Check:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(machine_checks, "fonts", refuse)
    checks = {check.name: check for check in examination.examine(with_camera("demo"), tmp_path)}
    assert (
        checks["fonts"].level is CheckLevel.PROBLEM and "Permission denied" in checks["fonts"].found
    )
    assert "clock" in checks


def test_a_folder_of_backups_that_is_away_is_named(tmp_path: Path) -> None:
    away = tmp_path / "disk"
    database = paths.database_file(tmp_path / "data")
    with Store.open(database, backups=away) as store:
        store.backups.make("x", local_now())
    away.rename(tmp_path / "drawer")
    with Store.open(database) as store:
        backup_job_of(default_config(), store).new_recovery_code(local_now(), "관리자")
        store.backups.make("y", local_now())
    check = backup_check(default_config(), tmp_path / "data")
    assert check.level is CheckLevel.WARNING and str(away) in check.found
    assert all(in_both_languages(check))


def test_groups_that_no_rule_names_are_named(tmp_path: Path) -> None:
    """People in no other group would be refused, and the reason would be hard to see."""
    with open_store(tmp_path, Config()) as storage:
        storage.people.add(Person("1", "하나", groups=("대학원생", "lab ")))
        storage.people.add(Person("2", "둘", groups=("lab",)))
    assert list(groups_check(Config(), tmp_path)) == [], "without rules every group is good"
    (tmp_path / "policy.toml").write_text('[groups."lab"]\n[groups."대학원"]\n', encoding="utf-8")
    (check,) = groups_check(Config(), tmp_path)
    assert check.level is CheckLevel.WARNING and check.found.endswith("without a rule: '대학원생'")
    assert {check.key, check.advice_key} <= set(catalogue("ko"))
    (tmp_path / "policy.toml").write_text("nonsense", encoding="utf-8")
    assert list(groups_check(Config(), tmp_path)) == [], "the check of the rules says it"
