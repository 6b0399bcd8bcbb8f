"""Plural categories of a count, by the rule that a language names in its language.toml.

Rules and category names follow Unicode CLDR, "Language Plural Rules", for whole numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable

OTHER = "other"
"""The category that every rule has."""

_WHOLE = re.compile(r"\d{1,3}(,\d{3})*|\d+")


def _none(_count: int) -> str:
    return OTHER


def _one(count: int) -> str:
    return "one" if count == 1 else OTHER


def _zero_one(count: int) -> str:
    return "one" if count in (0, 1) else OTHER


def _east_slavic(count: int) -> str:
    if count % 10 == 1 and count % 100 != 11:
        return "one"
    if count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14):
        return "few"
    return "many"


RULES: dict[str, Callable[[int], str]] = {
    "none": _none,
    "one": _one,
    "zero_one": _zero_one,
    "east_slavic": _east_slavic,
}
"""Rules by name; ``none``: Korean, Japanese; ``one``: English, German; ``zero_one``: French."""

CATEGORIES = ("one", "few", "many", OTHER)


def plural_category(rule: str, count: object) -> str:
    """Return the category of ``count``, a number or its text such as ``1,234``.

    A count that is not a whole number is ``other``. Raises ``ValueError`` for an unknown rule.
    """
    if rule not in RULES:
        raise ValueError(f"unknown plural rule {rule!r}; use one of {', '.join(RULES)}")
    text = str(count)
    if _WHOLE.fullmatch(text) is None:
        return OTHER
    return RULES[rule](int(text.replace(",", "")))


def choose_form(rule: str, count: object, forms: str) -> str:
    """Return the form for ``count`` out of ``forms``, written as ``one=row;other=rows``.

    The form ``other`` stands in for a category that is not given.
    Raises ``ValueError`` where ``other`` is missing or a category is unknown.
    """
    by_category = dict(part.partition("=")[::2] for part in forms.split(";"))
    unknown = set(by_category) - set(CATEGORIES)
    if unknown or OTHER not in by_category:
        raise ValueError(f"{forms!r} must give 'other' and may give {', '.join(CATEGORIES[:-1])}")
    return by_category.get(plural_category(rule, count), by_category[OTHER])
