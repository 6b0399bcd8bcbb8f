"""Bulk import: a table of people, with photographs perhaps, made into a plan that is looked at before anything is stored."""

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
from kiosk.core.people import CredentialMode, Person, PersonRole
from kiosk.core.ports import Clock
from kiosk.core.rights import Actor, Right, require
from kiosk.core.templates import Template
from kiosk.services.photo_finder import Found, find_photographs
from kiosk.services.picture_enrolment import Examined

PHOTOGRAPHS = "photographs"
"""The column that a fault of somebody's photographs is told in."""

_SHOWN_FIELDS = ("name", "role", "valid_from", "valid_until", "groups", "entry", "consented_at")
Progress = Callable[[int, int], None]
"""Told how many photographs of how many were looked at."""


def import_stopped() -> EnrolError:
    """What to say to whoever stopped it."""
    return EnrolError("The import was stopped; nothing was changed.", key="import.stopped")


class BulkPort(Protocol):
    """What an import needs of the people stored."""

    def by_numbers(self, numbers: Sequence[str]) -> Mapping[str, Person]: ...
    def with_face(self, embedder_id: str) -> frozenset[int]: ...
    def withdrawals(self) -> Mapping[int, datetime]: ...
    def consent_versions(self) -> frozenset[int]: ...
    def store_all(
        self, changes: Sequence[PersonUpsert], by: str, detail: Mapping[str, Any]
    ) -> None: ...


class ExaminerPort(Protocol):
    """The kiosk's own way of looking at pictures (``PictureExaminer``)."""

    threshold: float

    def examine(
        self, person: Person, frames: Iterable[Frame], *, allow_known: bool = False, least: int = 2
    ) -> Examined: ...


