"""The decision threshold for a target: "at most N impostors in 10,000 attempts are accepted".

How near impostors come is known from distances between different people: those enrolled here (the
site) and those the network was measured on (the reference, weights/reference.npz). The target rates
are far lower than a few thousand comparisons can show, so the lower tail of the distances is
described by a generalised Pareto distribution (Pickands, 1975; Balkema and de Haan, 1974), fitted
by probability-weighted moments (Hosking and Wallis, Technometrics 29, 1987), and the threshold is
read off at the target rate. The interval comes from resampling people, not pairs.

Terms as in ISO/IEC 19795-1: FMR is the share of comparisons of two different people that match,
FPIR the share of impostor attempts that match anybody in the gallery. Pure: numpy only, no files,
no clock; equal input gives equal output.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
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
"""The target is a number of impostors in this many attempts."""

TAIL = 0.01
TAIL_LEAST = 30
TAIL_MOST = 1000
"""The tail is the nearest 1 % of the distances, within these limits: on the collections measured
the fit hardly changes between 5 % and 0.1 % (docs/calibration.md)."""

SHAPES = (-0.25, 0.0)
"""Limits of the fitted shape. Distances end at 0, and a tail that ends has no shape above 0
(Fisher-Tippett-Gnedenko); measured ones are in -0.2..0, and a few distances can look like a tail
that ends at once."""

QUANTILES = 4000
RESAMPLES = 200
LEVEL = 0.95
SEED = 0

SITE_PEOPLE = 30
"""People needed for a tail of the site's own; fewer only show whether impostors are nearer here."""

SITE_WEIGHT = 10
"""The centre of n people's distances counts n / (n + 10) against that of the reference."""

LEAST_DISTANCE = 1e-6
MOST_TEMPLATES = 3000
"""With more templates than this only a sample of the people is used, so that an enrolment does not
wait."""


def share_of(target: float) -> float:
    """Return ``target`` impostors in 10,000 as a share.

    Raise ``ConfigError`` unless it is above 0 and at most 10,000.
    """
    if not (math.isfinite(target) and 0 < target <= ATTEMPTS):
        raise ConfigError(
            f"The target is {target:g} strangers in {ATTEMPTS:,} attempts;"
            f" give more than 0 and at most {ATTEMPTS:,}."
        )
    return target / ATTEMPTS


