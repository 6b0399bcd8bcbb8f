"""Read the first sheet that a workbook shows (ECMA-376, transitional and strict) as rows of text.

Formulas are not calculated: the text is the result that the workbook holds and shows.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import IO

from kiosk.core.errors import StorageError
from kiosk.storage.tabular.merged_cells import filled_down
from kiosk.storage.tabular.number_formats import (
    PLAIN,
    FormatKind,
    NumberFormat,
    built_in_format,
    format_of,
)
from kiosk.storage.tabular.sheet_reader import (
    BROKEN,
    SheetCell,
    SheetRow,
    attributes_of,
    cell_formats,
    column_number,
    shared_strings,
    sheet_rows,
)
from kiosk.storage.tabular.table_rows import MAX_TEXT, CellTrait, CollectedRows, Table, too_large

MAX_UNPACKED = 100_000_000
"""Maximum size of the unpacked parts of a workbook in bytes."""

_DIGITS = 15
"""How many digits of a number a spreadsheet keeps."""

_EXACT = 10**_DIGITS

_NO_CELLS = ("/chartsheet", "/dialogsheet")
"""Kinds of sheets that are a chart or a dialogue alone."""

_Attributes = dict[str, str]


def read_workbook(path: Path, content: IO[bytes]) -> Table:
    """Return the rows of the first visible sheet in ``content``, the file ``path``.

    Raise ``StorageError`` if it is damaged or has no sheet.
    """
    try:
        with zipfile.ZipFile(content) as book:
            if sum(part.file_size for part in book.infolist()) > MAX_UNPACKED:
                raise too_large(path)
            parts = _parts(book)
            cells = _CellReader(_shared(path, book, parts), _formats(book, parts))
            collected = CollectedRows(path)
            merged: list[str] = []
            with book.open(parts.sheet) as sheet:
                for number, texts in cells.rows(sheet_rows(sheet, merged)):
                    collected.add(number, texts)
            rows = filled_down(collected.rows, merged, cells.traits)
            return Table(rows, parts.epoch, "", cells.traits, frozenset(cells.hidden))
    except BROKEN as error:
        raise StorageError(
            f"{path.name} is not a workbook that can be read ({error}); save it again as .xlsx.",
            key="import.file.workbook",
            file=path.name,
        ) from None


@dataclass(frozen=True, slots=True)
class _Parts:
    """The names of a workbook's parts; "" for one that it has not.

    ``epoch``: the date from which it counts days, the end of 1899 (as if 1900 had been a leap year)
    or, from an old Macintosh, 1904.
    """

    sheet: str
    strings: str
    styles: str
    epoch: date


def _parts(book: zipfile.ZipFile) -> _Parts:
    main = _main_part(book)
    with book.open(main) as part:
        found = attributes_of(part, "sheet", "workbookPr")
    sheets = [about for name, about in found if name == "sheet"]
    shown = [about.get("id") for about in sheets if about.get("state", "visible") == "visible"]
    if not shown:
        raise ValueError("it has no sheet")
    relations = _relations(book, main)
    by_id = {each.get("Id"): each for each in relations}
    parts = [by_id[name] for name in shown if name in by_id]
    sheet = next((each for each in parts if not each.get("Type", "").endswith(_NO_CELLS)), None)
    if sheet is None:
        raise ValueError("its first sheet is missing")
    properties = next((about for name, about in found if name == "workbookPr"), {})
    in_1904 = properties.get("date1904") in ("1", "true")
    return _Parts(
        _target(main, sheet),
        _of_kind(book, main, relations, "sharedStrings"),
        _of_kind(book, main, relations, "styles"),
        date(1904, 1, 1) if in_1904 else date(1899, 12, 30),
    )


def _main_part(book: zipfile.ZipFile) -> str:
    """Return the name of the workbook's part, which most programs call ``xl/workbook.xml``."""
    if "_rels/.rels" in book.namelist():
        for relation in _relations(book, ""):
            if relation.get("Type", "").endswith("/officeDocument"):
                return _target("", relation)
    return "xl/workbook.xml"


def _relations(book: zipfile.ZipFile, part: str) -> list[_Attributes]:
    folder, name = posixpath.split(part)
    with book.open(posixpath.join(folder, "_rels", f"{name}.rels")) as relations:
        return [about for _, about in attributes_of(relations, "Relationship")]


