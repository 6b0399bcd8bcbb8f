"""How much one round of the loop does at most, and how long it waits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RoundLimits:
    """``facts``, ``changes``, ``events``, ``keys``: rows that one step takes at most.

    ``wait_s``: how long the centre is listened to before this node's own changes are looked for.
    ``beat_s``: how often a beat is written and those of others are read.
    ``mark_s``: how often what is used of the lease is kept.
    """

    facts: int = 500
    changes: int = 50
    events: int = 500
    keys: int = 500
    wait_s: float = 0.5
    beat_s: float = 20.0
    mark_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds until the next try after a failure: doubled from ``first`` to ``longest``.

    ``jitter``: by which share a pause is shortened at random, so that a hundred doors do not come
    back in the same second. ``broken``: after what only a person can mend.
    """

    first: float = 1.0
    longest: float = 60.0
    jitter: float = 0.5
    broken: float = 60.0

    def after(self, failures: int, chance: float) -> float:
        """Return the pause after ``failures`` (1 for the first). ``chance``: 0..1."""
        whole = min(self.longest, self.first * 2.0 ** min(failures - 1, 30))
        return whole * (1 - self.jitter * chance)


USUAL_LIMITS = RoundLimits()
DOOR_LIMITS = RoundLimits(facts=50)
"""Of a running door, whose decisions wait for each transaction (2 s for 500 people)."""
USUAL_PAUSES = Pauses()
