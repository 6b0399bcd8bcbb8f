"""Read the sheets of workbooks (ECMA-376, part 1, chapter 18) row by row, in constant memory.

An own parser on expat instead of ElementTree, which keeps every element that nobody asked for: a
file of 40 KB can have a hundred million of them. Definitions of entities are refused.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, Any
from xml.parsers import expat

MAX_TEXT = 1_000_000
"""Maximum number of characters in a cell; Excel allows 32,767, each escaped by up to 7."""

MAX_CELLS = 16_384
"""Maximum number of cells in a row, as in Excel."""

MAX_TAG = 4_000_000
"""Maximum size of a tag with its attributes, in bytes."""

BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    KeyError,
    ValueError,
    IndexError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OverflowError,
)
"""What reading a damaged workbook may raise."""

MAX_MERGED = 10_000
"""Maximum number of merged cells in a sheet."""

MAX_FORMATS = 65_536
"""Maximum number of formats of cells; Excel allows 65,490."""

_MAINS = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
"""The namespaces of transitional and of strict workbooks."""

_RELATIONS = frozenset(
    f"{space} id"
    for space in (
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "http://purl.oclc.org/ooxml/officeDocument/relationships",
    )
)
_CELL, _ROW, _VALUE, _FORMULA, _T, _ITEM, _PHONETIC, _CELL_FORMATS, _FORMAT, _CODE, _MERGED = (
    frozenset(f"{main} {name}" for main in _MAINS)
    for name in ("c", "row", "v", "f", "t", "si", "rPh", "cellXfs", "xf", "numFmt", "mergeCell")
)
_TEXTS = _VALUE | _FORMULA | _T
_CHUNK = 1 << 16
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")

_Start = Callable[[str, dict[str, str]], None]
_End = Callable[[str], None]
_Text = Callable[[str], None]


@dataclass(slots=True)
class SheetCell:
    """A cell: its reference ("A7", or empty), type, value, text in it, and formula if any.

    ``style``: the place of its format among ``cell_formats``, or empty.
    """

    reference: str
    kind: str
    style: str = ""
    value: str = ""
    inline: str = ""
    formula: str | None = None


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row. ``number``: its number as the file gives it, or empty; ``hidden``: not shown."""

    number: str
    cells: list[SheetCell]
    hidden: bool = False


def sheet_rows(part: IO[bytes], merged: list[str] | None = None) -> Iterator[SheetRow]:
    """Yield the rows of a sheet; raise one of ``BROKEN`` if it is damaged.

    ``merged``: is given the references of merged cells ("A2:A4"), once all rows were yielded.
    """
    reader = _SheetReader(merged)
    for _ in _parsed(part, reader.start, reader.end, reader.text):
        yield from reader.taken()


def shared_strings(part: IO[bytes]) -> Iterator[str]:
    """Yield the shared strings, without the phonetic readings of Chinese characters."""
    reader = _StringsReader()
    for _ in _parsed(part, reader.start, reader.end, reader.text):
        yield from reader.taken()


