"""Genuine people in front of the camera: people of clips and drawn people, who turn when asked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from kiosk.core.frames import BGRImage, Points
from kiosk.core.view_models import Turn
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.demo.synthetic_faces.looks import Looks
from kiosk.learning.attacks.hand_motion import Drift, eased
from kiosk.learning.attacks.recapture import filmed
from kiosk.learning.attacks.turning import Build, turned


class Subject(Protocol):
    """Anything in front of the camera."""

    def picture(self, t: float, asked: Turn | None) -> BGRImage:
        """Return what the camera sees ``t`` seconds after arrival, while the screen asks for
        ``asked``. ``t`` never falls.
        """
        ...


DIRECTIONS: dict[Turn, tuple[float, float]] = {
    Turn.LEFT: (1.0, 0.0),
    Turn.RIGHT: (-1.0, 0.0),
    Turn.UP: (0.0, -1.0),
}
"""(yaw, pitch) of each turn; the person's left is the picture's right."""


INSISTS_S = 0.6
"""Seconds after which a person who is still asked turns half as far again, because the ring is not
full.
"""


@dataclass(slots=True)
class Habits:
    """How a person follows the screen: ``reaction`` s until they start, ``duration`` s of a turn,
    angles in radians.
    """

    reaction: float
    duration: float
    yaw: float
    pitch: float
    _asked: Turn | None = None
    _since: float = 0.0
    _from: tuple[float, float] = (0.0, 0.0)
    _now: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Habits:
        """Draw habits: reactions of about half a second (log-normal), turns of 15 to 28 degrees,
        less upwards.
        """
        return cls(
            float(np.clip(rng.lognormal(math.log(0.5), 0.3), 0.25, 1.4)),
            float(rng.uniform(0.35, 0.7)),
            math.radians(rng.uniform(15, 28)),
            math.radians(rng.uniform(13, 22)),
        )

    def pose(self, t: float, asked: Turn | None) -> tuple[float, float]:
        """Return (yaw, pitch) added to the natural motion at ``t``."""
        if asked is not self._asked:
            self._asked = asked
            self._since = t
            self._from = self._now
        along, up = DIRECTIONS[asked] if asked else (0.0, 0.0)
        turning = t - self._since - self.reaction
        share = eased(turning, self.duration)
        far = 1 + 0.5 * eased(turning - self.duration - INSISTS_S, self.duration)
        goal = (far * along * self.yaw, far * up * self.pitch)
        self._now = (
            self._from[0] + share * (goal[0] - self._from[0]),
            self._from[1] + share * (goal[1] - self._from[1]),
        )
        return self._now


def there_and_back(count: int, place: int) -> int:
    """Return an index into ``count`` frames played back and forth endlessly."""
    period = max(1, 2 * count - 2)
    place %= period
    return place if place < count else period - place


@dataclass(slots=True)
class ClipPerson:
    """A person of a clip, from frame ``first``, played back and forth.

    ``landmarks`` (n, 5, 2) of each frame.
    """

    frames: Sequence[BGRImage]
    landmarks: Points
    habits: Habits
    build: Build
    rng: np.random.Generator
    first: int = 0
    fps: float = 30.0

    def picture(self, t: float, asked: Turn | None) -> BGRImage:
        """Return the clip's frame with the head turned as the person follows the screen."""
        index = there_and_back(len(self.frames), self.first + round(t * self.fps))
        yaw, pitch = self.habits.pose(t, asked)
        image = turned(self.frames[index], self.landmarks[index], yaw, pitch, self.build)
        grain = self.rng.integers(-1, 2, image.shape[:2], dtype=np.int16)[
            ..., None
        ]  # no camera delivers the same frame twice
        return np.asarray(np.clip(image + grain, 0, 255), np.uint8)


@dataclass(slots=True)
class DrawnPerson:
    """A drawn person who sways naturally: ``still`` degrees of slow turning."""

    looks: Looks
    rng: np.random.Generator
    habits: Habits
    height: float = 190.0
    still: float = 2.5
    drift: Drift = field(init=False)

    def __post_init__(self) -> None:
        self.drift = Drift(self.rng, slow_s=0.6)

    def picture(self, t: float, asked: Turn | None) -> BGRImage:
        """Return the person in the corridor."""
        sway = self.drift.at(t)
        (yaw, pitch) = self.habits.pose(t, asked)
        image = draw_person(
            self.looks,
            centre=(320 + 5 * sway[0], 250 + 3 * sway[1]),
            height=self.height * (1 + 0.01 * sway[5]),
            yaw=yaw + math.radians(self.still) * sway[2],
            pitch=pitch + math.radians(self.still * 0.6) * sway[3],
            roll=math.radians(1.2) * sway[4],
            blink=max(0.0, 1 - abs((t % 3.7) - 1.9) / 0.09),
            noise_seed=None,
        )
        return filmed(image, self.rng, noise=1.5)
