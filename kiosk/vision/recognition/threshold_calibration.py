"""The decision distance from a target: "at most N strangers in 10,000 attempts are let in".

How near strangers come is known from distances between different people: those enrolled here (the site) and those the
network was measured on (the reference, weights/reference.npz). The rates wanted are far rarer than what a few thousand
comparisons show, so the lower tail of the distances is described by a generalised Pareto distribution (Pickands, 1975;
Balkema and de Haan, 1974), fitted by probability-weighted moments (Hosking and Wallis, Technometrics 29, 1987), and read
off where the wanted rate lies. The interval comes from drawing people, not pairs, with replacement.

Terms as in ISO/IEC 19795-1: FMR is the share of comparisons of two different people that match, FPIR the share of
strangers' attempts that match anybody of the gallery. Pure: numpy only, no files, no clock; equal input, equal output.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kiosk.core.decisions import Mode
from kiosk.core.errors import ConfigError
from kiosk.core.thresholds import Calibration
from kiosk.vision.recognition.template_fusion import fused

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ATTEMPTS = 10_000
"""The target is given as so many strangers in this many attempts."""

TAIL = 0.01
TAIL_LEAST = 30
TAIL_MOST = 1000
"""The tail is the nearest 1 % of the distances, but never fewer nor more than these: on the collections measured the
fit hardly changes between 5 % and 0.1 % (docs/calibration.md)."""

SHAPES = (-0.25, 0.0)
"""Limits of the fitted shape. Distances end at 0, and a tail that ends has no shape above 0 (Fisher-Tippett-Gnedenko);
measured ones lie in -0.2..0, and a few distances can pretend a tail that ends at once."""

QUANTILES = 4000
RESAMPLES = 200
LEVEL = 0.95
SEED = 0

SITE_PEOPLE = 30
"""From so many people on the enrolled ones have a tail of their own; fewer can only say that strangers are nearer here."""

SITE_WEIGHT = 10
"""The centre of n people's distances counts n / (n + 10) against the reference's."""

LEAST_DISTANCE = 1e-6
MOST_TEMPLATES = 3000
"""Of more templates than this every so manieth person is looked at, so that an enrolment never waits."""


def share_of(target: float) -> float:
    """``target`` strangers in 10,000 as a share; ``ConfigError`` unless above 0 and at most 10,000."""
    if not (math.isfinite(target) and 0 < target <= ATTEMPTS):
        raise ConfigError(
            f"The target is {target:g} strangers in {ATTEMPTS:,} attempts; give more than 0 and at most {ATTEMPTS:,}."
        )
    return target / ATTEMPTS


def fmr_needed(share: float, people: int) -> float:
    """The FMR per person at which ``people`` together let in ``share`` of the strangers: FPIR = 1 - (1 - FMR)^people."""
    return -math.expm1(math.log1p(-share) / max(people, 1)) if share < 1 else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Impostors:
    """Distances between different people, as far as a calibration needs them.

    ``quantiles`` (q,) rising, evenly spaced in rank over all ``comparisons``; ``tail`` (k,) the k smallest, rising, whose
    people are ``first`` and ``second`` (k,), numbers into ``counts`` (P,): how many comparisons each person took part in.
    """

    quantiles: Floats
    tail: Floats
    first: Ints
    second: Ints
    counts: Floats
    comparisons: int

    @classmethod
    def of(cls, distances: Floats, first: Ints, second: Ints) -> Impostors:
        """From all distances (n,) and the numbers of their people (n,), from 0; raises ``ValueError`` for none or NaN."""
        n = len(distances)
        if not n or not np.isfinite(distances).all():
            raise ValueError("impostor distances must be finite, and at least one")
        values = np.asarray(distances, np.float64)
        k = min(n, TAIL_MOST, max(TAIL_LEAST, int(TAIL * n)))
        nearest = np.argpartition(values, k - 1)[:k]
        nearest = nearest[np.lexsort((second[nearest], first[nearest], values[nearest]))]
        people = int(max(first.max(), second.max())) + 1
        counts = np.bincount(first, minlength=people) + np.bincount(second, minlength=people)
        ordered = np.sort(values)
        ranks = np.linspace(0, n - 1, min(n, QUANTILES)).round().astype(np.int64)
        return cls(
            ordered[ranks],
            values[nearest],
            first[nearest].astype(np.int64),
            second[nearest].astype(np.int64),
            counts.astype(np.float64),
            n,
        )

    @classmethod
    def among(
        cls,
        vectors: NDArray[np.floating],
        who: Ints,
        apart: frozenset[tuple[int, int]] = frozenset(),
    ) -> Impostors | None:
        """Each embedding (n, dimension) against everybody else's fused template, as a stranger at the door is compared;
        ``who`` (n,): whose each is; ``apart``: pairs (smaller, larger) of these who are no strangers to each other.
        ``None`` with fewer than two people."""
        matrix, names = thinned(np.asarray(vectors, np.float64), np.asarray(who, np.int64))
        people, starts, number = np.unique(names, return_index=True, return_inverse=True)
        strangers = number[:, None] != np.arange(len(people))
        for first, second in apart:
            strangers[np.ix_(names == first, people == second)] = strangers[
                np.ix_(names == second, people == first)
            ] = False
        probe, person = np.nonzero(strangers)
        if not len(probe):
            return None
        return cls.of(
            distances(matrix, fused(matrix, starts.astype(np.int64)))[probe, person],
            number[probe],
            person.astype(np.int64),
        )

    @property
    def people(self) -> int:
        """People who took part."""
        return int((self.counts > 0).sum())

    @property
    def pairs(self) -> int:
        """Pairs of people: what is independent at best, however many pictures each has."""
        return min(self.comparisons, self.people * (self.people - 1) // 2)

    @property
    def centre(self) -> float:
        """The median distance."""
        return float(np.median(self.quantiles))

    def proves(self) -> float:
        """The FMR that no match among all pairs would still leave possible at 95 %: the rule of three, 3 / pairs."""
        return min(1.0, 3 / self.pairs) if self.pairs else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """Who is enrolled here: so many ``people`` with ``templates`` in all, ``damaged`` of which are no direction at all
    (zero, not finite), and how near they come to each other (``None`` with fewer than two usable people)."""

    people: int
    templates: int
    damaged: int = 0
    impostors: Impostors | None = None

    @classmethod
    def of(
        cls,
        vectors: NDArray[np.floating],
        who: Ints,
        apart: frozenset[tuple[int, int]] = frozenset(),
    ) -> Site:
        """From all templates (n, dimension) and whose each is (n,); ``apart``: pairs who are no strangers to each other."""
        matrix = np.asarray(vectors, np.float64).reshape(len(who), -1)
        sound = sound_rows(matrix)
        return cls(
            len(np.unique(who)),
            len(who),
            int((~sound).sum()),
            Impostors.among(matrix[sound], np.asarray(who)[sound], apart),
        )


def sound_rows(matrix: NDArray[np.floating]) -> NDArray[np.bool_]:
    """(n,) which rows (n, dimension) are a direction at all: finite and not zero."""
    return np.asarray(
        np.isfinite(matrix).all(axis=1)
        & (np.abs(matrix).max(axis=1, initial=0.0) > LEAST_DISTANCE),
        np.bool_,
    )


def distances(vectors: Floats, others: Floats) -> Floats:
    """(len(vectors), len(others)) Euclidean distances."""
    squared = (
        np.einsum("ij,ij->i", vectors, vectors)[:, None]
        + np.einsum("ij,ij->i", others, others)
        - 2 * vectors @ others.T
    )
    return np.asarray(np.sqrt(np.maximum(squared, 0)), np.float64)


def thinned(matrix: Floats, who: Ints) -> tuple[Floats, Ints]:
    """Rows sorted by person, and whose they are; some people only where there are too many rows."""
    people, number = np.unique(who, return_inverse=True)
    step = max(1, math.ceil(len(who) / MOST_TEMPLATES))
    kept = (
        np.flatnonzero(number % step == 0)
        if len(people) // step >= SITE_PEOPLE
        else np.arange(len(who))
    )
    order = kept[np.argsort(number[kept], kind="stable")]
    return matrix[order], who[order]


@dataclass(frozen=True, slots=True, eq=False)
class Tail:
    """A fitted lower tail: P(distance <= t) = share * (1 + shape * (start - t) / scale)^(-1 / shape) below ``start``.

    ``share``, ``shape``, ``scale`` are arrays (1 + RESAMPLES,): first the fit, then that of each draw of people.
    """

    source: Impostors
    start: float
    share: Floats
    shape: Floats
    scale: Floats

    @classmethod
    def fit(cls, source: Impostors) -> Tail:
        """By probability-weighted moments, of all people and of each draw."""
        weights = np.vstack([np.ones(len(source.tail)), _drawn_pairs(source)])
        start = float(source.tail[-1])
        excess = start - source.tail[::-1]
        weights = weights[:, ::-1]
        total = np.maximum(weights.sum(axis=1), 1e-300)
        below = (np.cumsum(weights, axis=1) - weights / 2) / total[:, None]
        mean = weights @ excess / total
        second = (weights * (1 - below)) @ excess / total
        scale = np.maximum(mean, 1e-12)
        shape = np.clip(2 - scale / np.maximum(scale - 2 * second, 1e-12), *SHAPES)
        weight_of_all = np.concatenate([[1.0], _drawn_total(source)])
        share = total / np.maximum(weight_of_all * source.comparisons, 1e-300)
        return cls(source, start, np.minimum(share, 1.0), shape, scale * (1 - shape))

    def thresholds(self, fmr: float) -> Floats:
        """(1 + RESAMPLES,) the distance at which that share of the comparisons matches."""
        ratio = self.share / max(fmr, 1e-15)
        near_zero = np.abs(self.shape) < 1e-9
        shape = np.where(near_zero, 1.0, self.shape)
        reach = np.where(near_zero, np.log(ratio), (ratio**shape - 1) / shape)
        return self.start - self.scale * reach

    def threshold(self, fmr: float) -> float:
        """The distance at which that share matches: counted where it can be, else by the fit."""
        if fmr >= self.share[0]:
            return max(
                self.start, float(np.quantile(self.source.quantiles, min(fmr, 1.0), method="lower"))
            )
        return float(self.thresholds(fmr)[0])

    def careful(self, fmr: float) -> float:
        """The near end of the threshold's interval: all but one draw in forty keep to ``fmr`` there."""
        return min(
            self.threshold(fmr),
            float(np.quantile(self.thresholds(fmr)[1:], (1 - LEVEL) / 2, method="lower")),
        )

    def fmr(self, threshold: float) -> tuple[float, float, float]:
        """The share that matches at ``threshold``, and both ends of its 95 % interval."""
        near_zero = np.abs(self.shape) < 1e-9
        shape = np.where(near_zero, 1.0, self.shape)
        reach = max(self.start - threshold, 0.0) / self.scale  # above the tail it is counted
        inside = np.maximum(1 + shape * reach, 0)
        with np.errstate(divide="ignore"):
            found = self.share * np.where(
                near_zero, np.exp(-reach), np.where(inside > 0, inside ** (-1 / shape), 0.0)
            )
        found = np.clip(found, 0, 1)
        if threshold >= self.start:
            counted = float(np.searchsorted(self.source.quantiles, threshold, side="right")) / len(
                self.source.quantiles
            )
            found = np.clip(found * counted / max(found[0], 1e-300), 0, 1)
        low, high = np.quantile(found[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return float(found[0]), float(min(low, found[0])), float(max(high, found[0]))


def _draws(source: Impostors) -> Floats:
    people = len(source.counts)
    return (
        np.random.default_rng(SEED)
        .multinomial(people, np.full(people, 1 / people), size=RESAMPLES)
        .astype(np.float64)
    )


def _drawn_pairs(source: Impostors) -> Floats:
    """(RESAMPLES, k) how often each pair of the tail is drawn: as often as both people together."""
    drawn = _draws(source)
    return drawn[:, source.first] * drawn[:, source.second]


def _drawn_total(source: Impostors) -> Floats:
    """(RESAMPLES,) how many comparisons a draw has, as a share of all."""
    drawn = _draws(source)
    counts = source.counts
    all_of = counts.sum() ** 2 - (counts**2).sum()
    return np.asarray(
        ((drawn @ counts) ** 2 - ((drawn * counts) ** 2).sum(axis=1)) / max(all_of, 1e-300),
        np.float64,
    )


def calibrate(
    target: float,
    site: Site,
    reference: Impostors | None,
    *,
    cap: float,
    mode: Mode = Mode.IDENTIFY,
    people: int | None = None,
    fixed: float | None = None,
) -> Calibration:
    """The threshold at which at most ``target`` of 10,000 strangers are let in, with what can be promised.

    ``cap``: the network's own threshold, never exceeded without evidence. ``people``: the size of the gallery, where it is
    not the site's. ``fixed``: take this threshold, and only say what it lets in. Raises ``ConfigError`` for a target that is
    none. The stricter of two thresholds holds:

    - the reference's, moved towards 0 by as much as the site's distances lie nearer in the middle than the reference's; the
      fewer people there are, the less of it;
    - the site's own, where enough people are enrolled.

    Where no source has enough pairs of people for the target, the one with the most gives the near end of its interval.
    """
    share = share_of(target)
    size = 1 if mode is Mode.VERIFY else max(1, site.people if people is None else people)
    needed = fmr_needed(share, size)
    parts = [
        part for part in (_by_reference(needed, site, reference), _by_site(needed, site)) if part
    ]
    ways = {part.name for part in parts}
    proven = min((part.source.proves() for part in parts), default=1.0)
    supported = bool(parts) and proven <= needed and not site.damaged
    most = max(parts, key=lambda part: part.source.pairs, default=None)
    threshold = min(
        (part.careful if part is most and not supported else part.threshold for part in parts),
        default=_without(site, cap),
    )
    if not supported:
        threshold = min(threshold, cap)
    threshold = max(0.0, threshold) if fixed is None else fixed
    rates = [_fpir(part, threshold, size) for part in parts]
    fpir = max(rates, default=(1.0, 1.0, 1.0))
    return Calibration(
        threshold=threshold,
        target=share,
        mode=mode,
        people=size,
        templates=site.templates,
        fmr=needed,
        fpir=fpir[0],
        fpir_low=min(r[1] for r in rates) if rates else 0.0,
        fpir_high=max(r[2] for r in rates) if rates else 1.0,
        proven=min(1.0, -math.expm1(size * math.log1p(-min(proven, 1 - 1e-12)))),
        pairs=max((part.source.pairs for part in parts), default=0),
        supported=supported,
        source="+".join(sorted(ways)),
        damaged=site.damaged,
        fixed=fixed is not None,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One source's answer. ``moved``: by how much its distances were moved."""

    name: str
    source: Impostors
    tail: Tail
    moved: float
    threshold: float
    careful: float


@lru_cache(maxsize=4)
def _fitted(source: Impostors) -> Tail:
    """Fit each source once: a change of one person must not wait for the draws."""
    return Tail.fit(source)


def _part(name: str, source: Impostors, needed: float, moved: float) -> _Part:
    tail = _fitted(source)
    return _Part(
        name, source, tail, moved, tail.threshold(needed) + moved, tail.careful(needed) + moved
    )


def _by_reference(needed: float, site: Site, reference: Impostors | None) -> _Part | None:
    if reference is None:
        return None
    moved = 0.0
    if site.impostors is not None:
        weight = site.impostors.people / (site.impostors.people + SITE_WEIGHT)
        moved = min(0.0, weight * (site.impostors.centre - reference.centre))
    return _part("reference", reference, needed, moved)


def _by_site(needed: float, site: Site) -> _Part | None:
    if site.impostors is None or site.impostors.people < SITE_PEOPLE:
        return None
    return _part("site", site.impostors, needed, 0.0)


def _without(site: Site, cap: float) -> float:
    """Nothing to fit: the network's own threshold, but at most half-way to the nearest two of the people enrolled here."""
    return cap if site.impostors is None else min(cap, float(site.impostors.tail[0]) / 2)


def _fpir(part: _Part, threshold: float, people: int) -> tuple[float, float, float]:
    """What share of strangers ``threshold`` lets in by this source, with its 95 % interval."""
    one, low, high = (
        -math.expm1(people * math.log1p(-min(rate, 1 - 1e-12)))
        for rate in part.tail.fmr(threshold - part.moved)
    )
    return one, low, high
