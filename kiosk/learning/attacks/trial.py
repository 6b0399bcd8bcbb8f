"""One visit to the real door: its empty scene first, then a subject until it decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from kiosk.core.decisions import Decision, Reason
from kiosk.core.frames import BGRImage, Frame
from kiosk.core.view_models import DoorView
from kiosk.learning.attacks.environments import ENVIRONMENTS, ODD_SIZES, Environment, Light
from kiosk.learning.attacks.recapture import filmed
from kiosk.learning.attacks.subjects import Subject

LONGEST_S = 14.0
EMPTY_GAP_S = 3.0
"""Seconds between two pictures of the empty place."""

LOST_S = 4.0
"""Seconds without a picture where the camera is lost before a visit."""

BYSTANDERS = frozenset({Reason.UNKNOWN, Reason.AMBIGUOUS})
"""Answers to faces that are not the subject's: to those on a television, say."""


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
    accepted; ``challenged``: whether turns were asked; ``extra_s``: from recognition to decision;
    ``company``: whether the door noted somebody close behind.
    """

    decision: Decision | None
    recognised: bool
    challenged: bool
    extra_s: float | None
    company: bool = False

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

    def visit(
        self,
        subject: Subject,
        scene: BGRImage,
        rng: np.random.Generator,
        environment: Environment = ENVIRONMENTS[0],
    ) -> TrialVisit:
        """Show ``subject`` in ``scene``, empty before, until the door decides or ``LONGEST_S`` have
        passed. Rejects of bystanders decide nothing.
        """
        light = environment.light(rng)
        self._clear(scene, rng, light, environment.empty_s)
        if environment.faults:
            self._lose_camera(scene, rng)
        before = len(self._decisions)
        began = self._now
        asked = None
        challenged = False
        recognised: float | None = None
        decision: Decision | None = None
        while self._now - began < LONGEST_S and decision is None:
            t = self._now - began
            self._show(light(subject.picture(t, asked), t))
            view = self._door.view(self._now)
            asked = view.challenge.turn if view.challenge else None
            challenged = challenged or view.challenge is not None
            recognised = (
                self._door.recognised_at() or recognised
            )  # a track that is lost afterwards was recognised all the same
            decision = self._decided(before)
            if decision is None:
                self._now += 1 / environment.fps
        extra = self._now - recognised if decision and recognised is not None else None
        return TrialVisit(decision, recognised is not None, challenged, extra)

    def _decided(self, before: int) -> Decision | None:
        """Return the first decision on the subject after the first ``before`` decisions."""
        made = self._decisions[before:]
        return next((one for one in made if one.reason not in BYSTANDERS), None)

    def _clear(
        self, scene: BGRImage, rng: np.random.Generator, light: Light, seconds: float
    ) -> None:
        """Show the empty scene, with slightly varied exposure, until the door has forgotten the
        visitor and learned the place.
        """
        lit = np.clip(scene * rng.uniform(0.92, 1.08), 0, 255).astype(np.uint8)
        for left in reversed(range(round(seconds / EMPTY_GAP_S))):
            self._now += EMPTY_GAP_S
            self._show(light(filmed(lit, rng, noise=1.5), -left * EMPTY_GAP_S))

    def _lose_camera(self, scene: BGRImage, rng: np.random.Generator) -> None:
        """Deliver no picture for ``LOST_S``, then one of another size, then the empty scene."""
        for _ in range(8):
            self._now += LOST_S / 8
            self._door.step(None, self._now)
        odd = cv2.resize(scene, ODD_SIZES[int(rng.integers(len(ODD_SIZES)))])
        self._show(np.asarray(odd, np.uint8))
        self._now += 0.2
        self._show(filmed(scene, rng, noise=1.5))
        self._now += 0.2

    def _show(self, image: BGRImage) -> None:
        self._door.step(Frame(image, self._now, self._index), self._now)
        self._index += 1
