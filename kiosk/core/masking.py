"""Hide most characters of names and student numbers."""

from __future__ import annotations

HASHED = "#"
"""Begins a typed number that belongs to nobody and is stored as a keyed hash."""

_SHOWN = 6
"""Digits of such a hash that are shown, to tell one number from another."""


def masked(name: str) -> str:
    """Return a masked name: 홍길동 → 홍*동, 이산 → 이*, Ada Lovelace → A** L*******."""
    words = name.split()
    if len(words) == 1 and not name.isascii():
        return _masked_short(words[0])
    return " ".join(word[0] + "*" * (len(word) - 1) for word in words)


def _masked_short(word: str) -> str:
    if len(word) <= 1:
        return word
    if len(word) == 2:
        return word[0] + "*"
    return word[0] + "*" * (len(word) - 2) + word[-1]


def masked_number(number: str) -> str:
    """Return a student number with all but its last three characters hidden."""
    return "•" * max(0, len(number) - 3) + number[-3:]


def masked_typed(stored: str) -> str:
    """Return what is shown of a typed number that belongs to nobody, as stored: •••#1a2b3c.

    Of one that an older program stored in clear, which may be a PIN, nothing is shown.
    """
    hidden = "•" * (3 if stored.startswith(HASHED) else len(stored))
    return hidden + stored[: len(HASHED) + _SHOWN] if stored.startswith(HASHED) else hidden
