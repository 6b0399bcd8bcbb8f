"""The challenge of a ``Liveness`` whose measurements are scripted."""

from __future__ import annotations

import math

import pytest

from kiosk.core.decisions import Reason
from kiosk.core.view_models import Turn
from kiosk.vision.liveness.background_model import HeadSurround
from kiosk.vision.liveness.parallax_meter import Rotation
from tests.unit.vision.liveness.scripted_liveness import (
    AWAY,
    HOME,
    Bench,
)


@pytest.mark.parametrize(
    ("challenge", "asks", "wait_s", "pictures"),
    [
        ("never", False, 4.0, 12),
        ("when_needed", True, 0.8, 12),
        ("always", True, 0.0, 0),
    ],
)
def test_challenge_selection_and_wait(make, challenge, asks, wait_s, pictures):
    liveness = make(challenge=challenge).liveness
    assert (liveness.asks, liveness.wait_s, liveness.wait_pictures) == (asks, wait_s, pictures)


@pytest.mark.parametrize(
    ("turns", "spare", "seconds"),
    [
        (1, 0, 7.5),
        (2, 1, 15.5),
        (3, 2, 23.5),
        (5, 0, 15.5),
    ],
)
def test_a_challenge_takes_the_time_of_its_turns_and_of_looking_straight_again(
    make, turns, spare, seconds
):
    assert make(turns=turns, spare_turns=spare).liveness.challenge_s == seconds


def turned(bench: Bench, began: float, person: int | None = 7, yaw: float = 0.25) -> list[bool]:
    """A turn to the left, in depth, in frames an eighth of a second apart."""
    bench.script.rotation = Rotation(math.radians(5.0), 0.0, 0.98)
    return bench.see(*(began + number * 0.125 for number in range(6)), person=person, yaw=yaw)


def test_the_person_who_turns_as_asked_passes_and_nobody_else(bench):
    assert not bench.liveness.challenged and not bench.liveness.challenge_passed(7)
    assert bench.liveness.challenge_failed(0.0) is None
    assert bench.liveness.challenge_view(0.0) is None
    bench.liveness.challenge(7, 1.0)
    assert bench.liveness.challenged and bench.script.kept_references[-1] is True
    assert bench.liveness.challenge_view(1.0).turn is Turn.LEFT
    assert not bench.liveness.challenge_passed(7)
    assert turned(bench, 1.25).count(True) == 1
    assert bench.liveness.challenge_passed(7)
    assert not bench.liveness.challenge_passed(8) and not bench.liveness.challenge_passed(None)
    assert bench.liveness.challenge_view(2.0).turn is None
    assert bench.liveness.challenge_failed(2.0) is None


def test_a_turn_by_another_person_does_not_count(bench):
    bench.liveness.challenge(7, 1.0)
    assert not any(turned(bench, 1.25, person=8)) and not bench.liveness.challenge_passed(7)


def test_turns_are_measured_from_the_median_of_the_last_poses(bench):
    for number, yaw in enumerate((0.9, 0.0, 0.25, 0.5, 0.25, 0.25)):
        bench.see(number * 0.125, yaw=yaw, pitch=-yaw)
    bench.liveness.challenge(7, 1.0)
    assert not any(turned(bench, 1.25, yaw=0.4375))
    bench.liveness.challenge(7, 3.0)
    bench.script.rotation = Rotation(math.radians(5.0), 0.0, 0.98)
    assert True in bench.see(*(3.25 + number * 0.125 for number in range(6)), yaw=0.5, pitch=-0.25)


def test_without_earlier_poses_turns_are_measured_from_straight_ahead(bench):
    bench.liveness.challenge(7, 1.0)
    assert True in turned(bench, 1.25, yaw=0.25)


def test_yaw_and_pitch_of_the_straight_pose_are_separate(bench):
    bench.see(0.0, 0.125, 0.25, yaw=0.0, pitch=0.5)
    bench.liveness.challenge(7, 1.0)
    bench.script.may_be_reference.clear()
    bench.see(1.125, yaw=0.0, pitch=0.5)
    bench.see(1.25, yaw=0.5, pitch=0.5)
    bench.see(1.375, yaw=0.0, pitch=0.0)
    assert bench.script.may_be_reference == [True, False, False]


