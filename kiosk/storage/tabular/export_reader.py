"""Read exports back as rows of text, with constant memory: CSV, JSON Lines, our workbooks.

Anybody may have changed the file since, so that lines and rows have a greatest size.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kiosk.core.errors import StorageError
from kiosk.core.parsed_json import parse_json
from kiosk.storage.db.sqlite_errors import files_explained
from kiosk.storage.tabular.sheet_reader import BROKEN, SheetCell, column_number, sheet_rows

MAX_LINE = 1_000_000
"""Maximum number of characters in a line."""

MAX_LINES = 1_000
"""Maximum number of lines in a row of a CSV file, whose cells may hold line ends."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """A row with the names of its columns; empty cells are empty strings."""

    columns: list[str]
    cells: list[str]


def read_rows(path: Path, kind: str) -> Iterator[TextRow]:
    """Yield the rows of ``path``, an export of ``kind`` ("csv", "jsonl", "xlsx").

    Raise ``StorageError``, naming the row, if one cannot be parsed.
    """
    reader = {"csv": _csv, "jsonl": _json_lines, "xlsx": _xlsx}.get(kind)
    if reader is None:
        raise StorageError(f"{path.name} is of the unknown kind {kind}; update this program.")
    number = 0
    with files_explained(path, "read"):
        try:
            for row in reader(path):
                yield row
                number += 1
        except (*BROKEN, csv.Error) as error:
            where = f" from row {number + 1} on" if number or kind != "xlsx" else ""
            raise StorageError(
                f"{path.name} cannot be read as {kind}{where} ({error});"
                " take the file as it was exported."
            ) from None


class _Lines:
    """The lines of a file, refused beyond ``MAX_LINE`` and beyond ``MAX_LINES`` in one row."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._in_row = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(MAX_LINE + 1):
            self._in_row += 1
            if len(line) > MAX_LINE or self._in_row > MAX_LINES:
                raise ValueError("a row is longer than any that is exported")
            yield line

    def begin_row(self) -> None:
        self._in_row = 0


def _csv(path: Path) -> Iterator[TextRow]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = _Lines(file)
        rows = csv.reader(iter(lines), strict=True)
        columns = next(rows, [])
        lines.begin_row()
        for row in rows:
            yield TextRow(columns, _same_length(row, columns))
            lines.begin_row()


def _json_lines(path: Path) -> Iterator[TextRow]:
    with path.open(encoding="utf-8") as file:
        lines = _Lines(file)
        for line in lines:
            lines.begin_row()
            row = parse_json(line)
            if not isinstance(row, dict):
                raise ValueError("a line is not an object")
            yield TextRow(list(row), [_shown(value) for value in row.values()])


def _shown(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else repr(value)


def _same_length(row: list[str], columns: list[str]) -> list[str]:
    if len(row) != len(columns):
        raise ValueError(f"a row has {len(row)} cells where there are {len(columns)} columns")
    return row


def _xlsx(path: Path) -> Iterator[TextRow]:
    with zipfile.ZipFile(path) as book:
        names = sorted(
            (name for name in book.namelist() if name.startswith("xl/worksheets/sheet")),
            key=lambda name: (len(name), name),
        )
        for name in names:
            with book.open(name) as sheet:
                yield from _sheet(sheet)


def _sheet(sheet: IO[bytes]) -> Iterator[TextRow]:
    columns: list[str] = []
    for row in sheet_rows(sheet):
        found = {column_number(cell.reference): _value(cell) for cell in row.cells}
        if columns:
            yield TextRow(
                columns,
                [found.get(number, "") for number in range(max([*found, len(columns) - 1]) + 1)],
            )
        else:
            columns = [found[number] for number in sorted(found)]


def _value(cell: SheetCell) -> str:
    return cell.inline if cell.kind == "inlineStr" else cell.value
