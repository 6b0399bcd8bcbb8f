"""A ``Liveness`` whose measurements are scripted, so that tests see how they are combined."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from kiosk.core.config import LivenessConfig
from kiosk.core.decisions import Reason
from kiosk.core.frames import Observation, Quality
from kiosk.core.view_models import Turn
from kiosk.vision.liveness import liveness_decision
from kiosk.vision.liveness.background_model import HeadSurround
from kiosk.vision.liveness.checks import parallax, screen_edges
from kiosk.vision.liveness.liveness_check import TrackFrame
from kiosk.vision.liveness.liveness_decision import Liveness
from kiosk.vision.liveness.parallax_meter import Rotation
from tests.helpers.door import observation

IMAGE = np.zeros((4, 4, 3), np.uint8)
HOME = HeadSurround(0.0, (0.0, 0.0, 0.0), 1.0)
AWAY = HeadSurround(1.0, (1.0, 1.0, 1.0), 1.0)
MAX_JUMP = 1.25
"""Below the distance of two people's embeddings in ``observation``, which is sqrt(2)."""
CONFIG = LivenessConfig(
    parallax_deg=2.0,
    max_background_change=0.125,
    max_background_change_turned=0.25,
    min_scene_match=0.75,
    min_turn=0.25,
    turn_s=4.0,
    turns=1,
    spare_turns=1,
    turn_parallax_deg=2.0,
)


class Script:
    """What the measurements return, and a record of how they were used."""

    def __init__(self) -> None:
        self.surround: HeadSurround | None = HOME
        self.learned_place = True
        self.edge_support = 0.0
        self.span = math.radians(2.0)
        self.repeating = False
        self.returned = 0
        self.one_person = True
        self.rotation: Rotation | None = None
        self.learned: list[float] = []
        self.looks = 0
        self.resets: list[str] = []
        self.kept_references: list[bool] = []
        self.replaced_references = 0
        self.may_be_reference: list[bool] = []
        self.pictures = 0
        self.identity_queries: list[tuple[int, float]] = []


class ScriptedBackground:
    def __init__(self, script: Script) -> None:
        self.script = script
        self.empty = None

    @property
    def ready(self) -> bool:
        return self.script.learned_place

    def empty_as_lit(self, image: np.ndarray, face: object) -> None:
        return None

    def learn(self, image: np.ndarray, now: float) -> None:
        self.script.learned.append(now)

    def beside(self, image: np.ndarray, face: object) -> HeadSurround | None:
        self.script.looks += 1
        return self.script.surround


class ScriptedTurnTracker:
    def __init__(self, script: Script) -> None:
        self.script = script

    @property
    def span(self) -> float:
        return self.script.span

    def begin(self, *, keep_reference: bool = False) -> None:
        self.script.resets.append("turns")
        self.script.kept_references.append(keep_reference)

    def replace_reference(self) -> None:
        self.script.replaced_references += 1

    def add(
        self, image: np.ndarray, landmarks: object, now: float, *, may_be_reference: bool = True
    ) -> Rotation | None:
        self.script.may_be_reference.append(may_be_reference)
        return self.script.rotation


class ScriptedRepeats:
    def __init__(self, script: Script) -> None:
        self.script = script

    def reset(self, *, new_face: bool) -> None:
        self.script.resets.append("repeats")

    def observe(self, seen: TrackFrame, person: int | None, now: float) -> None:
        self.script.pictures += 1

    def refusal(self, now: float) -> Reason | None:
        return Reason.FROZEN_PICTURE if self.script.repeating else None

    def ready(self, person: int, now: float) -> bool:
        return not self.script.returned


class ScriptedIdentity:
    def __init__(self, script: Script) -> None:
        self.script = script

    def reset(self, *, new_face: bool) -> None:
        self.script.resets.append("identity")

    def observe(self, seen: TrackFrame, person: int | None, now: float) -> None: ...

    def refusal(self, now: float) -> Reason | None:
        return None

    def ready(self, person: int, now: float) -> bool:
        self.script.identity_queries.append((person, now))
        return self.script.one_person


class InOrder:
    """Randomness that draws in order: left first, right in its place."""

    def sample(self, population: Sequence[Turn], k: int) -> list[Turn]:
        return list(population)[:k]


class Bench:
    """A ``Liveness`` whose measurements are scripted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, config: LivenessConfig) -> None:
        self.meter = object()
        self.script = script = Script()
        self.meters: list[object] = []

        def turn_tracker(meter: object) -> ScriptedTurnTracker:
            self.meters.append(meter)
            return ScriptedTurnTracker(script)

        replaced = {
            "BackgroundModel": lambda: ScriptedBackground(script),
            "RepeatedFramesCheck": lambda: ScriptedRepeats(script),
            "TrackIdentityCheck": lambda: ScriptedIdentity(script),
        }
        for name, made in replaced.items():
            monkeypatch.setattr(liveness_decision, name, made)
        monkeypatch.setattr(parallax, "TurnTracker", turn_tracker)
        monkeypatch.setattr(
            screen_edges, "edge_support", lambda image, face, empty: script.edge_support
        )
        self.liveness = Liveness(config, InOrder(), MAX_JUMP, self.meter)

    def see(
        self,
        *moments: float,
        person: int | None = 7,
        eyes: float = 36.0,
        yaw: float = 0.0,
        pitch: float = 0.0,
        face: int = 1,
    ) -> list[bool]:
        """Observe a frame at each moment. ``person``: who it speaks for; ``face``: whose it is."""
        return [
            self.liveness.observe(seen(at, eyes, yaw, pitch, face), person, at) for at in moments
        ]


def seen(
    at: float, eyes: float = 36.0, yaw: float = 0.0, pitch: float = 0.0, face: int = 1
) -> Observation:
    made = observation(at, face)
    return replace(made, image=IMAGE, quality=Quality(eyes, 200, 120, yaw, pitch, 0, ()))
