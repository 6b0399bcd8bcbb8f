"""How ``Liveness`` combines its checks: thresholds, windows of time, order of refusals.

What the checks see in pictures is tested in their own files; here their measurements are scripted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from kiosk.core.decisions import Reason
from kiosk.core.frames import Observation
from kiosk.core.orientation import Orientation
from kiosk.vision.liveness.background_model import HeadSurround
from kiosk.vision.liveness.liveness_decision import Liveness
from kiosk.vision.liveness.parallax_meter import ParallaxMeter
from tests.unit.vision.liveness.scripted_liveness import (
    AWAY,
    CONFIG,
    HOME,
    IMAGE,
    MAX_JUMP,
    Bench,
    InOrder,
    seen,
)

# natural motion


def test_a_person_with_all_evidence_passes_after_half_a_second_with_the_third_look(bench):
    bench.see(0.0, 0.25)
    assert not bench.liveness.passed(7, 0.25)
    bench.see(0.5)
    assert bench.liveness.passed(7, 0.5) and bench.liveness.refusal(0.5) is None
    assert bench.script.identity_queries[-1] == (7, 0.5)
    assert bench.meters == [bench.meter]


@pytest.mark.parametrize(
    "fails",
    [
        lambda script: setattr(script, "span", math.radians(1.99)),
        lambda script: setattr(script, "returned", 1),
        lambda script: setattr(script, "repeating", True),
        lambda script: setattr(script, "one_person", False),
        lambda script: setattr(script, "surround", None),
        lambda script: setattr(script, "surround", AWAY),
        lambda script: setattr(script, "edge_support", 1.0),
    ],
)
def test_a_person_without_one_kind_of_evidence_does_not_pass(bench, fails):
    fails(bench.script)
    bench.see(0.0, 0.25, 0.5, 0.75)
    assert not bench.liveness.passed(7, 0.75)


def test_always_required_challenge_is_never_skipped(make):
    bench = make(challenge="always")
    bench.see(0.0, 0.25, 0.5)
    assert not bench.liveness.passed(7, 0.5)


@pytest.mark.parametrize(
    ("eyes", "share"),
    [
        (18.0, 1.0),
        (36.0, 1.0),
        (48.0, 0.75),
        (72.0, 0.5),
        (300.0, 0.5),
    ],
)
def test_a_large_face_needs_less_of_the_turn_down_to_half(bench, eyes, share):
    bench.script.span = math.radians(2.0) * share
    bench.see(0.0, 0.25, 0.5, eyes=eyes)
    assert bench.liveness.score == pytest.approx(1.0) and bench.liveness.passed(7, 0.5)
    bench.script.span = math.radians(2.0) * share * 0.5
    assert bench.liveness.score == pytest.approx(0.5) and not bench.liveness.passed(7, 0.5)


def test_before_recognition_the_whole_turn_is_needed(bench):
    bench.script.span = math.radians(1.0)
    assert bench.liveness.score == pytest.approx(0.5)
    bench.see(0.0, 0.25, 0.5, person=None, eyes=72.0)
    assert bench.liveness.score == pytest.approx(0.5)
    bench.script.span = math.radians(9.0)
    assert bench.liveness.score == 1.0


def test_the_size_of_a_face_is_the_median_of_the_last_five_frames(bench):
    bench.script.span = math.radians(1.0)
    bench.see(0.0, 0.125, 0.25, eyes=36.0)
    bench.see(0.375, 0.5, eyes=72.0)
    assert bench.liveness.score == pytest.approx(0.5)
    bench.see(0.625, eyes=72.0)
    assert bench.liveness.score == pytest.approx(1.0)


# the place beside the head


@pytest.mark.parametrize(
    ("beside", "passes"),
    [
        (HeadSurround(0.125, (0.35, 0.35, 0.35), 0.75), True),
        (HeadSurround(0.126, (0.0, 0.0, 0.0), 1.0), False),
        (HeadSurround(0.0, (0.351, 0.0, 0.0), 1.0), False),
        (HeadSurround(0.0, (0.0, 0.351, 0.0), 1.0), False),
        (HeadSurround(0.0, (0.0, 0.0, 0.351), 1.0), False),
        (HeadSurround(0.0, (0.0, 0.0, 0.0), 0.749), False),
    ],
)
def test_the_known_place_may_differ_up_to_the_configured_shares(bench, beside, passes):
    bench.script.surround = beside
    bench.see(0.0, 0.25, 0.5)
    assert bench.liveness.passed(7, 0.5) is passes


def looked(bench: Bench, besides: Sequence[HeadSurround | None], began: float = 0.0) -> float:
    now = began
    for number, beside in enumerate(besides):
        bench.script.surround = beside
        now = began + number * 0.125
        bench.see(now)
    return now


@pytest.mark.parametrize(
    ("besides", "passes"),
    [
        ([HOME, HOME, None, None, None], False),
        ([HOME, HOME, HOME, None, None], True),
        ([HOME, HOME, HOME, None, None, None], True),
        ([HOME, HOME, HOME, None, None, None, None], False),
        ([HOME, HOME, HOME, AWAY, AWAY], True),
        ([HOME, HOME, AWAY, AWAY, AWAY], False),
    ],
)
def test_three_looks_and_half_of_all_must_find_the_place_and_most_of_them_the_known_one(
    bench, besides, passes
):
    assert bench.liveness.passed(7, looked(bench, besides)) is passes


def test_two_looks_that_find_the_place_are_too_few(bench):
    for at, beside in ((0.0, HOME), (0.25, None), (0.5, HOME)):
        bench.script.surround = beside
        bench.see(at)
    assert not bench.liveness.passed(7, 0.5)
    bench.script.surround = HOME
    bench.see(0.75)
    assert bench.liveness.passed(7, 0.75)


def test_looks_beside_the_head_count_for_a_second_and_a_half(bench):
    looked(bench, [AWAY, AWAY, AWAY])
    now = looked(bench, [HOME, HOME, HOME], began=1.25)
    assert now == 1.5 and not bench.liveness.passed(7, 1.5)
    assert bench.liveness.passed(7, 1.501), "the first was longer ago"
    assert not bench.liveness.passed(7, 2.876), "so was the last but two"


def test_the_surroundings_are_measured_ten_times_a_second_at_most(bench):
    bench.see(0.0, 0.05, 0.09)
    assert bench.script.looks == 1 and bench.script.pictures == 3
    bench.see(0.1, 0.15, 0.21)
    assert bench.script.looks == 3


# borders


def bordered(bench: Bench, supports: Sequence[float], step: float = 0.125) -> float:
    now = 0.0
    for number, support in enumerate(supports):
        bench.script.edge_support = support
        now = number * step
        bench.see(now)
    return now


@pytest.mark.parametrize(
    ("supports", "step", "refused"),
    [
        ([0.9] * 5, 0.125, True),
        ([0.899] * 5, 0.125, False),
        ([1.0] * 3, 0.25, True),
        ([1.0] * 2, 0.5, False),
        ([1.0] * 4, 0.125, False),
        ([1.0] * 7 + [0.0] * 3, 0.125, True),
        ([1.0] * 6 + [0.0] * 3, 0.125, False),
    ],
)
def test_a_border_in_most_looks_over_half_a_second_refuses(bench, supports, step, refused):
    now = bordered(bench, supports, step)
    assert bench.liveness.refusal(now) is (Reason.SCREEN_OR_PRINT if refused else None)


def test_a_border_seen_longer_ago_is_forgotten(bench):
    bordered(bench, [1.0] * 5)
    assert bench.liveness.refusal(1.5) is Reason.SCREEN_OR_PRINT
    assert bench.liveness.refusal(1.501) is None, "what is left is of less than half a second"


@pytest.mark.parametrize(
    ("framed", "clear", "passes"),
    [
        (1, 2, True),
        (3, 5, False),
        (4, 8, True),
        (1, 3, True),
    ],
)
def test_a_border_in_up_to_a_third_of_the_looks_may_pass_and_in_more_not(
    bench, framed, clear, passes
):
    now = bordered(bench, [1.0] * framed + [0.0] * clear, 0.25 if framed + clear < 5 else 0.125)
    assert bench.liveness.refusal(now) is None and bench.liveness.passed(7, now) is passes


# refusals


def jumped(bench: Bench, began: float) -> float:
    """Show another face in the place of the first one; return the time of the last frame."""
    bench.see(*(began + number / 64 for number in range(3)))
    bench.see(*(began + number / 64 for number in range(3, 6)), face=2)
    return began + 5 / 64


def test_a_changed_identity_is_refused_first_then_repeated_pictures_then_borders(bench):
    bordered(bench, [1.0] * 5)
    assert bench.liveness.refusal(0.5) is Reason.SCREEN_OR_PRINT
    bench.script.repeating = True
    assert bench.liveness.refusal(0.5) is Reason.FROZEN_PICTURE
    now = jumped(bench, 0.625)
    assert bench.liveness.refusal(now) is Reason.IDENTITY_CHANGED
    bench.see(1.0)
    assert bench.liveness.refusal(1.0) is Reason.IDENTITY_CHANGED, "it is not taken back"


def test_a_person_whose_face_was_exchanged_does_not_pass(bench):
    jumped(bench, 0.0)
    bench.see(0.25, 0.5, 0.75)
    assert not bench.liveness.passed(7, 0.75)


def test_another_track_forgets_a_changed_identity_only_if_the_face_came_from_elsewhere(bench):
    now = jumped(bench, 0.0)
    bench.script.resets.clear()
    bench.liveness.reset(elsewhere=False)
    assert bench.liveness.refusal(now) is Reason.IDENTITY_CHANGED
    assert sorted(bench.script.resets) == ["identity", "repeats", "turns"]
    bench.liveness.reset()
    assert bench.liveness.refusal(now) is None


def test_another_track_starts_without_evidence(bench):
    bench.see(0.0, 0.25, 0.5, eyes=72.0)
    assert bench.liveness.passed(7, 0.5)
    bench.liveness.challenge(7, 0.5)
    bench.liveness.reset()
    assert not bench.liveness.challenged and bench.liveness.challenge_view(0.5) is None
    assert not bench.liveness.passed(7, 0.5)
    bench.script.span = math.radians(1.0)
    assert bench.liveness.score == pytest.approx(0.5), "how large the face was is forgotten too"
    looks = bench.script.looks
    bench.see(0.5625)
    assert bench.script.looks == looks + 1, "the surroundings are measured at once"


def test_another_person_restarts_the_measurement_of_depth(bench):
    bench.see(0.0)
    bench.script.resets.clear()
    bench.see(0.125)
    assert bench.script.resets == []
    bench.see(0.25, person=8)
    assert bench.script.resets == ["turns"] and bench.script.kept_references[-1] is False


# frames with less information


@pytest.mark.parametrize("lacks", ["image", "main", "quality"])
def test_a_frame_without_picture_or_face_is_ignored(bench, lacks):
    frame = replace(seen(0.0), **{lacks: None})
    assert not bench.liveness.observe(frame, 7, 0.0)
    assert bench.script.pictures == bench.script.looks == 0 and bench.script.may_be_reference == []


def test_a_frame_without_an_embedding_is_still_checked_for_repeats_and_surroundings(bench):
    assert not bench.liveness.observe(replace(seen(0.0), embedding=None), None, 0.0)
    assert (bench.script.pictures, bench.script.looks, bench.script.may_be_reference) == (1, 1, [])
    assert bench.liveness.refusal(0.0) is None


def test_the_depth_of_an_unknown_face_is_not_measured(bench):
    bench.see(0.0, 0.125, person=None)
    assert bench.script.may_be_reference == []
    assert bench.see(0.25) == [False], "no turn was asked for"
    assert bench.script.may_be_reference == [True]


def test_a_meter_is_made_if_none_is_given(bench):
    Liveness(CONFIG, InOrder(), MAX_JUMP)
    assert isinstance(bench.meters[-1], ParallaxMeter)


def test_the_empty_view_is_learned_after_half_a_second_without_a_face(bench):
    empty = Observation(0.0, (640, 480), image=IMAGE)
    bench.liveness.learn(empty, 0.0)
    assert bench.script.learned == [0.0], "at once, where nobody has been yet"
    bench.liveness.learn(seen(1.0), 1.0)
    bench.liveness.learn(empty, 1.499)
    assert bench.script.learned == [0.0]
    bench.liveness.learn(empty, 1.5)
    assert bench.script.learned == [0.0, 1.5]
    bench.see(2.0)
    bench.liveness.learn(empty, 2.25)
    bench.liveness.learn(replace(empty, image=None), 3.0)
    assert bench.script.learned == [0.0, 1.5]
    bench.liveness.learn(replace(seen(4.0), main=None), 4.0)
    bench.liveness.learn(empty, 4.25)
    assert bench.script.learned == [0.0, 1.5], "any face at all is somebody"


@pytest.mark.parametrize(
    ("orientation", "known"),
    [(Orientation(), True), (Orientation(180), False), (Orientation(0, True), False)],
)
def test_the_place_is_learned_again_where_the_picture_is_turned_otherwise(orientation, known):
    before = Liveness(CONFIG, InOrder(), max_jump=1.0)
    for number in range(12):
        at = number * 0.3
        before.learn(Observation(at, (64, 48), image=IMAGE), at)
    after = Liveness(CONFIG, InOrder(), max_jump=1.0, orientation=orientation)
    after.take_over(before)
    assert before._empty_view.ready and after._empty_view.ready is known
