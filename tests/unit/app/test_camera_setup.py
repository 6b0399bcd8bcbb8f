"""How a camera hangs is found with the real detector, from drawn people."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.app.bootstrap.camera_setup_factory import build_camera_setup
from kiosk.core.config import Config
from kiosk.core.frames import BGRImage
from kiosk.core.orientation import ANGLES, Orientation
from kiosk.core.view_models import SetupStep
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.services.camera_setup_service import CameraSetupService

LEFT = 0.55
"""Yaw of a drawn person who turns to their own left."""


@pytest.fixture(scope="module")
def service() -> CameraSetupService:
    return build_camera_setup(Config())


def seen(hangs: Orientation, yaw: float, index: int) -> BGRImage:
    """Return what a camera that hangs like this sees of a drawn person."""
    image = draw_person(
        CAST[2].looks,
        size=(640, 480),
        centre=(320.0, 250.0),
        height=210.0,
        noise_seed=index,
        yaw=yaw,
    )
    if hangs.mirrored:
        image = image[:, ::-1]
    return np.ascontiguousarray(np.rot90(image, hangs.turned // 90))


@pytest.mark.slow
@pytest.mark.parametrize("turned", ANGLES)
@pytest.mark.parametrize("mirrored", [False, True])
def test_every_way_of_hanging_is_found(service, turned, mirrored):
    hangs = Orientation(turned, mirrored)
    service.start()
    steps = []
    for index, yaw in enumerate([0.0] * 5 + [LEFT] * 4 + [0.0] * 2 + [-LEFT] * 4):
        view = service.observe(seen(hangs, yaw, index))
        steps.append(view.step)
    assert steps[4] is SetupStep.LEFT and steps[9] is SetupStep.RIGHT
    assert view.step is SetupStep.DONE and view.found == hangs
