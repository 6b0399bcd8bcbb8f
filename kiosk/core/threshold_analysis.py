"""Threshold analysis: genuine and impostor distances, and the error rates at any threshold.

Services fill these in once; the Analysis screen then asks for the rates wherever the threshold is
dragged to, which costs a binary search. NumPy only. Genuine: comparisons of the same person;
impostor: of different people (ISO/IEC 19795-1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from kiosk.core.confusion import Confusion
from kiosk.core.decisions import Mode, Reason
from kiosk.core.thresholds import Calibration, Choice, Derived

Floats = NDArray[np.float64]

TARGETS = (*(round(unit * 10.0**power, 4) for power in range(-2, 3) for unit in (1, 2, 5)), 1000.0)
"""Targets to step through, in accepted impostors of 10,000 attempts."""

TARGET_LIMITS = (0.01, 1000.0)
"""Smallest and largest target, in the same unit."""

MAX_POINTS = 3000
"""Points of one kind drawn in the scatter plot."""


class Source(StrEnum):
    """Origin of distances: enrolled people, the network's shipped reference, the access log."""

    SITE = "site"
    REFERENCE = "reference"
    LOG = "log"


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Empirical distribution of n distances, possibly thinned.

    ``values`` (m,) float64, ascending. ``cumulative`` (m,) int64: how many of the n distances are
    at most that value.
    """

    values: Floats
    cumulative: NDArray[np.int64]

    @classmethod
    def of(cls, distances: NDArray[np.floating]) -> Sample:
        """Return the distribution of ``distances`` (n,), in any order."""
        return cls(np.sort(np.asarray(distances, np.float64)), np.arange(1, len(distances) + 1))

    @property
    def total(self) -> int:
        """Number of distances, n."""
        return int(self.cumulative[-1]) if len(self.cumulative) else 0

    def within(self, thresholds: Floats | float) -> NDArray[np.int64]:
        """Return how many of the distances are at most each of ``thresholds``."""
        place = np.searchsorted(self.values, thresholds, side="right")
        return np.where(place > 0, np.append(self.cumulative, 0)[place - 1], 0)

    def points(self, limit: int = MAX_POINTS, seed: int = 0) -> Floats:
        """Return (k,) distances evenly over all ranks, in random order.

        k is at most ``limit``; the smallest and the largest are included.
        """
        if not self.total:
            return np.zeros(0)
        ranks = np.unique(np.linspace(1, self.total, min(limit, self.total)).round())
        return np.random.default_rng(seed).permutation(
            self.values[np.searchsorted(self.cumulative, ranks)]
        )

    def histogram(self, edges: Floats) -> Floats:
        """Return the shares (len(edges) - 1,) between neighbouring ``edges``."""
        return np.diff(self.within(edges)) / max(self.total, 1)


EMPTY = Sample(np.zeros(0), np.zeros(0, np.int64))

Band = tuple[float, float]
"""Lower and upper end of a 95 % confidence interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures(Confusion):
    """Counts and rates at one ``threshold``; a rate is ``None`` without comparisons of its kind."""

    threshold: float


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """95 % confidence intervals over people on a ``grid`` (g,) of thresholds.

    ``fmr`` (g, 3): fitted rate, lower and upper end. ``frr`` (g, 2) or empty. Interpolated between
    grid points, FMR logarithmically.
    """

    grid: Floats
    fmr: Floats
    frr: Floats

    def fmr_at(self, threshold: float) -> tuple[float, float, float]:
        """Return the FMR at ``threshold`` and both ends of its interval."""
        logs = np.log(np.maximum(self.fmr, 1e-15))
        found = [
            float(np.exp(np.interp(threshold, self.grid, logs[:, column]))) for column in range(3)
        ]
        rate, low, high = (0.0 if value <= 2e-15 else value for value in found)
        return rate, low, high

    def frr_at(self, threshold: float) -> Band | None:
        """Return both ends of the interval of the FNMR at ``threshold``; ``None`` if unknown."""
        if not len(self.frr):
            return None
        low, high = (
            float(np.interp(threshold, self.grid, self.frr[:, column])) for column in range(2)
        )
        return low, high


