"""Cards and badges of a person, as staff see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from kiosk.core.card_code import card_code

SHOWN = 4
"""Characters of a card's code that are shown at the end."""


class CardKind(StrEnum):
    """What a person holds to the reader or to the camera."""

    BADGE = "badge"
    """A QR code that this kiosk signed."""
    CARD = "card"
    """A card or bar code that the person brought."""


@dataclass(frozen=True, slots=True)
class PersonCard:
    """One card or badge. ``valid_until``: last day of a badge; ``None`` if it is not known."""

    id: int
    kind: CardKind
    added_at: datetime
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ShownBadge:
    """A new badge, which can be shown and printed only now: its text is not stored.

    ``code``: (n, n) modules with the quiet zone, ``True`` is dark. ``until``: its last day.
    """

    person_id: int
    name: str
    number: str
    until: date
    code: NDArray[np.bool_]


def masked_card(code: str) -> str:
    """Return a card's code with all but its end hidden: ``••••••C3D4``; at least half is hidden."""
    plain = card_code(code)
    shown = min(SHOWN, len(plain) // 2)
    return "•" * (len(plain) - shown) + plain[len(plain) - shown :]
