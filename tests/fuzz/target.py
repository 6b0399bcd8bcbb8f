"""What a fuzz target is: a parser that anybody's bytes reach, and its kept inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"

SECONDS = 3.0
"""Processor time that one input may take."""

MEMORY = 256_000_000
"""Bytes that one input may take, beside what the process has loaded."""


@dataclass(frozen=True, slots=True)
class FuzzTarget:
    """A parser.

    ``run(data)`` feeds it; it returns for everything that the parser accepts or refuses as
    documented, and raises anything else. ``words``: what the mutator puts into inputs.
    """

    name: str
    run: Callable[[bytes], object]
    words: tuple[bytes, ...] = ()

    def corpus(self) -> list[bytes]:
        """Return the kept inputs, in the order of their names."""
        return [file.read_bytes() for file in sorted((CORPUS / self.name).iterdir())]
