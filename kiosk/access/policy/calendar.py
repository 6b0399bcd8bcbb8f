"""Holidays: a country's, through the package holidays, and the site's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from kiosk.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Closed:
    """A range of closed days, both ends included."""

    first: date
    last: date
    name: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The holidays of ``country`` (ISO 3166 code.

    Empty: none) and the ``closed`` days, without the ``worked`` ones.
    """

    country: str = ""
    closed: tuple[Closed, ...] = ()
    worked: frozenset[date] = field(default_factory=frozenset)

    def is_holiday(self, day: date) -> bool:
        """Return whether ``day`` counts as a holiday."""
        if day in self.worked:
            return False
        return any(c.first <= day <= c.last for c in self.closed) or (
            bool(self.country) and public_holidays(self.country)(day)
        )


def named_holidays(
    country: str, years: Iterable[int], language: str
) -> tuple[tuple[date, str], ...]:
    """Return the public holidays of ``years`` with their names, in order.

    ``language``: of the names, such as ``ko``; the country's own where that has none.
    """
    import holidays

    wanted = {"en": "en_US"}.get(language, language)
    days = holidays.country_holidays(country, years=years, language=wanted)
    return tuple(sorted(days.items()))


@lru_cache(maxsize=8)
def public_holidays(country: str) -> Callable[[date], bool]:
    """Return a test for public holidays, substitute days included; ``ConfigError`` for an unknown
    country.

    Holidays declared after the package's release, such as an election day, must be added by hand.
    """
    import holidays

    try:
        days = holidays.country_holidays(country)
    except NotImplementedError:
        raise ConfigError(
            f"holidays.country: the holidays of {country!r} are not known; write a code such as "
            "KR, or leave it empty."
        ) from None
    return days.__contains__
