"""Metrics as they stand at one moment, in no format yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Labels = tuple[tuple[str, str], ...]
"""Names and values of a series' labels."""


@dataclass(frozen=True, slots=True)
class Buckets:
    """A histogram: (upper bound, count of values up to it), infinity last; the sum of values."""

    counts: tuple[tuple[float, int], ...]
    total: float


@dataclass(frozen=True, slots=True)
class Family:
    """All series of one metric, by their labels; those of a histogram are ``Buckets``.

    ``name`` without the prefix ``munjigi_`` and, of a counter, without ``_total``.
    """

    kind: Literal["counter", "gauge", "histogram"]
    name: str
    help: str
    series: Mapping[Labels, float | Buckets]
