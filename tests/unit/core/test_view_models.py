"""Names and numbers as the public screen shows them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.frames import QualityIssue
from kiosk.core.masking import masked, masked_number
from kiosk.core.view_models import HINT_OF_ISSUE


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("홍길동", "홍*동"),
        ("이산", "이*"),
        ("남궁민수", "남**수"),
        ("김", "김"),
        ("Ada Lovelace", "A** L*******"),
        ("", ""),
    ],
)
def test_names_are_masked(name, shown):
    assert masked(name) == shown


@given(st.text(min_size=3, max_size=40).filter(lambda text: text.strip()))
def test_no_name_of_three_letters_or_more_is_shown_whole(name):
    longest = max(name.split(), key=len)
    assert (
        len(longest) < 2 or longest not in masked(name) or set(longest) == {"*"} or "*" in longest
    )


def test_numbers_show_their_last_three():
    assert masked_number("20261234") == "•••••234"


def test_every_issue_has_a_hint():
    assert set(HINT_OF_ISSUE) == set(QualityIssue)
