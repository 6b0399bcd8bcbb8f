"""The rules at work between people: what is remembered, kept over a restart, and told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kiosk.access.policy.engine import PolicyEngine
from kiosk.access.policy.rules import AccessPolicy, AntiPassback, DoorOverride
from kiosk.access.policy.weekly_schedule import ALWAYS
from kiosk.core.decisions import Decision, Factor, Mode, Outcome, Reason
from kiosk.core.people import Person
from tests.helpers.access import MemoryAudit

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
FACE = frozenset({Factor.FACE})
PIN = frozenset({Factor.FACE, Factor.NUMBER, Factor.PIN})
ONE = Person("2026-1", "홍길동", id=1)
TWO = Person("2026-2", "이산", id=2)


class Kept:
    def __init__(self, rules: AccessPolicy) -> None:
        self.audit = MemoryAudit()
        self.text = ""
        self.other_open = False
        self.rules = PolicyEngine(
            rules, self.audit.record, other_door_open=lambda: self.other_open, keep=self.take
        )

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


def test_who_is_inside_is_known_after_a_restart():
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


def test_a_call_for_help_opens_is_told_and_is_over():
    kept = Kept(AccessPolicy(duress=True))
    kept.rules.under_duress(1)
    assert kept.come(ONE, given=PIN) is Reason.DURESS
    assert kept.audit.records == [("duress", "홍*동", {"number": "•••6-1", "person_id": 1})], (
        "nothing that names them after a deletion"
    )
    assert kept.come(ONE, given=PIN) is None


def test_a_call_for_help_is_that_persons_and_needs_the_pin():
    kept = Kept(AccessPolicy(duress=True))
    kept.rules.under_duress(1)
    assert kept.come(TWO, given=PIN) is None and kept.come(ONE, given=PIN) is None, (
        "somebody else came in between"
    )
    kept.rules.under_duress(1)
    assert kept.come(ONE) is None
    off = Kept(AccessPolicy(duress=False))
    off.rules.under_duress(1)
    assert off.come(ONE, given=PIN) is None


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
