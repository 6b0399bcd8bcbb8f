"""What a bulk import of people is made of: rows as they were written, what each of them would do, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from kiosk.core.people import CredentialMode, Person, PersonRole
from kiosk.core.templates import Template


class PeopleColumn(StrEnum):
    """What a column of the file may say. A column that is not there leaves what is stored as it is."""

    NUMBER = "number"
    NAME = "name"
    ROLE = "role"
    VALID_FROM = "valid_from"
    VALID_UNTIL = "valid_until"
    GROUPS = "groups"
    ENTRY = "entry"
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
    """What is wrong with one row: ``key`` is a message of the catalogues with ``values``; ``column`` is empty where it is the whole row."""

    row: int
    column: str
    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """One row as it was written and understood. ``row``: its number in the file, the headers being row 1.

    Every field but ``number`` and ``name`` is ``None`` where the file has no such column, or leaves what is stored as it is.
    ``dates``: which of the two dates the file has a column for; an empty cell there takes the date away.
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
    faults: tuple[RowError, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedSheet:
    """A file of people that could be read. ``columns``: those it has."""

    name: str
    columns: tuple[PeopleColumn, ...]
    wishes: tuple[ParsedRow, ...]


@dataclass(frozen=True, slots=True)
class PersonUpsert:
    """What is to be stored of one row: ``person``, who ``before`` is as they were when it was decided, and ``templates`` of their face, if any."""

    person: Person
    before: Person | None = None
    consent_version: int | None = None
    templates: tuple[Template, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """What one row would do. ``fields``: which fields change. ``photographs``: files that are looked at for a face.

    ``note``: message key of something worth knowing, no error.
    """

    row: int
    number: str
    name: str
    state: RowState
    change: PersonUpsert | None = None
    fields: tuple[str, ...] = ()
    photographs: tuple[Path, ...] = ()
    note: str = ""
    faults: tuple[RowError, ...] = ()

    def wrong(self, fault: RowError) -> PlannedRow:
        """The same row with something wrong: it would store nothing."""
        return replace(self, state=RowState.ERROR, change=None, faults=(*self.faults, fault))


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What a file would do, row by row. ``unused``: photographs that belong to nobody in it. ``examined``: the photographs were looked at."""

    file: str
    rows: tuple[PlannedRow, ...] = ()
    unused: tuple[str, ...] = ()
    examined: bool = False

    def count(self, state: RowState) -> int:
        """How many rows are of that state."""
        return sum(row.state is state for row in self.rows)

    @property
    def faults(self) -> tuple[RowError, ...]:
        """Everything that is wrong, from the first row to the last."""
        return tuple(fault for row in self.rows for fault in row.faults)

    @property
    def changes(self) -> tuple[PersonUpsert, ...]:
        """What is to be stored."""
        return tuple(row.change for row in self.rows if row.change is not None)

    @property
    def photographs(self) -> int:
        """How many photographs are to be looked at."""
        return sum(len(row.photographs) for row in self.rows)

    @property
    def templates(self) -> int:
        """How many templates are to be stored."""
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
        """What carrying out ``plan`` does."""
        added, changed, unchanged, left_out = (plan.count(state) for state in RowState)
        return cls(added, changed, unchanged, left_out, plan.templates)

    def values(self) -> dict[str, Any]:
        """By name, for the log and for sentences."""
        return {
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "left_out": self.left_out,
            "templates": self.templates,
        }
