"""Hangul as it is typed on two-set (두벌식) keys: jamo in, syllables out. No Qt; ``widgets/keyboard.py`` shows it.

Layout: KS X 5002. Composition: Unicode 3.12, a syllable is U+AC00 + (initial * 21 + vowel) * 28 + final.
"""

from __future__ import annotations

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
"""Vowels and finals that two keys make."""
PARTS = {joined: (pair[0], pair[1]) for pair, joined in JOINED.items()}

KEYS = dict(
    zip(
        "qwertyuiopasdfghjklzxcvbnm",
        "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ",
        strict=True,
    )
)
"""The jamo on each letter's key."""
SHIFTED = KEYS | dict(zip("qwertop", "ㅃㅉㄸㄲㅆㅒㅖ", strict=True))


def syllable(initial: str, vowel: str, final: str = "") -> str:
    """The syllable of these three; ``final`` may be empty."""
    return chr(
        0xAC00
        + (INITIALS.index(initial) * len(VOWELS) + VOWELS.index(vowel)) * len(FINALS)
        + FINALS.index(final)
    )


class Composer:
    """The syllable that is being typed. ``press`` gives back what is finished by a key; ``composing`` is the rest."""

    def __init__(self) -> None:
        self._initial = self._vowel = self._final = ""

    @property
    def composing(self) -> str:
        """One character, or none."""
        if self._initial and self._vowel:
            return syllable(self._initial, self._vowel, self._final)
        return self._initial or self._vowel

    def press(self, jamo: str) -> str:
        """Add the jamo of a key; returns the characters that it has finished."""
        return self._press_vowel(jamo) if jamo in VOWELS else self._press_consonant(jamo)

    def backspace(self) -> bool:
        """Take the last key back; false where nothing is being composed."""
        for part in ("_final", "_vowel", "_initial"):
            jamo = getattr(self, part)
            if jamo:
                setattr(self, part, PARTS[jamo][0] if jamo in PARTS else "")
                return True
        return False

    def finish(self) -> None:
        """What is being composed stays as it is; the next key begins anew."""
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
            return self._take_final_along(jamo)
        if not self._vowel:
            self._vowel = jamo
            return ""
        joined = JOINED.get(self._vowel + jamo)
        if joined is None:
            return self._begin(vowel=jamo)
        self._vowel = joined
        return ""

    def _take_final_along(self, vowel: str) -> str:
        """A vowel after a final makes that, or its second half, the next syllable's initial: 각 + ㅏ is 가가."""
        self._final, initial = PARTS.get(self._final, ("", self._final))
        return self._begin(initial, vowel)

    def _begin(self, initial: str = "", vowel: str = "") -> str:
        done = self.composing
        self._initial = initial
        self._vowel = vowel
        self._final = ""
        return done
