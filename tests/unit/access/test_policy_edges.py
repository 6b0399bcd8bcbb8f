"""The edges of the rules: what may stand in for a face, and which minute still counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from kiosk.access.policy import may_enter
from kiosk.access.policy.calendar import Calendar, Closed
from kiosk.access.policy.evaluate import (
    AccessRequest,
    AccessResult,
    FirstOfTwo,
    PolicyMemory,
    entered,
    evaluate,
    is_free,
    number_inside,
)
from kiosk.access.policy.rules import (
    AccessGroup,
    AccessPolicy,
    AntiPassback,
    AuthRequirement,
    DoorOverride,
)
from kiosk.access.policy.weekly_schedule import ALWAYS, NEVER, Span, Week, overlapping
from kiosk.core.decisions import Factor, Reason
from kiosk.core.people import CredentialMode, Person

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
FACE = frozenset({Factor.FACE})
NUMBER = frozenset({Factor.NUMBER})
PIN = frozenset({Factor.NUMBER, Factor.PIN})
CARD = frozenset({Factor.CARD})
ONE = Person("2026-1", "홍길동", id=1, has_pin=True)
TWO = Person("2026-2", "이산", id=2, has_pin=True)


# who may enter at all


@pytest.mark.parametrize("entry", [CredentialMode.PIN, CredentialMode.CARD])
@pytest.mark.parametrize("given", [frozenset(), NUMBER, CARD])
def test_without_a_face_nobody_enters_without_their_pin(entry, given):
    person = replace(ONE, entry=entry)
    assert may_enter(person, NOW, given) is Reason.PIN_NEEDED
    assert may_enter(replace(person, has_pin=False), NOW, given) is Reason.NO_PIN


def test_without_a_face_number_and_pin_do_for_who_chose_them_and_not_for_who_chose_a_card():
    assert may_enter(replace(ONE, entry=CredentialMode.PIN), NOW, PIN) is None
    assert may_enter(replace(ONE, entry=CredentialMode.CARD), NOW, PIN) is Reason.CARD_NEEDED
    assert may_enter(replace(ONE, entry=CredentialMode.CARD), NOW, PIN | CARD) is None


def test_person_enrolled_by_face_never_enters_without_it():
    assert may_enter(ONE, NOW, PIN | CARD) is Reason.UNKNOWN


@pytest.mark.parametrize("entry", [CredentialMode.PIN, CredentialMode.CARD])
def test_recognised_face_enters_for_other_credential_modes(entry):
    assert may_enter(replace(ONE, entry=entry), NOW) is None


# spans of time


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "09:00",
        "09:00-",
        "-18:00",
        "0900-1800",
        "09:00_18:00",
        "09-18",
        "9-18",
        "09:0-18:00",
        "09:000-18:00",
        ":00-18:00",
        "009:00-18:00",
        "09:60-18:00",
        "09:00-18:60",
        "09:59-24:01",
        "24:00-25:00",
        "24:00-02:00",
        "24:00-24:00",
        "09:00-09:00",
        "-9:00-18:00",
        "+9:00-18:00",
        "٠٩:٠٠-18:00",
        "²²:00-23:00",
        "ab:cd-18:00",
        "09:00-18:00-20:00",
        "09:00x18:00",
        "09:00 x 18:00",
    ],
)
def test_invalid_time_span_is_refused(text):
    with pytest.raises(ValueError) as caught:
        Span.parse(text)
    assert len(caught.value.args) == 1, "it says which text"


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("00:00-24:00", 0, 1440),
        ("9:00-18:00", 540, 1080),
        (" 09:00 - 18:00 ", 540, 1080),
        ("09:59-10:01", 599, 601),
        ("23:59-24:00", 1439, 1440),
        ("22:00-02:00", 1320, 1560),
        ("00:01-00:00", 1, 1440),
        ("12:00-11:59", 720, 2159),
    ],
)
def test_valid_time_span_is_read_to_the_minute(text, begin, end):
    assert Span.parse(text) == Span(begin, end)


def test_a_night_begins_and_ends_to_the_minute():
    week = Week({"mon": (Span.parse("23:00-01:00"),), "sun": (Span.parse("12:00-00:00"),)})
    monday = datetime(2026, 3, 2)
    inside = [
        minute
        for minute in range(-60, 2 * 1440)
        if week.contains(monday + timedelta(minutes=minute), False, False)
    ]
    assert inside == [*range(-60, 0), *range(1380, 1500)]


def test_a_span_of_a_whole_day_from_any_hour_holds_that_minute_of_the_next_day_no_more():
    week = Week({"mon": (Span(600, 600 + 1440),)})
    monday = datetime(2026, 3, 2, 10)
    assert week.contains(monday, False, False)
    assert week.contains(monday + timedelta(hours=23, minutes=59), False, False)
    assert not week.contains(monday + timedelta(days=1), False, False)


def test_a_span_that_reaches_to_midnight_exactly_ends_there():
    week = Week({"mon": (Span(600, 1440),)})
    assert not week.contains(datetime(2026, 3, 3), False, False)


def test_always_and_never_are_what_they_say_on_holidays_too():
    for hour in (0, 12, 23):
        for holiday in (False, True):
            at = datetime(2026, 3, 4, hour, 59 if hour else 0)
            assert ALWAYS.contains(at, holiday, holiday)
            assert not NEVER.contains(at, holiday, holiday)


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ((0, 60), (60, 120), False),
        ((0, 61), (60, 120), True),
        ((0, 30), (40, 50), False),
        ((60, 120), (0, 60), False),
        ((60, 120), (0, 90), True),
    ],
)
def test_spans_overlap_when_they_share_a_minute_and_touching_is_none(first, second, shared):
    found = overlapping((Span(*first), Span(*second)))
    assert (found is not None) is shared


@pytest.mark.parametrize("when", [datetime.min, datetime.max])
def test_the_first_and_the_last_moment_that_there_is_are_judged_too(when):
    at = when.replace(tzinfo=UTC)
    assert AccessPolicy().within(ALWAYS, at) and not AccessPolicy().within(NEVER, at)
    assert not AccessPolicy().within(
        Week({"sun": (Span(0, 3000),)}), datetime.min.replace(tzinfo=UTC)
    )


def test_the_second_day_that_there_is_has_one_before_it():
    tuesday = datetime.min.replace(day=2, tzinfo=UTC)
    assert AccessPolicy().within(Week({"mon": (Span(1380, 1500),)}), tuesday.replace(minute=30))


def test_yesterdays_holiday_counts_for_its_night():
    calendar = Calendar(closed=(Closed(date(2026, 3, 2), date(2026, 3, 3)),))
    rules = AccessPolicy(calendar=calendar)
    night = Week({"holiday": (Span.parse("22:00-02:00"),)})
    at_one = [datetime(2026, 3, day, 1, tzinfo=UTC) for day in range(1, 6)]
    assert [at.day for at in at_one if rules.within(night, at)] == [3, 4]
    assert [day for day in range(1, 6) if calendar.is_holiday(date(2026, 3, day))] == [2, 3]


# proofs


@pytest.mark.parametrize("way", AuthRequirement)
def test_no_way_of_proof_does_without_a_face(way):
    assert way.lacks(frozenset(Factor) - FACE) is Reason.UNKNOWN
    assert way.lacks(frozenset(Factor)) is None


def test_the_day_changes_at_the_very_minute_that_is_set():
    rules = AccessPolicy(day_begins=4 * 60 + 30)
    before = rules.day(NOW.replace(hour=4, minute=29, second=59))
    assert rules.day(NOW.replace(hour=4, minute=30)) == before + 1
    assert rules.day(NOW.replace(hour=23, minute=59)) == before + 1
    usual = AccessPolicy()
    assert usual.day(NOW.replace(hour=3, minute=59)) + 1 == usual.day(NOW.replace(hour=4))


# what is remembered


def ask(
    rules: AccessPolicy, person: Person, at: datetime = NOW, memory: PolicyMemory | None = None
) -> AccessResult:
    return evaluate(
        rules, DoorOverride.NORMAL, memory or PolicyMemory(), AccessRequest(person, FACE, at)
    )


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (-0.001, Reason.SECOND_PERSON_NEEDED),
        (0.0, None),
        (20.0, None),
        (20.001, Reason.SECOND_PERSON_NEEDED),
    ],
)
def test_the_second_of_two_comes_within_the_time_that_is_set(seconds, reason):
    memory = PolicyMemory(pending=FirstOfTwo(1, NOW))
    ruling = ask(AccessPolicy(two_person=ALWAYS), TWO, NOW + timedelta(seconds=seconds), memory)
    assert ruling.reason is reason, "20 s where nothing else is written"


def test_first_of_two_is_remembered_with_time_and_groups():
    groups = {"everybody": AccessGroup(), "professors": AccessGroup(opens=True)}
    rules = AccessPolicy(groups=groups, two_person=ALWAYS)
    assert ask(rules, ONE).memory.pending == FirstOfTwo(1, NOW)
    professor = replace(TWO, groups=("everybody", "professors"))
    assert ask(rules, professor).memory.pending == FirstOfTwo(2, NOW, professor.groups)


def test_the_first_of_two_counts_only_in_the_hours_of_that_rule():
    day = Week({"mon": (Span.parse("09:00-18:00"),)})
    rules = AccessPolicy(two_person=day)
    evening = NOW.replace(hour=18)
    memory = PolicyMemory(pending=FirstOfTwo(1, evening - timedelta(seconds=5)))
    assert ask(rules, TWO, evening).reason is None
    assert entered(rules, memory, TWO, evening).inside == {2: evening}


def test_person_alone_is_alone_inside_and_clears_the_waiting_person():
    rules = AccessPolicy(two_person=ALWAYS)
    late = NOW + timedelta(seconds=21)
    memory = entered(rules, PolicyMemory(pending=FirstOfTwo(1, NOW)), TWO, late)
    assert memory == PolicyMemory(inside={2: late})


def test_both_of_two_are_inside_and_the_first_of_them_may_be_the_first_of_the_day():
    groups = {"everybody": AccessGroup(), "professors": AccessGroup(opens=True)}
    rules = AccessPolicy(groups=groups, two_person=ALWAYS)
    first = FirstOfTwo(1, NOW, ("professors",))
    memory = entered(rules, PolicyMemory(pending=first), TWO, NOW)
    assert memory == PolicyMemory(inside={1: NOW, 2: NOW}, opened_day=rules.day(NOW))


def test_person_not_opening_the_day_keeps_the_opened_day():
    assert entered(AccessPolicy(), PolicyMemory(opened_day=7), ONE, NOW).opened_day == 7


def test_person_out_by_time_is_forgotten_at_the_next_entry():
    rules = AccessPolicy(passback=AntiPassback.HARD, passback_min=10)
    memory = PolicyMemory(inside={1: NOW, 3: NOW + timedelta(minutes=5)})
    later = NOW + timedelta(minutes=10)
    assert number_inside(rules, memory, later) == 1
    assert set(entered(rules, memory, TWO, later).inside) == {2, 3}


@pytest.mark.parametrize(
    ("passback", "reason", "notes"),
    [
        (AntiPassback.OFF, None, ()),
        (AntiPassback.SOFT, None, ("passback",)),
        (AntiPassback.HARD, Reason.ALREADY_INSIDE, ()),
    ],
)
def test_passback_follows_the_setting(passback, reason, notes):
    ruling = ask(AccessPolicy(passback=passback), ONE, memory=PolicyMemory(inside={1: NOW}))
    assert (ruling.reason, ruling.notes) == (reason, notes)


def test_person_needing_a_second_one_is_not_noted_as_passback():
    rules = AccessPolicy(passback=AntiPassback.SOFT, two_person=ALWAYS)
    ruling = ask(rules, ONE, memory=PolicyMemory(inside={1: NOW}))
    assert (ruling.reason, ruling.notes) == (Reason.SECOND_PERSON_NEEDED, ())


def test_a_call_for_help_waits_for_the_second_person_too():
    attempt = AccessRequest(ONE, FACE | {Factor.DURESS_PIN}, NOW)
    rules = AccessPolicy(two_person=ALWAYS, duress=True)
    assert (
        evaluate(rules, DoorOverride.NORMAL, PolicyMemory(), attempt).reason
        is Reason.SECOND_PERSON_NEEDED
    )
    memory = PolicyMemory(pending=FirstOfTwo(2, NOW))
    assert evaluate(rules, DoorOverride.NORMAL, memory, attempt).reason is Reason.DURESS


def test_the_hours_of_the_first_person_are_over_once_one_has_come_that_day():
    groups = {"everybody": AccessGroup(), "professors": AccessGroup(opens=True)}
    rules = AccessPolicy(groups=groups, first_person=ALWAYS, free=ALWAYS)
    today = rules.day(NOW)
    assert ask(rules, ONE).reason is Reason.FIRST_PERSON_NEEDED
    assert ask(rules, ONE, memory=PolicyMemory(opened_day=today)).reason is None
    assert (
        ask(rules, ONE, memory=PolicyMemory(opened_day=today - 1)).reason
        is Reason.FIRST_PERSON_NEEDED
    )
    assert ask(rules, replace(ONE, groups=("everybody", "professors"))).reason is None
    assert is_free(rules, DoorOverride.NORMAL, PolicyMemory(opened_day=today), NOW)
    assert not is_free(rules, DoorOverride.NORMAL, PolicyMemory(opened_day=today - 1), NOW)


def test_companion_of_the_person_opening_the_day_may_enter():
    groups = {"everybody": AccessGroup(), "professors": AccessGroup(opens=True)}
    rules = AccessPolicy(groups=groups, first_person=ALWAYS, two_person=ALWAYS)
    for group, reason in (("professors", None), ("everybody", Reason.FIRST_PERSON_NEEDED)):
        first = FirstOfTwo(2, NOW, (group,))
        assert ask(rules, ONE, memory=PolicyMemory(pending=first)).reason is reason


def test_manual_override_beats_the_free_access_schedule():
    assert is_free(AccessPolicy(), DoorOverride.FREE, PolicyMemory(), NOW)
    assert not is_free(AccessPolicy(free=ALWAYS), DoorOverride.LOCKDOWN, PolicyMemory(), NOW)
    assert is_free(AccessPolicy(free=ALWAYS), DoorOverride.NORMAL, PolicyMemory(), NOW)
    assert not is_free(AccessPolicy(), DoorOverride.NORMAL, PolicyMemory(), NOW)


def test_one_of_somebodys_groups_is_enough_for_each_privilege():
    groups = {"a": AccessGroup(), "b": AccessGroup(alone=True, lockdown=True)}
    both = replace(ONE, groups=("a", "b"))
    rules = AccessPolicy(groups=groups, two_person=ALWAYS)
    assert ask(rules, both).reason is None
    assert (
        evaluate(
            rules, DoorOverride.LOCKDOWN, PolicyMemory(), AccessRequest(both, FACE, NOW)
        ).reason
        is None
    )
    only = replace(ONE, groups=("a",))
    assert ask(rules, only).reason is Reason.SECOND_PERSON_NEEDED
    locked_down = evaluate(
        rules, DoorOverride.LOCKDOWN, PolicyMemory(), AccessRequest(only, FACE, NOW)
    )
    assert locked_down.reason is Reason.LOCKDOWN


def test_person_opening_the_day_may_be_in_other_groups():
    groups = {"everybody": AccessGroup(), "professors": AccessGroup(opens=True)}
    rules = AccessPolicy(groups=groups)
    professor = replace(TWO, groups=("everybody", "professors"))
    assert entered(rules, PolicyMemory(), professor, NOW).opened_day == rules.day(NOW)


def test_two_of_whom_neither_opens_the_day_open_none():
    memory = PolicyMemory(pending=FirstOfTwo(1, NOW))
    assert entered(AccessPolicy(two_person=ALWAYS), memory, TWO, NOW).opened_day is None


def test_missing_pin_matters_only_where_a_pin_is_required():
    without = replace(ONE, has_pin=False)
    assert ask(AccessPolicy(way=AuthRequirement.FACE), without).reason is None
    assert ask(AccessPolicy(way=AuthRequirement.CARD_FACE), without).reason is Reason.CARD_NEEDED
    assert ask(AccessPolicy(way=AuthRequirement.FACE_PIN), without).reason is Reason.NO_PIN
