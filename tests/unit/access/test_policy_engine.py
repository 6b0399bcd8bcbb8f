"""The rules at work between people: what is remembered, kept over a restart, and told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from kiosk.access.policy.engine import PolicyEngine
from kiosk.access.policy.rules import (
    AccessGroup,
    AccessPolicy,
    AntiPassback,
    AuthRequirement,
    DoorOverride,
)
from kiosk.access.policy.weekly_schedule import ALWAYS, Span, Week
from kiosk.core.decisions import Decision, Factor, Mode, Outcome, Reason
from kiosk.core.people import Person
from tests.helpers.access import MemoryAudit

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
FACE = frozenset({Factor.FACE})
PIN = frozenset({Factor.FACE, Factor.NUMBER, Factor.PIN})
DURESS = PIN | {Factor.DURESS_PIN}
ONE = Person("2026-1", "홍길동", id=1)
TWO = Person("2026-2", "이산", id=2)


class Kept:
    def __init__(self, rules: AccessPolicy) -> None:
        self.audit = MemoryAudit()
        self.text = ""
        self.other_open = False
        self.calls = 0
        self.locked = 0
        self.people: dict[int, Person] | None = None
        self.rules = PolicyEngine(
            rules,
            self.audit.record,
            other_door_open=lambda: self.other_open,
            keep=self.take,
            call=self.call,
            lock=self.lock,
            lookup=self.find,
        )

    def lock(self) -> None:
        self.locked += 1

    def find(self, person_id: int) -> Person | None:
        known = {1: ONE, 2: TWO} if self.people is None else self.people
        return known.get(person_id)

    def call(self) -> None:
        self.calls += 1

    def take(self, text: str) -> None:
        self.text = text

    def come(
        self, person: Person, at: datetime = NOW, given: frozenset[Factor] = FACE
    ) -> Reason | None:
        """Ask, and decide as the door does."""
        reason = self.rules(person, at, given)
        outcome = Outcome.ACCEPT if reason in (None, Reason.DURESS) else Outcome.REJECT
        self.rules.decided(
            Decision(
                at,
                outcome,
                reason or Reason.MATCH,
                Mode.IDENTIFY,
                1.0,
                "net",
                person.id,
                person.name,
                person.number,
            )
        )
        return reason


def test_people_inside_are_known_after_a_restart():
    before = Kept(AccessPolicy(passback=AntiPassback.HARD))
    assert before.come(ONE) is None
    after = Kept(AccessPolicy(passback=AntiPassback.HARD))
    after.rules.recall(before.text)
    assert after.come(ONE) is Reason.ALREADY_INSIDE and after.come(TWO) is None
    after.rules.forget_inside()
    assert after.come(ONE) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"inside": {}}',
        '{"inside": {"x": "y"}, "opened_day": null}',
        '{"inside": {"1": "2026-03-02"}, "opened_day": 1}',
    ],
)
def test_damaged_memory_is_no_memory(text: str):
    kept = Kept(AccessPolicy(passback=AntiPassback.HARD))
    kept.rules.recall(text)
    assert kept.come(ONE) is None


def test_a_door_that_did_not_open_let_nobody_in():
    kept = Kept(AccessPolicy(passback=AntiPassback.HARD))
    assert kept.rules(ONE, NOW, FACE) is None
    kept.rules.decided(
        Decision(NOW, Outcome.REJECT, Reason.LOCK_FAILED, Mode.IDENTIFY, 1.0, "net", 1)
    )
    assert kept.come(ONE) is None and kept.come(ONE) is Reason.ALREADY_INSIDE


def test_a_call_for_help_is_passed_on_and_recorded_when_it_is_typed():
    kept = Kept(AccessPolicy(duress=True))
    kept.rules.duress_typed(ONE)
    assert kept.audit.records == [("duress", "홍*동", {"number": "•••6-1", "person_id": 1})], (
        "nothing that names them after a deletion"
    )
    assert kept.come(ONE, given=DURESS) is Reason.DURESS
    assert kept.calls == len(kept.audit.records) == 1, "told once, not again when the door opens"
    assert kept.come(ONE, given=PIN) is None and kept.come(TWO, given=PIN) is None


def test_who_comes_in_with_somebody_coerced_is_let_in_with_a_call_for_help():
    kept = Kept(AccessPolicy(duress=True, two_person=ALWAYS))
    later = NOW + timedelta(seconds=5)
    assert kept.come(ONE, given=DURESS) is Reason.SECOND_PERSON_NEEDED
    assert kept.come(TWO, later) is Reason.DURESS
    assert kept.come(ONE, later) is Reason.SECOND_PERSON_NEEDED
    assert kept.come(TWO, later) is None, "forgotten with the attempt"
    assert kept.come(ONE, later, DURESS) is Reason.SECOND_PERSON_NEEDED
    assert kept.come(ONE, later, PIN) is Reason.SECOND_PERSON_NEEDED, "the right PIN takes it back"
    assert kept.come(TWO, later) is None


def test_passback_and_what_is_set_by_hand_are_recorded_once():
    kept = Kept(AccessPolicy(passback=AntiPassback.SOFT))
    kept.come(ONE)
    kept.come(ONE, NOW + timedelta(minutes=1))
    kept.rules.set_override(DoorOverride.LOCKDOWN, "관리자")
    kept.rules.set_override(DoorOverride.LOCKDOWN, "관리자")
    assert kept.come(ONE) is Reason.LOCKDOWN
    kept.rules.set_override(DoorOverride.NORMAL, "관리자")
    assert [(event, actor) for event, actor, _ in kept.audit.records] == [
        ("passback", "홍*동"),
        ("door_lockdown", "관리자"),
        ("door_normal", "관리자"),
    ]


def test_the_other_door_is_asked_each_time():
    kept = Kept(AccessPolicy(interlock=True))
    kept.other_open = True
    assert kept.come(ONE) is Reason.OTHER_DOOR_OPEN
    kept.other_open = False
    assert kept.come(ONE) is None


def test_two_people_through_the_door():
    kept = Kept(AccessPolicy(two_person=ALWAYS))
    assert [kept.come(ONE), kept.come(TWO, NOW + timedelta(seconds=5))] == [
        Reason.SECOND_PERSON_NEEDED,
        None,
    ]


def test_who_waits_for_a_second_person_waits_no_longer_once_the_mode_changes():
    guards = {"everybody": AccessGroup(), "guards": AccessGroup(lockdown=True)}
    kept = Kept(AccessPolicy(groups=guards, two_person=ALWAYS))
    guard = replace(TWO, groups=("guards",))
    kept.people = {1: ONE, 2: guard}
    assert kept.come(ONE) is Reason.SECOND_PERSON_NEEDED
    kept.rules.set_override(DoorOverride.LOCKDOWN, "관리자")
    later = NOW + timedelta(seconds=5)
    assert kept.come(guard, later) is Reason.SECOND_PERSON_NEEDED, "one is refused in a lock-down"
    kept.rules.set_override(DoorOverride.LOCKDOWN, "관리자")
    third = replace(ONE, id=3, groups=("guards",))
    assert kept.come(third, later) is None, "the mode was set already"


@pytest.mark.parametrize(
    "first",
    [
        None,
        replace(ONE, enabled=False),
        replace(ONE, valid_until=date(2026, 3, 1)),
        replace(ONE, groups=("night",)),
    ],
)
def test_first_of_two_who_may_not_enter_any_more_does_not_count(first: Person | None):
    kept = Kept(AccessPolicy(two_person=ALWAYS))
    assert kept.come(ONE) is Reason.SECOND_PERSON_NEEDED
    kept.people = {1: first} if first is not None else {}
    assert kept.come(TWO, NOW + timedelta(seconds=5)) is Reason.SECOND_PERSON_NEEDED


def test_opening_overtaken_by_a_lockdown_is_ended():
    kept = Kept(AccessPolicy())
    assert kept.rules(ONE, NOW, FACE) is None
    kept.rules.set_override(DoorOverride.LOCKDOWN, "관리자")
    kept.rules.decided(accepted(1))
    assert kept.locked == 1
    guards = Kept(AccessPolicy({"everybody": AccessGroup(lockdown=True)}))
    guards.rules.set_override(DoorOverride.LOCKDOWN, "관리자")
    assert guards.come(ONE) is None and guards.locked == 0, "judged in the lock-down"


def accepted(person_id: int | None) -> Decision:
    return Decision(NOW, Outcome.ACCEPT, Reason.MATCH, Mode.IDENTIFY, 1.0, "net", person_id)


def test_only_who_was_asked_about_last_counts_as_come_in():
    kept = Kept(AccessPolicy(passback=AntiPassback.HARD))
    kept.rules.decided(accepted(1))
    assert kept.rules.inside(NOW) == 0 and kept.text == "", "nobody was asked about"
    kept.rules(ONE, NOW, FACE)
    kept.rules.decided(accepted(2))
    kept.rules.decided(accepted(None))
    assert kept.rules.inside(NOW) == 0 and kept.text == ""
    kept.rules(None, NOW, FACE)
    kept.rules.decided(accepted(None))
    kept.rules(Person("2026-3", "박하나"), NOW, FACE)
    kept.rules.decided(accepted(None))
    assert kept.rules.inside(NOW) == 0, "who is not enrolled is never inside"
    kept.rules(ONE, NOW, FACE)
    kept.rules.decided(accepted(1))
    assert kept.rules.inside(NOW) == 1


def test_occupancy_is_known_for_any_moment():
    kept = Kept(AccessPolicy(passback_min=10))
    kept.come(ONE)
    kept.come(TWO, NOW + timedelta(minutes=5))
    counted = [kept.rules.inside(NOW + timedelta(minutes=minutes)) for minutes in (5, 9, 10, 15)]
    assert counted == [2, 2, 1, 0]


def test_a_call_for_help_by_nobody_known_opens_nothing():
    kept = Kept(AccessPolicy(duress=True))
    assert kept.rules(None, NOW, DURESS) is Reason.UNKNOWN
    assert kept.come(ONE, given=PIN) is None


def test_a_pin_is_asked_for_in_the_hours_of_that_way_only():
    night = Week({"mon": (Span.parse("20:00-24:00"),)})
    rules = Kept(AccessPolicy(ways=((night, AuthRequirement.FACE_PIN),))).rules
    assert [rules.asks_pin(NOW.replace(hour=hour)) for hour in (19, 20, 23)] == [False, True, True]


def test_the_door_stands_open_by_schedule_and_by_hand():
    rules = Kept(AccessPolicy(free=Week({"mon": (Span.parse("10:00-11:00"),)}))).rules
    assert rules.override is DoorOverride.NORMAL
    assert [rules.is_free(NOW.replace(hour=hour)) for hour in (9, 10, 11)] == [False, True, False]
    rules.set_override(DoorOverride.FREE, "관리자")
    assert rules.override is DoorOverride.FREE and rules.is_free(NOW.replace(hour=9))
    rules.set_override(DoorOverride.LOCKDOWN, "관리자")
    assert rules.override is DoorOverride.LOCKDOWN and not rules.is_free(NOW)


def professors_first() -> Kept:
    groups = {"everybody": AccessGroup(), "professors": AccessGroup(opens=True)}
    return Kept(AccessPolicy(groups=groups, first_person=ALWAYS, passback=AntiPassback.HARD))


def test_that_the_day_was_opened_is_known_after_a_restart_and_after_all_count_as_gone():
    professor = Person("2026-9", "김교수", id=9, groups=("professors",))
    before = professors_first()
    assert [before.come(ONE), before.come(professor)] == [Reason.FIRST_PERSON_NEEDED, None]
    after = professors_first()
    after.rules.recall(before.text)
    assert after.come(ONE) is None
    after.rules.forget_inside()
    assert after.rules.inside(NOW) == 0 and after.come(TWO) is None, "the day is open still"
    again = professors_first()
    again.rules.recall(after.text)
    assert again.come(ONE) is None and again.come(TWO) is Reason.ALREADY_INSIDE


def test_that_nobody_is_inside_any_more_is_kept_too():
    kept = Kept(AccessPolicy(passback=AntiPassback.HARD))
    kept.come(ONE)
    kept.rules.forget_inside()
    after = Kept(AccessPolicy(passback=AntiPassback.HARD))
    after.rules.recall(kept.text)
    assert after.rules.inside(NOW) == 0


def test_one_moment_without_a_zone_damages_all_that_was_kept():
    kept = Kept(AccessPolicy(passback=AntiPassback.HARD))
    kept.rules.recall(
        '{"inside": {"1": "2026-03-02T10:00:00+00:00", "2": "2026-03-02T10:00:00"}, '
        '"opened_day": null}'
    )
    assert kept.rules.inside(NOW) == 0 and kept.come(ONE) is None


def test_interlock_without_another_door_lets_people_in():
    assert PolicyEngine(AccessPolicy(interlock=True), MemoryAudit().record)(ONE, NOW, FACE) is None
