"""Setting up the camera on screen: what is asked, what is saved, and another camera chosen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from kiosk.app.live_config import LiveConfig
from kiosk.app.staff import camera_setup_presenter
from kiosk.app.staff.camera_setup_presenter import CameraSetupPresenter
from kiosk.core.config import Config
from kiosk.core.errors import CameraError
from kiosk.core.languages import language_codes
from kiosk.core.orientation import AS_IT_IS, Orientation
from kiosk.core.view_models import CameraChoice, CameraSetupView, DoorView, SetupStep
from kiosk.ui.i18n import language
from kiosk.ui.screens.system.camera_setup_panel import CameraSetupPanel
from kiosk.ui.screens.system.camera_setup_screen import CameraSetupScreen
from kiosk.ui.widgets.buttons import Button
from kiosk.vision.camera.webcam_finder import WebcamInfo
from tests.helpers.staff_context import ImmediateWorker, staff_context
from tests.ui.conftest import clipped

FRAME = np.zeros((48, 64, 4), np.uint8)
HD = WebcamInfo("/dev/video0", "HD Webcam", "/dev/v4l/by-id/usb-HD")
BRIO = WebcamInfo("/dev/video2", "BRIO", "/dev/v4l/by-id/usb-BRIO")


class ScriptedSetup:
    """Answers each picture with the next view."""

    def __init__(self) -> None:
        self.views: list[CameraSetupView] = []
        self.starts = 0

    def start(self) -> None:
        self.starts += 1

    def observe(self, image: np.ndarray) -> CameraSetupView:
        assert image.shape == (48, 64, 3)
        return self.views.pop(0)


class DoneAtOnce(ImmediateWorker):
    """The last picture is always done with, so that each one is looked at."""

    def __init__(self, *_: object) -> None:
        pass


@pytest.fixture
def setup(shown, tmp_path: Path, monkeypatch) -> SimpleNamespace:
    service = ScriptedSetup()
    monkeypatch.setattr(camera_setup_presenter, "build_camera_setup", lambda config: service)
    monkeypatch.setattr(camera_setup_presenter, "Worker", DoneAtOnce)
    monkeypatch.setattr(camera_setup_presenter, "webcams", lambda: [HD, BRIO])
    saved: list[dict[str, str | None]] = []

    def change(texts, done, show_error):
        saved.append(dict(texts))
        done(Config())

    config = LiveConfig(Config(), tmp_path / "config.toml")
    panel = shown(CameraSetupPanel())
    context = staff_context()
    door = SimpleNamespace(view=DoorView())
    presenter = CameraSetupPresenter(panel, context, config, change, lambda: door.view)
    awake: list[SetupStep] = []
    monkeypatch.setattr(
        context.navigation, "keep_awake", lambda: awake.append(presenter._step), raising=False
    )
    language().use("en")
    return SimpleNamespace(**locals())


def view(step: SetupStep, found: Orientation = AS_IT_IS, *, face: bool = True):
    return CameraSetupView(step, 0.0, face, found)


def test_what_is_found_is_added_to_the_settings_and_saved(setup):
    camera = replace(setup.config.value.camera, turned=90, mirrored=True)
    setup.config.value = replace(setup.config.value, camera=camera)
    setup.service.views = [
        view(SetupStep.LOOK, face=False),
        view(SetupStep.LEFT),
        view(SetupStep.DONE, Orientation(90, True)),
    ]
    setup.presenter.show_frame(FRAME)  # not opened yet
    setup.presenter.begin()
    asked = []
    for _ in range(4):  # the last picture is not looked at: all is known
        setup.presenter.show_frame(FRAME)
        asked.append(setup.panel.coach.text())
    assert setup.awake == [SetupStep.LEFT, SetupStep.DONE]
    assert "Stand in front" in asked[0] and "your left" in asked[1] and "saved" in asked[2]
    assert setup.saved == [{"camera.turned": "0", "camera.mirrored": "false"}]


def test_nothing_is_saved_where_all_is_right(setup):
    setup.service.views = [view(SetupStep.DONE)]
    setup.presenter.begin()
    setup.presenter.show_frame(FRAME)
    assert setup.saved == [] and "set up correctly" in setup.panel.coach.text()
    setup.panel.again.click()
    assert setup.service.starts == 2


def test_another_camera_is_written_under_its_stable_name(qtbot, setup):
    setup.presenter.begin()
    buttons = {
        button.property("source"): button
        for button in setup.panel.findChildren(Button)
        if button.property("source")
    }
    assert [source for source, button in buttons.items() if button.isChecked()] == ["auto"]
    qtbot.mouseClick(buttons[BRIO.link], Qt.MouseButton.LeftButton)
    assert setup.saved[-1]["camera.source"] == BRIO.link
    assert [*buttons] == ["auto", HD.link, BRIO.link]
    assert setup.saved[-1]["camera.turned"] == "0" and setup.service.starts == 2


def test_the_reason_of_a_missing_picture_is_shown_while_it_is_open(setup):
    setup.door.view = DoorView(
        camera_ok=False, camera_problem=CameraError("…", key="error.no_camera")
    )
    setup.presenter.tick()
    assert "No camera" not in setup.panel.coach.text()
    setup.presenter.begin()
    setup.presenter.tick()
    assert "No camera" in setup.panel.coach.text()
    setup.context.session.end()
    setup.presenter.show_frame(FRAME)  # nobody is signed in: no picture is looked at


@pytest.mark.parametrize("size", [(584, 480), (1064, 800), (864, 1920)], ids=str)
@pytest.mark.parametrize("code", language_codes())
def test_the_page_fits(shown, qapp, size, code):
    language().use(code)
    screen = shown(CameraSetupScreen())
    screen.resize(*size)
    screen.panel.set_frame(FRAME)
    screen.panel.show_cameras(
        [CameraChoice("auto", ""), *(CameraChoice(i.stable, i.title, i is HD) for i in (HD, BRIO))]
    )
    for show in (
        lambda: screen.panel.show_view(view(SetupStep.RIGHT)),
        lambda: screen.panel.show_result(Orientation(), Orientation(270, True)),
        lambda: screen.panel.show_error("error.camera_used_by", program="cheese", camera="HD"),
    ):
        show()
        qapp.processEvents()
        assert clipped(screen) == []
