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

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships id"
_CELL, _ROW, _VALUE, _FORMULA, _T, _ITEM, _PHONETIC = (
    f"{_MAIN} {name}" for name in ("c", "row", "v", "f", "t", "si", "rPh")
)
_TEXTS = frozenset((_VALUE, _FORMULA, _T))
_CHUNK = 1 << 16
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")

_Start = Callable[[str, dict[str, str]], None]
_End = Callable[[str], None]
_Text = Callable[[str], None]


@dataclass(slots=True)
class SheetCell:
    """A cell: its reference ("A7", or empty), type, value, text in it, and formula if any."""

    reference: str
    kind: str
    value: str = ""
    inline: str = ""
    formula: str | None = None


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row. ``number``: its number as the file gives it, or empty."""

    number: str
    cells: list[SheetCell]


def sheet_rows(part: IO[bytes]) -> Iterator[SheetRow]:
    """Yield the rows of a sheet; raise one of ``BROKEN`` if it is damaged."""
    reader = _SheetReader()
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
            if _RELATION in attributes:
                attributes["id"] = attributes[_RELATION]
            found.append((local, attributes))

    for _ in _parsed(part, start, lambda name: None, lambda text: None):
        pass
    return found


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
        if name == _ITEM:
            self._parts = []
            self._size = 0
        elif name == _PHONETIC:
            self._phonetic += 1
        elif name == _T:
            self._wanted = not self._phonetic

    def end(self, name: str) -> None:
        if name == _T:
            self._wanted = False
        elif name == _PHONETIC:
            self._phonetic -= 1
        elif name == _ITEM:
            self._items.append(_unescaped("".join(self._parts)))

    def taken(self) -> list[str]:
        items, self._items = self._items, []
        return items


class _SheetReader(_TextReader):
    """Collects the rows of a sheet; its handlers are called for every tag, so they do little."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[SheetRow] = []
        self._row = SheetRow("", [])
        self._cell = SheetCell("", "")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == _CELL:
            self._cell = cell = SheetCell(attributes.get("r", ""), attributes.get("t", ""))
            self._size = 0
            self._row.cells.append(cell)
            if len(self._row.cells) > MAX_CELLS:
                raise ValueError("a row has too many cells")
        elif name in _TEXTS:
            self._parts = []
            self._wanted = not self._phonetic
        elif name == _ROW:
            self._row = SheetRow(attributes.get("r", ""), [])
        elif name == _PHONETIC:
            self._phonetic += 1

    def end(self, name: str) -> None:
        if name in _TEXTS:
            self._wanted = False
            text = "".join(self._parts)
            if name == _VALUE:
                self._cell.value = text
            elif name == _FORMULA:
                self._cell.formula = text
            elif not self._phonetic:
                self._cell.inline += _unescaped(text)
        elif name == _ROW:
            self._rows.append(self._row)
            self._row = SheetRow("", [])
        elif name == _PHONETIC:
            self._phonetic -= 1

    def taken(self) -> list[SheetRow]:
        rows, self._rows = self._rows, []
        return rows


def _unescaped(text: str) -> str:
    """Return ``text`` with the characters that XML cannot hold, written as _x0007_."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
