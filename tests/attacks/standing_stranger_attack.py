"""Strangers who are rejected at the door to keep its members out."""

from __future__ import annotations

from pathlib import Path

from kiosk.core.decisions import Factor, Reason
from kiosk.core.door_state import DoorState
from kiosk.core.people import CredentialMode, Person
from kiosk.door.intent import Intent
from kiosk.storage.people.door_pin_store import LONGEST_IN_ALL_WITH_FACE_S, TryStore
from kiosk.storage.store import Store
from tests.attacks.table import Outcome, attack
from tests.helpers.door import Door
from tests.helpers.set_clock import SetClock

STRANGER = 6
PIN = "482915"


@attack("A4", "stand at the door as a stranger until members are kept out", tries=24, short=3)
def stand_at_the_door(folder: Path, tries: int) -> Outcome:
    """Stand there for ten minutes; a second reject, or a member who does not come in at once after,
    is a success.
    """
    kept_out, rejects = 0, 0
    for number in range(tries):
        door = Door()
        door.see(STRANGER, 600.0)
        rejects = max(rejects, len(door.decisions))
        kept_out += len(door.decisions) > 1
        member = 1 + number % 3
        # in another place, in the stranger's place, or with their number
        if number % 3 == 2:
            door.service.claim(f"2026-{member}", door.now)
        door.see(member, 2.0, x=420.0 if number % 3 == 0 else 200.0)
        kept_out += not door.last.accepted
    return tries, kept_out, f"{rejects} reject in ten minutes"


@attack("A4", "come back as a stranger until numbers are not taken any more", tries=24, short=4)
def come_back_again_and_again(folder: Path, tries: int) -> Outcome:
    """Be rejected until faces alone wait; a member kept out with number, or PIN, is a success."""
    kept_out, longest = 0, 0.0
    for number in range(tries):
        door = Door(asks_pin=lambda person, asked=number % 2 == 1: asked)
        door.pins.set(1, PIN)
        for _ in range(10 * (number % 4)):
            door.see(STRANGER, 3.0)
            door.see(None, 2.5)
        for _ in range(2000):
            door.see(STRANGER if door.now % 8.0 < 5.0 else None, 0.1)
            if door.service.state is DoorState.LOCKED_OUT:
                break
        longest = max(longest, door.service.view(door.now).remaining)
        kept_out += not _comes_in(door, 1)
        door.see(None, 10.0)
        kept_out += not _comes_in(door, 2, by_face=True)
    return tries, kept_out, f"faces alone waited {longest:.0f} s at most"


@attack("A4", "guess numbers and PINs until nobody's number is taken", tries=12, short=2)
def guess_numbers_and_pins(folder: Path, tries: int) -> Outcome:
    """Type wrong PINs and unknown numbers; a member kept out afterwards is a success."""
    kept_out, longest = 0, 0
    for number in range(tries):
        clock = SetClock()
        with Store.open(folder / f"{number}.db") as store:
            tried = store.using(clock).door_tries
            door = Door(asks_pin=lambda person: True)
            door.claims._tries = tried
            for person in (1, 2):
                door.pins.set(person, PIN)
            for guess in range(40):
                door.see(None, 6.0)
                typed = "2026-1" if guess % 2 else f"9{guess}"
                if door.service.claim(typed, door.now).person is not None:
                    door.service.enter_pin("739164", door.now)
                clock.advance(tried.wait("2026-1", face_follows=True) if guess % 3 else 0)
            if number % 2:  # a right PIN ends the wait for all
                kept_out += not _comes_in_without_face(door, tried, clock)
            wait = tried.wait("2026-2", face_follows=True)
            longest = max(longest, wait)
            kept_out += wait > LONGEST_IN_ALL_WITH_FACE_S
            clock.advance(wait)
            door.see(None, 6.0)
            kept_out += not _comes_in(door, 2)
            door.see(None, 10.0)
            door.claims._asks_pin = lambda person: False
            kept_out += not _comes_in(door, 3, by_face=True)
            if not number % 2:
                kept_out += not _comes_in_without_face(door, tried, clock)
    return tries, kept_out, f"another member's number waited {longest} s at most"


@attack("A4", "show picture after picture, each ended with a member's card", tries=60, short=12)
def end_each_picture_with_a_card(folder: Path, tries: int) -> Outcome:
    """Show a stranger's face until just before its answer, then present a card and cancel.

    A picture that was compared and is neither logged nor counted is a success.
    """
    door, uncounted = Door(intent=Intent(5.0)), 0
    for _ in range(tries):
        logged = len(door.decisions)
        door.see(STRANGER, 4.0)
        compared = door.service.state is not DoorState.LOCKED_OUT
        door.service.claim("2026-2", door.now, Factor.CARD)
        door.service.cancel_claim(door.now)
        door.see(None, 3.0)
        uncounted += compared and len(door.decisions) == logged
    return tries, uncounted, f"{len(door.decisions)} counted failures in {door.now:.0f} s"


@attack("A4", "be rejected for days until the door stops", tries=3000, short=1100)
def be_rejected_for_days(folder: Path, tries: int) -> Outcome:
    """Show cards that are refused through so many pauses; a door that fails then is a success."""
    door = Door()
    for _ in range(tries):
        for _ in range(5):
            door.now += 4.0
            door.service.refuse(Reason.UNKNOWN_CARD, door.now)
        door.now += 90.0
        door.service.tick(door.now)
    door.see(None, 10.0)
    return tries, int(not _comes_in(door, 1, by_face=True)), f"{len(door.decisions)} rejects"


def _comes_in_without_face(door: Door, tried: TryStore, clock: SetClock) -> bool:
    """Return whether somebody who enters by number and PIN alone is let in within a minute."""
    person = door.people.add_with_templates(Person("2026-4", "무면", entry=CredentialMode.PIN), [])
    door.pins.set(person.id or 0, PIN)
    door.see(None, 10.0)
    clock.advance(min(60, tried.wait("2026-4")))
    door.service.claim("2026-4", door.now)
    door.service.enter_pin(PIN, door.now)
    return door.last.accepted


def _comes_in(door: Door, person: int, *, by_face: bool = False) -> bool:
    """Return whether ``person`` is let in at once, by number, PIN if asked, and face."""
    if not by_face:
        door.service.claim(f"2026-{person}", door.now)
        door.service.enter_pin(PIN, door.now)
    opened = door.lock.opened
    door.see(person, 2.0)
    return door.lock.opened > opened
