"""Errors and attempts counted by person, and their rates with intervals over people."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from kiosk.learning.evaluation.bootstrap_intervals import Interval, share_interval
from kiosk.learning.evaluation.evaluator import Settings


@dataclass(slots=True)
class ErrorCounts:
    """(errors, attempts) of each person, by name."""

    by_person: dict[str, tuple[int, int]] = field(
        default_factory=lambda: defaultdict(lambda: (0, 0))
    )

    def add(self, name: str, errors: int, attempts: int) -> None:
        """Add attempts of the person ``name``."""
        before = self.by_person[name]
        self.by_person[name] = before[0] + errors, before[1] + attempts

    @property
    def people(self) -> int:
        """People who made an attempt."""
        return len(self.by_person)

    @property
    def errors(self) -> int:
        """Errors of all people."""
        return sum(errors for errors, _ in self.by_person.values())

    @property
    def attempts(self) -> int:
        """Attempts of all people."""
        return sum(attempts for _, attempts in self.by_person.values())

    def rate(self, settings: Settings) -> tuple[float | None, Interval | None]:
        """Return the error rate with its 95 % interval over people; ``None`` without attempts.

        Without errors, the upper end is by the rule of three over people.
        """
        if not self.attempts:
            return None, None
        if not self.errors:
            return 0.0, (0.0, min(1.0, 3 / self.people))
        return self.errors / self.attempts, share_interval(
            self.by_person, seed=settings.seed, resamples=settings.resamples
        )

    def columns(self, name: str, settings: Settings) -> dict[str, Any]:
        """Return the rate and its interval as ``name``, ``name_low`` and ``name_high``."""
        rate, interval = self.rate(settings)
        return {
            name: rate,
            f"{name}_low": interval[0] if interval else None,
            f"{name}_high": interval[1] if interval else None,
        }
