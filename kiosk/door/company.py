"""Whether somebody else stands close behind the person at the door. One thread only.

Nobody is refused for it: people come together. But a member who was followed, or made to come,
should be able to find it in the log afterwards.
"""

from __future__ import annotations

from collections import deque

from kiosk.core.frames import Observation

NEAR_SHARE = 0.4
"""Least width of another face, as a share of the person's: about two and a half times as far away.
From 0.6 on (``face_quality.COMPANION_SHARE``) nobody is compared at all."""

WINDOW_S = 1.5
"""Time before the decision in which another face counts."""

MIN_FRAMES = 3
"""Fewest frames of that time that must show one."""

MIN_FRAMES_SHARE = 0.3
"""Least share of them: a face half hidden behind a head is not found in every frame."""


class Company:
    """Remembers for a moment which frames showed a second face close behind the first one."""

    def __init__(self) -> None:
        self._frames: deque[tuple[float, bool]] = deque(maxlen=120)

    def begin(self) -> None:
        """Forget the last visit."""
        self._frames.clear()

    def observe(self, seen: Observation, now: float) -> None:
        """Take one frame of the visit into account."""
        main = seen.main
        near = main is not None and any(
            face is not main and face.width >= NEAR_SHARE * main.width for face in seen.faces
        )
        self._frames.append((now, near))

    def near(self, now: float) -> bool:
        """Return whether somebody has just stood close behind the person."""
        late = [near for at, near in self._frames if now - at <= WINDOW_S]
        return sum(late) >= MIN_FRAMES and sum(late) >= MIN_FRAMES_SHARE * len(late)
