"""Repeated pictures: a frozen camera or a loop is found, a slow driver is not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.decisions import Reason
from kiosk.vision.liveness.checks.repeated_frames import KNOWN_FRAMES, RepeatedFramesCheck


def pictures(count: int, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 256, (48, 64, 3), dtype=np.uint8) for _ in range(count)]


def repeats(frames, seconds: float = 2.0, fps: float = 15.0) -> bool:
    check = RepeatedFramesCheck()
    for number in range(round(seconds * fps)):
        check.add(frames[number % len(frames)], number / fps)
    assert check.refusal(seconds) is (Reason.FROZEN_PICTURE if check.found else None)
    return check.found


@pytest.mark.parametrize("loop", [1, 2, 12])
def test_a_frozen_picture_and_a_loop_are_found(loop):
    assert repeats(pictures(loop))


def test_a_camera_that_delivers_each_picture_twice_is_not_refused():
    twice = [frame for frame in pictures(40) for _ in range(2)]
    assert not repeats(twice) and not repeats(pictures(60))


@given(length=st.integers(2, 30), deliveries=st.integers(1, 3))
def test_a_loop_returns_with_its_first_picture_and_repeated_deliveries_do_not_count(
    length, deliveries
):
    loop = RepeatedFramesCheck()
    fresh = RepeatedFramesCheck()
    for number, image in enumerate(pictures(length, seed=length)):
        for delivery in range(deliveries):
            loop.add(image, number + delivery / 4)
            fresh.add(image, number + delivery / 4)
    assert loop.returned == fresh.returned == 0
    loop.add(pictures(length, seed=length)[0], float(length))
    fresh.add(pictures(1, seed=99)[0], float(length))
    assert loop.returned == 1 and not loop.ready(7, length)
    assert fresh.returned == 0 and fresh.ready(7, length)


def test_only_the_last_thousand_pictures_are_remembered_however_long_a_face_stays():
    check = RepeatedFramesCheck()
    for number in range(3 * KNOWN_FRAMES):
        check.add(np.full((4, 4, 3), (number % 251, number // 251, 0), np.uint8), number / 15)
    assert len(check._known) == KNOWN_FRAMES and not check.found


def test_repeats_must_last_half_a_second():
    assert not repeats(pictures(1), seconds=0.4)


def test_a_new_track_forgets_the_pictures():
    check = RepeatedFramesCheck()
    for number in range(20):
        check.add(pictures(1)[0], number / 15)
    check.reset(new_face=False)
    check.add(pictures(1)[0], 2.0)
    assert not check.found and not check.returned
