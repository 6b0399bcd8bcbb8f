"""What the door's inputs mean."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kiosk.access.door_monitor import GRACE_S, DoorEvent, DoorMonitor
from kiosk.access.locks import Input

SHUT = {Input.CONTACT: False}
OPEN = {Input.CONTACT: True}


class Watched:
    def __init__(self, held_open_s: float = 30.0) -> None:
        self.monitor = DoorMonitor(held_open_s)
        self.now = 0.0

    def look(
        self, inputs: dict[Input, bool], seconds: float, unlocked: bool = False
    ) -> list[DoorEvent]:
        """``inputs`` for ``seconds``, twenty looks a second."""
        events = []
        for _ in range(round(seconds * 20)):
            self.now += 0.05
            events += self.monitor.look(inputs, unlocked, self.now)
        return events


def test_passage_then_door_closes():
    door = Watched()
    assert door.look(SHUT, 1) == []
    assert door.look(OPEN, 3, unlocked=True) == [DoorEvent.OPENED]
    assert door.look(SHUT, 1) == [DoorEvent.CLOSED] and door.monitor.alert == ""


def test_a_door_that_opens_while_locked_is_forced():
    door = Watched()
    door.look(SHUT, 1)
    assert door.look(OPEN, 1) == [DoorEvent.FORCED] and door.monitor.alert == "forced"
    assert door.look(SHUT, 1) == [DoorEvent.CLOSED] and door.monitor.alert == ""


def test_a_door_that_stands_open_when_the_kiosk_starts_was_not_forced_but_is_told_in_time():
    door = Watched(held_open_s=10)
    assert door.look(OPEN, 9) == [] and door.monitor.alert == ""
    assert door.look(OPEN, 3) == [DoorEvent.HELD]
    assert door.look(SHUT, 1) == [DoorEvent.CLOSED]
    assert door.look(OPEN, 1) == [DoorEvent.FORCED]


def test_door_pulled_at_the_last_moment_is_not_forced():
    door = Watched()
    door.look(SHUT, 1, unlocked=True)
    assert door.look(OPEN, GRACE_S) == [DoorEvent.OPENED]


def test_a_door_held_open_is_told_once():
    door = Watched(held_open_s=10)
    door.look(SHUT, 1)
    assert door.look(OPEN, 9, unlocked=True) == [DoorEvent.OPENED]
    assert door.look(OPEN, 60) == [DoorEvent.HELD] and door.monitor.alert == "held_open"
    assert door.look(SHUT, 1) == [DoorEvent.CLOSED]
    assert door.look(OPEN, 11, unlocked=True) == [DoorEvent.OPENED, DoorEvent.HELD]
    never = Watched(held_open_s=0)
    never.look(SHUT, 1)
    assert never.look(OPEN, 100, unlocked=True) == [DoorEvent.OPENED]


def test_a_contact_that_bounces_is_no_event_but_a_short_press_of_the_button_is():
    door = Watched()
    for _ in range(5):
        assert door.look(OPEN, 0.05) == [] and door.look(SHUT, 0.05) == []
    assert door.look({Input.EXIT: True}, 0.05) == [DoorEvent.EXIT]
    assert door.look({Input.EXIT: True}, 5) == [], "a press is one press, however long"


def test_fire_is_worse_than_tamper_is_worse_than_a_door_held_open():
    door = Watched(held_open_s=1)
    door.look(SHUT, 1)
    door.look(OPEN, 3, unlocked=True)
    assert (
        door.look(OPEN | {Input.TAMPER: True}, 1) == [DoorEvent.TAMPER]
        and door.monitor.alert == "tamper"
    )
    assert (
        door.look(OPEN | {Input.TAMPER: True, Input.FIRE: True}, 1) == [DoorEvent.FIRE]
        and door.monitor.alert == "fire"
    )
    assert door.look(OPEN | {Input.TAMPER: False, Input.FIRE: False}, 1) == [
        DoorEvent.TAMPER_OVER,
        DoorEvent.FIRE_OVER,
    ]
    assert door.monitor.alert == "held_open"


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60))
def test_opened_and_closed_take_turns_and_a_locked_door_is_never_just_opened(
    steps: list[tuple[bool, bool]],
):
    door = Watched(held_open_s=0)
    closings = []
    unlocked_at = float("-inf")
    door.look(SHUT, 1)
    for contact, unlocked in steps:
        for _ in range(4):
            door.now += 0.05
            unlocked_at = door.now if unlocked else unlocked_at
            for event in door.monitor.look({Input.CONTACT: contact}, unlocked, door.now):
                assert event is not DoorEvent.OPENED or door.now - unlocked_at <= GRACE_S
                assert event is not DoorEvent.FORCED or door.now - unlocked_at > GRACE_S
                closings.append(event is DoorEvent.CLOSED)
    assert all(a != b for a, b in pairwise(closings)) and not any(closings[:1])
