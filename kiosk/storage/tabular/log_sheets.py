"""The access log and the actions as CSV, JSON Lines and XLSX: what a row looks like in each."""

from __future__ import annotations

import csv
import json
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import xlsxwriter

from kiosk.core.decisions import LogEntry
from kiosk.core.reports import Action

Cell = str | int | float | None
COLUMNS = (
    "number",
    "time",
    "person",
    "student_number",
    "decision",
    "reason",
    "mode",
    "distance",
    "runner_up",
    "threshold",
    "frames",
    "votes",
    "quality",
    "embedder",
    "liveness",
)
ACTION_COLUMNS = ("number", "time", "event", "actor", "detail")
NUMBERS = frozenset(
    {"number", "distance", "runner_up", "threshold", "frames", "votes", "quality", "liveness"}
)
"""The columns whose cells are numbers."""
_WIDTHS = {
    "number": 9,
    "time": 32,
    "person": 18,
    "student_number": 16,
    "reason": 22,
    "mode": 6,
    "frames": 8,
    "votes": 8,
    "quality": 8,
    "embedder": 14,
    "event": 24,
    "actor": 18,
    "detail": 60,
    "digest": 19,
}
SHEET_ROWS = 1_048_576  # of one XLSX sheet, its heading included
# OWASP "CSV Injection", and the full-width twins that some spreadsheets take for them
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class LogSheet(Protocol):
    """Takes rows one by one; ``finish`` writes what is left. Errors of the disk come out as ``OSError``.

    ``shown``: a row as this kind of file says it, which is what ``write`` takes. It may put other files into its own file's folder; whoever abandons it removes that folder.
    """

    def shown(self, row: tuple[Cell, ...]) -> tuple[Cell, ...]: ...
    def write(self, row: tuple[Cell, ...]) -> None: ...
    def finish(self) -> None: ...
    def abandon(self) -> None: ...


def cells(entry: LogEntry) -> tuple[Cell, ...]:
    """A row in the order of ``COLUMNS``; the time is ISO-8601 with zone, what is not known is ``None``."""
    made = entry.decision
    return (
        entry.id,
        made.at.isoformat(timespec="milliseconds"),
        made.person_name,
        made.person_number,
        made.outcome.value,
        made.reason.value,
        made.mode.value,
        made.distance,
        made.runner_up,
        made.threshold,
        made.frames,
        made.votes,
        made.quality,
        made.embedder_id,
        made.liveness,
    )


def action_cells(action: Action) -> tuple[Cell, ...]:
    """An action in the order of ``ACTION_COLUMNS``; the detail is JSON."""
    return (
        action.id,
        action.at.isoformat(timespec="milliseconds"),
        action.event,
        action.actor,
        json.dumps(action.detail, ensure_ascii=False, sort_keys=True),
    )


def neutral(cell: Cell) -> Cell:
    """``cell`` so that no spreadsheet takes a text for a formula: an apostrophe goes before it. Numbers stay numbers."""
    if (
        isinstance(cell, str)
        and cell
        and not cell[0].isalnum()
        and unicodedata.normalize("NFKC", cell[0]).startswith(_FORMULA)
    ):
        return "'" + cell
    return cell


class CsvSheet:
    """UTF-8 with a byte-order mark, so that Excel reads Hangul; CR LF; neutral cells."""

    def __init__(self, path: Path, columns: Sequence[str] = COLUMNS) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._rows = csv.writer(self._file, lineterminator="\r\n")
        self._rows.writerow(columns)

    def shown(self, row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        """Neutral cells."""
        return tuple(neutral(cell) for cell in row)

    def write(self, row: tuple[Cell, ...]) -> None:
        """Add a row."""
        self._rows.writerow(self.shown(row))

    def finish(self) -> None:
        """Write what is left."""
        self._file.close()

    def abandon(self) -> None:
        """Let go of the file."""
        self._file.close()


class JsonLinesSheet:
    """One JSON object a line, UTF-8, LF; ``null`` where nothing is known."""

    def __init__(self, path: Path, columns: Sequence[str] = COLUMNS) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._columns = columns

    def shown(self, row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        """As it is."""
        return row

    def write(self, row: tuple[Cell, ...]) -> None:
        """Add a row."""
        self._file.write(
            json.dumps(
                dict(zip(self._columns, row, strict=True)), ensure_ascii=False, allow_nan=False
            )
            + "\n"
        )

    def finish(self) -> None:
        """Write what is left."""
        self._file.close()

    def abandon(self) -> None:
        """Let go of the file."""
        self._file.close()


class XlsxSheet:
    """A workbook that is written row by row; texts are texts, never formulas or links. Full sheets are continued."""

    def __init__(
        self, path: Path, columns: Sequence[str] = COLUMNS, sheet_rows: int = SHEET_ROWS
    ) -> None:
        self._columns = columns
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "tmpdir": str(path.parent),
        }
        self._book = xlsxwriter.Workbook(str(path), options)
        self._bold = self._book.add_format({"bold": True})
        self._sheet_rows = sheet_rows
        self._sheets = 0
        self._begin()

    def shown(self, row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        """With the 16 digits that a workbook keeps of a number."""
        return tuple(float(f"{cell:.16G}") if isinstance(cell, float) else cell for cell in row)

    def write(self, row: tuple[Cell, ...]) -> None:
        """Add a row."""
        if self._next == self._sheet_rows:
            self._begin()
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                self._sheet.write_string(self._next, column, cell)
            elif cell is not None:
                self._sheet.write_number(self._next, column, cell)
        self._next += 1

    def finish(self) -> None:
        """Put the sheets together."""
        try:
            self._book.close()
        except xlsxwriter.exceptions.FileCreateError as error:
            cause = error.args[0] if error.args else None
            raise cause if isinstance(cause, OSError) else OSError(str(error)) from error

    def abandon(self) -> None:
        """Let go of the sheets' temporary files, which lie beside the workbook."""
        for sheet in self._book.worksheets():
            sheet.row_data_fh.close()

    def _begin(self) -> None:
        self._sheets += 1
        self._sheet = self._book.add_worksheet(
            "log" if self._sheets == 1 else f"log {self._sheets}"
        )
        self._sheet.freeze_panes(1, 0)
        for column, title in enumerate(self._columns):
            self._sheet.set_column(column, column, _WIDTHS.get(title, 10))
            self._sheet.write_string(0, column, title, self._bold)
        self._next = 1


SHEETS: dict[str, Callable[[Path, Sequence[str]], LogSheet]] = {
    "csv": CsvSheet,
    "jsonl": JsonLinesSheet,
    "xlsx": XlsxSheet,
}
