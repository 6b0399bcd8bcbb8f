"""Exact limits of a share, and how many trials prove that it is small enough.

Clopper and Pearson, Biometrika 26, 1934: the limits hold whatever the true share is. Without errors
the upper one at 95 % is close to 3/n, the rule of 3 (Hanley, Lippman-Hand, 1983).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np

LEVEL = 0.95
RULE_OF_3 = 3
MOST_TRIALS = 1_000_000
"""More than this is as good as impossible."""


def clopper_pearson(found: int, tried: int, level: float = LEVEL) -> tuple[float, float]:
    """Return the exact interval of a share at ``level``; (0, 1) if nothing was tried.

    ``ValueError`` unless ``found`` is one of 0 to ``tried``.
    """
    if not 0 <= found <= tried:
        raise ValueError(f"{found} of {tried} is no share")
    tail = (1 - level) / 2
    return _lower(found, tried, tail), _upper(found, tried, tail)


def at_most(found: int, tried: int) -> float:
    """Return what the share is at most, at 95 %."""
    return _upper(found, tried, 1 - LEVEL)


def at_least(found: int, tried: int) -> float:
    """Return what the share is at least, at 95 %."""
    return _lower(found, tried, 1 - LEVEL)


def trials_needed(limit: float, seen: float = 0.0) -> int | None:
    """Return how many independent trials show on which side of ``limit`` a share lies.

    ``seen``: the share found so far. Without errors that is the rule of 3. ``None`` where no number
    of trials would do, because both are equal or nearly so.
    """
    trials = math.ceil(RULE_OF_3 / limit - 1e-9)
    if not seen:
        return trials
    reach = NormalDist().inv_cdf(LEVEL)
    if seen == limit or reach**2 * seen > MOST_TRIALS * (seen - limit) ** 2:
        return None
    while not _decides(trials, limit, seen):
        trials = math.ceil(trials * 1.1)
    return trials


def _decides(trials: int, limit: float, seen: float) -> bool:
    if seen < limit:
        return at_most(math.ceil(seen * trials), trials) <= limit
    return at_least(math.floor(seen * trials), trials) >= limit


def people_for_pairs(pairs: int) -> int:
    """Return how many people make that many pairs of people."""
    return math.ceil((1 + math.sqrt(1 + 8 * pairs)) / 2)


def _lower(found: int, tried: int, tail: float) -> float:
    if not found:
        return 0.0
    return _solve(lambda p: 1 - _share_up_to(found - 1, tried, p), tail, rising=True)


def _upper(found: int, tried: int, tail: float) -> float:
    if found == tried:
        return 1.0
    return _solve(lambda p: _share_up_to(found, tried, p), tail, rising=False)


def _share_up_to(k: int, n: int, p: float) -> float:
    """Return P(X <= k) of a binomial variable."""
    if p <= 0:
        return 1.0
    if p >= 1:
        return float(k >= n)
    steps = np.arange(1, k + 1)
    ways = np.concatenate([[0.0], np.cumsum(np.log((n - steps + 1) / steps))])
    hits = np.arange(k + 1)
    logs = ways + hits * math.log(p) + (n - hits) * math.log1p(-p)
    return min(1.0, float(np.exp(logs).sum()))


def _solve(share: Callable[[float], float], wanted: float, *, rising: bool) -> float:
    low = 0.0
    high = 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if (share(middle) < wanted) is rising:
            low = middle
        else:
            high = middle
    return (low + high) / 2