@dataclass(frozen=True, slots=True, eq=False)
class Distances:
    """Distances of one source.

    ``people``: number of people; ``pairs``: number of pairs of different people. ``bands``: only if
    the people behind each comparison are known. ``truth``: whether the identities are ground
    truth; for the access log they are the door's own decisions.
    """

    source: Source
    genuine: Sample = EMPTY
    impostor: Sample = EMPTY
    people: int = 0
    pairs: int = 0
    bands: Bands | None = None
    truth: bool = True

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not (self.genuine.total or self.impostor.total)

    def at(self, threshold: float) -> Figures:
        """Return counts and rates at ``threshold``."""
        tp, fp = (int(sample.within(threshold)) for sample in (self.genuine, self.impostor))
        return Figures(
            tp, fp, self.impostor.total - fp, self.genuine.total - tp, threshold=threshold
        )

    def far_band(self, threshold: float) -> Band | None:
        """Return the interval of the FAR.

        Without any match its upper end is at least 3 / pairs (rule of three).
        """
        if self.bands is None:
            return None
        _, low, high = self.bands.fmr_at(threshold)
        if not int(self.impostor.within(threshold)) and self.pairs:
            high = max(high, min(1.0, 3 / self.pairs))
        return low, high

    def frr_band(self, threshold: float) -> Band | None:
        """Return the interval of the FRR.

        Without any rejection its upper end is at least 3 / people (rule of three).
        """
        band = self.bands.frr_at(threshold) if self.bands else None
        if band is None or int(self.genuine.within(threshold)) < self.genuine.total:
            return band
        low, high = band
        return low, max(high, min(1.0, 3 / self.people)) if self.people else high

    def fpir(self, threshold: float, people: Floats) -> tuple[Floats, Floats, Floats] | None:
        """Return FPIR (k,) for galleries of ``people`` (k,), and both ends of its interval.

        FPIR = 1 - (1 - FMR)^people.
        """
        if self.bands is None:
            return None
        rate, low, high = (
            -np.expm1(people * math.log1p(-min(fmr, 1 - 1e-12)))
            for fmr in self.bands.fmr_at(threshold)
        )
        return rate, low, high

    def curve(self, limit: int = 400) -> tuple[Floats, Floats]:
        """Return FAR (m,) and FRR (m,) at ascending thresholds, for ROC and DET curves.

        Both are empty without genuine or without impostor distances.
        """
        if not (self.genuine.total and self.impostor.total):
            return np.zeros(0), np.zeros(0)
        marks = [
            sample.values[
                np.linspace(0, len(sample.values) - 1, min(limit, len(sample.values)))
                .round()
                .astype(int)
            ]
            for sample in (self.genuine, self.impostor)
        ]
        tail = self.impostor.values[:limit]
        thresholds = np.unique(np.concatenate([[-1.0], *marks, tail]))
        far = self.impostor.within(thresholds) / self.impostor.total
        frr = 1 - self.genuine.within(thresholds) / self.genuine.total
        return far, frr


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """Measured rates of one group of consenting people; ``None`` with too few people."""

    name: str
    people: int
    far: float | None = None
    far_band: Band | None = None
    frr: float | None = None
    frr_band: Band | None = None


@dataclass(frozen=True, slots=True)
class GroupReport:
    """Groups at one ``threshold``, worst first, as written by ``evaluate --groups``."""

    threshold: float
    measured_on: str
    groups: tuple[GroupFigures, ...]

    @property
    def worst_far(self) -> GroupFigures | None:
        """The group with the highest FAR."""
        return max(
            (g for g in self.groups if g.far is not None),
            key=lambda g: (g.far or 0.0, g.far_band or (0.0, 0.0)),
            default=None,
        )

    @property
    def worst_frr(self) -> GroupFigures | None:
        """The group with the highest FRR."""
        return max(
            (g for g in self.groups if g.frr is not None),
            key=lambda g: (g.frr or 0.0, g.frr_band or (0.0, 0.0)),
            default=None,
        )


class ReplayOutcome(StrEnum):
    """What a past decision would become at another threshold."""

    OPENED = "opened"
    REFUSED = "refused"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class ReplayDiff:
    """A past decision that would change.

    ``who``: the person whom the door named, or as whom it would open.
    """

    entry: int
    at: datetime
    who: str
    mode: Mode
    reason: Reason
    distance: float | None
    outcome: ReplayOutcome


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """Past decisions at another threshold.

    ``decisions``: number examined; ``replayed``: of these, with a trace of the network in use.
    ``opened``: rejects that become accepts; ``refused``: accepts that become rejects, of which
    ``undecided`` would have no answer yet. ``changed``: the newest changed ones. ``since``: time of
    the oldest decision examined.
    """

    decisions: int = 0
    replayed: int = 0
    opened: int = 0
    refused: int = 0
    undecided: int = 0
    changed: tuple[ReplayDiff, ...] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChoicePreview:
    """Effect of a choice: derived thresholds with their error rates, and the replay.

    ``lowers``: whether it makes the door less strict, now or later, which needs an administrator.
    ``only_fixes``: the door is no less strict now; but the distance is fixed by hand, so it no
    longer follows the people enrolled.
    ``shuts_out``: whether it is so strict that nobody would be let in, which is refused.
    """

    choice: Choice
    derived: Derived
    replay: ReplayReport
    lowers: bool
    shuts_out: bool = False
    only_fixes: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class AnalysisView:
    """What the Analysis screen shows.

    ``far``: largest distance to draw. ``choice``: the choice in force; ``chosen``: whether it was
    made on this screen and not in the settings file (``configured``). ``gallery``: number of
    enrolled people. ``two_admins``: whether a less strict choice needs two administrators.
    """

    distances: Distances
    derived: Derived
    choice: Choice
    configured: Choice
    chosen: bool
    far: float
    gallery: int
    groups: GroupReport | None = None
    two_admins: bool = False

    @property
    def calibration(self) -> Calibration:
        """Calibration of identification by the face alone."""
        return self.derived.identify
