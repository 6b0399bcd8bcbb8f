"""Read tables of other programs as rows of text: CSV, and the first sheet of a workbook.

A child process with little memory and time reads them, since a workbook of 40 KB may unpack to
gigabytes. Formulas are not evaluated: a cell with a formula is the text of the formula.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kiosk.core.bounded_process import BoundedProcess
from kiosk.core.errors import StorageError
from kiosk.storage.tabular.sheet_reader import (
    BROKEN,
    SheetCell,
    attributes_of,
    column_number,
    shared_strings,
    sheet_rows,
)

MAX_FILE = 16_000_000
"""Maximum size of a file in bytes; 50,000 people are about 4 MB."""

MAX_UNPACKED = 100_000_000
"""Maximum size of the unpacked parts of a workbook in bytes."""

MAX_ROWS = 100_000
"""Maximum number of rows."""

MAX_CELLS = 64
"""Maximum number of cells in a row."""

MAX_CELL = 1_000
"""Maximum number of characters in a cell."""

MAX_TEXT = 12_000_000
"""Maximum number of cells and characters together."""

_SEPARATORS = (",", ";", "\t")

Rows = tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as (number in the file, cells).

    ``epoch``: the date from which numbers in date columns count; ``None`` if they are not dates.
    """

    rows: Rows
    epoch: date | None = None


def read_table(path: Path) -> Table:
    """Return the rows of a .csv or .xlsx file that are not empty.

    Raise ``StorageError`` if it is not such a file, or too large, and ``CostlyInputError`` if
    reading it takes more memory or time than any file may take.
    """
    document, _ = _read(path.name, str(path.absolute()))
    epoch = document["epoch"]
    return Table(
        tuple((number, tuple(cells)) for number, cells in document["rows"]),
        None if epoch is None else date.fromisoformat(epoch),
    )


def table_document(path: str) -> tuple[Any, bytes]:
    """Return the table in a file as JSON can hold it, and no bytes; for the child process."""
    table = parse_table(Path(path))
    epoch = None if table.epoch is None else table.epoch.isoformat()
    return {"rows": table.rows, "epoch": epoch}, b""


def parse_table(path: Path) -> Table:
    """Return the rows of a file as ``read_table`` does, in this process."""
    reader = {".csv": _csv, ".xlsx": _xlsx}.get(path.suffix.lower())
    if reader is None:
        raise StorageError(
            f"{path.name} must end in .csv or .xlsx; save the table as one of these.",
            key="import.file.kind",
            file=path.name,
        )
    try:
        if path.stat().st_size > MAX_FILE:
            raise _too_large(path)
        if not path.is_file():  # a pipe would never end
            raise OSError("it is no file")
        return reader(path)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be read ({error.strerror or error}); check the path.",
            key="import.file.unreadable",
            file=str(path),
        ) from None


_read = BoundedProcess(table_document)


class _Collected:
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
            raise _too_large(self._path)
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
        return tuple(self._rows)


def _too_large(path: Path) -> StorageError:
    return StorageError(
        f"{path.name} is larger than a table of people can be;"
        " take only the columns that are needed.",
        key="import.file.large",
        file=path.name,
    )


def _csv(path: Path) -> Table:
    text = _decoded(path)
    end = text.find("\n")
    separator = max(_SEPARATORS, key=lambda one: text.count(one, 0, end if end >= 0 else None))
    collected = _Collected(path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            collected.add(number, cells)
    except csv.Error as error:
        raise StorageError(
            f"{path.name}, row {number + 1} is not a valid row of a CSV file ({error});"
            " save the table again.",
            key="import.file.row",
            file=path.name,
            row=number + 1,
        ) from None
    return Table(collected.rows)


def _decoded(path: Path) -> str:
    """Decode UTF-8, with or without a byte-order mark, or the code page of Korean Windows."""
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise StorageError(
        f"{path.name} is neither UTF-8 nor CP949; save it as CSV UTF-8.",
        key="import.file.encoding",
        file=path.name,
    )


def _xlsx(path: Path) -> Table:
    try:
        with zipfile.ZipFile(path) as book:
            if sum(part.file_size for part in book.infolist()) > MAX_UNPACKED:
                raise _too_large(path)
            sheet, epoch = _first_sheet(book)
            collected = _Collected(path)
            for number, cells in _rows(book, sheet, _shared(path, book)):
                collected.add(number, cells)
            return Table(collected.rows, epoch)
    except BROKEN as error:
        raise StorageError(
            f"{path.name} is not a workbook that can be read ({error}); save it again as .xlsx.",
            key="import.file.workbook",
            file=path.name,
        ) from None


def _first_sheet(book: zipfile.ZipFile) -> tuple[str, date]:
    """Return the part with the first sheet, and the date from which the workbook counts days.

    The end of 1899 (as if 1900 had been a leap year) or, from an old Macintosh, 1904.
    """
    with book.open("xl/workbook.xml") as part:
        found = attributes_of(part, "sheet", "workbookPr")
    sheet = next((about for name, about in found if name == "sheet"), None)
    if sheet is None:
        raise ValueError("it has no sheet")
    properties = next((about for name, about in found if name == "workbookPr"), {})
    in_1904 = properties.get("date1904") in ("1", "true")
    epoch = date(1904, 1, 1) if in_1904 else date(1899, 12, 30)
    with book.open("xl/_rels/workbook.xml.rels") as part:
        for _, relation in attributes_of(part, "Relationship"):
            if relation.get("Id") == sheet.get("id"):
                target = relation.get("Target", "")
                return target.lstrip("/") if target.startswith("/") else f"xl/{target}", epoch
    raise ValueError("its first sheet is missing")


def _shared(path: Path, book: zipfile.ZipFile) -> list[str]:
    """Return the shared strings."""
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    texts: list[str] = []
    size = 0
    with book.open("xl/sharedStrings.xml") as part:
        for text in shared_strings(part):
            size += 1 + len(text)
            if size > MAX_TEXT:
                raise _too_large(path)
            texts.append(text)
    return texts


def _rows(
    book: zipfile.ZipFile, part: str, shared: list[str]
) -> Iterator[tuple[int, tuple[str, ...]]]:
    last = 0
    with book.open(part) as sheet:
        for row in sheet_rows(sheet):
            last = int(row.number or last + 1)
            cells = {
                column_number(cell.reference) if cell.reference else place: text
                for place, cell in enumerate(row.cells)
                if (text := _text(cell, shared))
            }
            width = max(cells, default=-1) + 1
            if width == len(cells):  # as most rows, without gaps and in order
                yield last, tuple(map(cells.__getitem__, range(width)))
            else:
                yield last, tuple(cells.get(place, "") for place in range(width))


def _text(cell: SheetCell, shared: list[str]) -> str:
    if cell.formula is not None:
        return f"={cell.formula}"
    if cell.kind == "inlineStr":
        return cell.inline
    if cell.kind == "s":
        place = int(cell.value)
        if place < 0:
            raise ValueError("a cell names no shared text")
        return shared[place]
    return cell.value if cell.kind in ("str", "b", "e") else _whole(cell.value)


def _whole(value: str) -> str:
    """Return "20261234" for 20261234.0 and 2.0261234E7, as a spreadsheet shows it."""
    try:
        number = float(value)
    except ValueError:
        return value
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else value
