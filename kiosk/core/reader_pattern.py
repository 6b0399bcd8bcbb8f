"""What a card reader typed in a test, and the settings with which its cards are read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from kiosk.core.card_code import card_code
from kiosk.core.config import CardsConfig

SHORTEST, SLOWEST_MS = 4, 100.0
"""Bounds of ``cards.min_length`` and ``cards.gap_ms``."""

SPARE = 1.2
"""Times by which ``cards.gap_ms`` is above what was measured."""


class ReaderVerdict(StrEnum):
    """Whether the kiosk takes what was typed for a card."""

    READ = "read"
    NOT_YET = "not_yet"
    """With the proposed settings."""
    TOO_SHORT = "too_short"
    TOO_SLOW = "too_slow"


@dataclass(frozen=True, slots=True)
class ReaderPattern:
    """One card as typed. ``gaps_ms``: before each key but the first, the end's included.

    ``ends``: names of the keys after the code (``enter``, ``tab``, ``line_feed``), empty for none.
    """

    typed: str
    gaps_ms: tuple[float, ...]
    ends: tuple[str, ...]

    @property
    def code(self) -> str:
        """The card's code, the same whatever the keyboard's state."""
        return card_code(self.typed)

    @property
    def gap_ms(self) -> float:
        """The usual time between two keys, 0 for a single key."""
        return median(self.gaps_ms) if self.gaps_ms else 0.0

    def verdict(self, cards: CardsConfig) -> ReaderVerdict:
        """Return what becomes of such a card with the settings ``cards``."""
        if len(self.typed) < SHORTEST:
            return ReaderVerdict.TOO_SHORT
        if self.gap_ms * SPARE > SLOWEST_MS:
            return ReaderVerdict.TOO_SLOW
        return ReaderVerdict.NOT_YET if proposal([self], cards) else ReaderVerdict.READ


def proposal(patterns: Sequence[ReaderPattern], cards: CardsConfig) -> Mapping[str, str]:
    """Return the settings, as typed texts by key, that must change for ``patterns`` to be read."""
    usable = [
        one for one in patterns if len(one.typed) >= SHORTEST and one.gap_ms * SPARE <= SLOWEST_MS
    ]
    if not usable:
        return {}
    changes = {}
    gap_ms = max(one.gap_ms for one in usable)
    if gap_ms > cards.gap_ms:
        changes["cards.gap_ms"] = f"{min(SLOWEST_MS, math.ceil(round(gap_ms * SPARE, 3))):g}"
    shortest = min(len(one.typed) for one in usable)
    if shortest < cards.min_length:
        changes["cards.min_length"] = str(shortest)
    if cards.needs_end and any(not one.ends for one in usable):
        changes["cards.needs_end"] = "false"
    if not cards.reader:
        changes["cards.reader"] = "true"
    return changes
