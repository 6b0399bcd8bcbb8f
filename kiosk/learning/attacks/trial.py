"""One visit to the real door: its empty scene first, then a subject until it decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from kiosk.core.decisions import Decision
from kiosk.core.frames import BGRImage, Frame
from kiosk.core.view_models import DoorView
from kiosk.learning.attacks.recapture import filmed
from kiosk.learning.attacks.subjects import Subject

FPS = 15.0
LONGEST_S = 14.0
EMPTY_S = 120.0
EMPTY_FRAMES = 40
"""Empty time between visits: long enough for the door to learn another scene, because each victim
has one.
"""


class DoorPort(Protocol):
    """The kiosk's engine, as far as a visit needs it."""

    def step(self, frame: Frame | None, now: float) -> object: ...
    @property
    def view(self) -> Callable[[float], DoorView]: ...
    @property
    def recognised_at(self) -> Callable[[], float | None]: ...


@dataclass(frozen=True, slots=True)
class TrialVisit:
    """The outcome of a visit.

    The door's ``decision``, if any; ``recognised``: whether the face alone would have been
    accepted; ``challenged``: whether turns were asked; ``extra_s``: from recognition to decision.
    """

    decision: Decision | None
    recognised: bool
    challenged: bool
    extra_s: float | None

    @property
    def accepted(self) -> bool:
        """Whether the door opened."""
        return self.decision is not None and self.decision.accepted


class SimulatedDoor:
    """A door with its clock. ``decisions``: where the door appends its decisions."""

    def __init__(self, door: DoorPort, decisions: Sequence[Decision]) -> None:
        self._door = door
        self._decisions = decisions
        self._now = 0.0
        self._index = 0

    def visit(self, subject: Subject, scene: BGRImage, rng: np.random.Generator) -> TrialVisit:
        """Show ``subject`` in ``scene``, empty before, until the door decides or ``LONGEST_S`` have
        passed.
        """
        self._clear(scene, rng)
        before = len(self._decisions)
        began = self._now
        asked = None
        challenged = False
        recognised: float | None = None
        while self._now - began < LONGEST_S:
            self._show(subject.picture(self._now - began, asked))
            view = self._door.view(self._now)
            asked = view.challenge.turn if view.challenge else None
            challenged = challenged or view.challenge is not None
            recognised = (
                self._door.recognised_at() or recognised
            )  # a track that is lost afterwards was recognised all the same
            if len(self._decisions) > before:
                break
            self._now += 1 / FPS
        decision = self._decisions[before] if len(self._decisions) > before else None
        extra = self._now - recognised if decision and recognised is not None else None
        return TrialVisit(decision, recognised is not None, challenged, extra)

    def _clear(self, scene: BGRImage, rng: np.random.Generator) -> None:
        """Show the empty scene, with slightly varied exposure, until the door has forgotten the
        visitor and learned the place.
        """
        lit = np.clip(scene * rng.uniform(0.92, 1.08), 0, 255).astype(np.uint8)
        for _ in range(EMPTY_FRAMES):
            self._now += EMPTY_S / EMPTY_FRAMES
            self._show(filmed(lit, rng, noise=1.5))

    def _show(self, image: BGRImage) -> None:
        self._door.step(Frame(image, self._now, self._index), self._now)
        self._index += 1
