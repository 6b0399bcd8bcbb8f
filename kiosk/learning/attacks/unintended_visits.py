"""Members who do not mean to enter, and members behind whom somebody else stands."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from kiosk.core.frames import BGRImage, Points
from kiosk.core.view_models import Turn
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.learning.attacks.cut_out_people import person_share, put_before, with_shut_eyes
from kiosk.learning.attacks.hand_motion import Drift, eased
from kiosk.learning.attacks.recapture import filmed
from kiosk.learning.attacks.species_kind import Species
from kiosk.learning.attacks.subjects import Habits, Subject, there_and_back
from kiosk.learning.attacks.turning import turned
from kiosk.learning.attacks.victims import Victim, some_build

GLANCE_S = 0.4
GLANCE_EYES = 23.0
"""Pixels between the eyes of somebody who passes two metres away."""
PASSING_PX_S = 70.0
AWAY = math.radians(38)
"""Turn of the head of somebody who looks where they walk."""

Picture = Callable[[float, Turn | None], BGRImage]


@dataclass(slots=True)
class Shown:
    """A subject whose pictures a function draws."""

    draw: Picture

    def picture(self, t: float, asked: Turn | None) -> BGRImage:
        """Return what the camera sees."""
        return self.draw(t, asked)


def _frame(v: Victim, first: int, t: float) -> tuple[BGRImage, Points]:
    index = there_and_back(len(v.frames), first + round(t * 30))
    return v.frames[index], v.landmarks[index]


def _asleep(v: Victim, rng: np.random.Generator) -> Subject:
    """The member's eyes are shut; the head sways and does not turn as asked."""
    sway = Drift(rng, slow_s=0.6)
    first = int(rng.integers(len(v.frames)))

    def clip(t: float, asked: Turn | None) -> BGRImage:
        return filmed(with_shut_eyes(*_frame(v, first, t)), rng, noise=1.0, quality=92)

    def drawn(t: float, asked: Turn | None) -> BGRImage:
        assert v.looks is not None
        d = sway.at(t)
        image = draw_person(
            v.looks,
            centre=(320 + 5 * d[0], 250 + 3 * d[1]),
            yaw=math.radians(2.5) * float(d[2]),
            pitch=math.radians(1.5) * float(d[3]),
            blink=1.0,
            noise_seed=None,
        )
        return filmed(image, rng, noise=1.5)

    return Shown(clip if v.looks is None else drawn)


@dataclass(slots=True)
class Passer:
    """A member who walks past and glances at the camera for ``GLANCE_S``, ``at`` s after coming."""

    victim: Victim
    rng: np.random.Generator
    first: int
    at: float
    side: int
    drift: Drift = field(init=False)

    def __post_init__(self) -> None:
        self.drift = Drift(self.rng, slow_s=0.6)

    def picture(self, t: float, asked: Turn | None) -> BGRImage:
        """Return the passer-by."""
        there = eased(t - self.at + 0.15, 0.15) * (1 - eased(t - self.at - GLANCE_S, 0.15))
        yaw = self.side * AWAY * (1 - there) + math.radians(2.5) * float(self.drift.at(t)[2])
        x = 320 + self.side * PASSING_PX_S * (t - self.at - GLANCE_S / 2)
        v = self.victim
        if v.looks is not None:
            height = 170 * GLANCE_EYES / v.eyes
            image = draw_person(v.looks, centre=(x, 250), height=height, yaw=yaw, noise_seed=None)
            return filmed(image, self.rng, noise=1.5)
        image, landmarks = _frame(v, self.first, t)
        scale = GLANCE_EYES / v.eyes
        share = person_share(landmarks, (image.shape[1], image.shape[0]))
        face = turned(image, landmarks, yaw, 0.0, some_build(np.random.default_rng(1)))
        move = (x - scale * v.middle[0], v.middle[1] * (1 - scale))
        return filmed(put_before(v.scene, face, share, scale, move), self.rng, noise=1.0)


def _glance(v: Victim, rng: np.random.Generator) -> Subject:
    first = int(rng.integers(len(v.frames)))
    return Passer(v, rng, first, float(rng.uniform(0.8, 1.6)), 1 if rng.random() < 0.5 else -1)


def _over_shoulder(v: Victim, rng: np.random.Generator) -> Subject:
    """The member is at the door; a stranger's face is close behind, beside the member's head."""
    other = v.stranger
    if other is None:
        raise ValueError(f"{v.name} has no stranger who stands behind them")
    habits = Habits.drawn(rng)
    build = some_build(rng)
    first, behind = (int(rng.integers(len(one.frames))) for one in (v, other))
    side = 1 if rng.random() < 0.5 else -1
    away = (side * float(rng.uniform(2.6, 3.2)), -float(rng.uniform(0.4, 0.9)))

    def picture(t: float, asked: Turn | None) -> BGRImage:
        image, landmarks = _frame(v, first, t)
        size = (image.shape[1], image.shape[0])
        member = turned(image, landmarks, *habits.pose(t, asked), build)
        own = person_share(landmarks, size)
        stranger, theirs = _frame(other, behind, t)
        scale = 0.5 * v.eyes / other.eyes
        middle = theirs[:2].mean(axis=0)
        place = np.array(v.middle) + np.array(away) * v.eyes
        place = np.clip(place, 1.5 * v.eyes, [size[0] - 1.5 * v.eyes, size[1]])
        x, y = place - scale * middle
        back = put_before(image, stranger, person_share(theirs, size), scale, (x, y))
        return filmed(put_before(back, member, own, 1.0, (0.0, 0.0)), rng, noise=1.0, quality=92)

    return Shown(picture)


UNINTENDED: tuple[Species, ...] = (
    Species("eyes-shut", "a member with shut eyes, asleep or photographed", _asleep),
    Species(
        "glance",
        "a member who glances at the camera for 0.4 s in passing, eyes 23 px apart",
        _glance,
    ),
    Species(
        "shoulder",
        "a member, and a stranger's face close behind the shoulder",
        _over_shoulder,
        stranger=True,
        opens=True,
    ),
)
