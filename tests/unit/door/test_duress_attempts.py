"""A duress PIN typed at the door: told at once, carried with the attempt, forgotten with it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kiosk.access.policy.rules import AccessPolicy, AntiPassback, AuthRequirement
from kiosk.access.policy.weekly_schedule import ALWAYS
from kiosk.core.decisions import Reason
from kiosk.core.errors import StorageError
from kiosk.door.claims import Next
from kiosk.ui.catalogue import catalogue
from tests.helpers.door import NOW
from tests.helpers.policy_door import PolicyDoor

OWN = "482915"
DURESS = "482916"


def test_screen_and_voice_say_the_same_as_for_the_right_pin():
    for language in ("en", "ko"):
        texts = catalogue(language)
        for part in ("title", "next"):
            assert texts[f"reason.duress.{part}"] == texts[f"reason.match.{part}"]


def made(**rules: object) -> PolicyDoor:
    door = PolicyDoor(AccessPolicy(duress=True, way=AuthRequirement.FACE_PIN, **rules))
    door.door.pins.set(1, OWN)
    door.door.pins.set(2, "739128")
    return door


def test_help_is_called_before_the_face_is_seen():
    site = made()
    site.type_pin(1, DURESS)
    assert site.calls == 1 and site.audit.events == ["duress"] and not site.door.decisions
    site.door.see(1, 1.0)
    assert site.door.lock.reasons == ["duress"] and site.calls == 1


def test_help_is_called_for_the_first_of_two_and_the_opening_says_so():
    site = made(two_person=ALWAYS)
    site.type_pin(1, DURESS)
    site.door.see(1, 1.0)
    assert site.door.last.reason is Reason.SECOND_PERSON_NEEDED and site.calls == 1
    site.door.see(None, 6.0)
    site.type_pin(2, "739128")
    site.door.see(2, 1.0)
    assert site.door.last.accepted and site.door.lock.reasons == ["duress"] and site.calls == 1


def test_help_is_called_for_an_attempt_that_is_refused():
    site = made(passback=AntiPassback.HARD)
    site.type_pin(1, OWN)
    site.door.see(1, 1.0)
    site.door.see(None, 8.0)
    site.type_pin(1, DURESS)
    site.door.see(1, 1.0)
    assert site.door.last.reason is Reason.ALREADY_INSIDE and site.calls == 1


@pytest.mark.parametrize("leave_s", [6.0, 30.0])
def test_attempt_without_a_decision_is_forgotten(leave_s: float):
    site = made()
    site.type_pin(1, DURESS)
    site.door.see(None, leave_s)
    assert site.calls == 1 and not site.door.decisions
    site.door.at = NOW + timedelta(days=1)
    site.door.see(None, 60.0)
    site.type_pin(1, OWN)
    site.door.see(1, 1.0)
    assert site.door.last.reason is Reason.MATCH and site.calls == 1


def test_help_is_called_while_no_pin_is_taken():
    site = made()
    site.door.service.claim("2026-1", site.door.now)
    site.door.service.camera(False, site.door.now)
    answer = site.door.service.enter_pin(DURESS, site.door.now)
    assert site.calls == 1 and answer.next is Next.NOTHING
    site.door.service.camera(True, site.door.now)
    site.door.see(1, 1.0)
    assert site.door.last.reason is Reason.PIN_NEEDED, "nothing was proven"


def test_wrong_pin_counts_also_while_no_pin_is_taken():
    site = made()
    site.door.service.claim("2026-1", site.door.now)
    site.door.service.camera(False, site.door.now)
    site.door.service.enter_pin("111111", site.door.now)
    assert site.calls == 0 and site.door.tries.counted == {"2026-1": 1}
    site.door.tries.broken = True
    assert site.door.service.enter_pin(DURESS, site.door.now).next is Next.NOTHING


def test_help_is_called_although_the_tries_cannot_be_counted_back():
    site = made()
    site.door.service.claim("2026-1", site.door.now)

    def broken(number: str) -> None:
        raise StorageError("The database is full.")

    site.door.tries.took_back = broken
    site.door.service.enter_pin(DURESS, site.door.now)
    assert site.calls == 1 and site.door.lock.opened == 0
