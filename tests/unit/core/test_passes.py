"""Ends of passes."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from kiosk.core.passes import PassEnd, PassPreset, parse_time, pass_end

ENDS = ("02-29", "08-31")


@pytest.mark.parametrize(
    ("preset", "now", "end"),
    [
        ("hours_4", datetime(2026, 12, 1, 22, 30, 40), PassEnd(date(2026, 12, 2), time(2, 30))),
        ("hours_24", datetime(2026, 12, 1, 9, 5), PassEnd(date(2026, 12, 2), time(9, 5))),
        ("today", datetime(2026, 12, 1, 23, 59), PassEnd(date(2026, 12, 1))),
        ("semester", datetime(2026, 12, 1), PassEnd(date(2027, 2, 28))),
        ("semester", datetime(2028, 2, 29, 23), PassEnd(date(2028, 2, 29))),
        ("semester", datetime(2028, 3, 1), PassEnd(date(2028, 8, 31))),
        ("year", datetime(2028, 2, 29), PassEnd(date(2029, 2, 27))),
        ("year", datetime(2026, 12, 1), PassEnd(date(2027, 11, 30))),
    ],
)
def test_presets(preset, now, end):
    assert pass_end(PassPreset(preset), now, ENDS) == end


def test_no_semester_without_its_days():
    assert pass_end(PassPreset.SEMESTER, datetime(2026, 12, 1), ()) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [("18:30", time(18, 30)), ("1830", time(18, 30)), (" 9 ", time(9)), ("", None)],
)
def test_times_of_day(text, moment):
    assert parse_time(text) == moment


@pytest.mark.parametrize("text", ["24:00", "18:60", "오후", "18:3"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError):
        parse_time(text)
