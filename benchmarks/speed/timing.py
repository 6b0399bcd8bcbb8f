"""Time several ways of doing the same thing fairly: in turns, in one run, on one machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

Way = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of one way."""

    median: float
    p95: float


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of ours, beside that of a peer if there is one."""

    name: str
    ours_ms: float
    p95_ms: float | None = None
    peer: str = ""
    peer_ms: float | None = None
    note: str = ""
    unit: str = "ms"

    @property
    def ratio(self) -> float | None:
        """The peer's time divided by ours."""
        return None if self.peer_ms is None or self.ours_ms <= 0 else self.peer_ms / self.ours_ms

    def line(self) -> str:
        """Return the row as text."""
        p95 = "" if self.p95_ms is None else f" (p95 {self.p95_ms:.2f})"
        beside = (
            f"  {self.peer_ms:9.2f} {self.peer}  × {self.ratio:.1f}"
            if self.peer_ms is not None and self.ratio
            else ""
        )
        note = f"  {self.note}" if self.note else ""
        return f"{self.name:<34} {self.ours_ms:9.2f} {self.unit}{p95}{beside}{note}"


BURST = 4
"""Consecutive calls of one way, as in a kiosk.

The first does not count: it finds the data of the other ways in the processor's caches.
"""


def compare(ways: Mapping[str, Way], rounds: int, warm: int = 1) -> dict[str, Times]:
    """Return median and 95th percentile of each way.

    Each round makes a burst of calls of every way, so that a slow moment affects all.
    """
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(warm + rounds):
        for name, way in ways.items():
            for call in range(BURST):
                began = time.perf_counter()
                way()
                if number >= warm and call:
                    taken[name].append(time.perf_counter() - began)
    return {
        name: Times(float(np.median(t)) * 1e3, float(np.percentile(t, 95)) * 1e3)
        for name, t in taken.items()
    }


def rows(name: str, ours: str, times: Mapping[str, Times], note: str = "") -> list[Row]:
    """Return rows of the way ``ours`` beside each other one; the first other is the main peer."""
    mine = times[ours]
    peers = [(peer, other) for peer, other in times.items() if peer != ours]
    return [
        Row(
            name if i == 0 else f"{name}:{peer}",
            mine.median,
            mine.p95,
            peer,
            other.median,
            note if i == 0 else "",
        )
        for i, (peer, other) in enumerate(peers)
    ]
