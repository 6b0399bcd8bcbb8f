"""What the kiosk counts and measures, in Prometheus' text format (version 0.0.4). No names, no numbers of people."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kiosk.core.decisions import Decision
from kiosk.core.door_state import DoorState
from kiosk.core.statistics import StageTiming

DISTANCES = tuple(step / 10 for step in range(1, 21))
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

Labels = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Histogram:
    """Counts by upper bound, and their sum."""

    bounds: Sequence[float]
    counts: list[int] = field(default_factory=list)
    total: float = 0.0

    def add(self, value: float) -> None:
        if not self.counts:
            self.counts = [0] * (len(self.bounds) + 1)
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def share(self, share: float) -> float:
        """The bound that this share of the values does not exceed; ``inf`` beyond the last."""
        below = 0
        total = sum(self.counts)
        for bound, count in zip((*self.bounds, float("inf")), self.counts, strict=True):
            below += count
            if below >= share * total:
                return bound
        return float("inf")


LOSSES = {DoorState.CAMERA_LOST: "camera", DoorState.OUT_OF_SERVICE: "service"}
"""The states of the door that count as something lost."""


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
        """Count a decision, and its distance where there was a comparison."""
        outcome = ("outcome", decision.outcome.value.lower())
        with self._mutex:
            self._decisions[(outcome, ("reason", decision.reason.value))] += 1
            if decision.distance is not None:
                self._distances.setdefault((outcome,), _Histogram(DISTANCES)).add(decision.distance)

    def stage(self, name: str, seconds: float) -> None:
        """Take in how long a stage of one frame took."""
        with self._mutex:
            self._stages.setdefault((("stage", name),), _Histogram(SECONDS)).add(seconds)

    def follow(self, state: DoorState) -> None:
        """The door's state as it is shown now: a camera or a service that goes away is counted once."""
        if state is not self._state and state in LOSSES:
            self.lost(LOSSES[state])
        self._state = state

    def lost(self, what: str) -> None:
        """Count that the camera, or the whole door's service, went away."""
        with self._mutex:
            self._lost[what] += 1

    def losses(self) -> dict[str, int]:
        """How often what went away."""
        with self._mutex:
            return dict(self._lost)

    def stages(self) -> tuple[StageTiming, ...]:
        """How long each stage of a frame took so far."""
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

    def text(self, gauges: Mapping[str, float], dropped: Mapping[str, int]) -> str:
        """Everything as one page. ``gauges``: values of the moment by name; ``dropped``: frames dropped by queue."""
        with self._mutex:
            lines = _family(
                "decisions_total",
                "counter",
                "Decisions of the door.",
                [("", labels, float(count)) for labels, count in sorted(self._decisions.items())],
            )
            lines += _histograms(
                "distance", "Distance of a decision to the nearest person.", self._distances
            )
            lines += _histograms("stage_seconds", "Time of a stage of one frame.", self._stages)
            lines += _family(
                "lost_total",
                "counter",
                "How often the camera or the whole service went away.",
                [
                    ("", (("what", name),), float(count))
                    for name, count in sorted(self._lost.items())
                ],
            )
        lines += _family(
            "dropped_total",
            "counter",
            "Values dropped because their reader was slower.",
            [("", (("queue", name),), float(count)) for name, count in sorted(dropped.items())],
        )
        for name, value in sorted(gauges.items()):
            lines += _family(
                name, "gauge", name.replace("_", " ").capitalize() + ".", [("", (), value)]
            )
        return "\n".join(lines) + "\n"


def _histograms(name: str, words: str, histograms: Mapping[Labels, _Histogram]) -> list[str]:
    samples: list[tuple[str, Labels, float]] = []
    for labels, histogram in sorted(histograms.items()):
        below = 0
        for bound, count in zip((*histogram.bounds, float("inf")), histogram.counts, strict=True):
            below += count
            samples.append(("_bucket", (*labels, ("le", _number(bound))), below))
        samples += [("_sum", labels, histogram.total), ("_count", labels, below)]
    return _family(name, "histogram", words, samples)


def _family(
    name: str, kind: str, words: str, samples: Sequence[tuple[str, Labels, float]]
) -> list[str]:
    full = f"munjigi_{name}"
    lines = [f"# HELP {full} {words}", f"# TYPE {full} {kind}"]
    for suffix, labels, value in samples:
        inner = ",".join(f'{key}="{text}"' for key, text in labels)
        lines.append(
            f"{full}{suffix}{{{inner}}} {_number(value)}"
            if inner
            else f"{full}{suffix} {_number(value)}"
        )
    return lines


def _number(value: float) -> str:
    return "+Inf" if value == float("inf") else f"{value:.10g}"
