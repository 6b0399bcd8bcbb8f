"""Hangul input on a two-set (두벌식) keyboard: jamo in, syllables out. Without Qt.

Layout: KS X 5002. Composition: Unicode 3.12, a syllable is U+AC00 + (initial * 21 + vowel) * 28 +
final.
"""

from __future__ import annotations

import unicodedata

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")

JOINED = {
    "ㅗㅏ": "ㅘ",
    "ㅗㅐ": "ㅙ",
    "ㅗㅣ": "ㅚ",
    "ㅜㅓ": "ㅝ",
    "ㅜㅔ": "ㅞ",
    "ㅜㅣ": "ㅟ",
    "ㅡㅣ": "ㅢ",
    "ㄱㅅ": "ㄳ",
    "ㄴㅈ": "ㄵ",
    "ㄴㅎ": "ㄶ",
    "ㄹㄱ": "ㄺ",
    "ㄹㅁ": "ㄻ",
    "ㄹㅂ": "ㄼ",
    "ㄹㅅ": "ㄽ",
    "ㄹㅌ": "ㄾ",
    "ㄹㅍ": "ㄿ",
    "ㄹㅎ": "ㅀ",
    "ㅂㅅ": "ㅄ",
}
"""Vowels and finals typed with two keys."""
PARTS = {joined: (pair[0], pair[1]) for pair, joined in JOINED.items()}

KEYS = dict(
    zip(
        "qwertyuiopasdfghjklzxcvbnm",
        "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ",
        strict=True,
    )
)
"""The jamo of each Latin key."""
SHIFTED = KEYS | dict(zip("qwertop", "ㅃㅉㄸㄲㅆㅒㅖ", strict=True))


def syllable(initial: str, vowel: str, final: str = "") -> str:
    """Compose a syllable; ``final`` may be empty."""
    return chr(
        0xAC00
        + (INITIALS.index(initial) * len(VOWELS) + VOWELS.index(vowel)) * len(FINALS)
        + FINALS.index(final)
    )


_LATIN = {jamo: key for key, jamo in KEYS.items()} | {
    jamo: key.upper() for key, jamo in SHIFTED.items() if jamo not in KEYS.values()
}


def latin_keys(text: str) -> str:
    """Return ``text`` with Hangul as the Latin keys that type it: 홍 becomes ghd.

    Everything else stays; composed and decomposed text give the same.
    """
    return "".join(map(_keys_of, unicodedata.normalize("NFC", text)))


def _keys_of(character: str) -> str:
    parts = [character]
    index = ord(character) - 0xAC00
    if 0 <= index < len(INITIALS) * len(VOWELS) * len(FINALS):
        first, rest = divmod(index, len(VOWELS) * len(FINALS))
        vowel, final = divmod(rest, len(FINALS))
        parts = [INITIALS[first], VOWELS[vowel], FINALS[final]]
    jamo = [half for part in parts for half in PARTS.get(part, (part,))]
    return "".join(_LATIN.get(one, one) for one in jamo)


class Composer:
    """The syllable being typed.

    ``press`` returns the characters that a key completes; ``composing`` is the unfinished rest.
    """

    def __init__(self) -> None:
        self._initial = self._vowel = self._final = ""

    @property
    def composing(self) -> str:
        """The unfinished syllable: one character or none."""
        if self._initial and self._vowel:
            return syllable(self._initial, self._vowel, self._final)
        return self._initial or self._vowel

    def press(self, jamo: str) -> str:
        """Add the jamo of a key and return the characters that it completes."""
        return self._press_vowel(jamo) if jamo in VOWELS else self._press_consonant(jamo)

    def backspace(self) -> bool:
        """Undo the last key; return ``False`` if nothing is being composed."""
        for part in ("_final", "_vowel", "_initial"):
            jamo = getattr(self, part)
            if jamo:
                setattr(self, part, PARTS[jamo][0] if jamo in PARTS else "")
                return True
        return False

    def finish(self) -> None:
        """Keep the current syllable as it is and start a new one."""
        self._initial = self._vowel = self._final = ""

    def _press_consonant(self, jamo: str) -> str:
        if self._initial and self._vowel:
            final = JOINED.get(self._final + jamo, "") if self._final else jamo
            if final in FINALS and final:
                self._final = final
                return ""
        return self._begin(initial=jamo)

    def _press_vowel(self, jamo: str) -> str:
        if self._final:
            return self._move_final(jamo)
        if not self._vowel:
            self._vowel = jamo
            return ""
        joined = JOINED.get(self._vowel + jamo)
        if joined is None:
            return self._begin(vowel=jamo)
        self._vowel = joined
        return ""

    def _move_final(self, vowel: str) -> str:
        """Move the final, or its second half, to the next syllable.

        A vowel after a final takes it as its initial: 각 + ㅏ is 가가.
        """
        self._final, initial = PARTS.get(self._final, ("", self._final))
        return self._begin(initial, vowel)

    def _begin(self, initial: str = "", vowel: str = "") -> str:
        completed = self.composing
        self._initial = initial
        self._vowel = vowel
        self._final = ""
        return completed
