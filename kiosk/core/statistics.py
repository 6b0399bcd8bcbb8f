"""What the Statistics page shows: entries and rejects by time, and the state of the kiosk."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

Pair = tuple[int, int]
"""Numbers of accepts and of rejects."""

NO_ENTRIES: Pair = (0, 0)


@dataclass(frozen=True, slots=True)
class EntryCounts:
    """Counts of the days ``since`` to ``until``, both inclusive.

    ``hours``: by hour of the day, all days together. ``days``: the days with any entry or reject.
    ``reasons``: of rejects, the most frequent first. ``incidents``: incidents by event of the
    audit log, the most frequent first.
    """

    since: date
    until: date
    hours: tuple[Pair, ...] = (NO_ENTRIES,) * 24
    days: tuple[tuple[date, Pair], ...] = ()
    reasons: tuple[tuple[str, int], ...] = ()
    incidents: tuple[tuple[str, int], ...] = ()

    @property
    def total(self) -> Pair:
        """Accepts and rejects of all days."""
        return sum(pair[0] for pair in self.hours), sum(pair[1] for pair in self.hours)

    @property
    def weekdays(self) -> tuple[Pair, ...]:
        """Counts by day of the week, Monday first."""
        counts = [[0, 0] for _ in range(7)]
        for day, pair in self.days:
            for n in range(2):
                counts[day.weekday()][n] += pair[n]
        return tuple((accepted, rejected) for accepted, rejected in counts)

    def every_day(self, limit: int) -> tuple[tuple[date, Pair], ...]:
        """Return the last ``limit`` days, including those without any entry or reject."""
        known = dict(self.days)
        first = max(
            self.since,
            self.until - timedelta(days=limit - 1),
            min((day for day, _ in self.days), default=self.until),
        )
        return tuple(
            (day, known.get(day, NO_ENTRIES))
            for day in (first + timedelta(days=n) for n in range((self.until - first).days + 1))
        )


@dataclass(frozen=True, slots=True)
class StageTiming:
    """Time of one processing stage of a frame since the start; ``p95_s``: 95th percentile."""

    name: str
    count: int
    mean_s: float
    p95_s: float


@dataclass(frozen=True, slots=True)
class RuntimeStats:
    """Camera and networks now.

    ``dropped``: values dropped since the start, by queue. ``lost``: how often since the start the
    camera was lost and the door out of service. ``restarts``: stalled parts restarted in the last
    minute. ``camera_fps``: pictures that the camera really delivers a second.
    """

    camera: str = ""
    camera_ok: bool = True
    frames_per_s: float = 0.0
    latency_ms: float = 0.0
    stages: tuple[StageTiming, ...] = ()
    dropped: dict[str, int] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    restarts: int = 0
    lock_ok: bool = True
    camera_fps: float = 0.0
