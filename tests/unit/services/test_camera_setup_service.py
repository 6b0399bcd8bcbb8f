"""Finding out how a camera hangs from a person who looks straight and turns the head."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.core.frames import BGRImage
from kiosk.core.orientation import ANGLES, Orientation
from kiosk.core.view_models import SetupStep
from kiosk.services.camera_setup_service import LOOKS, PATIENCE, TURNS, CameraSetupService, SeenFace

NOT_UPRIGHT = {90: 88.0, 180: 178.0, 270: -91.0}


class DrawnRoom:
    """A camera that hangs as ``hangs`` says, and a person whose head is turned by ``yaw``.

    A picture carries the angle by which it is turned from upright, and the yaw seen in it.
    """

    def __init__(self, hangs: Orientation) -> None:
        self.hangs = hangs
        self.there = True

    def picture(self, yaw: float) -> BGRImage:
        upright = np.zeros((4, 6, 3), np.uint8)
        upright[0] = 255  # the ceiling
        upright[2, :, 1] = round(100 + 100 * (-yaw if self.hangs.mirrored else yaw))
        if self.hangs.mirrored:
            upright = upright[:, ::-1]
        return np.ascontiguousarray(np.rot90(upright, self.hangs.turned // 90))

    def find(self, image: BGRImage) -> SeenFace | None:
        """Find the face at every angle, with the roll that it has there."""
        if not self.there:
            return None
        for angle in ANGLES:
            turned = Orientation(angle)(image)
            if turned.shape[1] == 6 and (turned[0] == 255).all():
                yaw = (float(turned[2, 0, 1]) - 100) / 100
                return SeenFace(yaw, NOT_UPRIGHT.get(angle, 2.0), 0.999)
        return None


def show(service: CameraSetupService, room: DrawnRoom, yaw: float, times: int = 1):
    for _ in range(times):
        view = service.observe(room.picture(yaw))
    return view


@pytest.mark.parametrize("turned", ANGLES)
@pytest.mark.parametrize("mirrored", [False, True])
def test_every_way_of_hanging_is_found(turned, mirrored):
    room = DrawnRoom(Orientation(turned, mirrored))
    service = CameraSetupService(room.find)
    assert show(service, room, 0.05, LOOKS).step is SetupStep.LEFT
    assert show(service, room, 0.05, 3).step is SetupStep.LEFT  # nothing is guessed
    assert show(service, room, 0.45, TURNS).step is SetupStep.RIGHT
    assert show(service, room, 0.45, 5).step is SetupStep.RIGHT  # still the first turn
    view = show(service, room, -0.4, TURNS)
    assert view.step is SetupStep.DONE and view.found == Orientation(turned, mirrored)
    assert service.observe(room.picture(0.0)).found == view.found


def test_one_shaky_picture_decides_nothing():
    room = DrawnRoom(Orientation())
    service = CameraSetupService(room.find)
    show(service, room, 0.0, LOOKS)
    show(service, room, -0.5, TURNS - 1)
    show(service, room, 0.0)
    show(service, room, 0.5, TURNS)
    view = show(service, room, -0.5, TURNS)
    assert view.step is SetupStep.DONE and not view.found.mirrored


def test_a_person_who_leaves_starts_over():
    room = DrawnRoom(Orientation(90))
    service = CameraSetupService(room.find)
    show(service, room, 0.0, LOOKS)
    room.there = False
    view = show(service, room, 0.0, PATIENCE)
    assert view.step is SetupStep.LOOK and not view.face


def test_a_face_turned_away_is_not_taken_for_straight():
    room = DrawnRoom(Orientation())
    assert show(CameraSetupService(room.find), room, 0.6, 10).step is SetupStep.LOOK
