"""Shares with their exact intervals, and the table of attacks: APCER for each species, BPCER, extra time.

Terms as in ISO/IEC 30107-3: APCER is the share of an attack species' presentations that are taken for somebody real, BPCER the
share of genuine people's that are not. A presentation is one visit to the door.
"""

from __future__ import annotations

import math

LEVEL = 0.95


def clopper_pearson(found: int, tried: int) -> tuple[float, float]:
    """Both ends of the exact 95 % interval of a share (Clopper and Pearson, 1934); (0, 1) where nothing was tried."""
    if not 0 <= found <= tried:
        raise ValueError(f"{found} of {tried} is no share")
    tail = (1 - LEVEL) / 2
    low = 0.0 if found == 0 else _solve(lambda p: 1 - _at_most(found - 1, tried, p), tail, rising=True)
    high = 1.0 if found == tried else _solve(lambda p: _at_most(found, tried, p), tail, rising=False)
    return low, high


def _at_most(k: int, n: int, p: float) -> float:
    """P(X <= k) of a binomial variable."""
    if p <= 0:
        return 1.0
    if p >= 1:
        return float(k >= n)
    logs = (math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * math.log(p) + (n - i) * math.log1p(-p) for i in range(k + 1))
    return min(1.0, math.fsum(math.exp(value) for value in logs))


def _solve(share: object, wanted: float, *, rising: bool) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if (share(middle) < wanted) is rising:  # type: ignore[operator]
            low = middle
        else:
            high = middle
    return (low + high) / 2
