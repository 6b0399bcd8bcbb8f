"""Which pictures of a camera are worth decoding, and which worth showing, while nobody is there. No clock, no threads."""

from __future__ import annotations

REST_S = 0.045
"""At rest one picture in so long is decoded at least: fifteen a second of a camera that gives thirty, and all of one that gives fifteen."""
SHOWN_S = 0.12
"""At rest no picture is shown sooner than this after the one before."""


class IdleFrameThrottle:
    """Told of each picture when it has come, by seconds of one steady clock."""

    def __init__(self) -> None:
        self._came = float("-inf")
        self._gap = float("inf")
        self._decoded = self._shown = float("-inf")

    def decodes_next(self) -> bool:
        """Whether the next picture is to be decoded, as far as the camera's rate so far says when it comes."""
        return self._gap > REST_S or self._came + self._gap - self._decoded >= REST_S

    def came(self, now: float, decoded: bool) -> None:
        """A picture came."""
        self._gap = now - self._came
        self._came = now
        if decoded:
            self._decoded = now

    def missed(self) -> None:
        """None came, or it was damaged: the next is looked at."""
        self._gap = float("inf")

    def shows(self, now: float) -> bool:
        """Whether the picture decoded at ``now`` is to be shown; it counts as shown then."""
        if now - self._shown < SHOWN_S:
            return False
        self._shown = now
        return True
