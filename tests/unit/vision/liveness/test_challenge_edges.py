"""The exact limits of a challenge: completing a turn, failing it, running out of time.

Times are sixteenths of a second and poses eighths, so that each edge is met exactly.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from kiosk.core.config import LivenessConfig
from kiosk.core.decisions import Reason
from kiosk.core.frames import Quality
from kiosk.core.view_models import Turn
from kiosk.vision.liveness.head_turn_challenge import Challenge
from kiosk.vision.liveness.parallax_meter import Rotation

CONFIG = LivenessConfig(min_turn=0.25, turn_s=4.0, turns=2, spare_turns=1, turn_parallax_deg=2.0)
WITHOUT_SPARE = replace(CONFIG, spare_turns=0)
TICK = 1 / 16
FAR = 0.25
WRONG = 0.375
"""``FAR``: a pose that makes a turn. ``WRONG``: a pose that counts as a wrong turn."""


class First:
    """Draws the turns from the end of the list: up, then right, then left."""

    def sample(self, population: Sequence[Turn], k: int) -> list[Turn]:
        return list(reversed(population))[:k]


def asking(*order: Turn, config: LivenessConfig = CONFIG) -> Challenge:
    return Challenge(config, order or (Turn.LEFT, Turn.UP), (0.0, 0.0), 0.0, First())


def frame(
    challenge: Challenge,
    at: float,
    yaw: float = 0.0,
    pitch: float = 0.0,
    *,
    deep: tuple[float, float] | None = None,
    known: bool = True,
) -> bool:
    """Add a frame: pose, rotation in depth in degrees, whether the person is recognised."""
    rotation = Rotation(math.radians(deep[0]), math.radians(deep[1]), 0.98) if deep else None
    return challenge.add(Quality(60, 200, 120, yaw, pitch, 0, ()), rotation, known, at)


def deepened(
    challenge: Challenge, *, began: float = 0.0, deep: tuple[float, float] = (5.0, 0.0)
) -> Challenge:
    """Show the depth of a turn, so that only the pose is still missing."""
    for number in range(3):
        frame(challenge, began + number * TICK, deep=deep)
    return challenge


def turned(
    challenge: Challenge, moments: Iterable[float], yaw: float = FAR, pitch: float = 0.0
) -> list[bool]:
    return [frame(challenge, at, yaw, pitch) for at in moments]


def first_done() -> Challenge:
    """Return a challenge with left done at 0.75 s and up requested."""
    challenge = deepened(asking())
    assert turned(challenge, (0.5, 0.625, 0.75)) == [False, False, True]
    return challenge


# completing a turn


def test_the_third_frame_completes_a_turn():
    challenge = first_done()
    assert challenge.asked is Turn.UP and challenge.view(0.75).done == 1


def test_two_frames_never_complete_a_turn():
    assert turned(deepened(asking()), (0.5, 0.75)) == [False, False]
    assert turned(deepened(asking()), (0.5, 1.5)) == [False, False]


def test_a_turn_takes_at_least_a_fifth_of_a_second():
    challenge = deepened(asking())
    assert turned(challenge, (0.5, 0.55, 0.6, 0.65, 0.69)) == [False] * 5
    assert turned(challenge, (0.71,)) == [True]


def test_a_single_frame_without_the_turn_is_tolerated():
    challenge = deepened(asking())
    turned(challenge, (0.5,))
    frame(challenge, 0.5625)
    turned(challenge, (0.625,))
    frame(challenge, 0.6875)
    assert turned(challenge, (0.75,)) == [True]


def test_two_frames_without_the_turn_start_it_again():
    challenge = deepened(asking())
    turned(challenge, (0.5, 0.5625))
    frame(challenge, 0.625)
    frame(challenge, 0.6875)
    assert turned(challenge, (0.75, 0.8125)) == [False, False]
    assert turned(challenge, (1.0,)) == [True]


def test_frames_of_the_first_quarter_second_do_not_count():
    challenge = deepened(asking())
    assert turned(challenge, (0.1875, 0.3125, 0.4375)) == [False] * 3, (
        "the first frame came too soon"
    )
    challenge = deepened(asking())
    assert turned(challenge, (0.25, 0.375, 0.5)) == [False, False, True]


@pytest.mark.parametrize(("yaw", "made"), [(0.25, True), (0.2499, False), (-0.25, False)])
def test_a_turn_must_reach_the_configured_pose(yaw, made):
    assert turned(deepened(asking()), (0.5, 0.625, 0.75), yaw)[-1] is made


@pytest.mark.parametrize(
    ("degrees", "made"),
    [
        (2.0, True),
        (1.99, False),
        (-5.0, False),
        (0.0, False),
    ],
)
def test_a_turn_must_reach_the_configured_depth(degrees, made):
    challenge = deepened(asking(), deep=(degrees, 0.0))
    assert turned(challenge, (0.5, 0.625, 0.75))[-1] is made


@pytest.mark.parametrize(
    ("turn", "yaw", "pitch", "deep"),
    [
        (Turn.LEFT, 0.25, 0.0, (5.0, 0.0)),
        (Turn.LEFT, 0.25, 0.125, (5.0, -5.0)),
        (Turn.LEFT, 0.25, -0.125, (5.0, 5.0)),
        (Turn.RIGHT, -0.25, 0.0, (-5.0, 0.0)),
        (Turn.RIGHT, -0.25, 0.125, (-5.0, -5.0)),
        (Turn.RIGHT, -0.25, -0.125, (-5.0, 5.0)),
        (Turn.UP, 0.0, -0.25, (0.0, -5.0)),
        (Turn.UP, 0.125, -0.25, (-5.0, -5.0)),
        (Turn.UP, -0.125, -0.25, (5.0, -5.0)),
    ],
)
def test_each_turn_has_its_own_direction_in_the_picture(turn, yaw, pitch, deep):
    challenge = deepened(asking(turn), deep=deep)
    assert turned(challenge, (0.5, 0.625, 0.75), yaw, pitch)[-1]
    for other in set(Turn) - {turn}:
        challenge = deepened(asking(other), deep=deep)
        assert not any(turned(challenge, (0.5, 0.625, 0.75), yaw, pitch))


@pytest.mark.parametrize(("yaw", "made"), [(0.125, True), (0.1249, False)])
def test_recognition_counts_from_half_of_the_turn_on(yaw, made):
    challenge = deepened(asking())
    frame(challenge, 0.3125, yaw, known=True)
    done = [frame(challenge, at, FAR, known=False) for at in (0.5, 0.625, 0.75)]
    assert done[-1] is made


# depth


def progress(challenge: Challenge, depths: Iterable[float | None]) -> float:
    """Return the progress of a turn to the left with the full pose and these depths."""
    for number, degrees in enumerate(depths):
        frame(challenge, number * TICK, FAR, deep=None if degrees is None else (degrees, 0.0))
    return challenge.view(1.0).progress


def test_fewer_than_three_rotations_show_no_depth():
    assert progress(asking(), (5.0,)) == progress(asking(), (5.0, 5.0)) == 0.0
    assert progress(asking(), (5.0, 5.0, 5.0)) == 1.0


def test_the_median_of_five_rotations_counts():
    assert progress(asking(), (0.0, 0.0, 0.0, 5.0, 5.0)) == 0.0
    assert progress(asking(), (0.0, 0.0, 0.0, 3.0, 3.0, 3.0)) == 1.0
    assert progress(asking(), (5.0, 0.0, 0.0)) == 0.0


def test_the_largest_depth_is_kept():
    assert progress(asking(), (5.0, 5.0, 5.0, 0.0, 0.0, 0.0, 0.0, 0.0)) == 1.0


def test_four_missing_rotations_separate_earlier_from_later_ones():
    assert progress(asking(), (5.0, 5.0, None, None, None, 5.0)) == 1.0
    assert progress(asking(), (5.0, 5.0, None, None, None, None, 5.0)) == 0.0
    assert progress(asking(), (5.0, None, None, 5.0, None, None, 5.0)) == 1.0, (
        "only successive frames count"
    )


@pytest.mark.parametrize(
    ("yaw", "degrees", "shown"),
    [
        (0.25, 1.0, 0.5),
        (0.125, 2.0, 0.5),
        (0.125, 0.5, 0.25),
        (0.5, 9.0, 1.0),
        (-0.25, 5.0, 0.0),
        (0.25, -5.0, 0.0),
    ],
)
def test_progress_is_the_smaller_of_pose_and_depth(yaw, degrees, shown):
    challenge = asking()
    for number in range(3):
        frame(challenge, number * TICK, yaw, deep=(degrees, 0.0))
    assert challenge.view(1.0).progress == pytest.approx(shown)


# identity


def test_the_fifth_straight_stranger_frame_in_a_row_fails():
    challenge = asking()
    for number in range(4):
        frame(challenge, number * TICK, known=False)
    assert challenge.failed is None
    frame(challenge, 4 * TICK, known=False)
    assert challenge.failed is Reason.IDENTITY_CHANGED


def test_only_a_recognised_face_resets_the_row_of_stranger_frames():
    challenge = asking()
    for number in range(12):
        frame(challenge, number * TICK, known=number % 5 == 4)
    assert challenge.failed is None
    challenge = asking()
    for number in range(6):
        frame(challenge, number * TICK, 0.125 if number == 3 else 0.0, known=False)
    assert challenge.failed is Reason.IDENTITY_CHANGED, "a turned face neither counts nor resets"


@pytest.mark.parametrize(
    ("yaw", "pitch", "straight"),
    [
        (0.0, 0.0, True),
        (0.124, 0.0, True),
        (0.125, 0.0, False),
        (-0.125, 0.0, False),
        (0.0, 0.124, True),
        (0.0, 0.125, False),
        (0.1, 0.1, False),
        (0.08, 0.08, True),
    ],
)
def test_straight_means_within_half_a_turn_of_the_straight_pose(yaw, pitch, straight):
    challenge = Challenge(CONFIG, [Turn.LEFT], (0.25, -0.5), 0.0, First())
    quality = Quality(60, 200, 120, 0.25 + yaw, -0.5 + pitch, 0, ())
    assert challenge.straight(quality) is straight


def test_the_first_reason_of_a_failure_is_kept():
    challenge = asking(config=WITHOUT_SPARE)
    challenge.tick(4.0625)
    assert challenge.failed is Reason.CHALLENGE_FAILED
    for number in range(9):
        frame(challenge, 5.0 + number * TICK, known=False)
    assert challenge.failed is Reason.CHALLENGE_FAILED
    challenge = asking()
    for number in range(5):
        frame(challenge, number * TICK, known=False)
    challenge.tick(100.0)
    assert (challenge.failed, challenge.replaced) == (Reason.IDENTITY_CHANGED, 0)


def test_no_turn_completes_after_a_failure():
    challenge = deepened(asking())
    for number in range(5):
        frame(challenge, 0.1875 + number / 100, known=False)
    assert challenge.failed is Reason.IDENTITY_CHANGED
    assert turned(challenge, (0.5, 0.625, 0.75, 0.875)) == [False] * 4
    assert challenge.asked is Turn.LEFT and not challenge.turned and not challenge.passed


# time


def test_a_turn_times_out_after_exactly_its_time():
    challenge = asking()
    challenge.tick(4.0)
    assert challenge.replaced == 0
    challenge.tick(4.001)
    assert challenge.replaced == 1 and challenge.failed is None
    challenge.tick(8.001)
    assert challenge.failed is None
    challenge.tick(8.002)
    assert challenge.failed is Reason.CHALLENGE_FAILED


def test_the_view_counts_down_the_seconds_of_each_turn():
    challenge = asking()
    view = challenge.view(1.0)
    assert (view.turn, view.done, view.total, view.progress) == (Turn.LEFT, 0, 2, 0.0)
    assert (view.remaining, view.duration) == (3.0, 4.0)
    assert challenge.view(4.5).remaining == 0.0 and challenge.view(3.5).remaining == 0.5
    challenge.tick(4.0625)
    assert challenge.view(5.0625).remaining == 3.0


def all_done() -> Challenge:
    """Return a challenge with both turns done at 1.5 s."""
    challenge = first_done()
    deepened(challenge, began=0.8125, deep=(0.0, -5.0))
    assert turned(challenge, (1.25, 1.375, 1.5), 0.0, -FAR) == [False, False, True]
    return challenge


def test_after_the_last_turn_nothing_is_asked():
    challenge = all_done()
    assert challenge.turned and challenge.passed and challenge.asked is None
    view = challenge.view(2.0)
    assert (view.turn, view.done, view.total, view.remaining) == (None, 2, 2, 0.0)
    assert turned(challenge, (1.75, 1.875, 2.0, 2.125)) == [False] * 4, "there is no third turn"
    assert challenge.passed


def test_the_time_to_come_back_ends_exactly():
    challenge = all_done()
    challenge.tick(4.0)
    assert challenge.passed
    challenge.tick(4.001)
    assert not challenge.passed and challenge.failed is Reason.CHALLENGE_FAILED


def test_an_unfinished_challenge_has_not_passed():
    assert not asking().passed and not first_done().passed


# flat pictures


@pytest.mark.parametrize(
    ("frames", "known", "reason"),
    [
        (3, True, Reason.FLAT_PICTURE),
        (2, True, Reason.CHALLENGE_FAILED),
        (3, False, Reason.CHALLENGE_FAILED),
        (0, True, Reason.CHALLENGE_FAILED),
    ],
)
def test_a_recognised_face_turning_in_three_frames_without_depth_is_flat(frames, known, reason):
    challenge = asking(config=WITHOUT_SPARE)
    for number in range(frames):
        frame(challenge, 1.0 + number * TICK, FAR, known=known)
    challenge.tick(4.0625)
    assert challenge.failed is reason


def test_a_flat_turn_is_not_forgotten():
    challenge = asking()
    turned(challenge, (1.0, 1.0625, 1.125))
    challenge.tick(4.0625)
    challenge.tick(8.25)
    assert challenge.failed is Reason.FLAT_PICTURE


# replaced turns


def test_a_missed_turn_of_three_moves_to_the_end():
    challenge = asking(Turn.LEFT, Turn.RIGHT, Turn.UP)
    challenge.tick(4.0625)
    assert challenge.order == (Turn.UP, Turn.RIGHT, Turn.LEFT)


def test_a_completed_turn_is_kept_when_the_next_is_missed():
    challenge = first_done()
    challenge.tick(4.8125)
    assert challenge.order == (Turn.LEFT, Turn.RIGHT) and challenge.asked is Turn.RIGHT


# wrong turns


def wrong_until(
    challenge: Challenge, began: float, yaw: float = -WRONG, pitch: float = 0.0
) -> float | None:
    """Turn the wrong way after ``began``; return when the challenge failed."""
    frame(challenge, began)
    for number in range(1, 20):
        at = began + number * TICK
        frame(challenge, at, yaw, pitch)
        if challenge.failed is not None:
            assert challenge.failed is Reason.CHALLENGE_FAILED
            return at
    return None


def test_wrong_turns_fail_after_three_tenths_of_a_second_in_total():
    assert wrong_until(asking(), 1.0) == 1.0 + 5 * TICK


def test_wrong_turns_do_not_count_right_after_the_first_request():
    assert wrong_until(asking(), 0.25) == 0.625 + 4 * TICK, "they count from 0.6 s on"


def test_the_grace_period_is_shorter_after_later_requests():
    assert wrong_until(first_done(), 0.8125) == 0.75 + 0.3125 + 4 * TICK


def test_the_grace_period_is_shorter_after_a_replaced_turn():
    challenge = asking()
    challenge.tick(4.0625)
    assert challenge.asked is Turn.UP
    assert wrong_until(challenge, 4.125) == 4.0625 + 0.3125 + 4 * TICK


@pytest.mark.parametrize(("yaw", "fails"), [(-0.375, True), (-0.3749, False), (0.375, False)])
def test_a_wrong_turn_is_half_as_far_again_as_needed(yaw, fails):
    assert (wrong_until(asking(), 1.0, yaw) is not None) is fails


@pytest.mark.parametrize(
    ("yaw", "pitch", "fails"),
    [
        (0.375, -0.375, False),
        (0.375, -0.5, False),
        (0.5, -0.375, True),
    ],
)
def test_a_turn_at_least_as_far_in_the_requested_direction_is_not_wrong(yaw, pitch, fails):
    assert (wrong_until(asking(Turn.UP), 1.0, yaw, pitch) is not None) is fails


def test_a_frame_counts_for_at_most_a_fifth_of_a_second():
    challenge = asking()
    frame(challenge, 0.5)
    frame(challenge, 1.0, -WRONG)
    frame(challenge, 1.0625, -WRONG)
    assert challenge.failed is None
    frame(challenge, 1.125, -WRONG)
    assert challenge.failed is Reason.CHALLENGE_FAILED


def stays_left(challenge: Challenge, began: float) -> Reason | None:
    for number in range(14):
        frame(challenge, began + number * TICK, WRONG)
    return challenge.failed


@pytest.mark.parametrize(("back", "failed"), [(0.125, None), (0.124, Reason.CHALLENGE_FAILED)])
def test_returning_from_the_turn_before_is_not_wrong(back, failed):
    assert stays_left(first_done(), 0.8125) is None
    challenge = first_done()
    frame(challenge, 0.8125, back)
    assert stays_left(challenge, 0.875) is failed


def test_returning_from_a_missed_turn_is_not_wrong():
    challenge = asking()
    challenge.tick(4.0625)
    assert stays_left(challenge, 4.125) is None and challenge.asked is Turn.UP
    challenge = asking()
    challenge.tick(4.0625)
    frame(challenge, 4.0625)
    assert stays_left(challenge, 4.125) is Reason.CHALLENGE_FAILED


def test_returning_from_a_replacement_turn_is_not_wrong():
    challenge = asking()
    challenge.tick(4.0625)
    deepened(challenge, began=4.125, deep=(0.0, -5.0))
    assert turned(challenge, (4.5, 4.625, 4.75), 0.0, -WRONG)[-1]
    assert challenge.asked is Turn.RIGHT
    for number in range(14):
        frame(challenge, 4.8125 + number * TICK, 0.0, -WRONG)
    assert challenge.failed is None


def test_no_turn_precedes_the_first_one():
    """Otherwise the last turn of the order would be allowed as the previous one."""
    assert wrong_until(asking(Turn.LEFT, Turn.UP), 1.0, 0.0, -WRONG) == 1.0 + 5 * TICK
    challenge = asking(Turn.LEFT, Turn.UP)
    for number in range(16, 24):
        frame(challenge, number * TICK, 0.0, -WRONG)
    assert challenge.failed is Reason.CHALLENGE_FAILED


def test_the_number_of_turns_is_the_configured_one_up_to_all_directions():
    for turns in (1, 2, 3, 5):
        challenge = Challenge.drawn(replace(CONFIG, turns=turns), random.Random(1), (0.0, 0.0), 0.0)
        assert len(set(challenge.order)) == len(challenge.order) == min(turns, 3)


def test_a_turn_right_after_a_later_request_does_not_count_either():
    challenge = first_done()
    for at in (0.765625, 0.78125, 0.8125):
        frame(challenge, at, deep=(0.0, -5.0))
    assert turned(challenge, (0.875, 1.0625, 1.125), 0.0, -FAR) == [False] * 3
    assert turned(challenge, (1.3125,), 0.0, -FAR) == [True]
