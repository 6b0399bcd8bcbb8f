"""Open eyes: somebody asleep, and a photograph of shut eyes, cannot turn the head as asked."""

from __future__ import annotations

from collections import deque

from kiosk.core.decisions import Reason
from kiosk.vision.liveness.eye_openness import EyeNetwork
from kiosk.vision.liveness.liveness_check import TrackFrame

OPEN = 0.5
"""Openness from which on the eyes count as open."""

OPEN_SHARE = 0.5
"""Share of the recent frames that must show open eyes: a blink takes a fifth of a second."""

WINDOW_S = 1.5
"""Time over which that share is taken."""

MIN_FRAMES = 3
"""Fewest frames from which it is taken."""


class EyesOpenCheck:
    """Wants open eyes in most frames that speak for the person. It never refuses by itself.

    Narrow eyes, dark glasses and hair may look shut: such people are asked to turn the head.
    """

    def __init__(self, network: EyeNetwork) -> None:
        self._network = network
        self._recent: deque[tuple[float, bool]] = deque(maxlen=120)

    def reset(self, *, new_face: bool) -> None:
        """Forget all frames."""
        self._recent.clear()

    def observe(self, seen: TrackFrame, person: int | None, now: float) -> None:
        """Look at the eyes of a frame in which somebody was recognised."""
        if person is not None:
            openness = self._network.openness(seen.image, seen.face.landmarks)
            self._recent.append((now, openness >= OPEN))

    def refusal(self, now: float) -> Reason | None:
        """Return ``None``: the eyes may only look shut."""
        return None

    def ready(self, person: int, now: float) -> bool:
        """Return whether the eyes were open in enough of the recent frames."""
        late = [is_open for at, is_open in self._recent if now - at <= WINDOW_S]
        return len(late) >= MIN_FRAMES and sum(late) >= OPEN_SHARE * len(late)
