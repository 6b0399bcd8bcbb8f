"""Light and surroundings of genuine visits."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

from kiosk.core import paths
from kiosk.core.decisions import Decision, Mode, Outcome, Reason
from kiosk.core.frames import BGRImage
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.learning.attacks.environments import ENVIRONMENTS, ODD_SIZES, environment
from kiosk.learning.attacks.species import Injected
from kiosk.learning.attacks.trial import LOST_S, SimulatedDoor
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.models.manifest import Manifest
from tests.helpers.door import NOW

CHANGING = [one for one in ENVIRONMENTS if one.name not in ("plain", "fault") and one.fps == 15]


@cache
def detector():
    return load_mtcnn(Manifest.load(paths.MANIFEST), min_face_size=60)


@cache
def person() -> BGRImage:
    return draw_person(CAST[6].looks, height=150, noise_seed=2)


@pytest.mark.parametrize("place", CHANGING, ids=lambda place: place.name)
def test_every_light_changes_the_picture_and_leaves_the_face(place):
    lights = [place.light(np.random.default_rng(5)) for _ in range(2)]
    before = person().copy()
    first, second = (light(person(), 0.5) for light in lights)
    assert np.array_equal(person(), before) and np.array_equal(first, second)
    assert first.shape == before.shape and first.dtype == np.uint8
    assert np.abs(first.astype(int) - before).mean() > 0.2
    assert not np.array_equal(first, lights[0](person(), 0.9)), "nothing moves"
    centres = [face.centre for face in detector().detect(first)]
    assert any(abs(x - 320) < 30 and abs(y - 240) < 40 for x, y in centres), centres


def test_a_television_shows_a_second_face_beside_the_person():
    seen = environment("television").light(np.random.default_rng(3))(person(), 1.0)
    assert len(detector().detect(seen)) == 2


class Recorder:
    """A door that notes what it is shown and decides as told, one decision a picture."""

    def __init__(self, decisions: list[Decision], answers: list[Reason]) -> None:
        self.decisions = decisions
        self.answers = answers
        self.shown: list[tuple[float, tuple[int, ...] | None]] = []
        self.view = lambda now: SimpleNamespace(challenge=None)
        self.recognised_at = lambda: None

    def step(self, frame, now: float) -> None:
        self.shown.append((now, None if frame is None else frame.image.shape))
        if frame is not None and frame.image.max() > 200 and self.answers:
            reason = self.answers.pop(0)
            self.decisions.append(Decision(NOW, Outcome.REJECT, reason, Mode.IDENTIFY, 1.0, "net"))


def visit(name: str, answers: list[Reason]) -> tuple[Recorder, Decision | None]:
    decisions: list[Decision] = []
    recorder = Recorder(decisions, answers)
    seen = SimulatedDoor(recorder, decisions).visit(
        Injected([np.full((48, 64, 3), 255, np.uint8)]),
        np.zeros((48, 64, 3), np.uint8),
        np.random.default_rng(1),
        replace(environment(name), light=lambda rng: lambda image, t: image),
    )
    return recorder, seen.decision


def test_before_a_fault_the_camera_is_lost_and_then_of_another_size():
    recorder, _ = visit("fault", [Reason.TRACK_LOST])
    lost = [now for now, shape in recorder.shown if shape is None]
    assert lost[-1] - lost[0] >= LOST_S / 2
    odd = next(shape for now, shape in recorder.shown if now >= lost[-1] and shape is not None)
    assert (odd[1], odd[0]) in ODD_SIZES


def test_slow_pictures_come_at_their_rate():
    recorder, _ = visit("three-a-second", [])
    times = [now for now, _ in recorder.shown[-5:]]
    assert np.diff(times) == pytest.approx(1 / 3)


def test_rejects_of_bystanders_do_not_end_the_visit():
    recorder, decision = visit("plain", [Reason.UNKNOWN, Reason.UNKNOWN, Reason.CHALLENGE_FAILED])
    assert decision.reason is Reason.CHALLENGE_FAILED and not recorder.answers
