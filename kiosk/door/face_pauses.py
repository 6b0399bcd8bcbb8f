"""How often somebody's face may fail to be shown live before it opens nothing for a while.

Photographs of a member that are held up make that face wait, and nobody else. One thread only.
"""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.decisions import Reason

NOT_LIVE = frozenset(
    {
        Reason.FLAT_PICTURE,
        Reason.SCREEN_OR_PRINT,
        Reason.PLACE_HIDDEN,
        Reason.FROZEN_PICTURE,
        Reason.IDENTITY_CHANGED,
        Reason.NOT_SHOWN_LIVE,
        Reason.CHALLENGE_FAILED,
        Reason.TRACK_LOST,
    }
)
"""Rejects of a recognised face that was not shown to be a live person's."""

FIRST_S = 30.0
"""The first pause; each further one takes twice as long."""

LONGEST_S = 900.0
"""The longest pause."""


@dataclass(frozen=True, slots=True)
class _Count:
    failures: int = 0
    pauses: int = 0
    until: float = float("-inf")
    failed_at: float = float("-inf")


class FacePauses:
    """Counts by person id since their last accept.

    ``free``: failures before each pause. ``forget_s``: quiet seconds, after the latest failure and
    its pause, until they are forgotten: members who pass by without coming in fail now and then.
    """

    def __init__(self, free: int, forget_s: float) -> None:
        self._free = free
        self._forget_s = forget_s
        self._counts: dict[int, _Count] = {}

    def paused(self, person_id: int | None, now: float) -> bool:
        """Return whether the face of ``person_id`` opens nothing at ``now``."""
        return person_id in self._counts and now < self._counts[person_id].until

    def remaining(self, person_id: int | None, now: float) -> float:
        """Seconds until the face of ``person_id`` opens something again; 0 without a pause."""
        if person_id is None or not self.paused(person_id, now):
            return 0.0
        return self._counts[person_id].until - now

    def decided(self, person_id: int, reason: Reason, now: float) -> None:
        """Count a reject of ``person_id`` for ``reason``, if it is one of ``NOT_LIVE``."""
        if reason not in NOT_LIVE:
            return
        count = self._counts.get(person_id, _Count())
        if now - max(count.failed_at, count.until) >= self._forget_s:
            count = _Count()
        failures, pauses, until = count.failures + 1, count.pauses, count.until
        if failures >= self._free:
            failures, pauses = 0, pauses + 1
            doublings = min(count.pauses, 10)  # far beyond the longest, and never beyond a float
            until = now + min(LONGEST_S, FIRST_S * 2**doublings)
        self._counts[person_id] = _Count(failures, pauses, until, now)

    def accepted(self, person_id: int) -> None:
        """Forget the failures of ``person_id``, who was let in."""
        self._counts.pop(person_id, None)

    def take_over(self, before: FacePauses) -> None:
        """Go on with what ``before`` has counted."""
        self._counts = dict(before._counts)
