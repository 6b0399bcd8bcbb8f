"""Find out how a camera hangs: a person looks straight at it, then turns the head as asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from kiosk.core.frames import BGRImage
from kiosk.core.orientation import ANGLES, Orientation
from kiosk.core.view_models import CameraSetupView, SetupStep

LOOKS = 4
"""So many pictures in a row must show an upright face at the same angle."""

TURNS = 3
"""So many pictures in a row must show the head turned to the same side."""

TURNED = 0.2
"""Least difference in yaw from the straight pose, in the units of ``Quality``."""

STRAIGHT_YAW = 0.35
"""Largest yaw of a face that looks straight; a camera beside the screen sees it from the side."""

LEVEL = 25.0
"""Largest roll of an upright face, in degrees; one on its side has about 90."""

PATIENCE = 15
"""After so many pictures without a face at the angle found, all angles are tried again."""


@dataclass(frozen=True, slots=True)
class SeenFace:
    """The largest face of a picture: yaw and roll as in ``Quality``, and its probability."""

    yaw: float
    roll: float
    probability: float


FindFace = Callable[[BGRImage], SeenFace | None]


def upright_angle(find: FindFace, image: BGRImage) -> tuple[int, SeenFace] | None:
    """Return the angle by which ``image`` must be turned for a face to stand upright, and the face.

    Clockwise, in degrees; ``None`` where no face looks straight at the camera at any angle.
    """
    upright = {
        angle: face
        for angle in ANGLES
        if (face := find(Orientation(angle)(image))) is not None
        and abs(face.roll) <= LEVEL
        and abs(face.yaw) <= STRAIGHT_YAW
    }
    if not upright:
        return None
    angle = max(upright, key=lambda angle: upright[angle].probability)
    return angle, upright[angle]


class CameraSetupService:
    """Is given the camera's pictures one by one. Not thread-safe.

    ``find`` returns the face of the person, if it finds one.
    """

    def __init__(self, find: FindFace) -> None:
        self._find = find
        self.start()

    def start(self) -> None:
        """Begin with looking straight."""
        self._step = SetupStep.LOOK
        self._angle = 0
        self._looks: list[float] = []
        self._straight = 0.0
        self._sides: list[bool] = []
        self._first_is_right = False
        self._without = 0

    def observe(self, image: BGRImage) -> CameraSetupView:
        """Process one picture as the kiosk shows it; return what to ask for, or the result."""
        if self._step is SetupStep.LOOK:
            return self._look(image)
        if self._step is SetupStep.DONE:
            return self._view(1.0, face=True)
        face = self._find(Orientation(self._angle)(image))
        if face is None:
            self._without += 1
            if self._without >= PATIENCE:
                self.start()
            return self._view(0.0, face=False)
        self._without = 0
        return self._turned(face.yaw - self._straight)

    def _look(self, image: BGRImage) -> CameraSetupView:
        upright = upright_angle(self._find, image)
        if upright is None:
            self._looks.clear()
            return self._view(0.0, face=False)
        angle, face = upright
        if angle != self._angle:
            self._looks.clear()
            self._angle = angle
        self._looks.append(face.yaw)
        progress = len(self._looks) / LOOKS
        if len(self._looks) >= LOOKS:
            self._straight = median(self._looks)
            self._step = SetupStep.LEFT
            progress = 0.0
        return self._view(progress, face=True)

    def _turned(self, yaw: float) -> CameraSetupView:
        """Take in how far the head is turned: positive to the right edge of the picture.

        That is the person's left, unless the camera mirrors. The second turn must go the other way.
        """
        to_right_edge = yaw > 0
        second = self._step is SetupStep.RIGHT
        if abs(yaw) < TURNED or (second and to_right_edge is self._first_is_right):
            self._sides.clear()
            return self._view(0.0, face=True)
        if self._sides and self._sides[-1] is not to_right_edge:
            self._sides.clear()
        self._sides.append(to_right_edge)
        progress = len(self._sides) / TURNS
        if len(self._sides) >= TURNS:
            self._sides.clear()
            progress = 0.0
            if second:
                self._step = SetupStep.DONE
            else:
                self._first_is_right = to_right_edge
                self._step = SetupStep.RIGHT
        return self._view(progress, face=True)

    def _view(self, progress: float, *, face: bool) -> CameraSetupView:
        done = self._step is SetupStep.DONE
        return CameraSetupView(
            self._step,
            progress,
            face,
            Orientation(self._angle, done and not self._first_is_right),
        )
