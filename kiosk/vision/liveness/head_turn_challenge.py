"""Turns of the head that the screen asks for in random order; a pure state machine, times are handed in.

A turn counts when, for some frames in a row, the nose has moved between eyes and mouth the way that was asked for, and the
relief of the face (``vision.relief``) has been seen to turn that way too. A flat picture that is tilted does the first only.
A turn that was not seen in time is replaced, ``spare_turns`` times in all, by another one drawn at that moment: as many turns
must be done as before, each in depth.
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
from kiosk.vision.liveness.checks.parallax import Rotation

WAYS: dict[Turn, tuple[float, float]] = {
    Turn.LEFT: (1.0, 0.0),
    Turn.RIGHT: (-1.0, 0.0),
    Turn.UP: (0.0, -1.0),
}
"""Each turn as a direction in the picture, x right and y down; a person's own left is the picture's right."""

HELD_FRAMES = 3
HELD_S = 0.2
SLIPS = 1
"""A turn must be seen in so many frames, and for so long, with no more frames than that in a row between them that do not show it."""

SMOOTHED = 5
"""Rotations whose median counts."""

REACTION_S = 0.25
"""Nobody turns sooner after being asked: whoever is turned already happened to be."""

WRONG_SHARE = 1.5
WRONG_S = 0.3
"""Somebody who turns another way so many times as far as is needed, for so long in all, fails: a recording does not know what is
asked for."""

FIRST_GRACE_S = 0.6
GRACE_S = 0.3
"""After the first question, and after each other one, it does not count for so long: the person is still looking elsewhere."""

LONGEST_FRAME_S = 0.2
"""A frame counts for the time since the one before, and for no longer than this."""

LOST_FRAMES = 4
"""Frames in a row without a rotation, after which those before no longer count beside those that follow: they may be measured
against another frame."""

STRANGE_FRAMES = 5
"""Nearly straight faces in a row that do not speak for the person who is asked: somebody else does the turns."""

END_S = 2.5
"""After the last turn the face must be recognised again within this time."""


class Rng(Protocol):
    """Where chance comes from: ``secrets.SystemRandom`` at a door, ``random.Random`` in a test."""

    def sample(self, population: Sequence[Turn], k: int) -> list[Turn]: ...


@dataclass(slots=True)
class _Seen:
    """What one turn has shown so far."""

    since: float
    held: list[float] = field(default_factory=list)
    slipped: int = 0
    back: bool = False
    wrong_s: float = 0.0
    seen_at: float = float("-inf")
    recent: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=SMOOTHED))
    relief: dict[Turn, float] = field(default_factory=dict)
    missed: int = 0
    posed: int = 0
    recognised: bool = False
    progress: float = 0.0


class Challenge:
    """``order``: the turns asked for. ``straight``: (yaw, pitch) of the person before, in the units of ``Quality``. ``replaced``
    says how many turns have been replaced so far."""

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
        self._missed: Turn | None = None
        self._flat = False
        self._straight = straight
        self._done = 0
        self._step = _Seen(now)
        self._finished_at: float | None = None
        self._strange = 0
        self.failed: Reason | None = None

    @classmethod
    def drawn(
        cls, config: LivenessConfig, rng: Rng, straight: tuple[float, float], now: float
    ) -> Challenge:
        """Turns in an order that nobody can know."""
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
        """Whether all turns are done, each by somebody who was recognised while turned."""
        return self.turned and self.failed is None

    def add(
        self, quality: Quality, rotation: Rotation | None, recognised: bool, now: float
    ) -> bool:
        """One frame: its pose, its rotation against a frame from before the first turn, if that could be measured, and whether it
        speaks for the person of the challenge. Returns whether a turn was completed by it."""
        self.tick(now)
        moved = self._moved(quality)
        self._watch_person(quality, recognised)
        asked = self.asked
        if asked is None or self.failed is not None:
            return False
        self._note(rotation)
        far = {turn: _along(moved, turn) for turn in Turn}
        self._step.recognised |= recognised and far[asked] >= self._config.min_turn / 2
        self._watch_wrong(far, asked, now)
        return self._watch_asked(far[asked], asked, now)

    def tick(self, now: float) -> None:
        """Time passes; a turn that takes too long fails."""
        if self.failed is not None:
            return
        if self._finished_at is not None:
            if now - self._finished_at > END_S:
                self.failed = Reason.CHALLENGE_FAILED
        elif now - self._step.since > self._config.turn_s:
            self._flat |= self._step.posed >= HELD_FRAMES and self._step.recognised
            if self.replaced < self._config.spare_turns:
                self._replace(now)
            else:
                self.failed = Reason.FLAT_PICTURE if self._flat else Reason.CHALLENGE_FAILED

    def view(self, now: float) -> ChallengeView:
        """What the screen asks for."""
        left = self._config.turn_s - (now - self._step.since) if not self.turned else 0.0
        return ChallengeView(
            self.asked,
            self._done,
            len(self.order),
            self._step.progress,
            max(0.0, left),
            self._config.turn_s,
        )

    def _replace(self, now: float) -> None:
        """Another turn than the one that was not seen, and again others after it as far as there are any."""
        missed = self.order[self._done]
        left = len(self.order) - self._done
        others = self._rng.sample(
            [turn for turn in Turn if turn is not missed], min(left, len(Turn) - 1)
        )
        self.order = (*self.order[: self._done], *others, missed)[: len(self.order)]
        self.replaced += 1
        self._missed = missed
        self._step = _Seen(now)

    def straight(self, quality: Quality) -> bool:
        """Whether the face looks nearly the way it did before."""
        return float(np.hypot(*self._moved(quality))) < self._config.min_turn / 2

    def _moved(self, quality: Quality) -> tuple[float, float]:
        return quality.yaw - self._straight[0], quality.pitch - self._straight[1]

    def _watch_person(self, quality: Quality, recognised: bool) -> None:
        """A face that looks nearly straight is one that can be recognised: it must be the person's."""
        if recognised:
            self._strange = 0
        elif self.straight(quality):
            self._strange += 1
        if self._strange >= STRANGE_FRAMES and self.failed is None:
            self.failed = Reason.IDENTITY_CHANGED

    def _note(self, rotation: Rotation | None) -> None:
        step = self._step
        if rotation is None:
            step.missed += 1
            if step.missed >= LOST_FRAMES:
                step.recent.clear()
            return
        step.missed = 0
        step.recent.append((rotation.x, rotation.y))
        if len(step.recent) >= HELD_FRAMES:
            x, y = np.median(np.array(step.recent), axis=0)
            for turn in Turn:
                step.relief[turn] = max(
                    step.relief.get(turn, 0.0), _along((float(x), float(y)), turn)
                )

    def _watch_asked(self, far: float, asked: Turn, now: float) -> bool:
        step = self._step
        needed = float(np.radians(self._config.turn_parallax_deg))
        relief = step.relief.get(asked, 0.0)
        posed = far >= self._config.min_turn
        step.posed += posed
        step.progress = float(np.clip(min(far / self._config.min_turn, relief / needed), 0, 1))
        if not (posed and relief >= needed and step.recognised) or now - step.since < REACTION_S:
            step.slipped += 1
            if step.slipped > SLIPS:
                step.held.clear()
            return False
        step.slipped = 0
        step.held.append(now)
        if len(step.held) < HELD_FRAMES or now - step.held[0] < HELD_S:
            return False
        self._done += 1
        self._missed = None
        self._step = _Seen(now)
        if self.turned:
            self._finished_at = now
        return True

    def _watch_wrong(self, far: dict[Turn, float], asked: Turn, now: float) -> None:
        """Turns another way: their time adds up, so that nobody passes by turning every way in haste. Whoever is not back yet from
        the turn before, or from the one that was replaced, does no wrong turn."""
        step = self._step
        before = self._missed or (self.order[self._done - 1] if self._done else None)
        step.back = step.back or before is None or far[before] < self._config.min_turn / 2
        allowed = (asked,) if step.back else (asked, before)
        wrong = any(
            turn not in allowed
            and far[turn] >= WRONG_SHARE * self._config.min_turn
            and far[turn] > far[asked]
            for turn in Turn
        )
        since = step.seen_at
        step.seen_at = now
        if wrong and now - step.since >= (
            GRACE_S if self._done or self.replaced else FIRST_GRACE_S
        ):
            step.wrong_s += min(now - since, LONGEST_FRAME_S)
        if step.wrong_s >= WRONG_S:
            self.failed = Reason.CHALLENGE_FAILED


def _along(moved: tuple[float, float], turn: Turn) -> float:
    x, y = WAYS[turn]
    return moved[0] * x + moved[1] * y
