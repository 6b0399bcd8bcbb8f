"""What the Evidence screen is given: distances of one person and of different people, and every figure at any threshold.

Services fill these in once; the screen then asks for the figures at each place that the threshold is dragged to, which
costs a search in a sorted row. Numpy only. Genuine: the same person; impostor: different people. Terms as in ISO/IEC 19795-1.
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
"""Targets to step through, strangers in 10,000."""
TARGET_LIMITS = (0.01, 1000.0)
POINTS = 3000
"""Points of one kind drawn in the scatter."""


class Source(StrEnum):
    """Where distances come from: the people enrolled here, the network's shipped reference, the door's own decisions."""

    SITE = "site"
    REFERENCE = "reference"
    LOG = "log"


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """n distances, or enough of them: ``values`` (m,) rising, and ``upto`` (m,) how many of all are at most that."""

    values: Floats
    upto: NDArray[np.int64]

    @classmethod
    def of(cls, distances: NDArray[np.floating]) -> Sample:
        """All of ``distances`` (n,), in any order."""
        return cls(np.sort(np.asarray(distances, np.float64)), np.arange(1, len(distances) + 1))

    @property
    def total(self) -> int:
        """n."""
        return int(self.upto[-1]) if len(self.upto) else 0

    def within(self, thresholds: Floats | float) -> NDArray[np.int64]:
        """How many of all lie at or below each of ``thresholds``."""
        place = np.searchsorted(self.values, thresholds, side="right")
        return np.where(place > 0, np.append(self.upto, 0)[place - 1], 0)

    def points(self, most: int = POINTS, seed: int = 0) -> Floats:
        """(k,) distances in random order, evenly over all ranks; the smallest and the largest are among them."""
        if not self.total:
            return np.zeros(0)
        ranks = np.unique(np.linspace(1, self.total, min(most, self.total)).round())
        return np.random.default_rng(seed).permutation(
            self.values[np.searchsorted(self.upto, ranks)]
        )

    def histogram(self, edges: Floats) -> Floats:
        """(len(edges) - 1,) share of all between neighbouring ``edges``."""
        return np.diff(self.within(edges)) / max(self.total, 1)


EMPTY = Sample(np.zeros(0), np.zeros(0, np.int64))
Band = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures(Confusion):
    """Counts at one ``threshold`` and what follows from them; ``None`` where a kind of comparison is missing."""

    threshold: float


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """95 % intervals over people on a ``grid`` (g,) of thresholds: ``fmr`` (g, 3) with the fitted rate first, ``frr`` (g, 2)
    or empty. Between the grid's points they are joined, rates of matches logarithmically."""

    grid: Floats
    fmr: Floats
    frr: Floats

    def fmr_at(self, threshold: float) -> tuple[float, float, float]:
        """The rate at which different people match, and both ends of its interval."""
        logs = np.log(np.maximum(self.fmr, 1e-15))
        found = [
            float(np.exp(np.interp(threshold, self.grid, logs[:, column]))) for column in range(3)
        ]
        one, low, high = (0.0 if rate <= 2e-15 else rate for rate in found)
        return one, low, high

    def frr_at(self, threshold: float) -> Band | None:
        """Both ends of the interval of the share of comparisons of one person that do not match."""
        if not len(self.frr):
            return None
        low, high = (
            float(np.interp(threshold, self.grid, self.frr[:, column])) for column in range(2)
        )
        return low, high


