"""Rates with exact intervals from many visits: APCER by species, BPCER, extra time.

Terms as in ISO/IEC 30107-3: APCER is the share of a species' presentations accepted as genuine,
BPCER the share of genuine presentations refused. A presentation is one visit to the door.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from kiosk.learning.attacks.trial import TrialVisit
from kiosk.learning.evaluation.exact_intervals import clopper_pearson


@dataclass(frozen=True, slots=True)
class Share:
    """``found`` of ``tried``, with its interval."""

    found: int
    tried: int

    @property
    def value(self) -> float:
        """The share 0..1; 0 if nothing was tried."""
        return self.found / self.tried if self.tried else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval."""
        return clopper_pearson(self.found, self.tried)

    def row(self) -> dict[str, float]:
        """Return the figures, ready for ``json``."""
        low, high = self.interval
        return {
            "found": self.found,
            "tried": self.tried,
            "share": self.value,
            "low": low,
            "high": high,
        }

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"{100 * self.value:5.1f} % ({self.found} of {self.tried}; {100 * low:.1f} to "
            f"{100 * high:.1f})"
        )


def apcer(visits: Iterable[TrialVisit]) -> Share:
    """Return the attacks that opened the door, of those recognised: unrecognised ones never reach
    the checks.
    """
    recognised = [visit for visit in visits if visit.recognised]
    return Share(sum(visit.accepted for visit in recognised), len(recognised))


def bpcer(visits: Iterable[TrialVisit]) -> Share:
    """Return the genuine people who were recognised and refused."""
    recognised = [visit for visit in visits if visit.recognised]
    return Share(sum(not visit.accepted for visit in recognised), len(recognised))


def extra_s(visits: Iterable[TrialVisit], *, challenged: bool) -> tuple[float | None, int]:
    """Return median seconds from recognition to opening, and the number of visits, with or without
    a challenge.
    """
    times = [
        v.extra_s
        for v in visits
        if v.accepted and v.challenged is challenged and v.extra_s is not None
    ]
    return (median(times) if times else None), len(times)


def reasons(visits: Iterable[TrialVisit]) -> dict[str, int]:
    """Count the reasons; ``none``: no decision."""
    return dict(
        Counter(v.decision.reason.value if v.decision else "none" for v in visits).most_common()
    )


def worst(shares: Sequence[tuple[str, Share]]) -> tuple[str, Share]:
    """Return the species with the largest share; of equal ones, the one with the fewest visits."""
    return max(shares, key=lambda one: (one[1].value, -one[1].tried))
