"""The system page: most serious check first, in words and not by colour alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from kiosk.access.drivers.program import CommandConfig
from kiosk.app.bootstrap.config_factory import default_config
from kiosk.app.doctor.check_messages import check_message
from kiosk.core.config import CameraConfig
from kiosk.core.languages import language_codes
from kiosk.core.settings import setting_rows
from kiosk.core.view_models import Check, CheckLevel
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.system.system_screen import CheckRow, SystemScreen
from tests.ui.conftest import clipped

FINE = Check("python", CheckLevel.OK, "3.11.2")
WARNS = Check(
    "camera",
    CheckLevel.WARNING,
    "no webcam",
    "Plug one in; until then the demo camera shows drawn people.",
)
BROKEN = Check(
    "weights",
    CheckLevel.PROBLEM,
    "siamese.onnx: wrong checksum " + "/long/path" * 12,
    "Run `weights prepare`.",
)


@pytest.fixture
def screen(shown) -> SystemScreen:
    return shown(SystemScreen(), 1064, 800)


def rows(screen: SystemScreen) -> list[CheckRow]:
    return [row for row in screen.findChildren(CheckRow) if row.isVisible()]


def test_page_without_checks_shows_advice(screen):
    assert screen.summary.text() == tr("system.summary.none")
    assert not screen.checks.isVisible() and not screen.versions.isVisible()


def test_most_serious_check_comes_first_with_its_level(qtbot, screen):
    screen.show_checks((FINE, WARNS, BROKEN))
    assert [row.name.text() for row in rows(screen)] == ["인식 모델 파일", "카메라", "파이썬"]
    assert [row.level.text() for row in rows(screen)] == ["문제", "주의", "정상"]
    assert rows(screen)[1].advice.text() == WARNS.advice
    assert not rows(screen)[2].advice.isVisible()
    assert screen.summary.text() == tr("system.summary.problem", n=1)
    language().use("en")
    assert [row.level.text() for row in rows(screen)] == ["Problem", "Warning", "OK"]


@pytest.mark.parametrize(
    ("checks", "key", "n"),
    [
        ((), "ok", 0),
        ((FINE, FINE), "ok", 2),
        ((FINE, WARNS, WARNS), "warning", 2),
        ((WARNS, BROKEN), "problem", 1),
    ],
)
def test_summary_counts_the_most_serious_level(screen, checks, key, n):
    screen.show_checks(checks)
    assert screen.summary.text() == tr(f"system.summary.{key}", n=n)


def test_new_checks_replace_the_old_ones(qtbot, screen, qapp):
    screen.show_checks((FINE, WARNS, BROKEN))
    screen.show_checks((FINE,))
    qapp.processEvents()
    assert [row.name.text() for row in rows(screen)] == ["파이썬"]


def test_refresh_is_requested_once_until_answered(qtbot, screen):
    requests: list[int] = []
    screen.refreshRequested.connect(lambda: requests.append(1))
    for _ in range(2):
        qtbot.mouseClick(screen.refresh, Qt.MouseButton.LeftButton)
    assert len(requests) == 1
    assert screen.summary.text() == tr("system.checking")
    screen.show_error("system.summary.none")
    qtbot.mouseClick(screen.refresh, Qt.MouseButton.LeftButton)
    assert len(requests) == 2


def test_settings_and_versions_are_shown_as_given(screen):
    screen.show_settings([("door.open_s", "4.0 s")])
    screen.show_versions([("PySide6", "6.12.0")])
    assert screen.findChild(QLabel, "value.door.open_s").text() == "4.0 s"
    assert screen.findChild(QLabel, "value.PySide6").text() == "6.12.0"


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("size", [(1064, 800), (864, 1920)])
def test_no_text_is_clipped(shown, code, size):
    language().use(code)
    screen = shown(SystemScreen(), *size)
    screen.show_checks((FINE, WARNS, Check("disk", CheckLevel.PROBLEM, "12 MB free", "Free some.")))
    screen.show_settings([("door.name", "지능형 시스템 연구실")])
    assert clipped(screen) == []


def test_a_check_and_its_advice_follow_the_language(screen):
    screen.show_checks(
        [check_message("disk", CheckLevel.WARNING, "little_room", "room", free=12, least=500), FINE]
    )
    (row, plain) = rows(screen)
    assert (row.name.text(), row.found.text()) == (
        "디스크",
        "12 MB 남음",
    ) and "500 MB를 비워" in row.advice.text()
    language().use("en")
    assert (row.name.text(), row.found.text()) == (
        "Disk",
        "12 MB free",
    ) and "at least 500 MB" in row.advice.text()
    assert plain.found.text() == "3.11.2"


def test_check_names_without_a_message_are_shown_literally(screen):
    screen.show_checks(
        [
            Check("barometer", CheckLevel.OK, "1013 hPa"),
            Check("weights siamese", CheckLevel.OK, "sha256 1…"),
        ]
    )
    assert [(row.name.text(), row.which.text()) for row in rows(screen)] == [
        ("barometer", ""),
        ("인식 모델 파일", "siamese"),
    ]


def test_findings_are_translated_where_a_message_exists(screen):
    values = {
        "threshold": "0.177",
        "people": "3",
        "target": "1",
        "high": "0.9",
        "pairs": "1,225",
        "proven": "73",
    }
    screen.show_checks(
        [
            Check(
                "threshold", CheckLevel.OK, "English", key="calibration.extrapolated", values=values
            )
        ]
    )
    for code in language_codes():
        language().use(code)
        (row,) = rows(screen)
        assert (
            row.found.text() == tr("calibration.extrapolated", **values)
            and "0.177" in row.found.text()
        )


def test_settings_page_and_log_contain_no_password():
    config = replace(
        default_config().with_table(
            "command", CommandConfig(open=("door", "http://admin:secret@10.0.0.3"))
        ),
        camera=CameraConfig(source="rtsp://admin:secret@10.0.0.2/live?pwd=secret"),
    )
    rows = dict(setting_rows(config))
    assert rows["camera.source"] == "rtsp://***@10.0.0.2/live?***" and not any(
        "secret" in value for value in rows.values()
    )
