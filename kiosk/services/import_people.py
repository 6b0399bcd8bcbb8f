"""Bulk import of people from a table, with or without photographs: plan, examine, store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from kiosk.core.errors import EnrolError, KioskError, StorageError
from kiosk.core.frames import Frame
from kiosk.core.import_plan import (
    ImportPlan,
    ImportReport,
    ParsedSheet,
    PersonUpsert,
    PlannedRow,
    RowError,
    RowState,
)
from kiosk.core.people import Person
from kiosk.core.ports import Clock
from kiosk.core.rights import Actor, Right, require
from kiosk.core.templates import Template
from kiosk.services.photo_finder import FoundPhotographs, find_photographs
from kiosk.services.picture_enrolment import Examined
from kiosk.services.row_planner import RowPlanner

PHOTOGRAPHS = "photographs"
"""Column of errors about a person's photographs."""

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


class ImportSourcePort(Protocol):
    """Tables and photographs of an import, and the networks that examine these.

    ``tables``: in a folder and on plugged-in drives, newest first. ``read``: consents in a table
    must not be later than ``today``. ``is_picture``: by name or content. ``load`` raises
    ``KioskError`` for a file that is no picture that can be read.
    """

    def tables(self, folder: Path) -> Sequence[Path]: ...
    def read(self, file: Path, today: date) -> ParsedSheet: ...
    def is_picture(self, file: Path) -> bool: ...
    def load(self, file: Path) -> Frame: ...
    def examiner(self) -> ExaminerPort: ...


class BulkImport:
    """``plan`` only reads the database, ``examine`` reads photographs, ``carry_out`` stores.

    ``embedder_id``: the network in use; people with templates of it keep them, so that no import
    silently changes a template.
    """

    def __init__(
        self,
        people: BulkPort,
        source: ImportSourcePort,
        clock: Clock,
        embedder_id: str,
    ) -> None:
        self._people = people
        self._source = source
        self._clock = clock
        self._embedder_id = embedder_id

    def tables(self, actor: Actor, folder: Path) -> Sequence[Path]:
        """Return the tables in ``folder`` and on plugged-in drives, newest first."""
        require(actor, Right.IMPORT_PEOPLE)
        return self._source.tables(folder)

    def plan(self, actor: Actor, file: Path, photographs: Path | None = None) -> ImportPlan:
        """Return what importing the table ``file`` would do now.

        ``photographs``: the folder to find them in. Raises ``SignInError`` without the right to
        import, and ``KioskError`` if the table, the folder or the database cannot be read.
        """
        require(actor, Right.IMPORT_PEOPLE)
        sheet = self._source.read(file, self._clock().date())
        numbers = [row.number for row in sheet.rows if row.number]
        stored = self._people.by_numbers(numbers)
        found = (
            FoundPhotographs({})
            if photographs is None
            else find_photographs(
                photographs,
                numbers,
                lambda stems: self._people.by_numbers(stems).keys(),
                self._source.is_picture,
            )
        )
        planner = RowPlanner(
            self._clock(),
            self._people.with_face(self._embedder_id),
            self._people.withdrawals(),
            self._people.consent_versions(),
        )
        rows = (
            planner.plan(row, stored.get(row.number), found.photographs.get(row.number, ()))
            for row in sheet.rows
        )
        return ImportPlan(sheet.name, tuple(rows), found.unused, code_page=sheet.code_page)

    def examine(
        self,
        actor: Actor,
        plan: ImportPlan,
        progress: Progress,
        stopped: Callable[[], bool],
    ) -> ImportPlan:
        """Return ``plan`` with the templates of its photographs, or with what is wrong with them.

        Loads the networks only if there are photographs. Raises ``SignInError`` without the right
        to import, and ``EnrolError`` as soon as ``stopped`` returns true.
        """
        require(actor, Right.IMPORT_PEOPLE)
        examiner = self._source.examiner() if plan.photographs else None
        batch = _Batch()
        done = 0
        rows = []
        for row in plan.rows:
            if stopped():
                raise import_stopped()
            if row.change is not None and row.photographs:
                assert examiner is not None, "a plan with photographs needs an examiner"
                row = _examined(row, row.change, examiner, self._photographs(row), batch)
                done += len(row.photographs)
                progress(done, plan.photographs)
            rows.append(row)
        return replace(plan, rows=tuple(rows), examined=True)

    def _photographs(self, row: PlannedRow) -> _Photographs:
        found = _Photographs(len(row.photographs))
        for file in row.photographs:
            try:
                found.frames.append(self._source.load(file))
            except KioskError as error:
                found.refusal = found.refusal or error
        return found

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


@dataclass(slots=True)
class _Photographs:
    """The photographs of one person that can be read.

    ``count``: of all. ``refusal``: why the first of the others cannot be read.
    """

    count: int
    frames: list[Frame] = field(default_factory=list)
    refusal: KioskError | None = None


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
    photographs: _Photographs,
    batch: _Batch,
) -> PlannedRow:
    """Return ``row`` with templates, or with what is wrong with the photographs.

    One that cannot be read is named: as an error if there are no others that are good enough.
    """
    refusal = photographs.refusal
    unread = () if refusal is None else (_photo_error(row, refusal, refusal.values),)
    if not photographs.frames and unread:
        return row.with_error(*unread)
    try:
        found = examiner.examine(change.person, photographs.frames, min_usable=1)
    except EnrolError as error:
        values = (
            {**error.values, "pictures": photographs.count}
            if "pictures" in error.values
            else error.values
        )
        return row.with_error(*unread, _photo_error(row, error, values))
    twin = batch.twin(found.templates, examiner.threshold)
    if twin is not None:
        return row.with_error(
            RowError(row.row, PHOTOGRAPHS, "import.error.photo_twin", {"other": twin})
        )
    batch.add(row.row, found.templates)
    examined = replace(row, change=replace(change, templates=found.templates))
    if refusal is not None:
        return replace(examined, note=refusal.key, note_values=refusal.values)
    if found.usable == 1 and not row.note:
        return replace(examined, note="import.note.one_photograph")
    return examined


def _photo_error(row: PlannedRow, error: KioskError, values: Mapping[str, object]) -> RowError:
    return RowError(row.row, PHOTOGRAPHS, error.key, values)
