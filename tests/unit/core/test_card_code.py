"""One code for a card, whatever the state of the keyboard."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.card_code import card_code, card_code_forms
from kiosk.core.hangul import KEYS, SHIFTED, Composer

CODES = st.text(st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"), min_size=1, max_size=24)


def in_hangul(code: str, shift: bool = False) -> str:
    """What an input method in its Hangul state makes of the keys of ``code``."""
    composer = Composer()
    typed = ""
    for character in code.lower():
        if character in KEYS:
            typed += composer.press((SHIFTED if shift else KEYS)[character])
        else:
            typed += composer.composing + character
            composer.finish()
    return typed + composer.composing


@given(CODES)
def test_caps_lock_and_hangul_make_no_difference(code: str):
    hangul = in_hangul(code)
    for typed in (
        code,
        code.lower(),
        code.swapcase(),
        hangul,
        in_hangul(code, shift=True),
        unicodedata.normalize("NFD", hangul),
        f"\x02{code}\x03\r\n",
        f" {code}\t",
    ):
        assert card_code(typed) == code, typed


@pytest.mark.parametrize(
    ("typed", "code"),
    [("04ㅁ1ㅠ2", "04A1B2"), ("０４Ａ１", "04A1"), ("홍길동", "GHDRLFEHD"), ("ㄳㅘ", "RTHK")],
)
def test_examples(typed: str, code: str):
    assert card_code(typed) == code


def test_a_card_that_was_stored_as_typed_is_looked_for_as_typed_first():
    assert card_code_forms("04a1") == ("04a1", "04A1")
    assert card_code_forms("04A1") == ("04A1", "04a1")
    assert card_code_forms("04ㅁ1") == ("04ㅁ1", "04A1", "04a1")
    assert card_code_forms("0412") == ("0412",)
