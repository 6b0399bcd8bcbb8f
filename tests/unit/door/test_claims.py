"""Number, then PIN, then face: their order and limits; no step opens anything by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.core.decisions import Factor, Mode, Reason
from kiosk.core.door_state import DoorState
from kiosk.core.people import CredentialMode, Person
from kiosk.core.templates import Template
from kiosk.core.thresholds import Thresholds
from kiosk.door.claims import PIN_S, Claim, Next
from tests.helpers.door import Door, vector

PIN = "482915"


def twins(pin: bool = True) -> Door:
    """People 1 and 2 look alike; both have PINs."""
    door = Door()
    for person in (1, 2):
        if pin:
            door.pins.set(person, PIN)
        door.people.stored[person] = replace(door.people.stored[person], look_alike=True)
    return door


def test_a_look_alike_is_not_let_in_by_face_alone_and_told_what_to_do():
    door = twins()
    door.see(1, 1.0)
    assert (door.last.reason, door.last.person_number) == (
        Reason.PIN_NEEDED,
        "2026-1",
    ) and door.lock.opened == 0
    door.see(None, 6.0)
    door.see(3, 1.0)
    assert door.last.accepted, "others come in as always"


def test_number_then_pin_then_face_opens():
    door = twins()
    claim = door.service.claim("2026-1", door.now)
    assert (claim.next, claim.person.number) == (Next.PIN, "2026-1") and door.service.view(
        door.now
    ).mode is Mode.IDENTIFY
    claim = door.service.enter_pin(PIN, door.now)
    assert claim.next is Next.FACE and claim.pin_factors == {Factor.PIN}
    assert door.service.view(door.now).mode is Mode.VERIFY and door.lock.opened == 0
    door.see(1, 1.0)
    assert door.last.accepted and door.last.mode is Mode.VERIFY and door.tries.counted == {}


def test_the_right_pin_with_another_face_opens_nothing_and_counts():
    door = twins()
    door.service.claim("2026-1", door.now)
    door.service.enter_pin(PIN, door.now)
    door.see(3, 3.0)
    assert (
        door.last.reason is Reason.NOT_THE_CLAIMED_PERSON
        and door.lock.opened == 0
        and door.tries.counted == {"2026-1": 1}
    )


def test_a_wrong_pin_is_refused_logged_and_may_be_typed_again():
    door = twins()
    door.service.claim("2026-1", door.now)
    claim = door.service.enter_pin("111222", door.now)
    assert (claim.next, claim.reason) == (Next.PIN, Reason.WRONG_PIN) and door.tries.counted == {
        "2026-1": 1
    }
    assert door.log.rows[-1].reason is Reason.WRONG_PIN and door.log.rows[-1].person_name == "사람1"
    assert door.service.enter_pin(PIN, door.now).next is Next.FACE and door.tries.counted == {
        "2026-1": 1
    }


def test_without_a_pin_there_is_no_way_in_but_staff():
    door = twins(pin=False)
    assert door.service.claim("2026-1", door.now).reason is Reason.NO_PIN
    door.see(None, 6.0)
    door.see(1, 1.0)
    assert door.last.reason is Reason.NO_PIN and door.lock.opened == 0
    assert door.service.enter_pin("", door.now).next is Next.NOTHING


def test_two_who_look_alike_at_once_are_asked_for_number_and_pin():
    door = twins()
    door.gallery.replace(
        [
            Template(1, "net", vector(1)),
            Template(2, "net", vector(1, 0.01)),
            Template(3, "net", vector(3)),
        ]
    )
    door.service.gallery_changed()
    door.see(1, 5.0, wobble=0.0)
    assert (door.last.reason, door.last.person_id) == (Reason.PIN_NEEDED, None), (
        "it is not known which of the two it is"
    )


def test_a_pin_that_comes_too_late_or_was_not_asked_for_does_nothing():
    door = twins()
    assert door.service.enter_pin(PIN, door.now).next is Next.NOTHING
    door.service.claim("2026-1", door.now)
    assert door.service.enter_pin(PIN, door.now + PIN_S + 1).next is Next.NOTHING
    door.service.claim("2026-1", door.now)
    assert door.service.enter_pin(PIN, door.now - 5).next is Next.NOTHING, "a clock that went back"
    assert door.service.view(door.now).mode is Mode.IDENTIFY


def test_number_tried_too_often_waits_for_everyone():
    door = twins()
    door.tries.waits["2026-1"] = 30
    claim = door.service.claim("2026-1", door.now)
    assert (claim.reason, claim.wait_s) == (Reason.TOO_MANY_TRIES, 30) and door.log.rows[
        -1
    ].reason is Reason.TOO_MANY_TRIES
    assert door.service.enter_pin(PIN, door.now).next is Next.NOTHING
    door.tries.waits.clear()
    door.service.claim("2026-1", door.now)
    door.tries.waits["2026-1"] = 30
    assert door.service.enter_pin(PIN, door.now).reason is Reason.TOO_MANY_TRIES, (
        "the right PIN is refused too"
    )


def test_numbers_that_nobody_has_are_counted():
    door = twins()
    door.service.claim("9999", door.now)
    assert door.last.reason is Reason.UNKNOWN_NUMBER and door.tries.counted == {"9999": 1}


def test_claims_are_refused_if_tries_cannot_be_counted():
    door = twins()
    door.service.claim("2026-1", door.now)
    door.tries.broken = True
    assert door.service.enter_pin(PIN, door.now).next is Next.NOTHING
    assert door.service.state is DoorState.OUT_OF_SERVICE and door.lock.opened == 0


def test_a_guess_that_cannot_be_counted_stops_the_door():
    door = Door()
    door.service.claim("2026-1", door.now)
    door.tries.broken = True
    door.see(2, 3.0)
    assert door.service.state is DoorState.OUT_OF_SERVICE and door.lock.opened == 0


def test_a_person_found_to_look_alike_after_the_number_was_typed_is_asked_all_the_same():
    door = Door()
    door.service.claim("2026-1", door.now)
    door.people.stored[1] = replace(door.people.stored[1], look_alike=True, has_pin=True)
    door.see(1, 1.0)
    assert door.last.reason is Reason.PIN_NEEDED and door.lock.opened == 0


def test_a_number_typed_again_asks_for_the_pin_again():
    door = twins()
    door.service.claim("2026-1", door.now)
    assert door.service.enter_pin(PIN, door.now).pin_factors
    door.service.claim("2026-1", door.now)
    door.see(1, 1.2)
    assert door.last.reason is Reason.PIN_NEEDED and door.lock.opened == 0


def test_a_cancelled_pin_request_leaves_nothing_for_the_next_visitor():
    door = twins()
    door.service.claim("2026-1", door.now)
    door.service.cancel_claim(door.now)
    assert door.service.enter_pin(PIN, door.now).next is Next.NOTHING


def test_a_claim_ends_when_its_person_is_deleted_and_others_may_come_in_by_face():
    door = Door()
    door.service.claim("2026-1", door.now)
    door.gallery.replace([template for template in door.people.vectors if template.person_id != 1])
    door.service.gallery_changed()
    view = door.service.view(door.now)
    assert (view.mode, view.claimed) == (Mode.IDENTIFY, "")
    door.see(2, 1.0)
    assert door.last.accepted and door.last.mode is Mode.IDENTIFY
    assert door.last.person_number == "2026-2"


def test_a_claim_goes_on_when_somebody_else_is_deleted():
    door = Door()
    door.service.claim("2026-1", door.now)
    door.gallery.replace([template for template in door.people.vectors if template.person_id != 2])
    door.service.gallery_changed()
    assert door.service.view(door.now).mode is Mode.VERIFY
    door.see(1, 1.0)
    assert door.last.accepted and door.last.mode is Mode.VERIFY
    assert door.last.person_number == "2026-1"


@pytest.mark.parametrize(
    ("look_alike", "has_pin", "reason"),
    [
        (True, True, Reason.PIN_NEEDED),
        (True, False, Reason.AMBIGUOUS),
        (False, True, Reason.AMBIGUOUS),
        (False, False, Reason.AMBIGUOUS),
    ],
)
def test_of_two_as_near_the_pin_is_asked_where_the_nearest_looks_alike_and_has_one(
    look_alike, has_pin, reason
):
    door = Door()
    door.people.stored[1] = replace(door.people.stored[1], look_alike=look_alike, has_pin=has_pin)
    door.gallery.replace([Template(1, "net", vector(1)), Template(2, "net", vector(1, 0.01))])
    door.service.gallery_changed()
    door.see(1, 5.0, wobble=0.0)
    assert door.last.reason is reason and door.lock.opened == 0
    assert door.last.person_id is None, "it is not known which of the two it is"


def test_of_two_as_near_nobody_is_asked_anything_where_the_nearest_is_deleted_meanwhile():
    door = twins()
    door.gallery.replace([Template(1, "net", vector(1)), Template(2, "net", vector(1, 0.01))])
    door.service.gallery_changed()
    del door.people.stored[1]
    door.see(1, 5.0, wobble=0.0)
    assert door.last.reason is Reason.AMBIGUOUS and door.lock.opened == 0


def test_a_changed_gallery_asks_for_the_number_again():
    door = twins()
    door.service.claim("2026-1", door.now)
    door.service.gallery_changed()
    assert door.service.enter_pin(PIN, door.now).next is Next.NOTHING


def test_with_a_number_its_own_threshold_decides_and_is_logged():
    door = Door()
    door.service.use_thresholds(Thresholds(identify=0.02, verify=0.6))
    door.see(1, 3.0)
    assert door.last.reason is Reason.UNKNOWN and door.last.threshold == 0.02
    door.see(None, 6.0)
    door.service.claim("2026-1", door.now)
    assert door.service.view(door.now).threshold == 0.6
    door.see(1, 1.0)
    assert door.last.accepted and door.last.threshold == 0.6
    door.see(None, 8.0)
    assert door.service.view(door.now).threshold == 0.02


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("claim"), st.sampled_from(["2026-1", "2026-3", "9999", ""])),
        st.tuples(st.just("pin"), st.sampled_from([PIN, "111222", ""])),
        st.tuples(st.just("see"), st.sampled_from([1, 2, 3, 6, None])),
        st.tuples(st.just("pause"), st.none()),
        st.tuples(st.just("resume"), st.none()),
        st.tuples(st.just("cancel"), st.none()),
    ),
    max_size=25,
)


@given(ACTS)
@settings(max_examples=60)
def test_a_look_alike_enters_only_after_the_pin_in_any_order_of_input(acts):
    door = twins()
    proved = False
    for act, what in acts:
        before = door.lock.opened
        if act == "claim":
            door.service.claim(what, door.now)
            proved = False
        elif act == "pin":
            claim = door.service.enter_pin(what, door.now)
            proved = proved or claim.pin_factors
        elif act == "see":
            door.see(what, 1.2)
        else:
            {
                "pause": lambda: door.service.pause(door.now),
                "resume": lambda: door.service.resume(door.now),
                "cancel": lambda: door.service.cancel_claim(door.now),
            }[act]()
        if door.lock.opened > before:
            assert act == "see" and door.last.accepted
            assert door.last.person_number == "2026-3" or (
                proved and what == 1 and door.last.mode is Mode.VERIFY
            )
            proved = False


def test_templates_of_another_network_ask_to_enrol_again_and_are_no_guess():
    door = Door()
    door.people.add_with_templates(Person("2026-50", "옛사람"), [Template(0, "net@old", vector(5))])
    door.gallery.replace(door.people.templates("net"))
    assert (
        door.service.claim("2026-50", door.now).reason is Reason.ENROL_AGAIN
        and door.tries.counted == {}
    )
    assert (door.last.reason, door.last.person_number, door.last.person_id, door.lock.opened) == (
        Reason.ENROL_AGAIN,
        "2026-50",
        4,
        0,
    )
    for _ in range(10):
        door.see(None, 6.0)
        door.service.claim("2026-50", door.now, Factor.CARD)
    assert door.service.state is not DoorState.LOCKED_OUT, "nobody tried to get around the door"


def faceless(entry: CredentialMode, pin: bool = True, **fields: object) -> Door:
    """Person 4 chose to come in without their face."""
    door = Door()
    person = door.people.add_with_templates(Person("2026-4", "사람4", entry=entry, **fields), [])
    if pin:
        door.pins.set(person.id, PIN)
    return door


def prove(door: Door, pin: str = PIN, by: Factor = Factor.NUMBER) -> Claim:
    door.service.claim("2026-4", door.now, by)
    return door.service.enter_pin(pin, door.now)


def test_a_person_who_chose_a_pin_enters_by_number_and_pin_without_a_face():
    door = faceless(CredentialMode.PIN)
    assert door.service.claim("2026-4", door.now).next is Next.PIN and door.lock.opened == 0
    assert door.service.enter_pin(PIN, door.now).next is Next.DOOR
    assert (door.last.reason, door.last.mode, door.last.distance, door.last.person_number) == (
        Reason.WITHOUT_FACE,
        Mode.VERIFY,
        None,
        "2026-4",
    )
    assert (
        door.last.accepted
        and door.lock.opened == 1
        and door.log.open_when_written == [False]
        and door.tries.counted == {}
    )
    assert door.service.state is DoorState.ACCEPTED and door.service.view(door.now).masked_name
    door.service.enter_pin(PIN, door.now)
    assert door.lock.opened == 1, "a PIN is taken once"


def test_a_wrong_pin_or_none_opens_nothing_and_counts():
    door = faceless(CredentialMode.PIN)
    assert prove(door, "111222").reason is Reason.WRONG_PIN and door.tries.counted == {"2026-4": 1}
    assert door.lock.opened == 0 and not door.last.accepted
    door.tries.waits["2026-4"] = 30
    assert door.service.claim("2026-4", door.now).reason is Reason.TOO_MANY_TRIES
    door = faceless(CredentialMode.PIN, pin=False)
    assert door.service.claim("2026-4", door.now).reason is Reason.NO_PIN and door.lock.opened == 0


def test_a_person_who_chose_a_card_needs_card_and_pin():
    door = faceless(CredentialMode.CARD)
    prove(door)
    assert door.last.reason is Reason.CARD_NEEDED and door.lock.opened == 0
    door.see(None, 6.0)
    assert (
        door.service.claim("2026-4", door.now, Factor.CARD).next is Next.PIN
        and door.lock.opened == 0
    )
    door.service.enter_pin(PIN, door.now)
    assert door.last.reason is Reason.WITHOUT_FACE and door.lock.opened == 1


def test_a_person_enrolled_by_face_never_enters_without_it():
    door = faceless(CredentialMode.FACE)
    assert door.service.claim("2026-4", door.now).reason is Reason.NO_TEMPLATES
    door = faceless(CredentialMode.PIN)
    door.service.claim("2026-4", door.now)
    door.people.stored[4] = replace(
        door.people.stored[4], entry=CredentialMode.FACE
    )  # changed while the PIN is typed
    door.service.enter_pin(PIN, door.now)
    assert door.last.reason is Reason.UNKNOWN and door.lock.opened == 0


def test_other_rules_hold_without_a_face_too():
    door = faceless(CredentialMode.PIN, enabled=False)
    prove(door)
    assert door.last.reason is Reason.DISABLED and door.lock.opened == 0
    door = faceless(CredentialMode.PIN)
    door.log.broken = True
    prove(door)
    assert (
        door.last.reason is Reason.LOG_FAILED
        and door.lock.opened == 0
        and door.service.state is DoorState.OUT_OF_SERVICE
    )


def strangers(door: Door, times: int) -> None:
    """So many are refused one after another; the last reject is still shown."""
    for number in range(times):
        if number:
            door.see(None, 6.0)
        while door.service.state is not DoorState.REJECTED:
            door.see(6, 0.1)


@pytest.mark.parametrize("later_s", [0.0, 4.0])
def test_number_and_pin_open_before_and_during_a_lock_out_and_the_door_stays_open(later_s):
    door = faceless(CredentialMode.PIN)
    strangers(door, 5)
    door.see(None, later_s)
    assert door.service.state is (DoorState.LOCKED_OUT if later_s else DoorState.REJECTED)
    assert prove(door).next is Next.DOOR
    assert door.last.reason is Reason.WITHOUT_FACE and door.lock.is_open
    door.see(None, 2.0)
    assert door.lock.is_open and door.service.state is DoorState.ACCEPTED


def test_number_and_face_open_during_a_lock_out_and_a_face_alone_does_not():
    door = Door()
    strangers(door, 5)
    door.see(None, 4.0)
    door.see(1, 1.0)
    assert door.service.state is DoorState.LOCKED_OUT and not door.last.accepted
    assert door.service.claim("2026-1", door.now).next is Next.FACE
    door.see(1, 1.0)
    assert door.last.accepted and door.last.mode is Mode.VERIFY


def test_a_claim_that_is_cancelled_leaves_the_lock_out_as_it_was():
    door = Door()
    strangers(door, 5)
    door.see(None, 4.0)
    door.service.claim("2026-1", door.now)
    door.see(2, 0.2)
    assert door.service.state is DoorState.VERIFYING
    door.service.cancel_claim(door.now)
    door.see(2, 1.0)
    assert door.service.state is DoorState.LOCKED_OUT and not door.last.accepted


def test_codes_that_claim_nobody_are_ignored_during_a_lock_out():
    door = Door()
    strangers(door, 5)
    rows = len(door.log.rows)
    for seconds in (0.0, 4.0):
        door.see(None, seconds)
        door.service.refuse(Reason.BAD_CODE, door.now)
    assert len(door.log.rows) == rows and door.service.waits(door.now)


def test_what_fails_with_a_number_makes_nobody_else_wait():
    door = twins()
    for number in ("2026-1", "9999", "2026-3"):
        for _ in range(10):
            door.see(None, 6.0)
            if door.service.claim(number, door.now).next is Next.PIN:
                door.service.enter_pin("111222", door.now)
            door.see(6, 2.0)
    assert door.tries.counted == {"2026-1": 10, "9999": 10, "2026-3": 10}
    assert {row.reason for row in door.log.rows} >= {Reason.WRONG_PIN, Reason.UNKNOWN_NUMBER}


def test_wrong_faces_with_a_number_make_nobody_else_wait():
    door = Door()
    for _ in range(10):
        door.see(None, 6.0)
        door.service.claim("2026-3", door.now)
        door.see(6, 2.0)
    assert {row.reason for row in door.log.rows} == {Reason.NOT_THE_CLAIMED_PERSON}
    assert door.tries.counted == {"2026-3": 10}
    door.see(None, 6.0)
    door.see(2, 1.0)
    assert door.last.accepted and door.last.mode is Mode.IDENTIFY


def test_a_wait_is_short_where_the_owners_face_must_match_too():
    door = faceless(CredentialMode.PIN)
    asked = {}
    door.tries.wait = lambda number, face_follows=False: asked.update({number: face_follows}) or 0
    for number in ("2026-1", "2026-4", "9999"):
        door.service.claim(number, door.now)
    assert asked == {"2026-1": True, "2026-4": False, "9999": True}
    asked.clear()
    prove(door)
    assert asked == {"2026-4": False}


def test_while_an_earlier_reject_is_shown_number_and_pin_are_taken():
    door = faceless(CredentialMode.PIN)
    strangers(door, 4)
    prove(door)
    assert door.last.reason is Reason.WITHOUT_FACE and door.lock.is_open
    door.see(None, 1.0)
    assert door.lock.is_open and door.service.state is DoorState.ACCEPTED
