"""Typing Hangul key by key; without Qt."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.hangul import (
    FINALS,
    INITIALS,
    KEYS,
    PARTS,
    SHIFTED,
    VOWELS,
    Composer,
    syllable,
)

SYLLABLES = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), max_size=12)


def keys_of(text: str) -> list[str]:
    """The jamo keys that type ``text``."""
    found: list[str] = []
    for character in text:
        number = ord(character) - 0xAC00
        vowel = VOWELS[number // len(FINALS) % len(VOWELS)]
        final = FINALS[number % len(FINALS)]
        found.append(INITIALS[number // len(FINALS) // len(VOWELS)])
        found += [*PARTS.get(vowel, (vowel,)), *(PARTS.get(final, (final,)) if final else ())]
    return found


def typed(jamos: str | list[str]) -> str:
    composer = Composer()
    return "".join(composer.press(jamo) for jamo in jamos) + composer.composing


@given(SYLLABLES)
def test_any_word_can_be_typed(word: str) -> None:
    assert typed(keys_of(word)) == word


@given(SYLLABLES.filter(bool))
def test_every_key_is_on_the_keyboard(word: str) -> None:
    assert set(keys_of(word)) <= {*KEYS.values(), *SHIFTED.values()}


@given(st.lists(st.sampled_from(sorted({*KEYS.values(), *SHIFTED.values()})), max_size=20))
def test_output_contains_exactly_the_typed_jamo(jamos: list[str]) -> None:
    """The output, decomposed, equals the keys in their order."""
    out: list[str] = []
    for character in typed(jamos):
        out += (
            keys_of(character) if "가" <= character <= "힣" else PARTS.get(character, (character,))
        )
    assert out == jamos


@given(SYLLABLES, st.lists(st.sampled_from(sorted(KEYS.values())), max_size=3))
def test_backspace_takes_back_one_key_at_a_time(word: str, more: list[str]) -> None:
    composer = Composer()
    seen = []
    for jamo in keys_of(word[:1]):
        seen.append(composer.composing)
        assert composer.press(jamo) == ""
    while seen:
        assert composer.backspace()
        assert composer.composing == seen.pop()
    assert not composer.backspace()


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("ㅎㅗㅇㄱㅣㄹㄷㅗㅇ", "홍길동"),
        ("ㄱㅏㅂㅅ", "값"),
        ("ㄱㅏㅂㅅㅇㅣ", "값이"),
        ("ㄱㅏㅂㅅㅣ", "갑시"),
        ("ㅇㅗㅏ", "와"),
        ("ㅇㅜㅓㄹ", "월"),
        ("ㄱㅏㄸㅏ", "가따"),
        ("ㅂㅏㄲㅏ", "바까"),
        ("ㅂㅏㄲㄱㅏ", "밖가"),
        ("ㄱㄱㅏ", "ㄱ가"),
        ("ㅏㅏ", "ㅏㅏ"),
        ("ㅗㅏ", "ㅘ"),
        ("ㅋㅋㅋ", "ㅋㅋㅋ"),
    ],
)
def test_words_and_isolated_jamo(keys: str, text: str) -> None:
    assert typed(keys) == text


def test_syllables_are_those_of_unicode() -> None:
    for text in ("가", "힣", "뷁", "한"):
        initial, *rest = keys_of(text)
        assert typed([initial, *rest]) == text
    assert unicodedata.normalize("NFC", "\u1112\u1161\u11ab") == syllable("ㅎ", "ㅏ", "ㄴ")


def test_finish_starts_a_new_syllable() -> None:
    composer = Composer()
    composer.press("ㄱ")
    composer.finish()
    assert composer.press("ㅏ") == "" and composer.composing == "ㅏ"


def test_composition_needs_no_qt() -> None:
    code = "import sys; import kiosk.core.hangul; print('PySide6' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"
