"""One identity along the track: from its start to its end, without long gaps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kiosk.vision.liveness.checks.track_identity import TrackIdentityCheck


@given(gaps=st.lists(st.floats(0.03, 0.15), min_size=8, max_size=40))
def test_a_person_recognised_in_every_frame_is_ready(gaps):
    check = TrackIdentityCheck()
    now = 0.0
    for gap in gaps:
        now += gap
        check.add(7, now)
    assert check.ready(7, now) and not check.ready(8, now) and check.refusal(now) is None


@given(earlier=st.integers(1, 20), later=st.integers(0, 2))
def test_another_person_starts_from_nothing(earlier, later):
    check = TrackIdentityCheck()
    for number in range(earlier):
        check.add(7, number * 0.1)
    for number in range(later + 1):
        check.add(8, (earlier + number) * 0.1)
    assert not check.ready(7, earlier * 0.1)
    assert check.ready(8, (earlier + later) * 0.1) is (later == 2)


def test_a_long_gap_in_the_middle_breaks_the_track():
    check = TrackIdentityCheck()
    for at in (0.0, 0.1, 0.2, 1.5, 1.6, 1.7):
        check.add(7, at)
    assert not check.ready(7, 1.7)


def test_frames_of_nobody_count_neither_for_nor_against():
    check = TrackIdentityCheck()
    for number in range(12):
        check.add(7 if number % 2 else None, number * 0.05)
    assert check.ready(7, 0.6)
