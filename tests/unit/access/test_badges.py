"""Badges: only what this kiosk signed, only until its end."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.access.badges import LENGTH, PREFIX, Badge, BadgeKey, is_badge
from kiosk.core.decisions import Reason

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
KEY = BadgeKey(bytes(range(32)))
TEXT, SERIAL = KEY.issue(NOW + timedelta(days=1))
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567abc019-_="


def test_a_badge_is_good_until_its_end_and_not_a_second_longer():
    end = NOW + timedelta(days=1)
    assert KEY.read(TEXT, NOW) == Badge(SERIAL, end) and len(TEXT) == LENGTH
    assert isinstance(KEY.read(TEXT, end - timedelta(seconds=1)), Badge)
    assert KEY.read(TEXT, end) is Reason.OLD_CODE


def test_it_says_nothing_about_its_owner_and_each_is_another():
    other, serial = KEY.issue(NOW + timedelta(days=1))
    assert other != TEXT and serial != SERIAL and len(base64.b32decode(TEXT[len(PREFIX) :])) == 30


def test_another_kiosks_badge_is_none():
    assert BadgeKey(bytes(32)).read(TEXT, NOW) is Reason.BAD_CODE


@given(st.integers(len(PREFIX), LENGTH - 1), st.sampled_from(ALPHABET))
def test_one_changed_character_is_a_forgery(place: int, character: str):
    changed = TEXT[:place] + character + TEXT[place + 1 :]
    assert changed == TEXT or KEY.read(changed, NOW) is Reason.BAD_CODE


@pytest.mark.slow
@given(st.text(max_size=150) | st.text(ALPHABET, max_size=120).map(lambda t: PREFIX + t))
def test_arbitrary_code_is_not_a_badge(text: str):
    assert KEY.read(text, NOW) is Reason.BAD_CODE


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2105, 1, 1), timezones=st.just(UTC)),
    st.integers(1, 10**8),
)
def test_no_badge_is_good_after_its_end(end: datetime, seconds: int):
    text, serial = KEY.issue(end)
    assert KEY.read(text, end + timedelta(seconds=seconds)) is Reason.OLD_CODE
    before = KEY.read(text, end - timedelta(seconds=seconds))
    assert isinstance(before, Badge) and before.serial == serial


def test_other_codes_do_not_want_to_be_a_badge():
    assert (
        is_badge(TEXT)
        and not is_badge("https://example.org")
        and not is_badge("")
        and not is_badge("mnj1.")
    )
