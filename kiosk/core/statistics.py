"""What the Statistics page shows: counts of entries and rejects by time, reasons, and how well camera and networks do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

Pair = tuple[int, int]
"""How many were let in, and how many were not."""

NOBODY: Pair = (0, 0)


@dataclass(frozen=True, slots=True)
class EntryCounts:
    """Counts of the days ``since`` to ``until``. ``hours``: the 24 of all those days together; ``days``: each one that had any;
    ``reasons``: of rejects, the most frequent first; ``faults``: what happened that should not, by the action's event."""

    since: date
    until: date
    hours: tuple[Pair, ...] = (NOBODY,) * 24
    days: tuple[tuple[date, Pair], ...] = ()
    reasons: tuple[tuple[str, int], ...] = ()
    faults: tuple[tuple[str, int], ...] = ()

    @property
    def total(self) -> Pair:
        """All of them together."""
        return sum(pair[0] for pair in self.hours), sum(pair[1] for pair in self.hours)

    @property
    def weekdays(self) -> tuple[Pair, ...]:
        """The seven, Monday first."""
        counts = [[0, 0] for _ in range(7)]
        for day, pair in self.days:
            for n in range(2):
                counts[day.weekday()][n] += pair[n]
        return tuple((accepted, rejected) for accepted, rejected in counts)

    def every_day(self, most: int) -> tuple[tuple[date, Pair], ...]:
        """Each of the last ``most`` days, those without anybody too."""
        known = dict(self.days)
        first = max(
            self.since,
            self.until - timedelta(days=most - 1),
            min((day for day, _ in self.days), default=self.until),
        )
        return tuple(
            (day, known.get(day, NOBODY))
            for day in (first + timedelta(days=n) for n in range((self.until - first).days + 1))
        )


@dataclass(frozen=True, slots=True)
class StageTiming:
    """A part of the work on one frame, since the start: how often, seconds on average, and what 95 of 100 took no longer than."""

    name: str
    count: int
    mean_s: float
    most_s: float


@dataclass(frozen=True, slots=True)
class RuntimeStats:
    """Camera and networks at this moment. ``dropped``: values dropped since the start, by queue; ``lost``: how often, since the start,
    the camera was lost and the door out of service; ``restarts``: parts that stood still and were started anew in the last minute."""

    camera: str = ""
    camera_ok: bool = True
    frames_per_s: float = 0.0
    latency_ms: float = 0.0
    stages: tuple[StageTiming, ...] = ()
    dropped: dict[str, int] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    restarts: int = 0
    lock_ok: bool = True
