"""Which PINs are too easy to guess."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.pin_patterns import easy_to_guess, is_date


@pytest.mark.parametrize(
    "pin",
    [
        "000000",
        "999999999999",
        "000001",
        "100000",
        "777877",
        "123456",
        "098765",
        "890123",
        "135791",
        "121212",
        "1212121",
        "123123",
        "12341234",
        "112233",
        "111222",
        "774411",
        "123321",
        "123789",
        "456123",
        "147258",
        "369258",
        "159357",
        "2580147",
        "19991231",
        "20260302",
        "260302",
        "991231",
        "000229",
    ],
)
def test_patterns_are_easy(pin: str) -> None:
    assert easy_to_guess(pin)


@pytest.mark.parametrize(
    "pin",
    [
        "739164",
        "582036",
        "482915",
        "918273",
        "20261302",
        "18991231",
        "21000101",
        "260231",
        "7391640",
    ],
)
def test_others_are_not(pin: str) -> None:
    assert not easy_to_guess(pin)


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_every_day_of_two_centuries_is_easy(day: date) -> None:
    assert is_date(f"{day:%Y%m%d}") and is_date(f"{day:%y%m%d}")


@given(st.integers(0, 9), st.integers(0, 9), st.integers(6, 12))
def test_every_run_is_easy(first: int, step: int, length: int) -> None:
    assert easy_to_guess("".join(str((first + step * n) % 10) for n in range(length)))


@given(st.text("0123456789", min_size=1, max_size=6), st.integers(6, 12))
def test_every_repeat_is_easy(group: str, length: int) -> None:
    if 2 * len(group) <= length:
        assert easy_to_guess((group * length)[:length])


def test_most_pins_remain() -> None:
    """Patterns are few but for dates: no more than a twentieth of the PINs of six digits."""
    chance = random.Random(1)
    drawn = [f"{chance.randrange(10**6):06d}" for _ in range(20_000)]
    assert sum(map(easy_to_guess, drawn)) < len(drawn) / 20
    assert timedelta(days=36_500).days / 10**6 < 1 / 20