def _target(part: str, relation: _Attributes) -> str:
    """Return the name of the part that a relation of ``part`` names."""
    target = posixpath.join("/", posixpath.dirname(part), relation.get("Target", ""))
    return posixpath.normpath(target).lstrip("/")


def _of_kind(book: zipfile.ZipFile, part: str, relations: list[_Attributes], kind: str) -> str:
    for relation in relations:
        if relation.get("Type", "").endswith(f"/{kind}"):
            return _target(part, relation)
    usual = posixpath.join(posixpath.dirname(part), f"{kind}.xml")
    return usual if usual in book.namelist() else ""


def _shared(path: Path, book: zipfile.ZipFile, parts: _Parts) -> list[str]:
    """Return the shared strings."""
    if not parts.strings:
        return []
    texts: list[str] = []
    size = 0
    with book.open(parts.strings) as part:
        for text in shared_strings(part):
            size += 1 + len(text)
            if size > MAX_TEXT:
                raise too_large(path)
            texts.append(text)
    return texts


def _formats(book: zipfile.ZipFile, parts: _Parts) -> list[NumberFormat]:
    """Return the number format of each style of a cell."""
    if not parts.styles:
        return []
    with book.open(parts.styles) as part:
        codes, numbers = cell_formats(part)
    return [
        format_of(codes[number]) if number in codes else built_in_format(number)
        for number in numbers
    ]


@dataclass(slots=True)
class _CellReader:
    """Turns cells into texts; keeps which of them are not what the workbook shows."""

    shared: list[str]
    formats: list[NumberFormat]
    traits: dict[int, dict[int, CellTrait]] = field(default_factory=dict)
    hidden: list[int] = field(default_factory=list)

    def rows(self, rows: Iterator[SheetRow]) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Yield (number, texts) of each row."""
        last = 0
        for row in rows:
            last = int(row.number or last + 1)
            cells: dict[int, str] = {}
            for place, cell in enumerate(row.cells):
                at = column_number(cell.reference) if cell.reference else place
                if text := self._text(cell, last, at):
                    cells[at] = text
            if row.hidden:
                self.hidden.append(last)
            width = max(cells, default=-1) + 1
            if width == len(cells):  # as most rows, without gaps and in order
                yield last, tuple(map(cells.__getitem__, range(width)))
            else:
                yield last, tuple(cells.get(place, "") for place in range(width))

    def _text(self, cell: SheetCell, row: int, place: int) -> str:
        kind = cell.kind
        if kind == "s":
            place = int(cell.value)
            if place < 0:
                raise ValueError("a cell names no shared text")
            return self.shared[place]
        if kind == "inlineStr":
            return cell.inline
        if kind == "str":
            return cell.value
        if not cell.value:
            if cell.formula is None:
                return ""
            self._mark(row, place, CellTrait.FORMULA)
            return f"={cell.formula}"
        if kind == "b":
            return "TRUE" if cell.value == "1" else "FALSE"
        if kind in ("d", "e"):
            self._mark(row, place, CellTrait.DATED if kind == "d" else CellTrait.FAULTY)
            return cell.value
        return self._number(cell, row, place)

    def _number(self, cell: SheetCell, row: int, place: int) -> str:
        """Return "20261234" for 20261234.0 and 2.0261234E7, as a spreadsheet shows it."""
        value = cell.value
        shape = self.formats[int(cell.style)] if cell.style and self.formats else PLAIN
        if len(value) > _DIGITS or not (value.isascii() and value.isdigit()):
            try:
                number = float(value)
            except ValueError:
                return value
            if abs(number) >= _EXACT:
                self._mark(row, place, CellTrait.LONG)
                return value
            if number.is_integer():
                value = str(int(number))
        if shape.kind is FormatKind.PLAIN:
            return value
        if shape.kind is FormatKind.DIGITS:
            return shape.shown(int(value)) if value.isdigit() else value
        self._mark(
            row,
            place,
            CellTrait.DATED if shape.kind is FormatKind.DATED else CellTrait.FORMATTED,
        )
        return value

    def _mark(self, row: int, place: int, trait: CellTrait) -> None:
        marked = self.traits.get(place)
        if marked is None:
            marked = self.traits[place] = {}
        marked[row] = trait
