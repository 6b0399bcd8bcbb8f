"""Change inputs at random, always the same way for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

LONGEST = 20_000
"""Largest input in bytes."""

USUAL = (
    b"\0", b"\xff", b"\x7f", b"\n", b'"', b"'", b"\\", b"-", b"1e999", b"NaN", b"9" * 20,
    b"-1", b"0", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"%s", b"../", b"[" * 200, b"{" * 200,
)  # fmt: skip
"""What upsets parsers of all kinds."""


class Mutator:
    """Yields changed inputs from ``corpus`` with the words of the target among them."""

    def __init__(self, corpus: Sequence[bytes], words: Sequence[bytes], seed: int = 0) -> None:
        self._corpus = list(corpus) or [b""]
        self._words = (*USUAL, *words)
        self._draw = random.Random(seed)

    def inputs(self, count: int) -> Iterator[bytes]:
        """Yield ``count`` inputs."""
        for _ in range(count):
            yield self._changed(self._draw.choice(self._corpus))

    def _changed(self, data: bytes) -> bytes:
        changed = bytearray(data)
        for _ in range(self._draw.choice((1, 1, 2, 3, 6, 12))):
            self._draw.choice(_WAYS)(self, changed)
        return bytes(changed[:LONGEST])

    def _place(self, data: bytearray) -> int:
        return self._draw.randint(0, len(data))

    def _flip(self, data: bytearray) -> None:
        if data:
            data[self._draw.randrange(len(data))] ^= 1 << self._draw.randrange(8)

    def _replace(self, data: bytearray) -> None:
        if data:
            data[self._draw.randrange(len(data))] = self._draw.randrange(256)

    def _insert(self, data: bytearray) -> None:
        at = self._place(data)
        data[at:at] = self._draw.randbytes(self._draw.randint(1, 8))

    def _word(self, data: bytearray) -> None:
        at = self._place(data)
        word = self._draw.choice(self._words)
        end = at + (len(word) if self._draw.random() < 0.5 else 0)
        data[at:end] = word

    def _remove(self, data: bytearray) -> None:
        at = self._place(data)
        del data[at : at + self._draw.randint(1, 16)]

    def _cut(self, data: bytearray) -> None:
        del data[self._place(data) :]

    def _repeat(self, data: bytearray) -> None:
        at = self._place(data)
        part = data[at : at + self._draw.randint(1, 40)]
        data[at:at] = part * self._draw.choice((1, 2, 10, 100))

    def _join(self, data: bytearray) -> None:
        other = self._draw.choice(self._corpus)
        at = self._place(data)
        begin = self._draw.randint(0, len(other))
        data[at : at + 64] = other[begin : begin + self._draw.randint(1, 200)]

    def _number(self, data: bytearray) -> None:
        at = self._place(data)
        size = self._draw.choice((1, 2, 4, 8))
        order = self._draw.choice(("big", "little"))
        value = self._draw.choice((0, 1, 2 ** (8 * size - 1), 2 ** (8 * size) - 1))
        data[at : at + size] = value.to_bytes(size, order)  # type: ignore[arg-type]


_WAYS = (
    Mutator._flip,
    Mutator._replace,
    Mutator._insert,
    Mutator._word,
    Mutator._word,
    Mutator._remove,
    Mutator._cut,
    Mutator._repeat,
    Mutator._join,
    Mutator._number,
)
