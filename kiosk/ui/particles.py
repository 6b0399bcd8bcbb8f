"""Korean particles that depend on the final sound of the word before them. Without Qt.

은/는, 이/가, 을/를, 과/와 and 으로/로 have one form after a consonant and one after a vowel;
으로/로 takes the vowel form after ㄹ as well (한글 맞춤법 and 표준국어대사전, entry "으로").
"""

from __future__ import annotations

import re
from enum import Enum

_HANGUL_BASE = 0xAC00
_HANGUL_LAST = 0xD7A3
_FINALS = 28
_RIEUL_FINAL = 8

_DIGITS_IN_CONSONANT = "036"
"""영, 삼, 육."""
_DIGITS_IN_RIEUL = "178"
"""일, 칠, 팔."""
_LETTERS_IN_CONSONANT = "MN"
"""엠, 엔."""
_LETTERS_IN_RIEUL = "LR"
"""엘, 알."""
_STOPS = "bcgkpt"
"""Letters that close an English word with a consonant after one short vowel, as in "lab" (랩)."""
_VOWELS = "aeiouy"
_SYMBOLS_IN_VOWEL = "%"
"""퍼센트."""

_PAIR = re.compile(r"([가-힣]+)/([가-힣]+)")
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,4}$")


class Ending(Enum):
    """How a word ends when it is read aloud in Korean."""

    VOWEL = "vowel"
    CONSONANT = "consonant"
    RIEUL = "rieul"
    UNKNOWN = "unknown"


def is_pair(spec: str) -> bool:
    """Whether ``spec`` is a pair of particles such as ``은/는``."""
    return _PAIR.fullmatch(spec) is not None


def with_particle(word: str, pair: str) -> str:
    """Return ``word`` with the form of ``pair`` that follows it: 홍길동은 for ``은/는``.

    ``pair`` names the form after a consonant first. A word whose reading is unknown is followed by
    both forms, as in ``李은(는)``. Raises ``ValueError`` where ``pair`` is not a pair.
    """
    match = _PAIR.fullmatch(pair)
    if match is None:
        raise ValueError(f"{pair!r} is not a pair of particles")
    after_consonant, after_vowel = match.groups()
    ending = ending_of(word)
    if ending is Ending.UNKNOWN:
        return word + _both(after_consonant, after_vowel)
    if ending is Ending.RIEUL and after_consonant.startswith("으로"):
        return word + after_vowel
    return word + (after_vowel if ending is Ending.VOWEL else after_consonant)


def ending_of(word: str) -> Ending:
    """Return the ending of ``word`` without the quotes, brackets and full stops at its end."""
    text = word.rstrip(" \t\n\"'”’)]}>»」』.,!?…")
    if not text:
        return Ending.UNKNOWN
    last = text[-1]
    if _HANGUL_BASE <= ord(last) <= _HANGUL_LAST:
        return _ending_of_final((ord(last) - _HANGUL_BASE) % _FINALS)
    if "ㄱ" <= last <= "ㅣ":
        return _ending_of_jamo(last)
    if last.isascii() and last.isdigit():
        return _ending_in(last, _DIGITS_IN_CONSONANT, _DIGITS_IN_RIEUL)
    if last.isascii() and last.isalpha():
        return _ending_of_latin(text)
    return Ending.VOWEL if last in _SYMBOLS_IN_VOWEL else Ending.UNKNOWN


def _ending_of_final(final: int) -> Ending:
    if final == 0:
        return Ending.VOWEL
    return Ending.RIEUL if final == _RIEUL_FINAL else Ending.CONSONANT


def _ending_of_jamo(jamo: str) -> Ending:
    """A consonant is read by its name, 기역 or 리을; a vowel as itself."""
    if jamo >= "ㅏ":
        return Ending.VOWEL
    return Ending.RIEUL if jamo == "ㄹ" else Ending.CONSONANT


def _ending_in(character: str, consonant: str, rieul: str) -> Ending:
    if character in rieul:
        return Ending.RIEUL
    return Ending.CONSONANT if character in consonant else Ending.VOWEL


def _ending_of_latin(text: str) -> Ending:
    """An acronym or a file extension is spelled out; other words follow their spelling."""
    word = re.split(r"[^A-Za-z]", text)[-1]
    lower = word.lower()
    spelled = word.isupper() or _EXTENSION.search(text) or not set(lower) & set(_VOWELS)
    if spelled or len(word) == 1:
        return _ending_in(word[-1].upper(), _LETTERS_IN_CONSONANT, _LETTERS_IN_RIEUL)
    return _ending_of_english_word(lower)


def _ending_of_english_word(word: str) -> Ending:
    """Approximate the reading: mail → 메일 (ㄹ), phone → 폰, lab → 랩, code → 코드."""
    if word.endswith(("l", "le")):
        return Ending.RIEUL
    if word.endswith(("m", "n", "ng", "ck", "ime", "ame", "ome", "ine", "one", "ane")):
        return Ending.CONSONANT
    short_vowel = word[-2:-1] in _VOWELS and word[-3:-2] not in tuple(_VOWELS)
    return Ending.CONSONANT if word[-1] in _STOPS and short_vowel else Ending.VOWEL


def _both(after_consonant: str, after_vowel: str) -> str:
    if after_consonant.endswith(after_vowel):
        shared = len(after_consonant) - len(after_vowel)
        return f"({after_consonant[:shared]}){after_vowel}"
    return f"{after_consonant}({after_vowel})"
