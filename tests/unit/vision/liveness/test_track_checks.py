"""What the frames of a track say: repeats, one identity throughout, jumps of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.vision.liveness.checks.track_checks import KNOWN_FRAMES, Identity, Jump, Repeats


def pictures(count: int, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 256, (48, 64, 3), dtype=np.uint8) for _ in range(count)]


def repeats(frames, seconds: float = 2.0, fps: float = 15.0) -> bool:
    found = Repeats()
    for number in range(round(seconds * fps)):
        found.add(frames[number % len(frames)], number / fps)
    return found.found


@pytest.mark.parametrize("loop", [1, 2, 12])
def test_a_frozen_picture_and_a_loop_are_found(loop):
    assert repeats(pictures(loop))


def test_a_camera_that_hands_each_picture_on_twice_is_not():
    twice = [frame for frame in pictures(40) for _ in range(2)]
    assert not repeats(twice) and not repeats(pictures(60))


@given(length=st.integers(2, 30), handed_on=st.integers(1, 3))
def test_a_loop_returns_with_its_first_picture_and_a_camera_that_hands_pictures_on_several_times_does_not(
    length, handed_on
):
    loop = Repeats()
    fresh = Repeats()
    for number, image in enumerate(pictures(length, seed=length)):
        for again in range(handed_on):
            loop.add(image, number + again / 4)
            fresh.add(image, number + again / 4)
    assert loop.returned == fresh.returned == 0
    loop.add(pictures(length, seed=length)[0], float(length))
    fresh.add(pictures(1, seed=99)[0], float(length))
    assert loop.returned == 1 and fresh.returned == 0


def test_only_the_last_thousand_pictures_are_remembered_however_long_a_face_stays():
    found = Repeats()
    for number in range(3 * KNOWN_FRAMES):
        found.add(np.full((4, 4, 3), (number % 251, number // 251, 0), np.uint8), number / 15)
    assert len(found._known) == KNOWN_FRAMES and not found.found


def test_half_a_second_of_standing_still_in_a_track_is_needed():
    assert not repeats(pictures(1), seconds=0.4)


@given(gaps=st.lists(st.floats(0.03, 0.15), min_size=8, max_size=40))
def test_one_person_at_every_moment_is_one_person_throughout(gaps):
    identity = Identity()
    now = 0.0
    for gap in gaps:
        now += gap
        identity.add(7, now)
    assert identity.throughout(7, now, 1.0) and not identity.throughout(8, now, 1.0)


@given(before=st.integers(1, 20), after=st.integers(0, 2))
def test_somebody_else_begins_anew(before, after):
    identity = Identity()
    for number in range(before):
        identity.add(7, number * 0.1)
    assert identity.add(8, before * 0.1)
    for number in range(after):
        assert not identity.add(8, (before + 1 + number) * 0.1)
    assert not identity.throughout(7, before * 0.1, 1.0)
    assert identity.throughout(8, (before + after) * 0.1, 1.0) is (after == 2)


def test_a_long_gap_in_the_middle_is_no_unbroken_track():
    identity = Identity()
    for at in (0.0, 0.1, 0.2, 1.5, 1.6, 1.7):
        identity.add(7, at)
    assert not identity.throughout(7, 1.7, 1.0)


def near(person: int, rng: np.random.Generator) -> np.ndarray:
    made = np.zeros(8, np.float32)
    made[person] = 1
    return made + rng.normal(0, 0.05, 8).astype(np.float32)


@given(seed=st.integers(0, 500), first=st.integers(3, 12))
def test_another_face_in_the_same_place_is_a_jump_after_three_frames(seed, first):
    rng = np.random.default_rng(seed)
    jump = Jump(limit=1.0)
    assert not any(jump.add(near(1, rng)) for _ in range(first))
    assert [jump.add(near(2, rng)) for _ in range(3)] == [False, False, True]


@given(seed=st.integers(0, 500))
def test_single_odd_frames_are_no_jump(seed):
    rng = np.random.default_rng(seed)
    jump = Jump(limit=1.0)
    assert not any(
        jump.add(near(1 if number % 4 else 2 + int(rng.integers(5)), rng)) for number in range(40)
    )
