"""Names and numbers as the public screen shows them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kiosk.core.frames import QualityIssue
from kiosk.core.masking import masked, masked_number
from kiosk.core.view_models import HINT_OF_ISSUE

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("홍길동", "홍*동"),
        ("이산", "이*"),
        ("남궁민수", "남**수"),
        ("김", "김"),
        ("Ada Lovelace", "A** L***"),
        ("Wolfeschlegelsteinhausenbergerdorff", "W***"),
        ("Pablo Diego José Francisco de Paula Ruiz", "P*** D*** R***"),
        ("X Y", "X Y"),
        ("E\u0301lodie", "E\u0301***"),
        (f"{FAMILY}나라", f"{FAMILY}*라"),
        ("\U0001f44d\U0001f3fd민수", "\U0001f44d\U0001f3fd*수"),
        ("محمد علي", "\u2068م*** ع**\u2069"),
        ("\u202eLovelace", "L***"),
        ("", ""),
        ("\u200f", ""),
    ],
)
def test_names_are_masked(name, shown):
    assert masked(name) == shown


@given(st.text(min_size=3, max_size=300).filter(lambda text: text.strip() and "*" not in text))
@example("가" * 300)
@example("ﷺ" * 40)
def test_a_masked_name_hides_most_of_a_name_and_is_short(name):
    shown = masked(name)
    assert "****" not in shown and "\n" not in shown and len(shown.split()) <= 3
    assert sum(not unicodedata.combining(letter) for letter in shown) <= 3 * (2 * 12 + 3) + 4
    longest = max(name.split(), key=len)
    assert len(longest) < 2 or longest not in shown or len(longest) <= 12


@given(st.text("abcdefgh가나다라마", min_size=3, max_size=300))
def test_a_masked_word_has_at_most_five_letters(name):
    assert len(masked(name)) <= 5 and name not in masked(name)


def test_numbers_show_their_last_three():
    assert masked_number("20261234") == masked_number("2" * 20 + "234") == "•••••234"
    assert masked_number("12") == "12"


def test_every_issue_has_a_hint():
    assert set(HINT_OF_ISSUE) == set(QualityIssue)
