"""Exchanges: a real stranger, and a member's photograph or screen raised before the stranger's
face.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from kiosk.core.frames import BGRImage
from kiosk.core.view_models import Turn
from kiosk.learning.attacks.geometry import Held
from kiosk.learning.attacks.hand_motion import eased
from kiosk.learning.attacks.instruments import Presented
from kiosk.learning.attacks.subjects import ClipPerson, DrawnPerson, Habits, Subject
from kiosk.learning.attacks.victims import Victim, some_build

RISE_S = 0.3
LOW_PX = 300.0
"""Seconds that a hand takes to raise the instrument before the face, and from how far below."""

When = Callable[[float, Turn | None], bool]
"""Whether to hold the instrument up ``t`` seconds after the stranger came, while the screen asks
for a turn.
"""


@dataclass(slots=True)
class Nods(Habits):
    """Turns and nods on purpose without being asked, and follows the screen as well."""

    def pose(self, t: float, asked: Turn | None) -> tuple[float, float]:
        """Return (yaw, pitch) added to the natural motion at ``t``."""
        yaw, pitch = Habits.pose(self, t, asked)
        return (
            (yaw + 0.5 * self.yaw * math.sin(6.0 * t), pitch + 0.4 * self.pitch * math.sin(8.5 * t))
            if asked is None
            else (yaw, pitch)
        )


def stranger_of(victim: Victim, rng: np.random.Generator) -> tuple[Subject, Victim]:
    """Return the moving stranger, and a recorded frame for the size of the face."""
    other = victim.stranger
    if other is None:
        raise ValueError(f"{victim.name} has no stranger who stands in front of the camera")
    habits = Habits.drawn(rng)
    nods = Nods(habits.reaction, habits.duration, habits.yaw, habits.pitch)
    if other.looks is not None:
        return DrawnPerson(other.looks, rng, nods, height=190.0), other
    return ClipPerson(
        other.frames,
        other.landmarks,
        nods,
        some_build(rng),
        rng,
        first=int(rng.integers(len(other.frames))),
    ), other


@dataclass(slots=True)
class Exchanged:
    """``stranger`` stands at the door.

    Whenever ``up`` is true, ``held`` is raised before their face.
    """

    stranger: Subject
    held: Presented
    up: When
    rest: Held = field(init=False)
    _raised: bool = False
    _since: float = -9.0

    def __post_init__(self) -> None:
        self.rest = self.held.rest

    def picture(self, t: float, asked: Turn | None) -> BGRImage:
        """Return the stranger with the instrument as far as it has been raised."""
        behind = self.stranger.picture(t, asked)
        if self.up(t, asked) is not self._raised:
            self._raised = not self._raised
            self._since = t
        moved = eased(t - self._since, RISE_S)
        share = moved if self._raised else 1 - moved
        if share <= 0:
            return behind
        self.held.scene = behind
        self.held.rest = replace(self.rest, y=self.rest.y + (1 - share) * LOW_PX)
        return self.held.picture(t, asked)
