"""Hide most characters of names and student numbers."""

from __future__ import annotations


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
