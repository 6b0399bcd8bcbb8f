"""Times several ways of doing the same thing fairly: in turns, in one run, on one machine."""

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
    """One figure beside its peer's; ``ratio``: how many times faster ours is. Without a peer it stands for itself."""

    name: str
    ours_ms: float
    p95_ms: float | None = None
    peer: str = ""
    peer_ms: float | None = None
    note: str = ""
    unit: str = "ms"

    @property
    def ratio(self) -> float | None:
        """The peer's time over ours."""
        return None if self.peer_ms is None or self.ours_ms <= 0 else self.peer_ms / self.ours_ms

    def line(self) -> str:
        """The row as it is printed."""
        p95 = "" if self.p95_ms is None else f" (p95 {self.p95_ms:.2f})"
        beside = (
            f"  {self.peer_ms:9.2f} {self.peer}  × {self.ratio:.1f}"
            if self.peer_ms is not None and self.ratio
            else ""
        )
        return f"{self.name:<34} {self.ours_ms:9.2f} {self.unit}{p95}{beside}{'  ' + self.note if self.note else ''}"


BURST = 4
"""Calls in a row of one way, as a kiosk looks at frame after frame; the first, which finds the others' data in the caches, does not count."""


def compare(ways: Mapping[str, Way], rounds: int, warm: int = 1) -> dict[str, Times]:
    """Median and 95th percentile of each way over ``rounds``; each round does a burst of every way, so that a slow moment meets all."""
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
    """The way ``ours`` beside each other one, the first of which is the main peer."""
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
