"""Read exports back as rows of text, with constant memory: CSV, JSON Lines, our workbooks."""

from __future__ import annotations

import csv
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from kiosk.core.errors import StorageError
from kiosk.storage.db.sqlite_errors import files_explained

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
"""XML namespace of worksheets, as a prefix of tags."""


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
        except (
            ValueError,
            KeyError,
            EOFError,
            RuntimeError,
            csv.Error,
            zipfile.BadZipFile,
            zlib.error,
            ElementTree.ParseError,
        ) as error:
            where = f" from row {number + 1} on" if number or kind != "xlsx" else ""
            raise StorageError(
                f"{path.name} cannot be read as {kind}{where} ({error});"
                " take the file as it was exported."
            ) from None


def _csv(path: Path) -> Iterator[TextRow]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, strict=True)
        columns = next(rows, [])
        for row in rows:
            yield TextRow(columns, _same_length(row, columns))


def _json_lines(path: Path) -> Iterator[TextRow]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError("a line is not an object")
            yield TextRow(
                list(row),
                [
                    "" if value is None else value if isinstance(value, str) else repr(value)
                    for value in row.values()
                ],
            )


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
    for _, element in ElementTree.iterparse(sheet):
        if element.tag != f"{MAIN}row":
            continue
        found = {
            column_number(cell.get("r", "")): _value(cell) for cell in element.iter(f"{MAIN}c")
        }
        if columns:
            yield TextRow(
                columns,
                [found.get(number, "") for number in range(max([*found, len(columns) - 1]) + 1)],
            )
        else:
            columns = [found[number] for number in sorted(found)]
        element.clear()


def column_number(reference: str) -> int:
    """Return the column of a reference: 0 for "A7", 26 for "AA1"."""
    number = 0
    for letter in reference.rstrip("0123456789"):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _value(cell: ElementTree.Element) -> str:
    if cell.get("t") == "inlineStr":
        return inline_text(cell)
    value = cell.find(f"{MAIN}v")
    return value.text or "" if value is not None else ""


def inline_text(element: ElementTree.Element) -> str:
    """Return all text below ``element``; _x0007_ stands for a character that XML cannot hold."""
    return _ESCAPED.sub(
        lambda found: chr(int(found[1], 16)),
        "".join(text.text or "" for text in element.iter(f"{MAIN}t")),
    )
