"""At rest few frames are decoded, never too few, and none is skipped after a failed one."""

from __future__ import annotations

from itertools import pairwise

import pytest

from kiosk.door.idle_throttle import SHOWN_S, IdleFrameThrottle


def decoded(fps: float, seconds: float = 4.0) -> list[float]:
    """When a camera's pictures are decoded."""
    resting = IdleFrameThrottle()
    times = list[float]()
    for number in range(round(seconds * fps)):
        wanted = resting.decodes_next()
        now = number / fps
        resting.came(now, wanted)
        times += [now] if wanted else []
    return times


@pytest.mark.parametrize(
    ("fps", "least", "most"), [(60, 18, 21), (30, 14, 16), (25, 12, 14), (15, 15, 15), (5, 5, 5)]
)
def test_a_quick_cameras_pictures_are_left_out_and_a_slow_ones_are_not(fps, least, most):
    times = decoded(fps)
    assert least <= len(times) / 4 <= most
    assert max(after - before for before, after in pairwise(times)) <= max(0.08, 1 / fps) + 1e-9


def test_after_a_picture_that_did_not_come_the_next_is_decoded():
    resting = IdleFrameThrottle()
    for number in range(3):
        resting.came(number / 30, True)
    assert not resting.decodes_next()
    resting.missed()
    assert resting.decodes_next()


def test_pictures_are_shown_a_few_times_a_second():
    resting = IdleFrameThrottle()
    shown = [now for now in (number / 15 for number in range(60)) if resting.shows(now)]
    assert min(after - before for before, after in pairwise(shown)) >= SHOWN_S and len(shown) >= 28
