"""Turns of the head that the screen asks for in random order: a pure state machine.

A turn counts when, for some frames in a row, the nose has moved between eyes and mouth in the
requested direction, and the face was seen to turn in depth that way too (``parallax_meter``). A
flat picture that is tilted does only the first. A turn that was not seen in time is replaced by
another one drawn at that moment, up to ``spare_turns`` times in all: the number of turns to do
stays the same, and each must be seen in depth. Times are passed in, in seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from kiosk.core.config import LivenessConfig
from kiosk.core.decisions import Reason
from kiosk.core.frames import Quality
from kiosk.core.view_models import ChallengeView, Turn
from kiosk.vision.liveness.parallax_meter import Rotation

DIRECTIONS: dict[Turn, tuple[float, float]] = {
    Turn.LEFT: (1.0, 0.0),
    Turn.RIGHT: (-1.0, 0.0),
    Turn.UP: (0.0, -1.0),
}
"""Each turn as a direction in the picture, x right and y down; a person's own left is the
picture's right."""

HELD_FRAMES = 3
"""Fewest frames in a row in which a turn must be seen."""

HELD_S = 0.2
"""Shortest time from the first of these frames to the last."""

MAX_SLIPS = 1
"""Largest number of successive frames between them that do not show the turn."""

SMOOTHED = 5
"""Latest rotations whose median counts."""

REACTION_S = 0.25
"""Nobody turns sooner after being asked; a head turned by then was turned by chance."""

WRONG_FACTOR = 1.5
"""How much further than needed a turn in another direction must go to count as wrong."""

WRONG_S = 0.3
"""Total time of wrong turns that fails the challenge: a recording does not know what is asked."""

FIRST_GRACE_S = 0.6
"""Time after the first request in which wrong turns do not count: the person still looks around."""

GRACE_S = 0.3
"""The same after each later request."""

MAX_FRAME_S = 0.2
"""Longest time that a single frame of a wrong turn counts for."""

LOST_FRAMES = 4
"""Successive frames without a rotation after which the earlier rotations no longer count together
with later ones: those may be measured against another reference."""

STRANGER_FRAMES = 5
"""Successive nearly straight faces that do not speak for the person asked: another person does the
turns."""

END_S = 2.5
"""Time after the last turn within which the face must be recognised again."""


class Rng(Protocol):
    """Source of randomness: ``secrets.SystemRandom`` at a door, ``random.Random`` in a test."""

    def sample(self, population: Sequence[Turn], k: int) -> list[Turn]: ...


@dataclass(slots=True)
class _TurnProgress:
    """What the turn asked for now has shown so far.

    ``asked_at``: when it was asked for. ``held``: times of the frames in a row that show it;
    ``slips``: frames since the last of them. ``returned``: whether the head came back from the turn
    before. ``wrong_s``: total time of wrong turns. ``rotations``: the latest, x and y in radians;
    ``missed``: successive frames without one. ``depth``: for each turn the largest angle seen in
    depth, in radians. ``posed``: frames in which the nose had moved far enough. ``recognised``:
    whether the person was recognised while turned. ``progress``: 0..1, for the screen.
    """

    asked_at: float
    held: list[float] = field(default_factory=list)
    slips: int = 0
    returned: bool = False
    wrong_s: float = 0.0
    last_frame_at: float = float("-inf")
    rotations: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=SMOOTHED))
    depth: dict[Turn, float] = field(default_factory=dict)
    missed: int = 0
    posed: int = 0
    recognised: bool = False
    progress: float = 0.0


