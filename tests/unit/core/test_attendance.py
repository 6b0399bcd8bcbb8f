"""Hours of presence out of times: nights, missing leavings, days that begin at four."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.core.attendance import AttendanceRule, PresenceDay, Stay, presence_days, stays

LEAVING = AttendanceRule(leaving=True)


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}").astimezone()


def days(*times: str, rule: AttendanceRule = LEAVING) -> list[PresenceDay]:
    return presence_days(stays([at(text) for text in times], rule), rule)


def test_without_leavings_only_comings_are_known():
    [day] = days("02 09:00", "02 13:00", "02 13:00:30", rule=AttendanceRule())
    assert day == PresenceDay(date(2026, 3, 2), at("02 09:00"), None, None, 2)


def test_a_day_with_lunch():
    [day] = days("02 09:00", "02 12:00", "02 13:00", "02 18:30")
    assert day == PresenceDay(date(2026, 3, 2), at("02 09:00"), at("02 18:30"), 8.5, 2)


def test_a_leaving_that_is_missing_is_not_guessed_and_the_next_day_begins_again():
    first, second = days("02 09:00", "02 12:00", "02 13:00", "03 09:00", "03 17:00")
    assert (first.first_in, first.last_out, first.hours) == (at("02 09:00"), None, None)
    assert (second.last_out, second.hours, second.entries) == (at("03 17:00"), 8.0, 1)


def test_a_night_belongs_to_the_day_before():
    [day] = days("02 20:00", "03 02:30")
    assert (day.day, day.hours, day.last_out) == (date(2026, 3, 2), 6.5, at("03 02:30"))


def test_a_stay_over_the_beginning_of_a_day_is_divided():
    first, second = days("02 22:00", "03 09:00")
    assert (first.hours, first.last_out) == (6.0, None)
    assert (second.first_in, second.last_out, second.hours) == (None, at("03 09:00"), 5.0)
    assert (first.entries, second.entries) == (1, 0)
    [only] = days("02 20:00", "03 04:00")
    assert (only.hours, only.last_out) == (8.0, at("03 04:00"))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 14 * 86_400), max_size=30))
def test_no_hour_is_lost_or_added(seconds: list[int]):
    times = [at("02 00:00") + timedelta(seconds=one) for one in seconds]
    found = stays(times, LEAVING)
    assert all(stay.until is None or stay.since < stay.until for stay in found)
    assert all(one.since < two.since for one, two in itertools.pairwise(found))
    known = [stay for stay in found if stay.until is not None]
    whole = sum((stay.until - stay.since).total_seconds() for stay in known if stay.until)
    of_days = presence_days([Stay(one.since, one.until) for one in known], LEAVING)
    assert sum(day.hours or 0 for day in of_days) == pytest.approx(whole / 3600)
    assert all(day.hours is not None and 0 <= day.hours <= 24 for day in of_days)
