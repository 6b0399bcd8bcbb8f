"""Parse a table of people with headers in Korean or English into rows and their errors."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from kiosk.core.dates import parse_date
from kiosk.core.errors import KioskError, StorageError
from kiosk.core.import_plan import ParsedRow, ParsedSheet, PeopleColumn, RowError
from kiosk.core.languages import language_names
from kiosk.core.people import PersonRole
from kiosk.storage.people.normalise import clean_groups, clean_name, clean_number
from kiosk.storage.tabular.people_headers import (
    ENTRIES,
    LONGEST_WORD,
    ROLE_CHOICES,
    ROLES,
    column_of,
    visible,
    word_key,
)
from kiosk.storage.tabular.table_reader import read_table
from kiosk.storage.tabular.table_rows import CellTrait, Table

_DATES = (
    PeopleColumn.VALID_FROM,
    PeopleColumn.VALID_UNTIL,
    PeopleColumn.PERSONAL_CONSENT,
    PeopleColumn.CONSENT,
)
_NUMBERS = (CellTrait.DATED, CellTrait.FORMATTED, CellTrait.LONG)
"""What a date's cell may be: its number is a day whatever the format."""

_TITLES = 10
"""Rows among which the header is looked for."""

_MONTHS = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_MADE_A_DATE = re.compile(rf"\d{{1,2}}-{_MONTHS}|{_MONTHS}-\d{{2}}", re.ASCII | re.IGNORECASE)
"""What Excel saves to a CSV file for a typed 2026-1 or 3-1."""

EARLIEST_CONSENT = date(2000, 1, 1)
"""Earlier dates of consent are typing errors."""

_SERIAL = re.compile(r"[2-7]\d{4}(\.\d+)?", re.ASCII)
"""A number that can be a date in a workbook, possibly with a time: the years 1954 to 2119."""


def read_people(path: Path, today: date) -> ParsedSheet:
    """Parse the people in ``path``; rows that cannot be used have ``errors``.

    ``today``: consents must not be later. Raise ``StorageError`` if the file or its headers cannot
    be used.
    """
    table = read_table(path)
    if len(table.rows) < 2:
        raise StorageError(
            f"{path.name} has no row of a person;"
            " write headers into the first row and one person in each row below.",
            key="import.file.empty",
            file=path.name,
        )
    table = _list_of_people(table)
    columns = _columns(path, *table.rows[0])
    rows = tuple(
        _RowParser(
            number,
            dict(zip(columns, cells, strict=False)),
            table.epoch,
            today,
            _wrong_cells(table, number, columns),
            number in table.hidden,
        ).parse(columns, cells)
        for number, cells in table.rows[1:]
    )
    return ParsedSheet(
        path.name, tuple(columns), _with_duplicates_marked(rows), code_page=table.code_page
    )


def _wrong_cells(
    table: Table, row: int, columns: Sequence[PeopleColumn]
) -> dict[PeopleColumn, CellTrait]:
    """Return the cells whose text is not what the workbook shows, where that matters."""
    return {
        columns[place]: trait
        for place, marked in table.traits.items()
        if place < len(columns)
        and (trait := marked.get(row)) is not None
        and not (columns[place] in _DATES and trait in _NUMBERS)
    }


def _header_place(table: Table) -> int:
    """Return the place of the first row with number and name; 0 if there is none.

    Above it there may be a title, or who made the list.
    """
    for place, (_, cells) in enumerate(table.rows[:_TITLES]):
        if {PeopleColumn.NUMBER, PeopleColumn.NAME} <= set(map(column_of, cells)):
            return place
    return 0


def _list_of_people(table: Table) -> Table:
    """Return the rows from the header on, without empty columns on their left."""
    rows = table.rows[_header_place(table) :]
    margin = min(
        next((place for place, cell in enumerate(cells) if cell.strip()), len(cells))
        for _, cells in rows
    )
    return replace(
        table,
        rows=tuple((number, cells[margin:]) for number, cells in rows),
        traits={
            place - margin: marked for place, marked in table.traits.items() if place >= margin
        },
    )


def _columns(path: Path, row: int, cells: tuple[str, ...]) -> list[PeopleColumn]:
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    found: list[PeopleColumn] = []
    for cell in cells:
        column = column_of(cell)
        if column is None:
            raise StorageError(
                f"{path.name}, row {row}: there is no column {cell.strip()!r};"
                f" take it out or call it one of {', '.join(PeopleColumn)}.",
                key="import.file.column",
                file=path.name,
                row=row,
                column=cell.strip(),
                known=", ".join(PeopleColumn),
            )
        if column in found:
            raise StorageError(
                f"{path.name}, row {row}: the column {column} is there twice; keep one.",
                key="import.file.twice",
                file=path.name,
                row=row,
                column=column.value,
            )
        found.append(column)
    for needed in (PeopleColumn.NUMBER, PeopleColumn.NAME):
        if needed not in found:
            raise StorageError(
                f"{path.name}, row {row}: the column {needed} is missing; add it.",
                key="import.file.missing",
                file=path.name,
                row=row,
                column=needed.value,
            )
    return found


