"""Validate and normalise names, student numbers and groups."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from kiosk.core.errors import StorageError

NAME_LENGTH = 60
"""Maximum number of characters of a name."""

NUMBER_LENGTH = 20
"""Maximum number of characters of a student number."""

GROUP_LENGTH = 40
"""Maximum number of characters of the name of a group."""

_LONGEST = 8
"""A text this many times as long as it may be is refused before it is normalised.

Normalising takes time that grows with the square of a long run of combining characters; a character
of Hangul or with accents may come as three or four.
"""

_UNSEEN = " \ufeff\u200b\u2060"
"""Blanks, and what comes along invisibly when people copy a name."""

_NUMBER = re.compile(rf"[A-Z0-9-]{{1,{NUMBER_LENGTH}}}")
# Overrides of the reading direction, with which a name could disguise a line of the log.
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_name(text: str) -> str:
    """Return a name in NFC with single spaces.

    Raise ``StorageError`` unless it has 1 to 60 characters, at least one of them visible, and no
    control characters, line ends or direction overrides.
    """
    if len(text) > _LONGEST * NAME_LENGTH:
        raise _wrong_length()
    name = unicodedata.normalize("NFC", text.replace("\u00a0", " ").strip(_UNSEEN)).strip()
    name = re.sub(r" {2,}", " ", name)
    if any(map(_forbidden, name)):
        raise StorageError(
            "The name has a character that cannot be shown; type it again without it.",
            key="error.name_refused",
        )
    if not 1 <= len(name) <= NAME_LENGTH or not any(map(_visible, name)):
        raise _wrong_length()
    return name


def _wrong_length() -> StorageError:
    return StorageError(
        f"A name has 1 to {NAME_LENGTH} characters; correct it.",
        key="error.name_refused",
        longest=NAME_LENGTH,
    )


def clean_number(text: str) -> str:
    """Return a student number in NFKC and upper case, without outer spaces.

    Raise ``StorageError`` unless it has 1 to 20 characters of A-Z, 0-9 and hyphen. Full-width
    digits are converted.
    """
    short = text if len(text) <= _LONGEST * NUMBER_LENGTH else ""
    number = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", short).strip().upper())
    if not _NUMBER.fullmatch(number):
        raise StorageError(
            f"A student number has 1 to {NUMBER_LENGTH} letters, digits or hyphens; correct it.",
            key="error.number_refused",
            longest=NUMBER_LENGTH,
        )
    return number


def clean_groups(names: Iterable[str]) -> tuple[str, ...]:
    """Return names of groups without outer spaces and repetitions, in the given order.

    Raise ``StorageError`` for a name that is refused.
    """
    cleaned = tuple(dict.fromkeys(map(_clean_group, names)))
    for name in cleaned:
        if not 1 <= len(name) <= GROUP_LENGTH or "," in name or any(map(_forbidden, name)):
            raise StorageError(
                f"A group has a name of 1 to {GROUP_LENGTH} characters without commas,"
                f" not {name!r}; correct it.",
                key="error.group_refused",
            )
    return cleaned


def _clean_group(name: str) -> str:
    if len(name) > _LONGEST * GROUP_LENGTH:
        return name  # refused for its length
    return unicodedata.normalize("NFC", name).strip()


def search_key(*texts: str) -> str:
    """Return ``texts`` for comparison in searches: NFKC, case-folded, one per line."""
    return "\n".join(
        unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        for text in texts
    )


def search_words(text: str) -> list[str]:
    """Return the case-folded words of a search, all of which must occur."""
    return search_key(text).split()


def loggable(text: str) -> str:
    """Return ``text`` with U+FFFD for refused characters; a log row must never be refused."""
    return "".join("\ufffd" if _forbidden(character) else character for character in text)


def _forbidden(character: str) -> bool:
    point = ord(character)
    noncharacter = point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF
    return (
        noncharacter
        or character in _DIRECTION
        or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
    )


def _visible(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNSP"
