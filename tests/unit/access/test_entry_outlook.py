"""Who may enter when: the answers are those of the door."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kiosk.access.policy.engine import PolicyEngine
from kiosk.access.policy.entry_outlook import factors_of
from kiosk.access.policy.policy_document import policy_in
from kiosk.access.policy.rules import DoorOverride
from kiosk.core.decisions import Factor, Reason
from kiosk.core.people import CredentialMode, Person

TEXT = """\
zone = "Asia/Seoul"
[holidays]
country = "KR"
[schedules.office]
weekdays = ["09:00-18:00"]
[schedules.night]
daily = ["20:00-08:00"]
[groups.students]
schedule = "office"
[groups.staff]
[door]
ways = [{ schedule = "night", way = "face_pin" }]
"""
NOON = datetime(2026, 12, 1, 3, tzinfo=UTC)
"""Tuesday, 12:00 in Seoul."""
NIGHT = datetime(2026, 12, 1, 13, tzinfo=UTC)
STUDENT = Person("1", "이산", templates=5, id=1, groups=("students",))
STAFF = Person("2", "홍길동", templates=5, id=2, groups=("staff",))


@pytest.fixture
def engine() -> PolicyEngine:
    return PolicyEngine(policy_in(TEXT), lambda *event: None)


def reasons(engine: PolicyEngine, at: datetime, *people: Person, cards=frozenset()):
    preview = engine.outlook(people, cards.__contains__, at)
    return [entrant.reason for entrant in preview.entrants]


def test_the_hour_decides(engine: PolicyEngine):
    assert reasons(engine, NOON, STUDENT, STAFF) == [None, None]
    assert reasons(engine, NIGHT, STUDENT, STAFF) == [Reason.OUT_OF_SCHEDULE, Reason.NO_PIN]
    assert reasons(engine, NIGHT, replace(STAFF, has_pin=True)) == [None]


def test_a_person_is_asked_for_what_they_have(engine: PolicyEngine):
    nobody = replace(STUDENT, templates=0)
    card = replace(STUDENT, templates=0, entry=CredentialMode.CARD, has_pin=True)
    assert reasons(engine, NOON, nobody, card) == [Reason.UNKNOWN, Reason.CARD_NEEDED]
    assert reasons(engine, NOON, card, cards={1}) == [None]
    assert factors_of(card, True) == {Factor.NUMBER, Factor.PIN, Factor.CARD}


def test_mode_and_holidays_count(engine: PolicyEngine):
    new_year = datetime(2027, 1, 1, 3, tzinfo=UTC)
    assert reasons(engine, new_year, STUDENT) == [Reason.OUT_OF_SCHEDULE]
    assert engine.outlook([], bool, new_year).holiday
    engine.set_override(DoorOverride.LOCKDOWN, "관리자")
    assert reasons(engine, NOON, STAFF) == [Reason.LOCKDOWN]
    engine.set_override(DoorOverride.FREE, "관리자")
    assert engine.outlook([], bool, NOON).free


def test_a_draft_is_asked_without_being_in_force_and_use_puts_it_in_force(engine: PolicyEngine):
    draft = policy_in(TEXT.replace('schedule = "office"', 'schedule = "never"'))
    [entrant] = engine.outlook([STUDENT], lambda _: False, NOON, draft).entrants
    assert entrant.reason is Reason.OUT_OF_SCHEDULE
    assert reasons(engine, NOON, STUDENT) == [None]
    engine.use(draft)
    assert engine(STUDENT, NOON, frozenset({Factor.FACE})) is Reason.OUT_OF_SCHEDULE


def test_new_rules_let_nobody_wait_for_a_second_person(engine: PolicyEngine):
    two = policy_in(TEXT.replace("[door]", '[door]\ntwo_person = "office"'))
    engine.use(two)
    given = frozenset({Factor.FACE})
    assert engine(STUDENT, NOON, given) is Reason.SECOND_PERSON_NEEDED
    engine.use(two)
    assert engine(STAFF, NOON, given) is Reason.SECOND_PERSON_NEEDED
    assert engine(STUDENT, NOON, given) is None
