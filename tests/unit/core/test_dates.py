"""Dates as people and their programs write them."""

from __future__ import annotations

from datetime import date

import pytest

from kiosk.core.dates import parse_date


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01",
        "2026.3.1",
        "2026/3/1",
        "2026. 3. 1.",
        " 2026-03-01 ",
        "20260301",
        "2026년 3월 1일",
        "2026년3월1일",
        "2026년 3월 1일 일요일",
        "2026-03-01(일)",
        "2026. 3. 1 오후 2:30:45",
        "2026. 3. 1. 오전 12:00",
        "2026/03/01 2:30:45 PM",
        "2026-03-01 00:00:00",
        "2026-03-01T00:00:00",
        "2026-03-01T14:30:45.123",
        "2026年3月1日",
        "2026년 3월 1일 오후 2시 30분",
        "2026/3/1 오전 9시",
        "２０２６－０３－０１",
        "２０２６년 ３월 １일",
        "2026\N{NO-BREAK SPACE}. 3. 1",
    ],
)
def test_what_is_a_date(text):
    assert parse_date(text) == date(2026, 3, 1)


@pytest.mark.parametrize("text", ["", "  ", "\N{IDEOGRAPHIC SPACE}"])
def test_nothing_is_no_date(text):
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "2026-02-30",
        "3/1/2026",
        "26-03-01",
        "2026-03-01 25:00",
        "2026-03-01 soon",
        "2026년 3월",
        "2026년 3월 1일 25시",
        "٢٠٢٦-٠٣-٠١",
        "2026-03-01" + " " * 100 + "x",
        "0" * 100_000,
        "a\u0323\u0301" * 50_000,
    ],
)
def test_what_is_none(text):
    with pytest.raises(ValueError, match=r"not a date|out of range|must be in"):
        parse_date(text)
