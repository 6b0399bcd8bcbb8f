"""Write the access log and the audit log as CSV, JSON Lines and XLSX."""

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
"""The content of a cell; ``None`` for an unknown value."""

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
"""The columns of an exported access log."""

ACTION_COLUMNS = ("number", "time", "event", "actor", "detail")
"""The columns of an exported audit log."""

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
SHEET_ROWS = 1_048_576
"""Maximum number of rows of an XLSX sheet, including its header."""

# OWASP "CSV Injection"; some spreadsheets accept their full-width variants too
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class LogSheet(Protocol):
    """Receives rows one by one; raises ``OSError``.

    ``shown``: a row as this format represents it, to be passed to ``write``. ``finish``: completes
    the file. ``abandon``: closes the file; temporary files may be left in its folder, which the
    caller removes.
    """

    def shown(self, row: tuple[Cell, ...]) -> tuple[Cell, ...]: ...
    def write(self, row: tuple[Cell, ...]) -> None: ...
    def finish(self) -> None: ...
    def abandon(self) -> None: ...


def cells(entry: LogEntry) -> tuple[Cell, ...]:
    """Return the cells of an entry in the order of ``COLUMNS``; the time is ISO 8601 with zone."""
    decision = entry.decision
    return (
        entry.id,
        decision.at.isoformat(timespec="milliseconds"),
        decision.person_name,
        decision.person_number,
        decision.outcome.value,
        decision.reason.value,
        decision.mode.value,
        decision.distance,
        decision.runner_up,
        decision.threshold,
        decision.frames,
        decision.votes,
        decision.quality,
        decision.embedder_id,
        decision.liveness,
    )


def action_cells(action: Action) -> tuple[Cell, ...]:
    """Return the cells of an action in the order of ``ACTION_COLUMNS``; the detail is JSON."""
    return (
        action.id,
        action.at.isoformat(timespec="milliseconds"),
        action.event,
        action.actor,
        json.dumps(action.detail, ensure_ascii=False, sort_keys=True),
    )


def neutral(cell: Cell) -> Cell:
    """Return ``cell`` with an apostrophe before text that looks like a formula."""
    if (
        isinstance(cell, str)
        and cell
        and not cell[0].isalnum()
        and unicodedata.normalize("NFKC", cell[0]).startswith(_FORMULA)
    ):
        return "'" + cell
    return cell


class CsvSheet:
    """CSV in UTF-8 with a byte-order mark, so that Excel reads Hangul; CR LF; neutral cells."""

    def __init__(self, path: Path, columns: Sequence[str] = COLUMNS) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._rows = csv.writer(self._file, lineterminator="\r\n")
        self._rows.writerow(columns)

    def shown(self, row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        """Return the row with neutral cells."""
        return tuple(neutral(cell) for cell in row)

    def write(self, row: tuple[Cell, ...]) -> None:
        """Write a row."""
        self._rows.writerow(self.shown(row))

    def finish(self) -> None:
        """Complete the file."""
        self._file.close()

    def abandon(self) -> None:
        """Close the file."""
        self._file.close()


class JsonLinesSheet:
    """JSON Lines: one object per line, UTF-8, LF; ``null`` for unknown values."""

    def __init__(self, path: Path, columns: Sequence[str] = COLUMNS) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._columns = columns

    def shown(self, row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        """Return the row unchanged."""
        return row

    def write(self, row: tuple[Cell, ...]) -> None:
        """Write a row."""
        fields = dict(zip(self._columns, row, strict=True))
        self._file.write(json.dumps(fields, ensure_ascii=False, allow_nan=False) + "\n")

    def finish(self) -> None:
        """Complete the file."""
        self._file.close()

    def abandon(self) -> None:
        """Close the file."""
        self._file.close()


class XlsxSheet:
    """A workbook written row by row; text is never a formula or link. A full sheet is continued."""

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
        self._begin_sheet()

    def shown(self, row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        """Return the row with numbers rounded to the 16 digits that a workbook keeps."""
        return tuple(float(f"{cell:.16G}") if isinstance(cell, float) else cell for cell in row)

    def write(self, row: tuple[Cell, ...]) -> None:
        """Write a row."""
        if self._next == self._sheet_rows:
            self._begin_sheet()
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                self._sheet.write_string(self._next, column, cell)
            elif cell is not None:
                self._sheet.write_number(self._next, column, cell)
        self._next += 1

    def finish(self) -> None:
        """Assemble the workbook from its sheets."""
        try:
            self._book.close()
        except xlsxwriter.exceptions.FileCreateError as error:
            cause = error.args[0] if error.args else None
            raise cause if isinstance(cause, OSError) else OSError(str(error)) from error

    def abandon(self) -> None:
        """Close the temporary files of the sheets, which are beside the workbook."""
        for sheet in self._book.worksheets():
            sheet.row_data_fh.close()

    def _begin_sheet(self) -> None:
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
