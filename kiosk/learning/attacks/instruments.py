"""Presentation attack instruments: a print or a screen with a face on it, held in a hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np

from kiosk.core.frames import BGRImage
from kiosk.core.view_models import Turn
from kiosk.learning.attacks.geometry import (
    FOCAL,
    HEIGHT,
    WIDTH,
    Floats32,
    Held,
    blended,
    laid_on,
    project,
    sheet_places,
    within,
)
from kiosk.learning.attacks.hand_motion import Drift, Grip, eased
from kiosk.learning.attacks.recapture import Medium, filmed, shine, through
from kiosk.learning.attacks.subjects import DIRECTIONS

Shown = Callable[[float], BGRImage]
"""What is printed, or plays on the screen, at a time."""


class FaceCutter(Protocol):
    """Returns which points remain after cutting: (h, w) 0..1 from (h, w, 2) mm."""

    def __call__(self, places: Floats32) -> Floats32: ...


@dataclass(frozen=True, slots=True)
class FlatInstrument:
    """A flat instrument.

    ``size``: mm across and down, ``border`` mm of frame around the picture in ``colour``;
    ``medium``: its material. ``hand``: whether an arm holds it from below. ``cut``: the outline if
    it is cut out.
    """

    size: tuple[float, float]
    medium: Medium
    border: float = 0.0
    colour: tuple[int, int, int] = (245, 245, 245)
    hand: bool = True
    cut: FaceCutter | None = None


@dataclass(slots=True)
class Presented:
    """``sheet`` showing ``shown`` in front of ``scene``, held by ``grip`` around ``rest``.

    ``follows``: degrees of tilt when the screen asks for a turn, to imitate a turning head.
    """

    scene: BGRImage
    sheet: FlatInstrument
    shown: Shown
    grip: Grip
    rest: Held
    rng: np.random.Generator
    follows: float = 0.0
    reaction: float = 0.5
    drift: Drift = field(init=False)
    _asked: Turn | None = None
    _since: float = 0.0

    def __post_init__(self) -> None:
        self.drift = Drift(self.rng)

    def picture(self, t: float, asked: Turn | None) -> BGRImage:
        """Return what the kiosk's camera sees."""
        held = self.held(t, asked)
        sheet = self.sheet
        below = self.scene.copy()
        if sheet.hand:
            _arm(below, held, sheet.size)
        places = sheet_places(held)
        share = within(places, sheet.size)
        left, top, width, height = cv2.boundingRect((share > 0).astype(np.uint8))
        part = (slice(top, top + height), slice(left, left + width))
        if width and height:
            below[part] = blended(
                below[part],
                self._surface(t, held, places[part]),
                self._left(places[part], share[part]),
            )
        return filmed(below, self.rng, blur=sheet.medium.blur * 0.8)

    def _surface(self, t: float, held: Held, places: Floats32) -> BGRImage:
        """Return the sheet's picture with border and reflections, at ``places`` in mm."""
        sheet = self.sheet
        inner = (sheet.size[0] - 2 * sheet.border, sheet.size[1] - 2 * sheet.border)
        seen = laid_on(through(self.shown(t), sheet.medium), places, inner)
        if sheet.border:
            seen = blended(np.full_like(seen, sheet.colour), seen, within(places, inner))
        tilt = (float(np.degrees(held.tilt_x)), float(np.degrees(held.tilt_y)))
        return shine(seen, places, sheet.medium, tilt, 9 * float(self.drift.at(t)[6]))

    def _left(self, places: Floats32, share: Floats32) -> Floats32:
        """Return how much of each pixel remains after cutting."""
        return np.ascontiguousarray(
            share if self.sheet.cut is None else share * self.sheet.cut(places)
        )

    def held(self, t: float, asked: Turn | None) -> Held:
        """Return how the hand holds it at ``t``."""
        d = self.drift.at(t)
        grip = self.grip
        rest = self.rest
        shake = grip.tremor * self.drift.tremor(t)
        per_mm = FOCAL / rest.distance
        x, y = self._followed(t, asked)
        return Held(
            rest.x + per_mm * (grip.shift * d[0] + shake[0]),
            rest.y + per_mm * (grip.shift * 0.7 * d[1] + shake[1]),
            rest.distance * (1 + grip.depth * d[5]),
            rest.tilt_x + np.radians(grip.tilt * d[2]) + x,
            rest.tilt_y + np.radians(grip.tilt * d[3]) + y,
            rest.roll + np.radians(grip.roll * d[4]),
            grip.bent + grip.bend * d[6],
            rest.fold,
        )

    def _followed(self, t: float, asked: Turn | None) -> tuple[float, float]:
        """Return the deliberate tilt about x and y, in radians."""
        if asked is not self._asked:
            self._asked = asked
            self._since = t
        if asked is None or not self.follows:
            return 0.0, 0.0
        along, up = DIRECTIONS[asked]
        share = np.radians(self.follows) * eased(t - self._since - self.reaction, 0.5)
        return float(-up * share), float(along * share)


SKIN = (126, 150, 198)
SLEEVE = (92, 84, 78)


def _arm(picture: BGRImage, held: Held, size: tuple[float, float]) -> None:
    """Draw fingers on the lower edge and the forearm to the picture's edge, in place."""
    hand = project(
        np.array(
            [
                (-34.0, size[1] / 2 - 8),
                (34.0, size[1] / 2 - 8),
                (26.0, size[1] / 2 + 70),
                (-26.0, size[1] / 2 + 70),
            ]
        ),
        held,
    )
    wrist = hand[2:].mean(axis=0)
    half = float(np.linalg.norm(hand[2] - hand[3])) / 2
    arm = wrist + np.array(
        [(half, -4.0), (half * 1.9, HEIGHT), (-half * 1.3, HEIGHT), (-half, -4.0)]
    )
    for points, colour in ((arm, SLEEVE), (hand, SKIN)):
        cv2.fillPoly(picture, [np.round(points * 16).astype(np.int32)], colour, cv2.LINE_AA, 4)


def head_outline(face_mm: float, middle: tuple[float, float]) -> FaceCutter:
    """Return the outline along head and neck: ``face_mm`` between the eyes, their midpoint at
    ``middle`` mm.
    """

    def left(places: Floats32) -> Floats32:
        x, y = ((places[..., i] - np.float32(middle[i])) / np.float32(face_mm) for i in (0, 1))
        head = (x / 1.22) ** 2 + ((y - 0.1) / 1.72) ** 2 <= 1
        neck = (np.abs(x) <= 0.75) & (y > 0.8) & (y < 2.6)
        return np.asarray(
            cv2.GaussianBlur((head | neck).astype(np.float32), (0, 0), 0.6), np.float32
        )

    return left


def fitted(eyes_px: float, eyes_mm: float, x: float = WIDTH / 2, y: float = HEIGHT / 2) -> Held:
    """Return the distance at which ``eyes_mm`` on the sheet are ``eyes_px`` in the picture."""
    return Held(x, y, FOCAL * eyes_mm / eyes_px)
