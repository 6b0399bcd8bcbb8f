"""One person standing there is one track; anything else begins a new one."""

from __future__ import annotations

from kiosk.vision.detection.tracker import Tracker, overlap
from tests.helpers.door import observation


def test_a_still_face_is_one_track():
    tracker = Tracker()
    assert [tracker.update(observation(i / 10, 1)) for i in range(5)] == [
        True,
        False,
        False,
        False,
        False,
    ]


def test_a_jump_of_place_begins_a_new_track():
    tracker = Tracker()
    tracker.update(observation(0.0, 1))
    assert tracker.update(observation(0.1, 1, x=420.0))


def test_a_gap_begins_a_new_track_but_a_lost_frame_does_not():
    tracker = Tracker()
    tracker.update(observation(0.0, 1))
    assert not tracker.update(observation(0.1, None))
    assert not tracker.update(observation(0.3, 1))
    assert tracker.update(observation(1.6, 1))


def test_another_face_in_the_same_place_begins_a_new_track():
    tracker = Tracker()
    tracker.update(observation(0.0, 1))
    assert tracker.update(observation(0.1, 5))


def test_overlap_of_a_box_with_itself_and_with_a_distant_one():
    here = observation(0, 1).main
    there = observation(0, 1, x=2000.0).main
    assert overlap(here, here) == 1.0 and overlap(here, there) == 0.0
