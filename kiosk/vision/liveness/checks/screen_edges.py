"""The border of a print or screen: straight new edges on both sides of the head and above it."""

from __future__ import annotations

from kiosk.core.decisions import Reason
from kiosk.vision.liveness.background_model import BackgroundModel
from kiosk.vision.liveness.liveness_check import RecentLooks, TrackFrame
from kiosk.vision.liveness.straight_edges import edge_support

MIN_SUPPORT = 0.9
"""How completely edges must frame the face to count as a border."""

REFUSED_SHARE = 0.7
"""Share of the recent looks with a border from which on the face is refused."""

CLEAR_SHARE = 0.35
"""Largest share with a border that passes without a challenge; between the two it is undecided."""

MIN_LOOKS = 3
"""Fewest looks from which the share is taken."""

MIN_SPAN_S = 0.5
"""Shortest time between the first and the last of these looks."""


class ScreenEdgesCheck:
    """Refuses a face that a border frames. Without a known empty view nothing is found."""

    def __init__(self, background: BackgroundModel) -> None:
        self._background = background
        self._looks: RecentLooks[float] = RecentLooks()

    def reset(self, *, new_face: bool) -> None:
        """Forget all looks."""
        self._looks.clear()

    def observe(self, seen: TrackFrame, person: int | None, now: float) -> None:
        """Look for a border around the face."""
        if self._looks.due(now):
            empty = self._background.empty_as_lit(seen.image, seen.face)
            self._looks.add(edge_support(seen.image, seen.face, empty), now)

    def refusal(self, now: float) -> Reason | None:
        """Return ``SCREEN_OR_PRINT`` where most recent looks found a border."""
        share = self._border_share(now)
        return Reason.SCREEN_OR_PRINT if share is not None and share >= REFUSED_SHARE else None

    def ready(self, person: int, now: float) -> bool:
        """Return whether there was time to see a border and few looks found one.

        Natural motion may show depth sooner than a border can be seen.
        """
        share = self._border_share(now)
        return share is not None and share <= CLEAR_SHARE

    def _border_share(self, now: float) -> float | None:
        """Return the share of recent looks that found a border; ``None`` while too few."""
        recent = self._looks.recent(now)
        if len(recent) < MIN_LOOKS or recent[-1][0] - recent[0][0] < MIN_SPAN_S:
            return None
        return sum(support >= MIN_SUPPORT for _, support in recent) / len(recent)