def attributes_of(part: IO[bytes], *names: str) -> list[tuple[str, dict[str, str]]]:
    """Return (name, attributes) of all elements called ``names``; relations have the key "id"."""
    found: list[tuple[str, dict[str, str]]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if local in names:
            if len(found) >= MAX_CELLS:
                raise ValueError("it has too many parts")
            for relation in _RELATIONS & attributes.keys():
                attributes["id"] = attributes[relation]
            found.append((local, attributes))

    for _ in _parsed(part, start, lambda name: None, lambda text: None):
        pass
    return found


def cell_formats(part: IO[bytes]) -> tuple[dict[int, str], list[int]]:
    """Return a workbook's own number formats by number, and the number of each cell format's."""
    codes: dict[int, str] = {}
    numbers: list[int] = []
    in_cells = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal in_cells
        if name in _CELL_FORMATS:
            in_cells = True
        elif name in _FORMAT and in_cells:
            numbers.append(int(attributes.get("numFmtId", 0)))
        elif name in _CODE:
            codes[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        if max(len(numbers), len(codes)) > MAX_FORMATS:
            raise ValueError("it has too many formats")

    def end(name: str) -> None:
        nonlocal in_cells
        in_cells = in_cells and name not in _CELL_FORMATS

    for _ in _parsed(part, start, end, lambda text: None):
        pass
    return codes, numbers


def column_number(reference: str) -> int:
    """Return the column of a reference: 0 for "A7", 26 for "AA1"."""
    return _column(reference.rstrip("0123456789"))


@lru_cache(maxsize=1024)
def _column(letters: str) -> int:
    if not 1 <= len(letters) <= 3 or not (letters.isascii() and letters.isupper()):
        raise ValueError("a cell is in no column")
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _parsed(part: IO[bytes], start: _Start, end: _End, text: _Text) -> Iterator[None]:
    """Parse ``part`` and yield after each piece of it."""
    parser: Any = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.buffer_text = True
    fed = 0
    while piece := part.read(_CHUNK):
        parser.Parse(piece, False)
        fed += len(piece)
        if fed - parser.CurrentByteIndex > MAX_TAG:
            raise ValueError("it has a tag without an end")
        yield
    parser.Parse(b"", True)
    yield


def _refuse_doctype(*_: object) -> None:
    raise ValueError("it defines entities")


class _TextReader:
    """Collects the text of one cell or item, at most ``MAX_TEXT`` characters."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0
        self._wanted = False
        self._phonetic = 0

    def text(self, text: str) -> None:
        if self._wanted:
            self._size += len(text)
            if self._size > MAX_TEXT:
                raise ValueError("a cell has too much text")
            self._parts.append(text)


class _StringsReader(_TextReader):
    """Collects the items (``si``) of the shared strings."""

    def __init__(self) -> None:
        super().__init__()
        self._items: list[str] = []

    def start(self, name: str, _: dict[str, str]) -> None:
        if name in _ITEM:
            self._parts = []
            self._size = 0
        elif name in _PHONETIC:
            self._phonetic += 1
        elif name in _T:
            self._wanted = not self._phonetic

    def end(self, name: str) -> None:
        if name in _T:
            self._wanted = False
        elif name in _PHONETIC:
            self._phonetic -= 1
        elif name in _ITEM:
            self._items.append(_unescaped("".join(self._parts)))

    def taken(self) -> list[str]:
        items, self._items = self._items, []
        return items


class _SheetReader(_TextReader):
    """Collects the rows of a sheet; its handlers are called for every tag, so they do little."""

    def __init__(self, merged: list[str] | None) -> None:
        super().__init__()
        self._merged = merged
        self._rows: list[SheetRow] = []
        self._row = SheetRow("", [])
        self._cell = SheetCell("", "")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in _CELL:
            get = attributes.get
            self._cell = cell = SheetCell(get("r", ""), get("t", ""), get("s", ""))
            self._size = 0
            self._row.cells.append(cell)
            if len(self._row.cells) > MAX_CELLS:
                raise ValueError("a row has too many cells")
        elif name in _TEXTS:
            self._parts = []
            self._wanted = not self._phonetic
        elif name in _ROW:
            hidden = attributes.get("hidden") in ("1", "true")
            self._row = SheetRow(attributes.get("r", ""), [], hidden)
        elif name in _PHONETIC:
            self._phonetic += 1
        elif name in _MERGED and self._merged is not None:
            self._merged.append(attributes.get("ref", ""))
            if len(self._merged) > MAX_MERGED:
                raise ValueError("it has too many merged cells")

    def end(self, name: str) -> None:
        if name in _TEXTS:
            self._wanted = False
            text = "".join(self._parts)
            if name in _VALUE:
                self._cell.value = text
            elif name in _FORMULA:
                self._cell.formula = text
            elif not self._phonetic:
                self._cell.inline += _unescaped(text)
        elif name in _ROW:
            self._rows.append(self._row)
            self._row = SheetRow("", [])
        elif name in _PHONETIC:
            self._phonetic -= 1

    def taken(self) -> list[SheetRow]:
        rows, self._rows = self._rows, []
        return rows


def _unescaped(text: str) -> str:
    """Return ``text`` with the characters that XML cannot hold, written as _x0007_."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
