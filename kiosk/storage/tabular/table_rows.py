"""What is read from a table of people: rows of text, and what a text alone does not say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from kiosk.core.errors import StorageError

MAX_FILE = 16_000_000
"""Maximum size of a file in bytes; 50,000 people are about 4 MB."""

MAX_ROWS = 100_000
"""Maximum number of rows."""

MAX_CELLS = 64
"""Maximum number of cells in a row."""

MAX_CELL = 1_000
"""Maximum number of characters in a cell."""

MAX_TEXT = 12_000_000
"""Maximum number of cells and characters together."""

Rows = tuple[tuple[int, tuple[str, ...]], ...]


class CellTrait(StrEnum):
    """Why the text of a workbook's cell is not what the workbook shows."""

    DATED = "dated"
    """A number that is shown as a date or a time."""
    FORMATTED = "formatted"
    """A number in a format that is not applied here."""
    LONG = "long"
    """A number with more digits than a workbook keeps."""
    FORMULA = "formula"
    """A formula without a stored result."""
    FAULTY = "faulty"
    """An error such as #N/A."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as (number in the file, cells).

    ``epoch``: the date from which numbers in date columns count; ``None`` if they are not dates.
    ``code_page``: how a file was decoded that does not say it, as a guess; empty if it is certain.
    ``traits``: by place of the cell from 0 and number of the row. ``hidden``: rows that the
    workbook does not show.
    """

    rows: Rows
    epoch: date | None = None
    code_page: str = ""
    traits: Mapping[int, Mapping[int, CellTrait]] = field(default_factory=dict)
    hidden: frozenset[int] = frozenset()


class CollectedRows:
    """The rows so far, as long as they are those of a table of people."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = 0
        self._rows: list[tuple[int, tuple[str, ...]]] = []

    def add(self, number: int, cells: Sequence[str]) -> None:
        """Add a row unless it is empty; raise ``StorageError`` if it is too large."""
        lengths = list(map(len, cells))
        self._size += len(lengths) + sum(lengths)
        if not 0 < number <= MAX_ROWS or len(cells) > MAX_CELLS or self._size > MAX_TEXT:
            raise too_large(self._path)
        if lengths and max(lengths) > MAX_CELL:
            raise StorageError(
                f"{self._path.name}, row {number} has a cell of more than {MAX_CELL} characters; "
                "shorten it.",
                key="import.file.cell",
                file=self._path.name,
                row=number,
                longest=MAX_CELL,
            )
        if any(map(str.strip, cells)):
            self._rows.append((number, tuple(cells)))

    @property
    def rows(self) -> Rows:
        """All rows so far."""
        return tuple(self._rows)


def too_large(path: Path) -> StorageError:
    """Return the error of a file that is larger than any table of people."""
    return StorageError(
        f"{path.name} is larger than a table of people can be;"
        " take only the columns that are needed.",
        key="import.file.large",
        file=path.name,
    )
