"""What a test of a card reader says and proposes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.core.config import CardsConfig
from kiosk.core.reader_pattern import ReaderPattern, ReaderVerdict, proposal

CARDS = CardsConfig()
ENTER = ("enter",)


def pattern(typed: str = "04A1B2C3D4", gap_ms: float = 8.0, ends: tuple = ENTER) -> ReaderPattern:
    return ReaderPattern(typed, (gap_ms,) * len(typed), ends)


@pytest.mark.parametrize(
    ("seen", "verdict", "changes"),
    [
        (pattern(), ReaderVerdict.READ, {}),
        (pattern(gap_ms=54), ReaderVerdict.READ, {}),
        (pattern("04ㅁ1ㅠ2"), ReaderVerdict.READ, {}),
        (pattern(gap_ms=70), ReaderVerdict.NOT_YET, {"cards.gap_ms": "84"}),
        (pattern("12345"), ReaderVerdict.NOT_YET, {"cards.min_length": "5"}),
        (pattern(ends=()), ReaderVerdict.NOT_YET, {"cards.needs_end": "false"}),
        (pattern("123"), ReaderVerdict.TOO_SHORT, {}),
        (pattern(gap_ms=150), ReaderVerdict.TOO_SLOW, {}),
    ],
)
def test_one_card(seen: ReaderPattern, verdict: ReaderVerdict, changes: dict):
    assert (seen.verdict(CARDS), proposal([seen], CARDS)) == (verdict, changes)


def test_the_proposal_suits_every_card_that_was_tried():
    seen = [pattern(gap_ms=60), pattern("12345678", 75), pattern("1234", 5), pattern(gap_ms=500)]
    changes = proposal(seen, CARDS)
    assert changes == {"cards.gap_ms": "90", "cards.min_length": "4"}
    learned = replace(CARDS, gap_ms=90.0, min_length=4)
    assert proposal(seen, learned) == {}
    assert [one.verdict(learned) for one in seen[:3]] == [ReaderVerdict.READ] * 3


def test_a_reader_that_is_switched_off_is_switched_on():
    assert proposal([pattern()], replace(CARDS, reader=False)) == {"cards.reader": "true"}
    assert proposal([], CARDS) == {}


def test_one_late_key_is_not_the_usual_gap():
    seen = ReaderPattern("04A1B2", (8, 8, 170, 8, 8, 8), ENTER)
    assert seen.gap_ms == 8 and seen.verdict(CARDS) is ReaderVerdict.READ
    assert ReaderPattern("x", (), ()).gap_ms == 0.0