def test_only_a_straight_face_of_the_person_may_be_the_reference_during_a_challenge(bench):
    bench.liveness.challenge(7, 1.0)
    bench.see(1.125)
    bench.see(1.25, yaw=0.124)
    bench.see(1.375, yaw=0.125)
    bench.see(1.5, person=8)
    bench.see(1.625, person=None)
    assert bench.script.may_be_reference == [True, True, False, False, False]


def test_a_missed_turn_replaces_the_reference_once(bench):
    bench.liveness.challenge(7, 1.0)
    bench.see(1.5)
    assert bench.script.replaced_references == 0
    bench.see(5.125)
    assert (
        bench.script.replaced_references == 1
        and bench.liveness.challenge_view(5.125).turn is Turn.RIGHT
    )
    bench.see(5.25)
    assert bench.script.replaced_references == 1
    bench.liveness.challenge(7, 6.0)
    bench.see(6.5)
    assert bench.script.replaced_references == 1, "another challenge has missed none yet"


def test_a_challenge_fails_by_time_alone(bench):
    bench.liveness.challenge(7, 1.0)
    assert bench.liveness.challenge_failed(5.0) is None
    assert bench.liveness.challenge_failed(5.125) is None, "another turn is asked for"
    assert bench.liveness.challenge_failed(9.25) is Reason.CHALLENGE_FAILED


@pytest.mark.parametrize(("share", "passes"), [(0.25, True), (0.251, False)])
def test_a_person_who_turned_passes_only_in_front_of_the_known_place(bench, share, passes):
    bench.liveness.challenge(7, 1.0)
    bench.script.surround = HeadSurround(share, (1.0, 1.0, 1.0), 1.0)
    turned(bench, 1.25)
    assert bench.liveness.challenge_passed(7) is passes
    assert bench.liveness.challenge_failed(2.0) is None, "the place may come back"
    failed = bench.liveness.challenge_failed(5.0)
    assert failed is (Reason.CHALLENGE_FAILED if passes else Reason.SCREEN_OR_PRINT)


def test_a_place_that_was_never_learned_passes_a_person_who_turned(bench):
    bench.script.learned_place = False
    bench.liveness.challenge(7, 1.0)
    bench.script.surround = None
    turned(bench, 1.25)
    assert bench.liveness.challenge_passed(7)


def test_a_learned_place_must_be_seen_beside_the_head_that_turned(bench):
    bench.liveness.challenge(7, 1.0)
    bench.script.surround = None
    turned(bench, 1.25)
    assert not bench.liveness.challenge_passed(7)
    assert bench.liveness.challenge_failed(2.0) is None, "the place may come back"
    assert bench.liveness.challenge_failed(5.0) is Reason.PLACE_HIDDEN


def test_a_place_that_is_seen_again_after_the_turns_lets_the_person_in(bench):
    bench.liveness.challenge(7, 1.0)
    bench.script.surround = None
    turned(bench, 1.25)
    bench.script.surround = HOME
    bench.see(*(3.0 + number * 0.125 for number in range(4)))
    assert bench.liveness.challenge_passed(7)


def test_without_the_turns_the_reason_is_the_challenge_whatever_the_place(bench):
    bench.liveness.challenge(7, 1.0)
    bench.script.surround = AWAY
    bench.see(1.25, 1.5, 1.75, 5.125, 9.25)
    bench.see(*(9.375 + number * 0.125 for number in range(3)))
    assert bench.liveness.challenge_failed(10.0) is Reason.CHALLENGE_FAILED


def test_another_place_before_the_challenge_does_not_count_against_it(bench):
    bench.script.surround = AWAY
    bench.see(0.0, 0.25, 0.5)
    bench.liveness.challenge(7, 0.5)
    assert bench.liveness.challenge_failed(4.5) is None
    bench.script.surround = HOME
    bench.liveness.reset()
    bench.liveness.challenge(7, 5.0)
    turned(bench, 5.25)
    assert bench.liveness.challenge_passed(7)
