"""What names and student numbers may look like, and how they are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from kiosk.core.errors import StorageError

NAME_LENGTH = 60
NUMBER_LENGTH = 20
GROUP_LENGTH = 40
_NUMBER = re.compile(rf"[A-Z0-9-]{{1,{NUMBER_LENGTH}}}")
# Characters that turn the reading direction of what follows: they would let a name disguise a line of the log.
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_name(text: str) -> str:
    """``text`` in NFC with single spaces; 1-60 characters of any script with at least one visible one.

    Raises ``StorageError`` for control characters, line ends and direction overrides.
    """
    name = unicodedata.normalize("NFC", " ".join(text.split(" "))).strip()
    name = re.sub(r" {2,}", " ", name)
    if any(map(_forbidden, name)):
        raise StorageError(
            "The name has a character that cannot be shown; type it again without it.",
            key="error.name_refused",
        )
    if not 1 <= len(name) <= NAME_LENGTH or not any(map(_visible, name)):
        raise StorageError(
            f"A name has 1 to {NAME_LENGTH} characters; correct it.",
            key="error.name_refused",
            longest=NAME_LENGTH,
        )
    return name


def clean_number(text: str) -> str:
    """A student number as stored: NFKC, no outer spaces, upper case; 1-20 of A-Z, 0-9 and hyphen.

    Raises ``StorageError`` for anything else. Full-width digits become plain ones.
    """
    number = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).strip().upper())
    if not _NUMBER.fullmatch(number):
        raise StorageError(
            f"A student number has 1 to {NUMBER_LENGTH} letters, digits or hyphens; correct it.",
            key="error.number_refused",
            longest=NUMBER_LENGTH,
        )
    return number


def clean_groups(names: Iterable[str]) -> tuple[str, ...]:
    """Names of groups as stored: each once, in the order given, without outer spaces; ``StorageError`` for what is no name."""
    cleaned = tuple(dict.fromkeys(unicodedata.normalize("NFC", name).strip() for name in names))
    for name in cleaned:
        if not 1 <= len(name) <= GROUP_LENGTH or "," in name or any(map(_forbidden, name)):
            raise StorageError(
                f"A group has a name of 1 to {GROUP_LENGTH} characters without commas, not {name!r}; correct it.",
                key="error.group_refused",
            )
    return cleaned


def search_key(*texts: str) -> str:
    """``texts`` as they are compared in searches: NFKC, without case, one a line."""
    return "\n".join(
        unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        for text in texts
    )


def search_words(text: str) -> list[str]:
    """The words of a search, folded; every one of them must occur."""
    return search_key(text).split()


def loggable(text: str) -> str:
    """``text`` for the access log, which must be written whatever it says: what cannot be shown becomes U+FFFD."""
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
