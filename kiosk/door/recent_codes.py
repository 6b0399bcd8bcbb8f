"""Remembers the codes that are still held to the camera. One thread only, the door's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

AGAIN_S = 6.0
"""Seconds after it was last seen for which the same code is ignored: it is still held up."""

HELD_S = 30.0
"""Seconds for which a code in view keeps others from counting: nobody holds one up for longer, and
a badge that was left before the camera must not keep everybody else's out."""


class RecentCodes:
    """The code that claims an identity, and those that were refused or name nobody."""

    def __init__(self) -> None:
        self._taken = ""
        self._taken_since = self._taken_at = float("-inf")
        self._ignored: dict[str, float] = {}

    def still_held(self, texts: Iterable[str], now: float) -> bool:
        """Return whether the code taken last is among ``texts``, and has not been away for long.

        After ``HELD_S`` it is ignored, and others count again.
        """
        if self._taken not in texts or now - self._taken_at >= AGAIN_S:
            return False
        if now - self._taken_since >= HELD_S:
            self.ignore([self._taken], now)
            self._taken = ""
            return False
        self._taken_at = now
        return True

    def new(self, texts: Sequence[str], now: float) -> list[str]:
        """Return those of ``texts`` that have not been ignored lately."""
        self._ignored = {text: at for text, at in self._ignored.items() if now - at < AGAIN_S}
        fresh = [text for text in texts if text not in self._ignored]
        self._ignored |= {text: now for text in texts if text in self._ignored}
        return fresh

    def take(self, text: str, now: float) -> None:
        """Note that ``text`` claims an identity; the one before may do so again."""
        self._taken = text
        self._taken_since = self._taken_at = now

    def ignore(self, texts: Iterable[str], now: float) -> None:
        """Note that ``texts`` were refused, or name nobody."""
        self._ignored |= dict.fromkeys(texts, now)
