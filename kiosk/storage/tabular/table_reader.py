"""Read tables of other programs as rows of text: CSV, and the first visible sheet of a workbook.

A child process with little memory and time reads them, since a workbook of 40 KB may unpack to
gigabytes. What a file is, its content says and not its name.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from pathlib import Path
from typing import Any

from kiosk.core.bounded_process import BoundedProcess
from kiosk.core.errors import StorageError
from kiosk.storage.tabular.code_page_guess import decode_table
from kiosk.storage.tabular.table_rows import MAX_FILE, CellTrait, CollectedRows, Table, too_large
from kiosk.storage.tabular.workbook_reader import read_workbook

TABLE_SUFFIXES = (".csv", ".tsv", ".xlsx", ".xlsm")
"""File name endings of tables."""

_SEPARATORS = (",", ";", "\t", "|")
_HEAD = 100
_ZIP = b"PK\x03\x04"
_OPEN_DOCUMENT = b"mimetypeapplication/vnd.oasis.opendocument"
"""What LibreOffice and Hancom write at the beginning of a ZIP file of theirs."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The beginning of the container of old Office files and of encrypted ones."""

_OLD_BOOK = tuple(name.encode("utf-16-le") for name in ("Workbook", "Book"))
_MARKUP = re.compile(rb"\s*<(!doctype|html|head|meta|table|\?xml)", re.IGNORECASE)
_TEXT_FORMULA = re.compile(r'="([^"]*)"')
_SEPARATOR_LINE = re.compile(r"sep=([,;:|\t])\r?\n", re.IGNORECASE)
"""The first line by which Excel tells the separator; it belongs to no row."""


def read_table(path: Path) -> Table:
    """Return the rows of a table that are not empty.

    Raise ``StorageError`` if it is not such a file, or too large, and ``CostlyInputError`` if
    reading it takes more memory or time than any file may take.
    """
    document, _ = _read(path.name, str(path.absolute()))
    epoch = document["epoch"]
    return Table(
        tuple((number, tuple(cells)) for number, cells in document["rows"]),
        None if epoch is None else date.fromisoformat(epoch),
        document["code_page"],
        {
            place: {row: CellTrait(trait) for row, trait in marked}
            for place, marked in document["traits"]
        },
        frozenset(document["hidden"]),
    )


def table_document(path: str) -> tuple[Any, bytes]:
    """Return the table in a file as JSON can hold it, and no bytes; for the child process."""
    table = parse_table(Path(path))
    return {
        "rows": table.rows,
        "epoch": None if table.epoch is None else table.epoch.isoformat(),
        "code_page": table.code_page,
        "traits": [(place, tuple(marked.items())) for place, marked in table.traits.items()],
        "hidden": list(table.hidden),
    }, b""


def parse_table(path: Path) -> Table:
    """Return the rows of a file as ``read_table`` does, in this process."""
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise StorageError(
            f"{path.name} must end in .csv or .xlsx; save the table as one of these.",
            key="import.file.kind",
            file=path.name,
        )
    try:
        if path.stat().st_size > MAX_FILE:
            raise too_large(path)
        if not path.is_file():  # a pipe would never end
            raise OSError("it is no file")
        data = path.read_bytes()
    except OSError as error:
        raise StorageError(
            f"{path} cannot be read ({error.strerror or error}); check the path.",
            key="import.file.unreadable",
            file=str(path),
        ) from None
    if data.startswith(_ZIP) and _OPEN_DOCUMENT not in data[:_HEAD]:
        return read_workbook(path, io.BytesIO(data))
    _refuse_others(path, data)
    return _csv(path, data)


_read = BoundedProcess(table_document)


def _refuse_others(path: Path, data: bytes) -> None:
    """Raise ``StorageError`` for what is neither a workbook nor text."""
    if data.startswith(_ZIP):
        raise StorageError(
            f"{path.name} is an OpenDocument file (.ods); save it as .xlsx.",
            key="import.file.open_document",
            file=path.name,
        )
    if data.startswith(_OLE):
        old = any(name in data for name in _OLD_BOOK)
        raise StorageError(
            f"{path.name} is a workbook of an old Excel; save it as .xlsx."
            if old
            else f"{path.name} is protected by a password; save it without one.",
            key="import.file.old" if old else "import.file.password",
            file=path.name,
        )
    if _MARKUP.match(data.removeprefix(b"\xef\xbb\xbf")):
        raise StorageError(
            f"{path.name} is a web page; open it in a spreadsheet and save it as .xlsx.",
            key="import.file.web_page",
            file=path.name,
        )
    if path.suffix.lower().startswith(".xls"):
        raise StorageError(
            f"{path.name} is not a workbook that can be read; save it again as .xlsx.",
            key="import.file.workbook",
            file=path.name,
        )


def _csv(path: Path, data: bytes) -> Table:
    text, code_page = decode_table(data, path.name)
    separator = _SEPARATOR_LINE.match(text)
    if separator is not None:
        text = text[separator.end() :]
    collected = CollectedRows(path)
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=_separator(text) if separator is None else separator[1],
        strict=True,
    )
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            collected.add(number, [_kept_as_text(cell) for cell in cells])
    except csv.Error as error:
        raise StorageError(
            f"{path.name}, row {number + 1} is not a valid row of a CSV file ({error});"
            " save the table again.",
            key="import.file.row",
            file=path.name,
            row=number + 1,
        ) from None
    return Table(collected.rows, code_page=code_page)


def _kept_as_text(cell: str) -> str:
    """Return 0012345 for ="0012345", which keeps a spreadsheet from reading it as a number."""
    kept = _TEXT_FORMULA.fullmatch(cell) if cell.startswith('="') else None
    return kept[1] if kept else cell


def _separator(text: str) -> str:
    end = text.find("\n")
    return max(_SEPARATORS, key=lambda one: text.count(one, 0, end if end >= 0 else None))
