"""PINs that people choose first, and that are therefore guessed first."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

_LINES = ("123", "456", "789", "147", "258", "369", "159", "357", "2580")
"""Rows, columns and diagonals of a keypad."""

_STROKES = frozenset(_LINES) | {line[::-1] for line in _LINES}

_CENTURIES = (19, 20)


def easy_to_guess(pin: str) -> bool:
    """Return whether a PIN of 6 to 12 digits is one of the patterns that are guessed first."""
    return (
        _all_but_one_equal(pin)
        or _is_run(pin)
        or _is_repeated(pin)
        or _in_groups(pin)
        or _two_runs(pin)
        or is_date(pin)
        or _on_keypad(pin)
    )


def is_date(pin: str) -> bool:
    """Return whether the digits are a day of this or the last century, with or without century."""
    if len(pin) == 8:
        return int(pin[:2]) in _CENTURIES and _is_day(int(pin[:4]), pin[4:])
    return len(pin) == 6 and any(
        _is_day(100 * century + int(pin[:2]), pin[2:]) for century in _CENTURIES
    )


def _is_day(year: int, month_and_day: str) -> bool:
    try:
        date(year, int(month_and_day[:2]), int(month_and_day[2:]))
    except ValueError:
        return False
    return True


def _all_but_one_equal(pin: str) -> bool:
    """000000, 000001, 777877."""
    return max(pin.count(digit) for digit in set(pin)) >= len(pin) - 1


def _is_run(pin: str) -> bool:
    """123456, 987654, 890123, 135791: every step is the same."""
    return len({(int(b) - int(a)) % 10 for a, b in pairwise(pin)}) <= 1


def _is_repeated(pin: str) -> bool:
    """121212, 1212121, 123123, 12341234: a group of at most half the length again and again."""
    return any(pin == (pin[:size] * len(pin))[: len(pin)] for size in range(1, len(pin) // 2 + 1))


def _in_groups(pin: str) -> bool:
    """112233, 111222, 774411: groups of the same digit, all of one length."""
    return any(
        len(pin) % size == 0
        and all(len(set(pin[at : at + size])) == 1 for at in range(0, len(pin), size))
        for size in range(2, len(pin))
    )


def _two_runs(pin: str) -> bool:
    """123321, 123789, 456123: both halves are runs up, down or of one digit."""
    half = len(pin) // 2
    steps = [
        {(int(b) - int(a)) % 10 for a, b in pairwise(part)} for part in (pin[:half], pin[-half:])
    ]
    return len(pin) % 2 == 0 and all(len(one) == 1 and one <= {0, 1, 9} for one in steps)


def _on_keypad(pin: str) -> bool:
    """147258, 159357, 2580147: lines of the keypad one after another."""
    return not pin or any(
        pin.startswith(stroke) and _on_keypad(pin[len(stroke) :]) for stroke in _STROKES
    )
