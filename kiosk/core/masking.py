"""Hide most characters of names and student numbers."""

from __future__ import annotations

import unicodedata

HASHED = "#"
"""Begins a typed number that belongs to nobody and is stored as a keyed hash."""

_SHOWN = 6
"""Digits of such a hash that are shown, to tell one number from another."""


_MOST_STARS = 3
"""Asterisks that stand for the hidden letters of a word at most, however long it is."""
_MOST_WORDS = 3
_JOINER = "\u200d"
_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"


def masked(name: str) -> str:
    """Return a masked name of a bounded length: 홍길동 → 홍*동, Ada Lovelace → A** L***.

    Of more than three words, the first two and the last are shown. A letter keeps its combining
    marks, an emoji its modifiers. A name with letters written from right to left is isolated, so
    that it does not reorder the sentence around it.
    """
    words = [letters for word in name.split() if (letters := _letters(word))]
    if len(words) > _MOST_WORDS:
        words = [*words[: _MOST_WORDS - 1], words[-1]]
    shown = " ".join(_masked_word(word, keep_last=len(words) == 1) for word in words)
    right_to_left = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in shown)
    return f"{_ISOLATE}{shown}{_POP_ISOLATE}" if right_to_left else shown


def _masked_word(letters: list[str], *, keep_last: bool) -> str:
    wide = unicodedata.east_asian_width(letters[0][0]) in ("W", "F")  # as 홍*동 is customary
    last = letters[-1] if keep_last and wide and len(letters) > 2 else ""
    hidden = len(letters) - 1 - bool(last)
    return letters[0] + "*" * min(hidden, _MOST_STARS) + last


def _letters(word: str) -> list[str]:
    """Split ``word`` into letters as people see them: with marks, modifiers and joined emoji."""
    letters = list[str]()
    for character in word:
        if unicodedata.category(character) in ("Cc", "Cs") or _is_bidi_control(character):
            continue
        if letters and (_continues(character) or letters[-1].endswith(_JOINER)):
            if len(letters[-1]) < _LONGEST_LETTER:
                letters[-1] += character
        else:
            letters.append(character)
    return letters


_LONGEST_LETTER = 12
"""Characters of a letter that are kept: the longest emoji have about that many."""


def _continues(character: str) -> bool:
    skin_tone = "\U0001f3fb" <= character <= "\U0001f3ff"
    return (
        character == _JOINER or skin_tone or unicodedata.category(character) in ("Mn", "Mc", "Me")
    )


def _is_bidi_control(character: str) -> bool:
    return (
        character in "\u061c\u200e\u200f"
        or "\u202a" <= character <= "\u202e"
        or "\u2066" <= character <= "\u2069"
    )


_MOST_DOTS = 5


def masked_number(number: str) -> str:
    """Return the last three characters of a student number, after at most five dots."""
    return "•" * min(max(0, len(number) - 3), _MOST_DOTS) + number[-3:]


def masked_typed(stored: str) -> str:
    """Return what is shown of a typed number that belongs to nobody, as stored: •••#1a2b3c.

    Of one that an older program stored in clear, which may be a PIN, nothing is shown.
    """
    hidden = "•" * (3 if stored.startswith(HASHED) else len(stored))
    return hidden + stored[: len(HASHED) + _SHOWN] if stored.startswith(HASHED) else hidden
