"""What one row of an import would do, and what is wrong with it as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path

from kiosk.core.consent import Consent, ConsentKind
from kiosk.core.import_plan import (
    ParsedRow,
    PeopleColumn,
    PersonUpsert,
    PlannedRow,
    RowError,
    RowState,
)
from kiosk.core.languages import default_language
from kiosk.core.people import CredentialMode, Person, PersonRole

FIELDS = (
    "name",
    "role",
    "valid_from",
    "valid_until",
    "groups",
    "entry",
    "consented_at",
    "consents",
)
"""Fields of a person that an import may change."""


@dataclass(frozen=True, slots=True)
class RowPlanner:
    """Turns parsed rows into planned ones.

    ``with_face``: ids of people with templates of the network in use. ``withdrawals``: time of the
    latest withdrawal of consent, by id. ``versions``: stored versions of the consent text.
    """

    now: datetime
    with_face: frozenset[int]
    withdrawals: Mapping[int, datetime]
    versions: frozenset[int]

    def plan(
        self, parsed: ParsedRow, before: Person | None, photographs: tuple[Path, ...]
    ) -> PlannedRow:
        """Return what ``parsed`` does to the stored person ``before``; ``None`` for a new one."""
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
            note=_note(parsed, face_kept=has_face and bool(photographs)),
        )
        error = (
            _date_error(parsed, person)
            or self._consent_error(parsed, before)
            or _face_error(parsed, person, before, photographs)
        )
        if error is not None:
            return row.with_error(error)
        change = PersonUpsert(person, before, parsed.consent_version)
        if before is None:
            return replace(row, state=RowState.NEW, change=change)
        fields = tuple(name for name in FIELDS if getattr(before, name) != getattr(person, name))
        if not fields and not used:
            return row
        return replace(row, state=RowState.CHANGED, fields=fields, change=change)

    def _merged(self, parsed: ParsedRow, before: Person | None) -> Person:
        base = before or Person(parsed.number, parsed.name)
        given = self._consent(parsed, base)
        until = parsed.valid_until if PeopleColumn.VALID_UNTIL in parsed.dates else base.valid_until
        return replace(
            base,
            name=parsed.name,
            role=_role(parsed.role, before),
            valid_from=parsed.valid_from
            if PeopleColumn.VALID_FROM in parsed.dates
            else base.valid_from,
            valid_until=until,
            until_time=base.until_time if until == base.valid_until else None,
            groups=base.groups if parsed.groups is None else parsed.groups,
            entry=parsed.entry or base.entry,
            consented_at=given,
            consents=self._consents(parsed, base),
            consent_language=(parsed.consent_language or default_language())
            if given != base.consented_at
            else base.consent_language,
        )

    def _consent(self, parsed: ParsedRow, base: Person) -> datetime | None:
        """Return when the consent for the face was given."""
        return self._newer(parsed.consent, base.consented_at)

    def _consents(self, parsed: ParsedRow, base: Person) -> tuple[Consent, ...]:
        """Return the stored consents, with the one to personal data if the table has a newer."""
        stored = base.consent(ConsentKind.PERSONAL)
        before = stored.given_at if stored else None
        given = self._newer(parsed.personal_consent, before)
        if given is None or given == before:
            return base.consents
        language = parsed.consent_language or default_language()
        others = tuple(one for one in base.consents if one is not stored)
        return (Consent(ConsentKind.PERSONAL, given, language), *others)

    def _newer(self, day: date | None, before: datetime | None) -> datetime | None:
        """Return when consent was given; a day no newer than the stored one changes nothing."""
        if day is None or (before is not None and day <= _day(before)):
            return before
        if day == self.now.date():
            return self.now
        return datetime.combine(day, time(12)).astimezone()

    def _consent_error(self, parsed: ParsedRow, before: Person | None) -> RowError | None:
        if parsed.consent is not None and before is not None:
            withdrawn = self.withdrawals.get(before.id) if before.id is not None else None
            given_again = before.consented_at is not None
            if withdrawn is not None and parsed.consent <= _day(withdrawn) and not given_again:
                return _error(
                    parsed,
                    PeopleColumn.CONSENT,
                    "import.error.withdrawn",
                    day=_day(withdrawn).isoformat(),
                )
        if parsed.consent_version is None:
            return None
        if parsed.consent is None and parsed.personal_consent is None:
            return _error(parsed, PeopleColumn.CONSENT, "import.error.version_alone")
        if parsed.consent_version in self.versions:
            return None
        return _error(
            parsed,
            PeopleColumn.CONSENT_VERSION,
            "import.error.version_unknown",
            version=parsed.consent_version,
            known=", ".join(map(str, sorted(self.versions))),
        )


def _role(listed: PersonRole | None, before: Person | None) -> PersonRole:
    """Return the role; "student" in a table does not undo a level that is known."""
    stored = before.role if before else PersonRole.STUDENT
    known = stored in (PersonRole.GRADUATE, PersonRole.UNDERGRADUATE)
    return stored if listed is None or (listed is PersonRole.STUDENT and known) else listed


def _note(parsed: ParsedRow, *, face_kept: bool) -> str:
    if parsed.hidden:  # somebody who looks at the workbook does not see this person
        return "import.note.hidden"
    return "import.note.face_kept" if face_kept else ""


def _date_error(parsed: ParsedRow, person: Person) -> RowError | None:
    if person.valid_from and person.valid_until and person.valid_until < person.valid_from:
        return _error(parsed, PeopleColumn.VALID_UNTIL, "import.error.dates")
    return None


def _face_error(
    parsed: ParsedRow, person: Person, before: Person | None, photographs: tuple[Path, ...]
) -> RowError | None:
    if (
        before is not None
        and before.templates
        and before.entry is CredentialMode.FACE is not person.entry
    ):
        return _error(parsed, PeopleColumn.ENTRY, "import.error.entry_face")
    if photographs and person.entry is not CredentialMode.FACE:
        return _error(parsed, PeopleColumn.ENTRY, "import.error.photo_entry")
    if photographs and person.consented_at is None:
        return _error(parsed, PeopleColumn.CONSENT, "import.error.photo_consent")
    return None


def _error(parsed: ParsedRow, column: PeopleColumn, key: str, **values: object) -> RowError:
    return RowError(parsed.row, column, key, values)


def _day(moment: datetime) -> date:
    return moment.astimezone().date()