@dataclass(frozen=True, slots=True, eq=False)
class Distances:
    """What one source knows. ``people`` took part, in ``pairs`` of different people; ``bands`` only where it is known
    who each comparison was of. ``truth``: whether it is known who stood there (of the log's decisions it is not)."""

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
        """Every figure at ``threshold``."""
        tp, fp = (int(sample.within(threshold)) for sample in (self.genuine, self.impostor))
        return Figures(
            tp, fp, self.impostor.total - fp, self.genuine.total - tp, threshold=threshold
        )

    def far_band(self, threshold: float) -> Band | None:
        """The interval of FAR; without any match up to what the rule of three leaves possible (3 / pairs)."""
        if self.bands is None:
            return None
        _, low, high = self.bands.fmr_at(threshold)
        if not int(self.impostor.within(threshold)) and self.pairs:
            high = max(high, min(1.0, 3 / self.pairs))
        return low, high

    def frr_band(self, threshold: float) -> Band | None:
        """The interval of FRR."""
        return self.bands.frr_at(threshold) if self.bands else None

    def fpir(self, threshold: float, people: Floats) -> tuple[Floats, Floats, Floats] | None:
        """Share of strangers let in by galleries of so many ``people`` (k,), and both ends: 1 - (1 - FMR)^people."""
        if self.bands is None:
            return None
        one, low, high = (
            -np.expm1(people * math.log1p(-min(rate, 1 - 1e-12)))
            for rate in self.bands.fmr_at(threshold)
        )
        return one, low, high

    def curve(self, most: int = 400) -> tuple[Floats, Floats]:
        """(m,) FAR and (m,) FRR as the threshold rises, for ROC and DET; empty where one kind is missing."""
        if not (self.genuine.total and self.impostor.total):
            return np.zeros(0), np.zeros(0)
        marks = [
            sample.values[
                np.linspace(0, len(sample.values) - 1, min(most, len(sample.values)))
                .round()
                .astype(int)
            ]
            for sample in (self.genuine, self.impostor)
        ]
        tail = self.impostor.values[:most]
        thresholds = np.unique(np.concatenate([[-1.0], *marks, tail]))
        far = self.impostor.within(thresholds) / self.impostor.total
        frr = 1 - self.genuine.within(thresholds) / self.genuine.total
        return far, frr


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """One group of consenting people as it was measured; rates with their 95 % intervals, ``None`` where too few."""

    name: str
    people: int
    far: float | None = None
    far_band: Band | None = None
    frr: float | None = None
    frr_band: Band | None = None


@dataclass(frozen=True, slots=True)
class GroupReport:
    """Groups at one ``threshold``, worst first, as ``evaluate --groups`` wrote them. ``worst_far`` and ``worst_frr`` are the headline."""

    threshold: float
    measured_on: str
    groups: tuple[GroupFigures, ...]

    @property
    def worst_far(self) -> GroupFigures | None:
        """Whose people are most often taken for another of their group."""
        return max(
            (g for g in self.groups if g.far is not None),
            key=lambda g: (g.far or 0.0, g.far_band or (0.0, 0.0)),
            default=None,
        )

    @property
    def worst_frr(self) -> GroupFigures | None:
        """Whose people are most often refused."""
        return max(
            (g for g in self.groups if g.frr is not None),
            key=lambda g: (g.frr or 0.0, g.frr_band or (0.0, 0.0)),
            default=None,
        )


class ReplayOutcome(StrEnum):
    """What a past decision would have been."""

    OPENED = "opened"
    REFUSED = "refused"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class ReplayDiff:
    """A past decision that would have been another one. ``who``: whom the door named, or would have let in as."""

    entry: int
    at: datetime
    who: str
    mode: Mode
    reason: Reason
    distance: float | None
    becomes: ReplayOutcome


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """Past decisions at another threshold. ``decisions`` were looked at, ``replayed`` of them have their frames and this
    network's distances; ``opened`` more and ``refused`` fewer would have got in (``undecided`` of these without an answer yet).
    ``changed``: the newest of them. ``since``: the oldest decision looked at."""

    decisions: int = 0
    replayed: int = 0
    opened: int = 0
    refused: int = 0
    undecided: int = 0
    changed: tuple[ReplayDiff, ...] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChoicePreview:
    """What a choice would mean: the thresholds, what they promise, and what past decisions would have become.

    ``lowers``: whether it makes the door less strict, which administrators alone may do.
    """

    choice: Choice
    derived: Derived
    replay: ReplayReport
    lowers: bool


@dataclass(frozen=True, slots=True, eq=False)
class AnalysisView:
    """The screen's content. ``far``: the largest distance worth drawing. ``choice`` decides now; ``chosen``: whether it was
    chosen on this screen, else it is the settings file's (``configured``). ``gallery``: people enrolled."""

    distances: Distances
    derived: Derived
    choice: Choice
    configured: Choice
    chosen: bool
    far: float
    gallery: int
    groups: GroupReport | None = None

    @property
    def calibration(self) -> Calibration:
        """What decides by face alone."""
        return self.derived.identify