@dataclass
class _RowParser:
    """The parser of one row.

    ``epoch``: the date from which numbers in date columns count, if they are dates. ``wrong``:
    cells that cannot be used. ``hidden``: whether the workbook does not show the row.
    """

    row: int
    texts: dict[PeopleColumn, str]
    epoch: date | None
    today: date
    wrong: Mapping[PeopleColumn, CellTrait] = field(default_factory=dict)
    hidden: bool = False
    errors: list[RowError] = field(default_factory=list)

    def parse(self, columns: list[PeopleColumn], cells: tuple[str, ...]) -> ParsedRow:
        """Return the parsed row with the errors found."""
        if any(cell.strip() for cell in cells[len(columns) :]):
            self._add_error("", "import.error.cells", columns=len(columns))
        for column, trait in self.wrong.items():
            self._add_error(column, f"import.error.cell_{trait}", text=self.texts[column][:40])
        number = self._number()
        return ParsedRow(
            self.row,
            number or self.texts.get(PeopleColumn.NUMBER, "").strip()[:20],
            self._cleaned(PeopleColumn.NAME, clean_name) or "",
            self._role(),
            self._day(PeopleColumn.VALID_FROM),
            self._day(PeopleColumn.VALID_UNTIL),
            frozenset({PeopleColumn.VALID_FROM, PeopleColumn.VALID_UNTIL} & set(columns)),
            self._groups(),
            self._one_of(PeopleColumn.ENTRY, ENTRIES),
            self._consent(PeopleColumn.CONSENT),
            self._version(),
            self._one_of(PeopleColumn.CONSENT_LANGUAGE, language_names()) or "",
            personal_consent=self._consent(PeopleColumn.PERSONAL_CONSENT),
            errors=tuple(self.errors),
            hidden=self.hidden,
        )

    def _text(self, column: PeopleColumn) -> str:
        if column in self.wrong:
            return ""
        text = self.texts.get(column, "").strip()
        return text if text.isascii() or column is PeopleColumn.NAME else visible(text).strip()

    def _add_error(self, column: str, key: str, **values: object) -> None:
        self.errors.append(RowError(self.row, column, key, values))

    def _number(self) -> str | None:
        text = self._text(PeopleColumn.NUMBER)
        if _MADE_A_DATE.fullmatch(text):
            self._add_error(PeopleColumn.NUMBER, "import.error.cell_dated", text=text)
            return None
        return self._cleaned(PeopleColumn.NUMBER, clean_number)

    def _cleaned(self, column: PeopleColumn, clean: Any) -> str | None:
        if not self._text(column):
            if column not in self.wrong:
                self._add_error(column, "import.error.missing")
            return None
        try:
            return str(clean(self._text(column)))
        except KioskError as error:
            self._add_error(column, error.key, **error.values)
            return None

    def _one_of(self, column: PeopleColumn, words: Mapping[str, Any]) -> Any:
        text = self._text(column)
        if not text:
            return None
        found = words.get(unicodedata.normalize("NFKC", text[:LONGEST_WORD]).casefold())
        if found is None:
            self._add_error(column, "import.error.choice", text=text[:40], choices=", ".join(words))
        return found

    def _role(self) -> PersonRole | None:
        text = self._text(PeopleColumn.ROLE)
        if not text:
            return None
        found = ROLES.get(word_key(text))
        if found is None:
            self._add_error(
                PeopleColumn.ROLE,
                "import.error.choice",
                text=text[:40],
                choices=", ".join(ROLE_CHOICES),
            )
        return found

    def _day(self, column: PeopleColumn) -> date | None:
        text = self._text(column)
        if self.epoch is not None and _SERIAL.fullmatch(text):
            return self.epoch + timedelta(days=int(float(text)))
        try:
            return parse_date(text)
        except ValueError:
            self._add_error(column, "import.error.date", text=text[:40])
            return None

    def _groups(self) -> tuple[str, ...] | None:
        if PeopleColumn.GROUPS not in self.texts:
            return None
        try:
            return clean_groups(
                name
                for part in self._text(PeopleColumn.GROUPS).replace(";", ",").split(",")
                if (name := part.strip())
            )
        except KioskError as error:
            self._add_error(PeopleColumn.GROUPS, error.key, **error.values)
            return None

    def _consent(self, column: PeopleColumn) -> date | None:
        day = self._day(column)
        if day is not None and day > self.today:
            self._add_error(column, "import.error.future", text=day.isoformat())
            return None
        if day is not None and day < EARLIEST_CONSENT:
            self._add_error(
                column,
                "import.error.too_early",
                text=day.isoformat(),
                earliest=EARLIEST_CONSENT.isoformat(),
            )
            return None
        return day

    def _version(self) -> int | None:
        text = self._text(PeopleColumn.CONSENT_VERSION)
        if not text:
            return None
        if text.isascii() and text.isdigit() and len(text) < 10:
            return int(text)
        self._add_error(PeopleColumn.CONSENT_VERSION, "import.error.version", text=text[:40])
        return None


def _with_duplicates_marked(rows: tuple[ParsedRow, ...]) -> tuple[ParsedRow, ...]:
    """Add an error to all rows with the same number: it is unknown which one is meant."""
    by_number: dict[str, list[int]] = {}
    for row in rows:
        if row.number:
            by_number.setdefault(row.number, []).append(row.row)
    return tuple(
        _with_duplicate_error(row, same) if len(same := by_number.get(row.number, ())) > 1 else row
        for row in rows
    )


def _with_duplicate_error(row: ParsedRow, same: Sequence[int]) -> ParsedRow:
    """Add the error; ``same``: rows with that number, in the order of the file."""
    values = {"number": row.number, "other": same[1] if same[0] == row.row else same[0]}
    error = RowError(row.row, PeopleColumn.NUMBER, "import.error.twice", values)
    return replace(row, errors=(*row.errors, error))
