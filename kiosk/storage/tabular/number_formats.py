"""Show whole numbers as a workbook's number format shows them (ECMA-376, part 1, 18.8.30 and 31).

A spreadsheet stores a typed 0012345 as the number 12345 with the format 0000000, and turns a typed
2026-1 into a date. Only formats that keep every digit are applied; all others are told apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache


class FormatKind(Enum):
    """What a format does to a whole number.

    PLAIN shows its digits, perhaps in groups of three; DIGITS puts them in places between other
    characters; DATED shows a date or a time; OTHER shows anything else, such as 5 %.
    """

    PLAIN = "plain"
    DIGITS = "digits"
    DATED = "dated"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A number format. ``parts``: of DIGITS, its digit places (0, #, ?) and other characters.

    A part of more than one character is text in which digits are no places.
    """

    kind: FormatKind
    parts: tuple[str, ...] = ()

    def shown(self, number: int) -> str:
        """Return a whole number that is not negative as a DIGITS format shows it."""
        if set(self.parts) == {"0"}:
            return str(number).zfill(len(self.parts))
        left = str(number) if number else ""
        shown: list[str] = []
        first = next(place for place, part in enumerate(self.parts) if part in _PLACES)
        for place in range(len(self.parts) - 1, -1, -1):
            part = self.parts[place]
            if part not in _PLACES:
                shown.append(part[1:])
                continue
            left, digit = left[:-1], left[-1:]
            shown.append((left + digit if place == first else digit) or _PLACES[part])
        return "".join(reversed(shown))


PLAIN = NumberFormat(FormatKind.PLAIN)
DATED = NumberFormat(FormatKind.DATED)
OTHER = NumberFormat(FormatKind.OTHER)

_PLACES = {"0": "0", "#": "", "?": ""}
_BUILT_IN: dict[int, NumberFormat] = dict.fromkeys(
    (0, 1, 3, 37, 38, 41, 49), PLAIN
) | dict.fromkeys((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)), DATED)
"""The formats that files name by number alone, as far as they show whole numbers or dates."""

_LONGEST = 255
"""Maximum length of a format, as in Excel."""

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|[_*].|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<place>[0#?])|(?P<group>,(?=[0#?]))|(?P<other>[.%/@,]|E[+-])|(?P<general>General)"
    r"|(?P<date>[ymdhsgbe]|A/P)|(?P<text>.)",
    re.IGNORECASE | re.DOTALL,
)
_COLOUR = re.compile(r"black|blue|cyan|green|magenta|red|white|yellow|color ?\d+", re.IGNORECASE)
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_LOCALE = re.compile(r"\$-(?:[0-9A-Fa-f]{1,8}|[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)")
"""A language without a currency's sign."""


def built_in_format(number: int) -> NumberFormat:
    """Return the format that every workbook knows by ``number``."""
    return _BUILT_IN.get(number, OTHER)


@lru_cache(maxsize=256)
def format_of(code: str) -> NumberFormat:
    """Return the format written as ``code``, such as ``0000-0000``; for numbers above 0."""
    if len(code) > _LONGEST:
        return OTHER
    parts: list[str] = []
    grouped = False
    for token in _TOKEN.finditer(_first_section(code)):
        kind = token.lastgroup
        text = token[kind] if kind else ""
        if kind == "date" or (kind == "bracket" and _ELAPSED.fullmatch(text)):
            return DATED
        if kind == "general":
            return PLAIN if not parts else OTHER
        if kind == "other":
            return PLAIN if text == "@" and not parts else OTHER
        if kind == "bracket" and not (_COLOUR.fullmatch(text) or _LOCALE.fullmatch(text)):
            return OTHER  # a condition, a currency, other digits
        if kind == "group":
            grouped = True
        elif kind == "place":
            parts.append(text)
        elif kind in ("quoted", "escaped", "text") and text:
            parts.append(f"-{text}")
    return _with_places(tuple(parts), grouped)


def _with_places(parts: tuple[str, ...], grouped: bool) -> NumberFormat:
    places = [part for part in parts if part in _PLACES]
    if not places:
        return OTHER
    if len(places) == len(parts) and (grouped or len(places) == 1):
        return PLAIN if not grouped or places.count("0") <= 1 else OTHER
    return OTHER if grouped else NumberFormat(FormatKind.DIGITS, parts)


def _first_section(code: str) -> str:
    """Return the section for numbers above 0: up to a semicolon outside of quotes."""
    for token in _TOKEN.finditer(code):
        if token.lastgroup == "text" and token["text"] == ";":
            return code[: token.start()]
    return code
