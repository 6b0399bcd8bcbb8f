"""Counters and histograms of the running kiosk, without names or numbers of people."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from kiosk.core.decisions import Decision
from kiosk.core.door_state import DoorState
from kiosk.core.site_events import ChannelState
from kiosk.core.statistics import StageTiming
from kiosk.services.metric_families import Buckets, Family, Labels

DISTANCES = tuple(step / 10 for step in range(1, 21))
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


@dataclass(slots=True)
class _Histogram:
    """Counts of values by upper bound, and the sum of the values."""

    bounds: Sequence[float]
    counts: list[int] = field(default_factory=list)
    total: float = 0.0

    def add(self, value: float) -> None:
        if not self.counts:
            self.counts = [0] * (len(self.bounds) + 1)
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def cumulative(self) -> Buckets:
        """Return the count of values up to each bound, infinity last, and the sum of all."""
        bounds = (*self.bounds, float("inf"))
        return Buckets(tuple(zip(bounds, accumulate(self.counts), strict=True)), self.total)

    def share(self, share: float) -> float:
        """Return the bound that ``share`` of the values do not exceed; ``inf`` beyond the last."""
        below = 0
        total = sum(self.counts)
        for bound, count in zip((*self.bounds, float("inf")), self.counts, strict=True):
            below += count
            if below >= share * total:
                return bound
        return float("inf")


LOSSES = {DoorState.CAMERA_LOST: "camera", DoorState.OUT_OF_SERVICE: "service"}
"""The states of the door that count as a loss, and what is lost."""


class Metrics:
    """Counters and histograms since the start; safe from any thread."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._decisions: dict[Labels, int] = defaultdict(int)
        self._distances: dict[Labels, _Histogram] = {}
        self._stages: dict[Labels, _Histogram] = {}
        self._lost: dict[str, int] = defaultdict(int)
        self._state = DoorState.IDLE

    def decided(self, decision: Decision) -> None:
        """Count a decision, and its distance if there was a comparison."""
        outcome = ("outcome", decision.outcome.value.lower())
        with self._mutex:
            self._decisions[(outcome, ("reason", decision.reason.value))] += 1
            if decision.distance is not None:
                self._distances.setdefault((outcome,), _Histogram(DISTANCES)).add(decision.distance)

    def stage(self, name: str, seconds: float) -> None:
        """Record how long a stage of one frame took."""
        with self._mutex:
            self._stages.setdefault((("stage", name),), _Histogram(SECONDS)).add(seconds)

    def follow(self, state: DoorState) -> None:
        """Take in the state that the door shows; a lost camera or service is counted once."""
        if state is not self._state and state in LOSSES:
            self.lost(LOSSES[state])
        self._state = state

    def lost(self, what: str) -> None:
        """Count a loss of ``what``: the camera, or the whole service of the door."""
        with self._mutex:
            self._lost[what] += 1

    def losses(self) -> dict[str, int]:
        """Return how often each was lost."""
        with self._mutex:
            return dict(self._lost)

    def stages(self) -> tuple[StageTiming, ...]:
        """Return how long each stage of a frame took so far."""
        with self._mutex:
            return tuple(
                StageTiming(
                    labels[0][1],
                    sum(found.counts),
                    found.total / sum(found.counts),
                    found.share(0.95),
                )
                for labels, found in sorted(self._stages.items())
                if sum(found.counts)
            )

    def text(
        self,
        gauges: Mapping[str, float],
        dropped: Mapping[str, int],
        channels: Sequence[ChannelState] = (),
    ) -> str:
        """Return everything in Prometheus' text format.

        ``gauges``: current values by name; ``dropped``: dropped frames by queue; ``channels``: of
        notifications.
        """
        # takes 50 ms, so not before somebody asks
        from kiosk.services.prometheus_page import page

        with self._mutex:
            families = [
                Family("counter", "decisions", "Decisions of the door.", dict(self._decisions)),
                Family(
                    "histogram",
                    "distance",
                    "Distance of a decision to the nearest person.",
                    {labels: found.cumulative() for labels, found in self._distances.items()},
                ),
                Family(
                    "histogram",
                    "stage_seconds",
                    "Time of a stage of one frame.",
                    {labels: found.cumulative() for labels, found in self._stages.items()},
                ),
                Family(
                    "counter",
                    "lost",
                    "How often the camera or the whole service went away.",
                    {(("what", name),): count for name, count in self._lost.items()},
                ),
            ]
        families.append(
            Family(
                "counter",
                "dropped",
                "Values dropped because their reader was slower.",
                {(("queue", name),): count for name, count in dropped.items()},
            )
        )
        families += _notification_families(channels)
        for name, value in sorted(gauges.items()):
            words = name.replace("_", " ").capitalize() + "."
            families.append(Family("gauge", name, words, {(): value}))
        return page(families)


def _notification_families(channels: Sequence[ChannelState]) -> list[Family]:
    """Return what is waiting, sent and given up, by channel."""
    if not channels:
        return []

    def by_channel(count: Callable[[ChannelState], int]) -> dict[Labels, float]:
        return {(("channel", state.name),): count(state) for state in channels}

    return [
        Family(
            "gauge",
            "notifications_waiting",
            "Notifications in the queue.",
            by_channel(lambda state: state.waiting),
        ),
        Family(
            "counter",
            "notifications_sent",
            "Notifications delivered.",
            by_channel(lambda state: state.sent),
        ),
        Family(
            "counter",
            "notifications_given_up",
            "Notifications that were too old, too many, or refused.",
            by_channel(lambda state: state.dropped),
        ),
    ]