def fmr_needed(share: float, people: int) -> float:
    """Return the FMR per person at which ``people`` together accept ``share`` of the impostors.

    FPIR = 1 - (1 - FMR)^people.
    """
    return -math.expm1(math.log1p(-share) / max(people, 1)) if share < 1 else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Impostors:
    """Distances between different people, as far as a calibration needs them.

    ``quantiles`` (q,) rising, evenly spaced in rank over all ``comparisons``. ``tail`` (k,) the k
    smallest distances, rising; their people are ``first`` and ``second`` (k,), indices into
    ``counts`` (P,): the comparisons that each person took part in.
    """

    quantiles: Floats
    tail: Floats
    first: Ints
    second: Ints
    counts: Floats
    comparisons: int

    @classmethod
    def of(cls, distances: Floats, first: Ints, second: Ints) -> Impostors:
        """Summarise all distances (n,) with the indices of their people (n,), from 0.

        Raise ``ValueError`` for no distances or values that are not finite.
        """
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
        """Compare each embedding (n, dimension) with everybody else's fused template.

        As the door does it. ``who`` (n,): the person of each; ``apart``: pairs (smaller, larger)
        who do not count as strangers. ``None`` with fewer than two people.
        """
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
        """Pairs of people: the most that can be independent, however many pictures."""
        return min(self.comparisons, self.people * (self.people - 1) // 2)

    @property
    def centre(self) -> float:
        """The median distance."""
        return float(np.median(self.quantiles))

    def proves(self) -> float:
        """The FMR that no match among all pairs would still leave possible at 95 %.

        The rule of three: 3 / pairs.
        """
        return min(1.0, 3 / self.pairs) if self.pairs else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """The people enrolled here.

    ``templates`` in all, of which ``damaged`` have no direction (zero, or not finite), and the
    distances between people (``None`` with fewer than two usable people).
    """

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
        """Summarise all templates (n, dimension) of the people ``who`` (n,).

        ``apart``: pairs who do not count as strangers.
        """
        matrix = np.asarray(vectors, np.float64).reshape(len(who), -1)
        sound = sound_rows(matrix)
        return cls(
            len(np.unique(who)),
            len(who),
            int((~sound).sum()),
            Impostors.among(matrix[sound], np.asarray(who)[sound], apart),
        )


def sound_rows(matrix: NDArray[np.floating]) -> NDArray[np.bool_]:
    """(n,) which rows (n, dimension) have a direction: finite and not zero."""
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
    """Return the rows sorted by person and their people; only a sample of too many."""
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
    """A fitted lower tail of the distances.

    P(distance <= t) = share * (1 + shape * (start - t) / scale)^(-1 / shape) below ``start``.
    ``share``, ``shape``, ``scale`` (1 + RESAMPLES,): first the fit, then those of the resamples.
    """

    source: Impostors
    start: float
    share: Floats
    shape: Floats
    scale: Floats

    @classmethod
    def fit(cls, source: Impostors) -> Tail:
        """Fit by probability-weighted moments, for all people and for each resample."""
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
        """The distance at which that share matches: counted if possible, else fitted."""
        if fmr >= self.share[0]:
            return max(
                self.start, float(np.quantile(self.source.quantiles, min(fmr, 1.0), method="lower"))
            )
        return float(self.thresholds(fmr)[0])

    def careful(self, fmr: float) -> float:
        """The near end of the threshold's 95 % interval.

        39 of 40 resamples keep to ``fmr`` there.
        """
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
    """(RESAMPLES, k) how often each pair of the tail is drawn."""
    drawn = _draws(source)
    return drawn[:, source.first] * drawn[:, source.second]


def _drawn_total(source: Impostors) -> Floats:
    """(RESAMPLES,) how many comparisons a resample has, as a share of all."""
    drawn = _draws(source)
    counts = source.counts
    all_pairs = counts.sum() ** 2 - (counts**2).sum()
    return np.asarray(
        ((drawn @ counts) ** 2 - ((drawn * counts) ** 2).sum(axis=1)) / max(all_pairs, 1e-300),
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
    """Return the threshold at which at most ``target`` in 10,000 impostors are accepted.

    ``cap``: the network's own threshold, never exceeded without evidence. ``people``: the size of
    the gallery, if it is not the site's. ``fixed``: use this threshold and only derive its error
    rates. Raise ``ConfigError`` for an invalid target. The stricter of two thresholds holds:

    - the reference's, moved towards 0 by the difference of the medians if the site's distances are
      smaller; the fewer people the site has, the less;
    - the site's own, if enough people are enrolled.

    If no source has enough pairs of people for the target, the one with the most pairs gives the
    near end of its interval.
    """
    share = share_of(target)
    size = 1 if mode is Mode.VERIFY else max(1, site.people if people is None else people)
    needed = fmr_needed(share, size)
    parts = [
        part for part in (_by_reference(needed, site, reference), _by_site(needed, site)) if part
    ]
    proven = min((part.source.proves() for part in parts), default=1.0)
    supported = bool(parts) and proven <= needed and not site.damaged
    threshold = _strictest(parts, site, cap, supported) if fixed is None else fixed
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
        source="+".join(sorted({part.name for part in parts})),
        damaged=site.damaged,
        fixed=fixed is not None,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One source's answer. ``moved``: by how much its distances were shifted."""

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


def _strictest(parts: Sequence[_Part], site: Site, cap: float, supported: bool) -> float:
    """The stricter of the sources' thresholds, at most ``cap`` unless ``supported``."""
    if supported:
        return max(0.0, min(part.threshold for part in parts))
    largest = max(parts, key=lambda part: part.source.pairs, default=None)
    found = (part.careful if part is largest else part.threshold for part in parts)
    return max(0.0, min(cap, min(found, default=_without(site, cap))))


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
    """The threshold without a fit: the network's own, at most half the smallest distance."""
    return cap if site.impostors is None else min(cap, float(site.impostors.tail[0]) / 2)


def _fpir(part: _Part, threshold: float, people: int) -> tuple[float, float, float]:
    """The share of impostors that ``threshold`` accepts by this source, with its 95 % interval."""
    one, low, high = (
        -math.expm1(people * math.log1p(-min(rate, 1 - 1e-12)))
        for rate in part.tail.fmr(threshold - part.moved)
    )
    return one, low, high
