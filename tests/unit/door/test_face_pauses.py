"""Photographs of somebody that are held up make that face wait, and nobody else."""

from __future__ import annotations

import pytest

from kiosk.core.decisions import Mode, Reason
from kiosk.core.door_state import Timing
from kiosk.door.face_pauses import FIRST_S, LONGEST_S, NOT_LIVE, FacePauses
from tests.helpers.door import Door
from tests.unit.door.test_door_liveness import Scripted

PIN = "482915"
FORGET_S = 600.0


def failed(pauses: FacePauses, times: int, person: int = 1, now: float = 100.0) -> FacePauses:
    for _ in range(times):
        pauses.decided(person, Reason.FLAT_PICTURE, now)
    return pauses


def test_a_face_waits_after_so_many_failures_and_not_before():
    pauses = failed(FacePauses(3, FORGET_S), 2)
    assert not pauses.paused(1, 100.0)
    failed(pauses, 1)
    assert pauses.paused(1, 100.0) and pauses.paused(1, 100.0 + FIRST_S - 0.1)
    assert not pauses.paused(1, 100.0 + FIRST_S)
    assert not pauses.paused(2, 100.0) and not pauses.paused(None, 100.0)


def test_pauses_double_up_to_the_longest_and_an_accept_forgets():
    pauses = FacePauses(1, FORGET_S)
    lasted = []
    now = 1000.0
    for _ in range(8):
        now = max(now, pauses._counts[1].until if lasted else 0.0) + FORGET_S - 1.0
        failed(pauses, 1, now=now)
        lasted.append(pauses._counts[1].until - now)
    assert lasted == [30.0, 60.0, 120.0, 240.0, 480.0, LONGEST_S, LONGEST_S, LONGEST_S]
    pauses.accepted(1)
    pauses.accepted(2)
    assert not pauses.paused(1, 90_000.0)
    failed(pauses, 1, now=100_000.0)
    assert pauses._counts[1].until == 100_000.0 + FIRST_S


def test_members_who_pass_by_now_and_then_need_not_wait():
    pauses = FacePauses(5, FORGET_S)
    for number in range(200):
        pauses.decided(1, Reason.TRACK_LOST, now := FORGET_S * number)
        assert not pauses.paused(1, now)


def test_photographs_held_up_for_days_stop_nothing():
    pauses = failed(FacePauses(1, FORGET_S), 1100)
    assert pauses._counts[1].until == 100.0 + LONGEST_S


def test_failures_are_not_forgotten_during_a_pause():
    pauses = failed(FacePauses(1, FORGET_S), 6, now=0.0)
    until = pauses._counts[1].until
    assert until == LONGEST_S > FORGET_S
    failed(pauses, 1, now=until + FORGET_S - 1.0)
    assert pauses._counts[1].pauses == 7


def test_only_what_was_not_shown_live_counts():
    for reason in Reason:
        pauses = FacePauses(1, FORGET_S)
        pauses.decided(1, reason, 0.0)
        assert pauses.paused(1, 0.0) is (reason in NOT_LIVE)


def test_counts_are_taken_over_and_not_shared():
    before = failed(FacePauses(2, FORGET_S), 3)
    after = FacePauses(2, FORGET_S)
    after.take_over(before)
    failed(after, 1, now=500.0)
    assert after.paused(1, 500.0) and not before.paused(1, 500.0)


class Photos:
    """A door with liveness where somebody holds up photographs of person 2, or the person comes."""

    def __init__(self) -> None:
        self.shown = Scripted()
        # so many that the faces of all never wait
        self.door = Door(liveness=self.shown, timing=Timing(max_failures=4))

    def come(self, person: int, *, live: bool) -> Reason:
        self.door.see(None, 25.0)
        self.shown.live = live
        self.shown.against = None if live else Reason.FLAT_PICTURE
        self.door.see(person, 1.0)
        self.shown.against = None
        return self.door.last.reason


@pytest.fixture
def photos() -> Photos:
    return Photos()


def test_after_photographs_of_somebody_their_face_alone_waits_and_others_come_in(photos: Photos):
    assert [photos.come(2, live=False) for _ in range(4)] == [Reason.FLAT_PICTURE] * 4
    assert photos.come(2, live=True) is Reason.TOO_MANY_TRIES
    assert photos.door.last.person_number == "2026-2" and photos.door.lock.opened == 0
    waits = photos.door.service.view(photos.door.now).wait_s
    assert 0 < waits <= FIRST_S
    photos.door.see(2, 1.0)
    assert photos.door.service.view(photos.door.now).wait_s == pytest.approx(waits - 1.0)
    assert photos.come(1, live=True) is Reason.MATCH
    assert photos.come(2, live=True) is Reason.MATCH, "the pause is over"


def test_a_number_alone_does_not_end_the_pause_and_a_pin_does(photos: Photos):
    for _ in range(4):
        photos.come(2, live=False)
    photos.door.see(None, 8.0)
    photos.shown.live = True
    photos.door.service.claim("2026-2", photos.door.now)
    photos.door.see(2, 1.0)
    assert photos.door.last.reason is Reason.TOO_MANY_TRIES
    photos.door.see(None, 6.0)
    photos.door.pins.set(2, PIN)
    photos.door.claims._asks_pin = lambda person: True
    photos.door.service.claim("2026-2", photos.door.now)
    photos.door.service.enter_pin(PIN, photos.door.now)
    photos.door.see(2, 1.0)
    assert photos.door.last.accepted and photos.door.last.mode is Mode.VERIFY


def test_a_door_in_place_of_another_goes_on_with_the_pauses(photos: Photos):
    for _ in range(4):
        photos.come(2, live=False)
    other = Door()
    other.service.take_over(photos.door.service)
    other.now = photos.door.now + 15.0
    other.see(2, 1.0)
    assert other.last.reason is Reason.TOO_MANY_TRIES
