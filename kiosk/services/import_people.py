"""Bulk import of people from a table, with or without photographs: plan, examine, store."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from kiosk.core.errors import EnrolError, StorageError
from kiosk.core.frames import Frame
from kiosk.core.import_plan import (
    ImportPlan,
    ImportReport,
    ParsedRow,
    ParsedSheet,
    PeopleColumn,
    PersonUpsert,
    PlannedRow,
    RowError,
    RowState,
)
from kiosk.core.languages import default_language
from kiosk.core.people import CredentialMode, Person, PersonRole
from kiosk.core.ports import Clock
from kiosk.core.rights import Actor, Right, require
from kiosk.core.templates import Template
from kiosk.services.photo_finder import FoundPhotographs, find_photographs
from kiosk.services.picture_enrolment import Examined

PHOTOGRAPHS = "photographs"
"""Column of errors about a person's photographs."""

_SHOWN_FIELDS = ("name", "role", "valid_from", "valid_until", "groups", "entry", "consented_at")
Progress = Callable[[int, int], None]
"""Called with (photographs examined, photographs in all)."""


def import_stopped() -> EnrolError:
    """Return the error of a stopped import."""
    return EnrolError("The import was stopped; nothing was changed.", key="import.stopped")


class BulkPort(Protocol):
    """What an import needs of the people store."""

    def by_numbers(self, numbers: Sequence[str]) -> Mapping[str, Person]: ...
    def with_face(self, embedder_id: str) -> frozenset[int]: ...
    def withdrawals(self) -> Mapping[int, datetime]: ...
    def consent_versions(self) -> frozenset[int]: ...
    def store_all(
        self, changes: Sequence[PersonUpsert], by: str, detail: Mapping[str, Any]
    ) -> None: ...


class ExaminerPort(Protocol):
    """Examines pictures of one person (``PictureExaminer``)."""

    threshold: float

    def examine(
        self,
        person: Person,
        frames: Iterable[Frame],
        *,
        allow_known: bool = False,
        min_usable: int = 2,
    ) -> Examined: ...


class BulkImport:
    """``plan`` only reads the database, ``examine`` reads photographs, ``carry_out`` stores.

    ``suffixes``: file suffixes of pictures. ``embedder_id``: the network in use; people with
    templates of it keep them, so that no import silently changes a template.
    """

    def __init__(
        self, people: BulkPort, clock: Clock, embedder_id: str, suffixes: Collection[str]
    ) -> None:
        self._people = people
        self._clock = clock
        self._embedder_id = embedder_id
        self._suffixes = suffixes

    def plan(self, actor: Actor, sheet: ParsedSheet, photographs: Path | None = None) -> ImportPlan:
        """Return what importing ``sheet`` would do now.

        Raises ``SignInError`` without the right to import, and ``KioskError`` if the folder or the
        database cannot be read.
        """
        require(actor, Right.IMPORT_PEOPLE)
        numbers = [row.number for row in sheet.rows if row.number]
        stored = self._people.by_numbers(numbers)
        found = (
            FoundPhotographs({})
            if photographs is None
            else find_photographs(
                photographs,
                numbers,
                lambda stems: self._people.by_numbers(stems).keys(),
                self._suffixes,
            )
        )
        rules = _Rules(
            self._clock(),
            self._people.with_face(self._embedder_id),
            self._people.withdrawals(),
            self._people.consent_versions(),
        )
        rows = (
            rules.planned(row, stored.get(row.number), found.photographs.get(row.number, ()))
            for row in sheet.rows
        )
        return ImportPlan(sheet.name, tuple(rows), found.unused)

    def examine(
        self,
        actor: Actor,
        plan: ImportPlan,
        examiner: ExaminerPort | None,
        load: Callable[[Path], Frame | None],
        progress: Progress,
        stopped: Callable[[], bool],
    ) -> ImportPlan:
        """Return ``plan`` with the templates of its photographs, or with what is wrong with them.

        ``examiner``: ``None`` for a plan without photographs. Raises ``SignInError`` without the
        right to import, and ``EnrolError`` as soon as ``stopped`` returns true.
        """
        require(actor, Right.IMPORT_PEOPLE)
        batch = _Batch()
        done = 0
        rows = []
        for row in plan.rows:
            if stopped():
                raise import_stopped()
            if row.change is not None and row.photographs:
                assert examiner is not None, "a plan with photographs needs an examiner"
                row = _examined(
                    row, row.change, examiner, [load(file) for file in row.photographs], batch
                )
                done += len(row.photographs)
                progress(done, plan.photographs)
            rows.append(row)
        return replace(plan, rows=tuple(rows), examined=True)

    def carry_out(self, actor: Actor, plan: ImportPlan, leave_out: bool = False) -> ImportReport:
        """Store everything in an examined plan in one transaction.

        ``leave_out``: skip the rows with errors. Raises ``SignInError`` without the right to
        import, and ``StorageError`` if there are rows with errors otherwise or a person was changed
        in the meantime; nothing is stored then.
        """
        require(actor, Right.IMPORT_PEOPLE)
        if plan.errors and not leave_out:
            raise StorageError(
                f"Rows with errors: {plan.count(RowState.ERROR)}, so nothing was imported; "
                "correct them or leave them out.",
                key="import.has_errors",
                n=plan.count(RowState.ERROR),
            )
        assert plan.examined, "examine the photographs before storing"
        report = ImportReport.of(plan)
        self._people.store_all(plan.changes, actor.name, {"file": plan.file, **report.values()})
        return report


