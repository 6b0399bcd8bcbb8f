"""Whether an edit lets in more: never "no" where somebody more may enter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.access.policy.calendar import Calendar, Closed
from kiosk.access.policy.evaluate import AccessRequest, PolicyMemory, evaluate, is_free
from kiosk.access.policy.rules import AccessGroup, AccessPolicy, AuthRequirement, DoorOverride
from kiosk.access.policy.weekly_schedule import ALWAYS, DAYS, HOLIDAY, NEVER, Span, Week
from kiosk.access.policy.widening import widens
from kiosk.core.decisions import Factor
from kiosk.core.people import Person

OFFICE = Week(dict.fromkeys(DAYS[:5], (Span(540, 1080),)))
SHORTER = Week(dict.fromkeys(DAYS[:5], (Span(540, 1020),)))
BASE = AccessPolicy({"a": AccessGroup(OFFICE), "b": AccessGroup(NEVER)}, "a")
CLOSED = Calendar(closed=(Closed(date(2026, 12, 1), date(2026, 12, 2)),))
MONDAY = datetime(2026, 11, 30, tzinfo=UTC)


def group(**changes: object) -> AccessPolicy:
    return replace(BASE, groups=BASE.groups | {"a": replace(BASE.groups["a"], **changes)})


@pytest.mark.parametrize(
    ("after", "wider"),
    [
        (BASE, False),
        (group(schedule=SHORTER), False),
        (group(schedule=NEVER, opens=True), False),
        (group(schedule=ALWAYS), True),
        (group(opens=True), True),
        (group(alone=True), True),
        (group(lockdown=True), True),
        (replace(BASE, groups={"a": BASE.groups["a"]}), False),
        (replace(BASE, groups=BASE.groups | {"c": AccessGroup(SHORTER)}), True),
        (replace(BASE, groups=BASE.groups | {"c": AccessGroup(NEVER)}), False),
        (replace(BASE, default_group=""), False),
        (replace(BASE, default_group="b"), False),
        (replace(BASE, free=SHORTER), True),
        (replace(BASE, first_person=OFFICE), False),
        (replace(BASE, two_person=OFFICE), False),
        (replace(BASE, way=AuthRequirement.FACE_PIN), True),  # compared as a whole
        (replace(BASE, calendar=Calendar("KR")), True),
        (replace(BASE, calendar=CLOSED), False),
    ],
)
def test_more_is_told_from_less(after: AccessPolicy, wider: bool):
    assert widens(BASE, after) is wider


def test_hours_of_a_single_day_are_compared_with_what_the_day_would_have():
    day = date(2026, 12, 24)  # a Thursday
    shut, short, long = (
        group(schedule=replace(OFFICE, dates={day: own}))
        for own in ((), (Span(600, 720),), (Span(540, 1200),))
    )
    assert widens(BASE, long) and widens(BASE, short), "of a day that may become a holiday"
    assert not widens(BASE, shut) and not widens(short, shut) and not widens(long, short)
    assert widens(shut, BASE) and widens(shut, short)


def test_less_of_a_demand_or_of_the_holidays_is_more():
    strict = replace(BASE, two_person=OFFICE, calendar=Calendar("KR"))
    assert widens(strict, replace(strict, two_person=SHORTER))
    assert widens(strict, replace(strict, calendar=Calendar()))
    worked = Calendar("KR", worked=frozenset({date(2026, 10, 5)}))
    assert widens(strict, replace(strict, calendar=worked))


def test_a_holiday_with_longer_hours_is_more():
    week = Week({**OFFICE.spans, HOLIDAY: (Span(0, 1440),)})
    before = replace(BASE, groups={"a": AccessGroup(week)})
    closed = Calendar(closed=(Closed(date(2026, 12, 1), date(2026, 12, 1)),))
    assert widens(before, replace(before, calendar=closed))


spans = st.tuples(st.integers(0, 23), st.integers(1, 24)).map(
    lambda s: (Span(60 * s[0], 60 * (s[0] + s[1])),)
)
weeks = st.one_of(
    st.sampled_from([NEVER, ALWAYS, OFFICE, SHORTER]),
    st.dictionaries(st.sampled_from((*DAYS, HOLIDAY)), spans, max_size=4).map(Week),
    st.builds(
        lambda week, dates: replace(week, dates=dates),
        st.sampled_from([NEVER, ALWAYS, OFFICE, SHORTER]),
        st.dictionaries(
            st.integers(0, 6).map(lambda n: MONDAY.date() + timedelta(days=n)),
            spans | st.just(()),
            max_size=2,
        ),
    ),
)
closed_days = st.sets(st.integers(0, 6), max_size=2).map(
    lambda days: tuple(
        Closed(day, day) for day in sorted(MONDAY.date() + timedelta(days=n) for n in days)
    )
)
groups = st.builds(AccessGroup, weeks, st.booleans(), st.booleans(), st.booleans())
policies = st.builds(
    lambda a, b, default, free, first, two, closed: AccessPolicy(
        {"a": a} | ({"b": b} if b else {}),
        default,
        Calendar(closed=closed),
        free=free,
        first_person=first,
        two_person=two,
    ),
    groups,
    st.none() | groups,
    st.sampled_from(["", "a", "b"]),
    weeks,
    weeks,
    weeks,
    closed_days,
)


@settings(max_examples=60, deadline=None)
@given(
    policies,
    policies,
    st.integers(0, 8 * 48),
    st.sampled_from([(), ("a",), ("b",), ("a", "b"), ("c",)]),
    st.sampled_from(list(DoorOverride)),
)
def test_what_does_not_widen_lets_nobody_in_who_was_refused(before, after, half_hours, own, mode):
    """Also where the two share much: ``after`` is tried with parts of ``before``."""
    at = MONDAY + timedelta(minutes=30 * half_hours)
    request = AccessRequest(Person("1", "이산", id=1, groups=own), frozenset({Factor.FACE}), at)
    mixed = replace(before, groups=after.groups)
    for later in (after, mixed, replace(before, calendar=after.calendar)):
        if widens(before, later):
            continue
        if evaluate(before, mode, PolicyMemory(), request).reason is not None:
            assert evaluate(later, mode, PolicyMemory(), request).reason is not None
        assert is_free(before, mode, PolicyMemory(), at) or not is_free(
            later, mode, PolicyMemory(), at
        )
