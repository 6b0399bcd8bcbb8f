"""Whether a measured rate meets a requirement, misses it, or proves neither.

A requirement is met if the exact upper limit of the rate at 95 % keeps to it, and missed if the
lower one exceeds it; between them the data prove nothing, whatever the rate itself is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kiosk.learning.evaluation.conformance_bars import GALLERY, GALLERY_SHARE, Bar
from kiosk.learning.evaluation.conformance_figures import Measured
from kiosk.learning.evaluation.exact_intervals import (
    MOST_TRIALS,
    at_least,
    at_most,
    people_for_pairs,
    trials_needed,
)

MET = "met"
MISSED = "missed"
NOT_PROVABLE = "not provable with this data"

UNITS = {
    "eer": "people",
    "fmr": "pairs of people",
    "far": "pairs of people",
    "fnmr": "people",
    "frr": "people",
    "frr-live": "people",
    "fpir": "strangers",
    "attack": "presentations of each species",
}
"""What is counted as one independent trial of each figure."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A bar with what was measured.

    ``needs`` and ``has``: how much the claim needs at least and how much there is, in words.
    ``measured`` is ``None`` where nothing of the kind was tried.
    """

    bar: Bar
    measured: Measured | None
    verdict: str
    needs: str
    has: str

    @property
    def sentence(self) -> str:
        """The verdict, with the numbers where nothing is proven."""
        if self.verdict != NOT_PROVABLE:
            return self.verdict
        return f"{NOT_PROVABLE} (needs {self.needs}, has {self.has})"

    def to_json(self) -> dict[str, Any]:
        """Return it ready for ``json``."""
        found = self.measured
        low, high = found.interval if found and found.share is not None else (None, None)
        return {
            "id": self.bar.id,
            "standard": self.bar.standard,
            "claim": self.bar.claim,
            "binding": self.bar.binding,
            "limit": self.bar.limit,
            "source": self.bar.source,
            "share": found.share if found else None,
            "share_low": low,
            "share_high": high,
            "errors": found.errors if found else 0,
            "attempts": found.attempts if found else 0,
            "units": found.units if found else 0,
            "unit": unit_of(self.bar),
            "threshold": found.threshold if found else None,
            "verdict": self.verdict,
            "needs": self.needs,
            "has": self.has,
        }


def unit_of(bar: Bar) -> str:
    """Return what counts as one independent trial for a bar."""
    return UNITS["eer" if bar.figure.startswith("eer-") else bar.figure]


def judge_all(
    bars: Sequence[Bar],
    figures: Mapping[str, Measured],
    limits: Mapping[str, float],
    compared: int,
) -> list[Judged]:
    """Judge every bar; ``limits``: those a site entered; ``compared``: people in the gallery."""
    return [judge(_with_limit(bar, limits), figures.get(bar.figure), compared) for bar in bars]


def _with_limit(bar: Bar, limits: Mapping[str, float]) -> Bar:
    if bar.limit is not None or bar.id not in limits:
        return bar
    return replace(
        bar, limit=limits[bar.id], read="limit entered in conditions.toml, not confirmed here"
    )


def judge(bar: Bar, measured: Measured | None, compared: int) -> Judged:
    """Judge one bar."""
    unit = unit_of(bar)
    units = measured.units if measured else 0
    has = f"{units:,}"
    if bar.limit is None:
        return Judged(bar, measured, NOT_PROVABLE, "a confirmed limit", "none")
    tried = measured is not None and measured.share is not None
    seen = (measured.share or 0.0) if measured else 0.0
    needs = _counted(trials_needed(bar.limit, seen if tried else 0.0), unit)
    if measured is None or not tried:
        return Judged(bar, None, NOT_PROVABLE, needs, has)
    if at_least(measured.least, units) > bar.limit:
        return Judged(bar, measured, MISSED, needs, has)
    least = math.ceil(GALLERY_SHARE * GALLERY)
    if bar.figure == "fpir" and compared < least:
        needs += f" and {least:,} people enrolled"
        has += f" and {compared:,} enrolled"
        return Judged(bar, measured, NOT_PROVABLE, needs, has)
    proven = at_most(measured.most, units) <= bar.limit
    return Judged(bar, measured, MET if proven else NOT_PROVABLE, needs, has)


_ONE = {"people": "person", "pairs of people": "pair of people", "strangers": "stranger"}


def counted_units(number: int, unit: str) -> str:
    """Return for example ``1 person``, ``5,616 pairs of people``."""
    return f"{number:,} {_ONE.get(unit, unit) if number == 1 else unit}"


def _counted(number: int | None, unit: str) -> str:
    """Return for example ``30,000 pairs of people (246 people)``."""
    if number is None:
        return f"more than {MOST_TRIALS:,} {unit}"
    people = f" ({people_for_pairs(number):,} people)" if unit == "pairs of people" else ""
    return f"{number:,} {unit}{people}"
