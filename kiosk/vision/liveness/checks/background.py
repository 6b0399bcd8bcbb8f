"""The place beside the head: it must be the one that the kiosk knows."""

from __future__ import annotations

import numpy as np

from kiosk.core.config import LivenessConfig
from kiosk.core.decisions import Reason
from kiosk.vision.liveness.background_model import BackgroundModel, HeadSurround
from kiosk.vision.liveness.liveness_check import RecentLooks, TrackFrame

MIN_LOOKS = 3
"""Fewest looks from which the surroundings are judged."""

MAX_SIDE_SHARE = 0.35
"""Largest share of the left, upper or right part beside the head that may differ."""


class BackgroundCheck:
    """Compares what is beside the head with the known empty view. It never refuses by itself."""

    def __init__(self, background: BackgroundModel, config: LivenessConfig) -> None:
        self._background = background
        self._config = config
        self._looks: RecentLooks[HeadSurround | None] = RecentLooks()

    def reset(self, *, new_face: bool) -> None:
        """Forget all looks."""
        self._looks.clear()

    def observe(self, seen: TrackFrame, person: int | None, now: float) -> None:
        """Look beside the head."""
        if self._looks.due(now):
            self._looks.add(self._background.beside(seen.image, seen.face), now)

    def refusal(self, now: float) -> Reason | None:
        """Return ``None``: the place may be unknown or the light may have changed."""
        return None

    def ready(self, person: int, now: float) -> bool:
        """Return whether the place beside the head is the known one."""
        surround = self._surround(now)
        return (
            surround is not None
            and surround.foreign <= self._config.max_background_change
            and max(surround.sides) <= MAX_SIDE_SHARE
        )

    def is_other_place(self, now: float) -> bool:
        """Return whether the place can be compared and the one beside the head clearly differs."""
        surround = self._surround(now)
        return surround is not None and surround.foreign > self._config.max_background_change_turned

    def is_hidden(self, now: float) -> bool:
        """Return whether a place was learned and too little of it is seen to compare it.

        The more of the view a screen covers, the less speaks against it otherwise.
        """
        return self._background.ready and self._surround(now) is None

    def _surround(self, now: float) -> HeadSurround | None:
        """Return the medians of the recent looks; ``None`` if too few or the place is unknown."""
        looks = self._looks.recent(now)
        known = [look for _, look in looks if look is not None]
        if len(known) < MIN_LOOKS or 2 * len(known) < len(looks):
            return None
        known_share = float(np.median([look.known for look in known]))
        if known_share < self._config.min_scene_match:
            return None
        left, top, right = (
            float(side) for side in np.median([look.sides for look in known], axis=0)
        )
        foreign = float(np.median([look.foreign for look in known]))
        return HeadSurround(foreign, (left, top, right), known_share)
