"""Attacks and genuine people before a simulated camera: their geometry, what is seen of them, and
the figures that come out.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.core import paths
from kiosk.core.decisions import Decision, Mode, Outcome, Reason
from kiosk.core.view_models import Turn
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_corridor, draw_person
from kiosk.learning.attacks import victims
from kiosk.learning.attacks.exchanges import stranger_of
from kiosk.learning.attacks.geometry import Held, project, sheet_places
from kiosk.learning.attacks.hand_motion import eased
from kiosk.learning.attacks.rates import (
    Share,
    apcer,
    bpcer,
    extra_s,
    reasons,
    worst,
)
from kiosk.learning.attacks.species import SPECIES, Injected
from kiosk.learning.attacks.subjects import Habits
from kiosk.learning.attacks.trial import SimulatedDoor, TrialVisit
from kiosk.learning.attacks.turning import Build, turned
from kiosk.learning.attacks.victims import Victim, performed
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.models.manifest import Manifest
from tests.helpers.door import NOW


def visit(
    accepted: bool, *, recognised: bool = True, challenged: bool = False, extra: float = 0.4
) -> TrialVisit:
    outcome, reason = (
        (Outcome.ACCEPT, Reason.MATCH) if accepted else (Outcome.REJECT, Reason.FLAT_PICTURE)
    )
    return TrialVisit(
        Decision(NOW, outcome, reason, Mode.IDENTIFY, 0.9, "net"), recognised, challenged, extra
    )


def test_only_recognised_people_count():
    visits = [visit(True), visit(False), visit(False), visit(False, recognised=False)]
    assert apcer(visits) == Share(1, 3) and bpcer(visits) == Share(2, 3)
    assert reasons(visits) == {"flat_picture": 3, "match": 1} and "33.3 % (1 of 3;" in str(
        apcer(visits)
    )


def test_times_of_who_came_in_with_and_without_being_asked():
    visits = [
        visit(True, extra=0.2),
        visit(True, extra=0.4),
        visit(True, challenged=True, extra=3.0),
        visit(False, extra=9.0),
    ]
    assert extra_s(visits, challenged=False) == (pytest.approx(0.3), 2)
    assert extra_s(visits, challenged=True) == (3.0, 1) and extra_s([], challenged=True) == (
        None,
        0,
    )


class Forgetful:
    """A door that recognises somebody in their third second, and forgets them when it rejects them
    a second later.
    """

    def __init__(self, decisions: list[Decision]) -> None:
        self.decisions = decisions
        self.began = float("inf")
        self.now = 0.0
        self.view = lambda now: SimpleNamespace(challenge=None)

    def step(self, frame, now: float) -> None:
        self.began = min(self.began, now) if now - self.now < 1 else float("inf")
        self.now = now
        if now - self.began >= 3:
            self.decisions.append(
                Decision(NOW, Outcome.REJECT, Reason.TRACK_LOST, Mode.IDENTIFY, 1.0, "net")
            )

    def recognised_at(self) -> float | None:
        return self.began + 2 if 2 <= self.now - self.began < 3 else None


def test_recognised_then_lost_counts_as_recognised():
    decisions: list[Decision] = []
    visit = SimulatedDoor(Forgetful(decisions), decisions).visit(
        Injected([np.zeros((48, 64, 3), np.uint8)]),
        np.zeros((48, 64, 3), np.uint8),
        np.random.default_rng(1),
    )
    assert visit.recognised and not visit.accepted and visit.extra_s == pytest.approx(1.0, abs=0.1)


def test_the_worst_species_is_the_headline():
    assert worst([("a", Share(0, 9)), ("b", Share(1, 20)), ("c", Share(0, 3))])[0] == "b"
    assert worst([("a", Share(0, 9)), ("c", Share(0, 3))])[0] == "c"


HELD = st.builds(
    Held,
    x=st.floats(250, 390),
    y=st.floats(180, 300),
    distance=st.floats(350, 900),
    tilt_x=st.floats(-0.5, 0.5),
    tilt_y=st.floats(-0.5, 0.5),
    roll=st.floats(-0.3, 0.3),
    bend=st.floats(-0.004, 0.004),
)


@settings(max_examples=8, deadline=None)
@given(held=HELD, x=st.floats(-60, 60), y=st.floats(-80, 80))
def test_each_pixel_shows_the_place_of_the_sheet_that_is_seen_there(held, x, y):
    column, row = project(np.array([(x, y)]), held)[0]
    if 1 <= column < 638 and 1 <= row < 478:
        place = sheet_places(held)[round(row), round(column)]
        per_pixel = held.distance / 600 / math.cos(0.5) ** 2
        assert np.hypot(*(place - (x, y))) < 2 * per_pixel + 0.5


@given(seconds=st.floats(0.1, 2), a=st.floats(-1, 3), b=st.floats(-1, 3))
def test_deliberate_movements_are_smooth_and_end(seconds, a, b):
    low, high = sorted((a, b))
    assert 0 <= eased(low, seconds) <= eased(high, seconds) <= 1 and eased(seconds, seconds) == 1


@given(seed=st.integers(0, 300))
def test_a_person_turns_where_the_screen_asks_after_a_moment_and_further_where_it_insists(seed):
    habits = Habits.drawn(np.random.default_rng(seed))
    assert habits.pose(0.0, None) == (0.0, 0.0) and habits.pose(0.1, Turn.LEFT) == (0.0, 0.0)
    assert habits.pose(0.1 + habits.reaction + habits.duration, Turn.LEFT) == pytest.approx(
        (habits.yaw, 0.0)
    )
    assert habits.pose(6.0, Turn.LEFT)[0] == pytest.approx(1.5 * habits.yaw)
    habits.pose(6.1, Turn.UP)
    x, y = habits.pose(12.0, Turn.UP)
    assert x == pytest.approx(0.0, abs=1e-6) and y == pytest.approx(-1.5 * habits.pitch)


@cache
def detector():
    return load_mtcnn(Manifest.load(paths.MANIFEST), min_face_size=40)


@cache
def victim() -> Victim:
    looks = CAST[0].looks
    frames = [draw_person(looks, height=170, yaw=0.02 * i, noise_seed=i) for i in range(6)]
    return Victim(
        "drawn-0",
        "drawn-0",
        frames,
        np.stack([detector().detect(f)[0].landmarks for f in frames]),
        draw_corridor(noise_seed=None),
        looks,
    )


@cache
def beset() -> Victim:
    """With a stranger who stands there instead."""
    return replace(
        victim(), stranger=replace(victim(), name="drawn-3", person="drawn-3", looks=CAST[3].looks)
    )


@pytest.mark.parametrize("species", SPECIES, ids=lambda species: species.name)
def test_every_species_shows_a_face_and_the_same_chance_the_same_pictures(species, monkeypatch):
    # a recording of turns takes seconds to make; its turns are tested below
    monkeypatch.setattr(victims, "turned", lambda frame, *_: frame)
    shows = [species.make(beset(), np.random.default_rng(5)) for _ in range(2)]
    for t, asked in ((0.0, None), (0.7, Turn.LEFT)):
        first, second = (show.picture(t, asked) for show in shows)
        assert first.shape == (480, 640, 3) and first.dtype == np.uint8
        assert np.array_equal(first, second) and detector().detect(first)


@pytest.mark.parametrize(
    ("name", "at", "asked"),
    [("exchange-cut", 1.8, None), ("exchange-tablet", 1.8, None), ("exchange-turns", 0.6, None)],
)
def test_in_an_exchange_the_strangers_face_and_the_victims_are_in_the_same_place(name, at, asked):
    show = next(species for species in SPECIES if species.name == name).make(
        beset(), np.random.default_rng(5)
    )
    alone = stranger_of(beset(), np.random.default_rng(5))[0].picture(at, asked)
    for t in np.arange(0.0, at, 1 / 15):
        show.picture(float(t), None)
    held = show.picture(at, asked)
    theirs = detector().detect(alone)[0]
    shown = max(detector().detect(held), key=lambda face: face.probability)
    assert (
        np.linalg.norm(theirs.box.reshape(2, 2).mean(axis=0) - shown.box.reshape(2, 2).mean(axis=0))
        < 0.3 * theirs.width
    )
    assert np.abs(held.astype(int) - alone)[180:300, 260:380].mean() > 10, (
        "something is held before the face"
    )


def test_turn_challenge_detects_a_person_turning_instead_of_the_photo():
    show = next(species for species in SPECIES if species.name == "exchange-turns").make(
        beset(), np.random.default_rng(5)
    )
    for t in np.arange(0.0, 1.0, 1 / 15):
        before = show.picture(float(t), None)
    for t in np.arange(1.0, 1.5, 1 / 15):
        after = show.picture(float(t), Turn.LEFT)
    assert np.abs(before.astype(int) - after)[180:300, 260:380].mean() > 10


def test_without_a_stranger_there_is_no_exchange():
    with pytest.raises(ValueError):
        stranger_of(victim(), np.random.default_rng(1))


def test_genuine_people_turn_their_landmarks_too():
    person = victim().genuine(np.random.default_rng(1))
    nose = []
    for t, asked in ((0.0, None), (0.1, Turn.LEFT), (3.0, Turn.LEFT)):
        points = detector().detect(person.picture(t, asked))[0].landmarks
        nose.append((points[2, 0] - points[:2, 0].mean()) / np.linalg.norm(points[1] - points[0]))
    assert nose[2] - nose[0] > 0.12


def test_a_turned_face_goes_only_where_the_head_is_and_back():
    image = victim().frames[0]
    points = victim().landmarks[0]
    assert turned(image, points, 0.0, 0.0, Build()) is image
    moved = turned(image, points, 0.3, 0.0, Build())
    changed = np.abs(moved.astype(int) - image).max(axis=-1) > 8
    assert (
        changed[200:300, 260:380].mean() > 0.1
        and not changed[:, :120].any()
        and not changed[:, 520:].any()
    )


def test_a_recording_of_turns_turns_one_after_another():
    film = performed(
        replace(victim(), frames=victim().frames[:1], landmarks=victim().landmarks[:1]),
        np.random.default_rng(3),
        [Turn.LEFT, Turn.RIGHT],
    )
    assert len(film) == round((0.8 + 1.5 + 1.5 + 0.8) * 30)
    assert not np.array_equal(film[0], film[60]) and not np.array_equal(film[60], film[105])
