"""One identity along the track: the same person at its start, in its middle and at its end."""

from __future__ import annotations

from itertools import pairwise

from kiosk.core.decisions import Reason
from kiosk.vision.liveness.liveness_check import TrackFrame

MAX_GAP_S = 1.0
"""Longest time on a track without a frame in which the person is recognised."""

MIN_GAP_S = 0.2
"""A gap of up to this length is allowed on a short track too."""

MIN_VOTES = 3
"""Fewest frames in which the person must be recognised."""


class TrackIdentityCheck:
    """Records when the frames of the track speak for one person. It never refuses."""

    def __init__(self) -> None:
        self._person: int | None = None
        self._votes: list[float] = []

    def reset(self, *, new_face: bool) -> None:
        """Forget the person and all votes."""
        self._person = None
        self._votes.clear()

    def observe(self, seen: TrackFrame, person: int | None, now: float) -> None:
        """Count the frame where its face was compared."""
        if seen.embedding is not None:
            self.add(person, now)

    def add(self, person: int | None, now: float) -> None:
        """Count a compared frame; another person than before clears the earlier votes."""
        if person is None:
            return
        if person != self._person:
            self._votes.clear()
        self._person = person
        self._votes.append(now)

    def refusal(self, now: float) -> Reason | None:
        """Return ``None``."""
        return None

    def ready(self, person: int, now: float) -> bool:
        """Return whether the frames speak for ``person`` from the first one up to ``now``.

        No gap may be longer than ``MAX_GAP_S`` or than half of the track.
        """
        if person != self._person or len(self._votes) < MIN_VOTES:
            return False
        times = [*self._votes, now]
        allowed = min(MAX_GAP_S, max(MIN_GAP_S, (now - times[0]) / 2))
        return all(later - earlier <= allowed for earlier, later in pairwise(times))