class BulkImport:
    """``plan`` reads nothing but the database, ``examine`` looks at photographs, ``carry_out`` stores all or nothing.

    ``suffixes``: of files that are pictures. ``embedder_id``: the network in use; who has templates of it keeps them, so that no
    import changes a template silently.
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
        numbers = [wish.number for wish in sheet.wishes if wish.number]
        stored = self._people.by_numbers(numbers)
        found = (
            Found({})
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
            rules.planned(wish, stored.get(wish.number), found.of.get(wish.number, ()))
            for wish in sheet.wishes
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
                assert examiner is not None, (
                    "a plan with photographs needs somebody who looks at them"
                )
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
        if plan.faults and not leave_out:
            raise StorageError(
                f"Rows with errors: {plan.count(RowState.ERROR)}, so nothing was imported; correct them or leave them out.",
                key="import.has_errors",
                n=plan.count(RowState.ERROR),
            )
        assert plan.examined, "photographs are looked at before anything is stored"
        report = ImportReport.of(plan)
        self._people.store_all(plan.changes, actor.name, {"file": plan.file, **report.values()})
        return report


@dataclasses.dataclass(frozen=True, slots=True)
class _Rules:
    """What a row may do, by what is stored of the person."""

    now: datetime
    with_face: frozenset[int]
    withdrawals: Mapping[int, datetime]
    versions: frozenset[int]

    def planned(
        self, wish: ParsedRow, before: Person | None, photographs: tuple[Path, ...]
    ) -> PlannedRow:
        if wish.faults:
            return PlannedRow(wish.row, wish.number, wish.name, RowState.ERROR, faults=wish.faults)
        person = self._merged(wish, before)
        has_face = before is not None and before.id in self.with_face
        used = () if has_face else photographs
        row = PlannedRow(
            wish.row,
            person.number,
            person.name,
            RowState.UNCHANGED,
            photographs=used,
            note="import.note.face_kept" if has_face and photographs else "",
        )
        fault = self._against(wish, person, before, photographs)
        if fault is not None:
            return row.wrong(fault)
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
            change=PersonUpsert(person, before, wish.consent_version),
        )

    def _merged(self, wish: ParsedRow, before: Person | None) -> Person:
        base = before or Person(wish.number, wish.name)
        given = self._consent(wish, base)
        return replace(
            base,
            name=wish.name,
            role=wish.role or (before.role if before else PersonRole.STUDENT),
            valid_from=wish.valid_from
            if PeopleColumn.VALID_FROM in wish.dates
            else base.valid_from,
            valid_until=wish.valid_until
            if PeopleColumn.VALID_UNTIL in wish.dates
            else base.valid_until,
            groups=base.groups if wish.groups is None else wish.groups,
            entry=wish.entry or base.entry,
            consented_at=given,
            consent_language=(wish.consent_language or "ko")
            if given != base.consented_at
            else base.consent_language,
        )

    def _consent(self, wish: ParsedRow, base: Person) -> datetime | None:
        """A consent that is older than the one stored, or the same, changes nothing."""
        if wish.consent is None or (
            base.consented_at is not None and wish.consent <= base.consented_at.astimezone().date()
        ):
            return base.consented_at
        return (
            self.now
            if wish.consent == self.now.date()
            else datetime.combine(wish.consent, time(12)).astimezone()
        )

    def _against(
        self, wish: ParsedRow, person: Person, before: Person | None, photographs: tuple[Path, ...]
    ) -> RowError | None:
        """What stands against a row as a whole, worst first."""

        def fault(column: PeopleColumn, key: str, **values: object) -> RowError:
            return RowError(wish.row, column, key, values)

        withdrawn = (
            self.withdrawals.get(before.id)
            if before is not None and before.id is not None
            else None
        )
        if person.valid_from and person.valid_until and person.valid_until < person.valid_from:
            return fault(PeopleColumn.VALID_UNTIL, "import.error.dates")
        newer = before is not None and before.consented_at is not None  # given again since then
        if (
            wish.consent is not None
            and withdrawn is not None
            and wish.consent <= _day(withdrawn)
            and not newer
        ):
            return fault(
                PeopleColumn.CONSENT, "import.error.withdrawn", day=_day(withdrawn).isoformat()
            )
        if wish.consent_version is not None and wish.consent is None:
            return fault(PeopleColumn.CONSENT, "import.error.version_alone")
        if wish.consent_version is not None and wish.consent_version not in self.versions:
            return fault(
                PeopleColumn.CONSENT_VERSION,
                "import.error.version_unknown",
                version=wish.consent_version,
                known=", ".join(map(str, sorted(self.versions))),
            )
        if (
            before is not None
            and before.templates
            and before.entry is CredentialMode.FACE is not person.entry
        ):
            return fault(PeopleColumn.ENTRY, "import.error.entry_face")
        if photographs and person.entry is not CredentialMode.FACE:
            return fault(PeopleColumn.ENTRY, "import.error.photo_entry")
        if photographs and person.consented_at is None:
            return fault(PeopleColumn.CONSENT, "import.error.photo_consent")
        return None


def _day(moment: datetime) -> date:
    return moment.astimezone().date()


class _Batch:
    """The faces of one import, so that nobody is in it twice under two numbers."""

    def __init__(self) -> None:
        self._vectors: list[np.ndarray[Any, np.dtype[np.float32]]] = []
        self._rows: list[int] = []

    def twin(self, templates: Sequence[Template], threshold: float) -> int | None:
        """The row of somebody who looks like this."""
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
    """``row`` with templates; a picture that cannot be read is as good as one without a face."""
    try:
        found = examiner.examine(
            change.person, [frame for frame in frames if frame is not None], least=1
        )
    except EnrolError as error:
        values = (
            {**error.values, "pictures": len(frames)}
            if "pictures" in error.values
            else error.values
        )
        return row.wrong(RowError(row.row, PHOTOGRAPHS, error.key, values))
    twin = batch.twin(found.templates, examiner.threshold)
    if twin is not None:
        return row.wrong(RowError(row.row, PHOTOGRAPHS, "import.error.photo_twin", {"other": twin}))
    batch.add(row.row, found.templates)
    note = row.note or ("import.note.one_photograph" if found.usable == 1 else "")
    return replace(row, change=replace(change, templates=found.templates), note=note)