@dataclasses.dataclass(frozen=True, slots=True)
class _Rules:
    """Turns parsed rows into planned ones, given what is stored."""

    now: datetime
    with_face: frozenset[int]
    withdrawals: Mapping[int, datetime]
    versions: frozenset[int]

    def planned(
        self, parsed: ParsedRow, before: Person | None, photographs: tuple[Path, ...]
    ) -> PlannedRow:
        if parsed.errors:
            return PlannedRow(
                parsed.row, parsed.number, parsed.name, RowState.ERROR, errors=parsed.errors
            )
        person = self._merged(parsed, before)
        has_face = before is not None and before.id in self.with_face
        used = () if has_face else photographs
        row = PlannedRow(
            parsed.row,
            person.number,
            person.name,
            RowState.UNCHANGED,
            photographs=used,
            note="import.note.face_kept" if has_face and photographs else "",
        )
        error = self._error(parsed, person, before, photographs)
        if error is not None:
            return row.with_error(error)
        fields = tuple(
            name
            for name in _SHOWN_FIELDS
            if before is not None and getattr(before, name) != getattr(person, name)
        )
        if before is not None and not fields and not used:
            return row
        state = RowState.NEW if before is None else RowState.CHANGED
        return replace(
            row,
            state=state,
            fields=fields,
            change=PersonUpsert(person, before, parsed.consent_version),
        )

    def _merged(self, parsed: ParsedRow, before: Person | None) -> Person:
        base = before or Person(parsed.number, parsed.name)
        given = self._consent(parsed, base)
        return replace(
            base,
            name=parsed.name,
            role=parsed.role or (before.role if before else PersonRole.STUDENT),
            valid_from=parsed.valid_from
            if PeopleColumn.VALID_FROM in parsed.dates
            else base.valid_from,
            valid_until=parsed.valid_until
            if PeopleColumn.VALID_UNTIL in parsed.dates
            else base.valid_until,
            groups=base.groups if parsed.groups is None else parsed.groups,
            entry=parsed.entry or base.entry,
            consented_at=given,
            consent_language=(parsed.consent_language or default_language())
            if given != base.consented_at
            else base.consent_language,
        )

    def _consent(self, parsed: ParsedRow, base: Person) -> datetime | None:
        """Return when consent was given; one no newer than the stored one changes nothing."""
        if parsed.consent is None or (
            base.consented_at is not None
            and parsed.consent <= base.consented_at.astimezone().date()
        ):
            return base.consented_at
        return (
            self.now
            if parsed.consent == self.now.date()
            else datetime.combine(parsed.consent, time(12)).astimezone()
        )

    def _error(
        self,
        parsed: ParsedRow,
        person: Person,
        before: Person | None,
        photographs: tuple[Path, ...],
    ) -> RowError | None:
        """Return the most serious error of the row as a whole."""

        def error(column: PeopleColumn, key: str, **values: object) -> RowError:
            return RowError(parsed.row, column, key, values)

        withdrawn = (
            self.withdrawals.get(before.id)
            if before is not None and before.id is not None
            else None
        )
        if person.valid_from and person.valid_until and person.valid_until < person.valid_from:
            return error(PeopleColumn.VALID_UNTIL, "import.error.dates")
        newer = before is not None and before.consented_at is not None  # consented again
        if (
            parsed.consent is not None
            and withdrawn is not None
            and parsed.consent <= _day(withdrawn)
            and not newer
        ):
            return error(
                PeopleColumn.CONSENT, "import.error.withdrawn", day=_day(withdrawn).isoformat()
            )
        if parsed.consent_version is not None and parsed.consent is None:
            return error(PeopleColumn.CONSENT, "import.error.version_alone")
        if parsed.consent_version is not None and parsed.consent_version not in self.versions:
            return error(
                PeopleColumn.CONSENT_VERSION,
                "import.error.version_unknown",
                version=parsed.consent_version,
                known=", ".join(map(str, sorted(self.versions))),
            )
        if (
            before is not None
            and before.templates
            and before.entry is CredentialMode.FACE is not person.entry
        ):
            return error(PeopleColumn.ENTRY, "import.error.entry_face")
        if photographs and person.entry is not CredentialMode.FACE:
            return error(PeopleColumn.ENTRY, "import.error.photo_entry")
        if photographs and person.consented_at is None:
            return error(PeopleColumn.CONSENT, "import.error.photo_consent")
        return None