class Challenge:
    """A sequence of turns asked of one person.

    ``order``: the turns asked for. ``straight``: (yaw, pitch) of the person looking straight, in
    the units of ``Quality``. ``replaced``: number of turns replaced so far. ``failed``: why the
    challenge failed.
    """

    def __init__(
        self,
        config: LivenessConfig,
        order: Sequence[Turn],
        straight: tuple[float, float],
        now: float,
        rng: Rng,
    ) -> None:
        self._config = config
        self._rng = rng
        self.order = tuple(order)
        self.replaced = 0
        self._missed_turn: Turn | None = None
        self._flat = False
        self._straight_pose = straight
        self._done = 0
        self._progress = _TurnProgress(now)
        self._finished_at: float | None = None
        self._stranger_frames = 0
        self.failed: Reason | None = None

    @classmethod
    def drawn(
        cls, config: LivenessConfig, rng: Rng, straight: tuple[float, float], now: float
    ) -> Challenge:
        """Return a challenge whose turns are drawn from ``rng``."""
        return cls(config, rng.sample(list(Turn), min(config.turns, len(Turn))), straight, now, rng)

    @property
    def asked(self) -> Turn | None:
        """The turn asked for now; ``None`` once all are done."""
        return self.order[self._done] if self._done < len(self.order) else None

    @property
    def turned(self) -> bool:
        """Whether all turns are done."""
        return self._done == len(self.order)

    @property
    def passed(self) -> bool:
        """Whether all turns are done, each while the person was recognised."""
        return self.turned and self.failed is None

    def add(
        self, quality: Quality, rotation: Rotation | None, recognised: bool, now: float
    ) -> bool:
        """Take one frame into account; return whether it completes a turn.

        ``rotation``: against a straight view from before the first turn, ``None`` where it could
        not be measured. ``recognised``: whether the frame speaks for the person of the challenge.
        """
        self.tick(now)
        moved = self._moved(quality)
        self._watch_person(quality, recognised)
        asked = self.asked
        if asked is None or self.failed is not None:
            return False
        self._add_rotation(rotation)
        distances = {turn: _along(moved, turn) for turn in Turn}
        self._progress.recognised |= recognised and distances[asked] >= self._config.min_turn / 2
        self._watch_wrong(distances, asked, now)
        return self._watch_asked(distances[asked], asked, now)

    def tick(self, now: float) -> None:
        """Let time pass: replace a turn that takes too long, or fail when nothing is left."""
        if self.failed is not None:
            return
        if self._finished_at is not None:
            if now - self._finished_at > END_S:
                self.failed = Reason.CHALLENGE_FAILED
        elif now - self._progress.asked_at > self._config.turn_s:
            self._flat |= self._progress.posed >= HELD_FRAMES and self._progress.recognised
            if self.replaced < self._config.spare_turns:
                self._replace(now)
            else:
                self.failed = Reason.FLAT_PICTURE if self._flat else Reason.CHALLENGE_FAILED

    def view(self, now: float) -> ChallengeView:
        """Return what the screen asks for."""
        left = self._config.turn_s - (now - self._progress.asked_at) if not self.turned else 0.0
        return ChallengeView(
            self.asked,
            self._done,
            len(self.order),
            self._progress.progress,
            max(0.0, left),
            self._config.turn_s,
        )

    def _replace(self, now: float) -> None:
        """Draw another turn than the missed one, and the rest of the order again."""
        missed_turn = self.order[self._done]
        left = len(self.order) - self._done
        others = self._rng.sample(
            [turn for turn in Turn if turn is not missed_turn], min(left, len(Turn) - 1)
        )
        self.order = (*self.order[: self._done], *others, missed_turn)[: len(self.order)]
        self.replaced += 1
        self._missed_turn = missed_turn
        self._progress = _TurnProgress(now)

    def straight(self, quality: Quality) -> bool:
        """Return whether the face looks nearly straight at the camera."""
        return float(np.hypot(*self._moved(quality))) < self._config.min_turn / 2

    def _moved(self, quality: Quality) -> tuple[float, float]:
        """Return how far yaw and pitch are from the straight pose."""
        return quality.yaw - self._straight_pose[0], quality.pitch - self._straight_pose[1]

    def _watch_person(self, quality: Quality, recognised: bool) -> None:
        """Fail when nearly straight faces, which can be recognised, are not the person's."""
        if recognised:
            self._stranger_frames = 0
        elif self.straight(quality):
            self._stranger_frames += 1
        if self._stranger_frames >= STRANGER_FRAMES and self.failed is None:
            self.failed = Reason.IDENTITY_CHANGED

    def _add_rotation(self, rotation: Rotation | None) -> None:
        progress = self._progress
        if rotation is None:
            progress.missed += 1
            if progress.missed >= LOST_FRAMES:
                progress.rotations.clear()
            return
        progress.missed = 0
        progress.rotations.append((rotation.x, rotation.y))
        if len(progress.rotations) >= HELD_FRAMES:
            x, y = np.median(np.array(progress.rotations), axis=0)
            for turn in Turn:
                angle = _along((float(x), float(y)), turn)
                progress.depth[turn] = max(progress.depth.get(turn, 0.0), angle)

    def _watch_asked(self, distance: float, asked: Turn, now: float) -> bool:
        """Return whether the turn asked for is complete with a frame this far along it."""
        progress = self._progress
        needed = float(np.radians(self._config.turn_parallax_deg))
        depth = progress.depth.get(asked, 0.0)
        posed = distance >= self._config.min_turn
        progress.posed += posed
        progress.progress = float(
            np.clip(min(distance / self._config.min_turn, depth / needed), 0, 1)
        )
        seen = posed and depth >= needed and progress.recognised
        if not seen or now - progress.asked_at < REACTION_S:
            progress.slips += 1
            if progress.slips > MAX_SLIPS:
                progress.held.clear()
            return False
        progress.slips = 0
        progress.held.append(now)
        if len(progress.held) < HELD_FRAMES or now - progress.held[0] < HELD_S:
            return False
        self._complete_turn(now)
        return True

    def _complete_turn(self, now: float) -> None:
        self._done += 1
        self._missed_turn = None
        self._progress = _TurnProgress(now)
        if self.turned:
            self._finished_at = now

    def _watch_wrong(self, distances: dict[Turn, float], asked: Turn, now: float) -> None:
        """Fail after ``WRONG_S`` of turns in another direction, however it is divided.

        So nobody passes by quickly turning every way. Coming back from the turn before, or from
        the one that was replaced, is not wrong.
        """
        progress = self._progress
        previous = self._missed_turn or (self.order[self._done - 1] if self._done else None)
        progress.returned = (
            progress.returned or previous is None or distances[previous] < self._config.min_turn / 2
        )
        allowed = (asked,) if progress.returned else (asked, previous)
        wrong = any(
            turn not in allowed
            and distances[turn] >= WRONG_FACTOR * self._config.min_turn
            and distances[turn] > distances[asked]
            for turn in Turn
        )
        last_at = progress.last_frame_at
        progress.last_frame_at = now
        grace_s = GRACE_S if self._done or self.replaced else FIRST_GRACE_S
        if wrong and now - progress.asked_at >= grace_s:
            progress.wrong_s += min(now - last_at, MAX_FRAME_S)
        if progress.wrong_s >= WRONG_S:
            self.failed = Reason.CHALLENGE_FAILED


def _along(moved: tuple[float, float], turn: Turn) -> float:
    """Return the component of ``moved`` (x, y) in the direction of ``turn``."""
    x, y = DIRECTIONS[turn]
    return moved[0] * x + moved[1] * y
