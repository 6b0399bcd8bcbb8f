"""A bulk import of people: the rows of the file, what each would do, and their errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

from kiosk.core.people import CredentialMode, Person, PersonRole
from kiosk.core.templates import Template


class PeopleColumn(StrEnum):
    """A column of the file; a missing column leaves the stored values unchanged."""

    NUMBER = "number"
    NAME = "name"
    ROLE = "role"
    VALID_FROM = "valid_from"
    VALID_UNTIL = "valid_until"
    GROUPS = "groups"
    ENTRY = "entry"
    PERSONAL_CONSENT = "personal_consent"
    CONSENT = "consent"
    CONSENT_VERSION = "consent_version"
    CONSENT_LANGUAGE = "consent_language"


class RowState(StrEnum):
    """What a row would do."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class RowError:
    """An error in one row.

    ``key``: message key, with ``values``. ``column``: empty if the row as a whole is wrong.
    """

    row: int
    column: str
    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """One parsed row. ``row``: its number in the file; the header is row 1.

    Every field but ``number`` and ``name`` is ``None`` if the file has no such column or the cell
    leaves the stored value unchanged. ``dates``: which of the two date columns the file has; an
    empty cell there removes the date. ``consent``: to the face. ``hidden``: the
    workbook does not show the row.
    """

    row: int
    number: str = ""
    name: str = ""
    role: PersonRole | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    dates: frozenset[PeopleColumn] = frozenset()
    groups: tuple[str, ...] | None = None
    entry: CredentialMode | None = None
    consent: date | None = None
    consent_version: int | None = None
    consent_language: str = ""
    errors: tuple[RowError, ...] = ()
    hidden: bool = False
    personal_consent: date | None = None


@dataclass(frozen=True, slots=True)
class ParsedSheet:
    """A file of people that could be read, with the ``columns`` it has.

    ``code_page``: how its text was decoded if that was a guess, such as ``CP949``; else empty.
    """

    name: str
    columns: tuple[PeopleColumn, ...]
    rows: tuple[ParsedRow, ...]
    code_page: str = ""


@dataclass(frozen=True, slots=True)
class PersonUpsert:
    """What to store for one row.

    ``before``: the stored person at planning time; ``None`` for a new one.
    """

    person: Person
    before: Person | None = None
    consent_version: int | None = None
    templates: tuple[Template, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """What one row would do.

    ``fields``: names of the fields that change. ``photographs``: files to search for a face.
    ``note``: message key of a remark that is not an error, with ``note_values``.
    """

    row: int
    number: str
    name: str
    state: RowState
    change: PersonUpsert | None = None
    fields: tuple[str, ...] = ()
    photographs: tuple[Path, ...] = ()
    note: str = ""
    errors: tuple[RowError, ...] = ()
    note_values: Mapping[str, object] = field(default_factory=dict)

    def with_error(self, *errors: RowError) -> PlannedRow:
        """Return the row with errors added; it would store nothing."""
        return replace(self, state=RowState.ERROR, change=None, errors=(*self.errors, *errors))


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What a file would do, row by row.

    ``unused``: photographs of nobody in the file. ``examined``: whether the photographs were
    searched for faces. ``code_page``: as in ``ParsedSheet``.
    """

    file: str
    rows: tuple[PlannedRow, ...] = ()
    unused: tuple[str, ...] = ()
    examined: bool = False
    code_page: str = ""

    @property
    def guessed_names(self) -> tuple[str, ...]:
        """The first names that a wrong code page would garble; empty if none was guessed."""
        garbled = (row.name for row in self.rows if self.code_page and not row.name.isascii())
        return tuple(islice(garbled, 3))

    def count(self, state: RowState) -> int:
        """Return the number of rows in ``state``."""
        return sum(row.state is state for row in self.rows)

    @property
    def errors(self) -> tuple[RowError, ...]:
        """All errors, in the order of the rows."""
        return tuple(error for row in self.rows for error in row.errors)

    @property
    def changes(self) -> tuple[PersonUpsert, ...]:
        """What to store, in the order of the rows."""
        return tuple(row.change for row in self.rows if row.change is not None)

    @property
    def photographs(self) -> int:
        """Number of photographs to examine."""
        return sum(len(row.photographs) for row in self.rows)

    @property
    def templates(self) -> int:
        """Number of templates to store."""
        return sum(len(change.templates) for change in self.changes)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, in rows and templates."""

    added: int
    changed: int
    unchanged: int
    left_out: int
    templates: int

    @classmethod
    def of(cls, plan: ImportPlan) -> ImportReport:
        """Return the report of carrying out ``plan``."""
        added, changed, unchanged, left_out = (plan.count(state) for state in RowState)
        return cls(added, changed, unchanged, left_out, plan.templates)

    def values(self) -> dict[str, Any]:
        """Return the counts by name, for the audit log and for messages."""
        return {
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "left_out": self.left_out,
            "templates": self.templates,
        }