def _day(moment: datetime) -> date:
    return moment.astimezone().date()


class _Batch:
    """Faces of one import, to find a person listed under two numbers."""

    def __init__(self) -> None:
        self._vectors: list[np.ndarray[Any, np.dtype[np.float32]]] = []
        self._rows: list[int] = []

    def twin(self, templates: Sequence[Template], threshold: float) -> int | None:
        """Return the row of a person whose templates match these."""
        if not self._vectors:
            return None
        every = np.stack(self._vectors)
        for template in templates:
            distances = np.linalg.norm(every - template.vector, axis=1)
            nearest = int(np.argmin(distances))
            if distances[nearest] <= threshold:
                return self._rows[nearest]
        return None

    def add(self, row: int, templates: Sequence[Template]) -> None:
        self._vectors += [template.vector for template in templates]
        self._rows += [row] * len(templates)


def _examined(
    row: PlannedRow,
    change: PersonUpsert,
    examiner: ExaminerPort,
    frames: Sequence[Frame | None],
    batch: _Batch,
) -> PlannedRow:
    """Return ``row`` with templates; an unreadable picture counts as one without a face."""
    try:
        found = examiner.examine(
            change.person, [frame for frame in frames if frame is not None], min_usable=1
        )
    except EnrolError as error:
        values = (
            {**error.values, "pictures": len(frames)}
            if "pictures" in error.values
            else error.values
        )
        return row.with_error(RowError(row.row, PHOTOGRAPHS, error.key, values))
    twin = batch.twin(found.templates, examiner.threshold)
    if twin is not None:
        return row.with_error(
            RowError(row.row, PHOTOGRAPHS, "import.error.photo_twin", {"other": twin})
        )
    batch.add(row.row, found.templates)
    note = row.note or ("import.note.one_photograph" if found.usable == 1 else "")
    return replace(row, change=replace(change, templates=found.templates), note=note)
