"""The look of the face in single frames: paper, ink and screens, as a small network sees them."""

from __future__ import annotations

import numpy as np

from kiosk.core.decisions import Reason
from kiosk.vision.liveness.appearance_network import AppearanceNetwork
from kiosk.vision.liveness.liveness_check import RecentLooks, TrackFrame

INTERVAL_S = 0.2
"""Time between two looks, so that a visit costs a few calls of the network."""

MIN_LOOKS = 3
"""Fewest looks whose mean counts."""

MIN_LOOKS_REFUSED = 5
"""Fewest looks that may refuse."""


class AppearanceCheck:
    """Judges the mean score of the recent faces of a recognised person.

    Below the network's threshold the person is asked to turn the head. ``refuses``: they are
    refused as well. It can never replace another check.
    """

    def __init__(self, network: AppearanceNetwork, *, refuses: bool) -> None:
        self._network = network
        self._refuses = refuses
        self._looks: RecentLooks[float] = RecentLooks(INTERVAL_S)

    def reset(self, *, new_face: bool) -> None:
        """Forget all looks."""
        self._looks.clear()

    def observe(self, seen: TrackFrame, person: int | None, now: float) -> None:
        """Look at the face of a recognised person."""
        if person is not None and self._looks.due(now):
            self._looks.add(self._network.score(seen.image, seen.face.landmarks), now)

    def refusal(self, now: float) -> Reason | None:
        """Return ``SCREEN_OR_PRINT`` for the look of an attack, where that refuses."""
        if not self._refuses:
            return None
        return Reason.SCREEN_OR_PRINT if self._genuine(now, MIN_LOOKS_REFUSED) is False else None

    def ready(self, person: int, now: float) -> bool:
        """Return whether there were enough looks and they are those of a person."""
        return self._genuine(now, MIN_LOOKS) is True

    def _genuine(self, now: float, least: int) -> bool | None:
        """Return whether the face looks like a person; ``None`` while there are too few looks."""
        scores = [score for _, score in self._looks.recent(now)]
        if len(scores) < least:
            return None
        return bool(np.mean(scores) >= self._network.threshold)
