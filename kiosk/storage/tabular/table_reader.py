"""Read tables of other programs as rows of text: CSV, and the first sheet of a workbook.

Formulas are not evaluated: a cell with a formula is the text of the formula.
"""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

from kiosk.core.errors import StorageError
from kiosk.storage.tabular.export_reader import MAIN, column_number, inline_text

MAX_FILE = 32_000_000
"""Maximum size of a file in bytes; 50,000 people are about 4 MB."""

MAX_UNPACKED = 400_000_000
"""Maximum size of the unpacked parts of a workbook in bytes."""

MAX_ROWS = 100_000
"""Maximum number of rows."""

MAX_CELLS = 64
"""Maximum number of cells in a row."""

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ElementTree.ParseError,
    KeyError,
    ValueError,
    IndexError,
    NotImplementedError,
    RuntimeError,
    EOFError,
)
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as (number in the file, cells).

    ``epoch``: the date from which numbers in date columns count; ``None`` if they are not dates.
    """

    rows: tuple[tuple[int, tuple[str, ...]], ...]
    epoch: date | None = None


def read_table(path: Path) -> Table:
    """Return the rows of a .csv or .xlsx file that are not empty.

    Raise ``StorageError`` if it is not such a file, or too large.
    """
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
        table = reader(path)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be read ({error.strerror or error}); check the path.",
            key="import.file.unreadable",
            file=str(path),
        ) from None
    return replace(
        table,
        rows=tuple(
            (number, cells) for number, cells in table.rows if any(cell.strip() for cell in cells)
        ),
    )


def _too_large(path: Path) -> StorageError:
    return StorageError(
        f"{path.name} is larger than a table of people can be;"
        " take only the columns that are needed.",
        key="import.file.large",
        file=path.name,
    )


def _csv(path: Path) -> Table:
    text = _decoded(path)
    head = text[: text.find("\n")] if "\n" in text else text
    separator = max(_SEPARATORS, key=head.count)
    rows: list[tuple[int, tuple[str, ...]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            _check_size(path, number, len(cells))
            rows.append((number, tuple(cells)))
    except csv.Error as error:
        raise StorageError(
            f"{path.name}, row {len(rows) + 1} is not a valid row of a CSV file ({error});"
            " save the table again.",
            key="import.file.row",
            file=path.name,
            row=len(rows) + 1,
        ) from None
    return Table(tuple(rows))


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


def _check_size(path: Path, rows: int, cells: int) -> None:
    if rows > MAX_ROWS or cells > MAX_CELLS:
        raise _too_large(path)


def _xlsx(path: Path) -> Table:
    try:
        with zipfile.ZipFile(path) as book:
            if sum(part.file_size for part in book.infolist()) > MAX_UNPACKED:
                raise _too_large(path)
            return Table(tuple(_rows(path, book, _first_sheet(book), _shared(book))), _epoch(book))
    except _BROKEN as error:
        raise StorageError(
            f"{path.name} is not a workbook that can be read ({error}); save it again as .xlsx.",
            key="import.file.workbook",
            file=path.name,
        ) from None


def _first_sheet(book: zipfile.ZipFile) -> str:
    """Return the name of the part with the first sheet of the workbook."""
    sheet = next(ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{MAIN}sheet"), None)
    if sheet is None:
        raise ValueError("it has no sheet")
    for relation in ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels")):
        if relation.get("Id") == sheet.get(_RELATION):
            target = relation.get("Target", "")
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise ValueError("its first sheet is missing")


def _epoch(book: zipfile.ZipFile) -> date:
    """Return the date from which the workbook counts days.

    The end of 1899 (as if 1900 had been a leap year) or, from an old Macintosh, 1904.
    """
    properties = next(
        ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{MAIN}workbookPr"), None
    )
    return (
        date(1904, 1, 1)
        if properties is not None and properties.get("date1904") in ("1", "true")
        else date(1899, 12, 30)
    )


def _shared(book: zipfile.ZipFile) -> list[str]:
    """Return the shared strings, without the phonetic readings of Chinese characters."""
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    texts = []
    with book.open("xl/sharedStrings.xml") as part:
        for _, element in ElementTree.iterparse(part):
            if element.tag == f"{MAIN}si":
                for phonetic in element.findall(f"{MAIN}rPh"):
                    element.remove(phonetic)
                texts.append(inline_text(element))
                element.clear()
    return texts


def _rows(
    path: Path, book: zipfile.ZipFile, part: str, shared: list[str]
) -> Iterator[tuple[int, tuple[str, ...]]]:
    last = 0
    with book.open(part) as sheet:
        for _, element in ElementTree.iterparse(sheet):
            if element.tag != f"{MAIN}row":
                continue
            last = int(element.get("r") or last + 1)
            cells = {
                _column_of(cell, n): _text(cell, shared)
                for n, cell in enumerate(element.findall(f"{MAIN}c"))
            }
            cells = {column: text for column, text in cells.items() if text}
            _check_size(path, last, max(cells, default=-1) + 1)
            yield last, tuple(cells.get(n, "") for n in range(max(cells, default=-1) + 1))
            element.clear()


def _column_of(cell: ElementTree.Element, default: int) -> int:
    reference = cell.get("r")
    return column_number(reference) if reference else default


def _text(cell: ElementTree.Element, shared: list[str]) -> str:
    formula = cell.find(f"{MAIN}f")
    if formula is not None:
        return f"={formula.text or ''}"
    if cell.get("t") == "inlineStr":
        return inline_text(cell)
    found = cell.find(f"{MAIN}v")
    value = found.text or "" if found is not None else ""
    if cell.get("t") == "s":
        return shared[int(value)]
    return value if cell.get("t") in ("str", "b", "e") else _whole(value)


def _whole(value: str) -> str:
    """Return "20261234" for 20261234.0 and 2.0261234E7, as a spreadsheet shows it."""
    try:
        number = float(value)
    except ValueError:
        return value
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else value
