"""Faces that are there for minutes are left out; visitors are not, wherever they stand."""

from __future__ import annotations

import math

import pytest

from kiosk.core.frames import Face
from kiosk.vision.detection.standing_faces import (
    AGAIN_S,
    REMEMBERED_S,
    STANDING_S,
    VACANT_S,
    StandingFaces,
)
from tests.helpers.fakes import make_face

LOOK_S = 0.5


def poster(t: float) -> Face:
    """A face on the left that stays, found a little differently each time."""
    return make_face(60 + 6 * math.sin(t), 80 + 4 * math.cos(3 * t), 80, 100)


def visitor(x: float = 300) -> Face:
    return make_face(x, 120, 90, 112)


def shown(
    standing: StandingFaces, seconds: float, began: float, *others: Face, gap_s: float = 0.0
) -> list[int]:
    """Show the poster, and ``others`` beside it; return how many faces were left, look by look."""
    left = []
    for number in range(round(seconds / LOOK_S)):
        now = began + number * LOOK_S
        there = [] if gap_s and now % 30 < gap_s else [poster(now)]
        left.append(len(standing.separate([*there, *others], now)[0]))
    return left


def test_a_face_that_stays_is_left_out_after_minutes():
    standing = StandingFaces()
    left = shown(standing, 2 * STANDING_S, 0.0)
    assert left.index(0) == pytest.approx(STANDING_S / LOOK_S, abs=2) and left[-1] == 0
    assert standing.found == 1


def test_a_visitor_beside_it_is_the_only_one_left():
    standing = StandingFaces()
    shown(standing, STANDING_S + 5, 0.0)
    person = visitor()
    now = STANDING_S + 5.0
    left, out = standing.separate([person, poster(now)], now)
    assert left == [person] and len(out) == 1


def test_a_larger_face_before_it_is_a_visitors():
    standing = StandingFaces()
    shown(standing, STANDING_S + 5, 0.0)
    close = make_face(20, 30, 180, 225)
    assert standing.separate([close], STANDING_S + 5.0)[0] == [close]


def test_short_absences_as_on_a_television_do_not_matter_and_long_ones_do():
    assert shown(StandingFaces(), 2 * STANDING_S, 0.0, gap_s=VACANT_S - 2)[-1] == 0
    assert shown(StandingFaces(), 2 * STANDING_S, 0.0, gap_s=VACANT_S + 2)[-1] == 1


def test_it_is_left_out_sooner_where_faces_stood_before_and_a_visitor_has_time_there():
    standing = StandingFaces()
    shown(standing, STANDING_S + 5, 0.0)
    again = STANDING_S + 5 + 60
    left = shown(standing, 2 * AGAIN_S, again)
    assert left.index(0) == pytest.approx(AGAIN_S / LOOK_S, abs=2)
    much_later = again + 2 * AGAIN_S + REMEMBERED_S + 1
    assert shown(standing, 2 * AGAIN_S, much_later)[-1] == 1


def test_members_who_come_one_after_another_to_the_same_spot_are_visitors():
    standing = StandingFaces()
    for number in range(60):
        for look in range(10):
            now = number * 6 + look * LOOK_S
            assert standing.separate([visitor()], now)[0]
        standing.visited(visitor(302))
    assert standing.found == 0


def test_people_who_walk_about_are_visitors():
    standing = StandingFaces()
    for look in range(600):
        now = look * LOOK_S
        assert standing.separate([visitor(300 + 200 * math.sin(now / 8))], now)[0]


def test_only_one_face_is_left_out_for_each_place():
    standing = StandingFaces()
    shown(standing, STANDING_S + 5, 0.0)
    now = STANDING_S + 5.0
    near = make_face(90, 84, 80, 100)
    left, out = standing.separate([near, poster(now)], now)
    assert left == [near] and len(out) == 1


def test_a_crowd_is_remembered_in_bounded_memory():
    standing = StandingFaces()
    for look in range(200):
        standing.separate([make_face(7 * i, 5 * look, 20 + i, 30) for i in range(30)], look * 0.1)
    assert len(standing._places) <= 24
