"""Hours of presence by day and person, for those who consented to that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Protocol

from kiosk.core.attendance import (
    AttendanceRule,
    PresenceDay,
    last_day_to_read,
    presence_days,
    settled,
    stays,
)
from kiosk.core.consent import ConsentKind
from kiosk.core.errors import ConfigError
from kiosk.core.people import Person
from kiosk.core.ports import AuditPort
from kiosk.core.rights import Actor, Right, require

COLUMNS = ("day", "student_number", "person", "first_in", "last_out", "hours", "entries")
"""The columns of an export."""

LONGEST_DAYS = 366
"""Days that are worked out at a time."""

FURTHEST_DAYS = 1024
"""Days before the first one, at most, that are read to find out whether somebody was there."""


class WhoConsentedPort(Protocol):
    """Who consented to what, and since when without a break."""

    def consented_since(self, kind: ConsentKind) -> Mapping[int, datetime]: ...


class PersonByIdPort(Protocol):
    """Enrolled people by id."""

    def get(self, person_id: int) -> Person | None: ...


Accepted = Callable[[Collection[int], date, date], Mapping[int, Sequence[datetime]]]
"""Returns when each of these people was let in, from one day to another, inclusive."""

WriteTable = Callable[[Path, Sequence[str], Sequence[Sequence[str | float | None]]], None]
"""Writes columns and rows to a CSV or XLSX file, by its suffix; raises ``StorageError``."""


@dataclass(frozen=True, slots=True)
class Attendance:
    """One day of one person."""

    person_id: int
    name: str
    number: str
    presence: PresenceDay


@dataclass(frozen=True, slots=True)
class AttendanceLine:
    """One day of one person, to be read: times as ``clock_text``, ``hours`` or ``None``."""

    day: str
    number: str
    name: str
    first_in: str
    last_out: str
    hours: float | None
    entries: int


class AttendanceService:
    """Every method raises ``SignInError`` without the right; run it on a thread that may block.

    ``enabled``: whether the site asks for that consent at all.
    """

    def __init__(
        self,
        consents: WhoConsentedPort,
        people: PersonByIdPort,
        accepted: Accepted,
        write: WriteTable,
        audit: AuditPort,
        rule: AttendanceRule,
        *,
        enabled: bool,
    ) -> None:
        self._consents = consents
        self._people = people
        self._accepted = accepted
        self._write = write
        self._audit = audit
        self._rule = rule
        self.enabled = enabled

    @property
    def knows_leaving(self) -> bool:
        """Whether leavings are known, and so hours."""
        return self._rule.leaving

    def rows(
        self, actor: Actor, since: date, until: date, text: str = ""
    ) -> tuple[Attendance, ...]:
        """Return the days of everybody who consented, newest first; recorded in the audit log.

        ``text``: part of a name or number. Raises ``ConfigError`` if the site does not work out
        hours, or for days that cannot be used.
        """
        require(actor, Right.VIEW_HISTORY)
        self._check(since, until)
        detail = {"since": str(since), "until": str(until), "text": text}
        self._audit.record("attendance_viewed", actor.name, detail)
        return self._rows(since, until, text)

    def lines(
        self, actor: Actor, since: date, until: date, text: str = ""
    ) -> tuple[AttendanceLine, ...]:
        """Return the same as ``rows``, to be read."""
        return tuple(line_of(row) for row in self.rows(actor, since, until, text))

    def export(self, actor: Actor, since: date, until: date, path: Path, text: str = "") -> int:
        """Write the same days to a .csv or .xlsx file; return how many rows there are."""
        require(actor, Right.EXPORT_LOG)
        self._check(since, until)
        if path.suffix.lower() not in (".csv", ".xlsx"):
            raise ConfigError(f"{path} must end in .csv or .xlsx.", key="error.attendance_file")
        detail = {"since": str(since), "until": str(until), "text": text}
        self._audit.record("attendance_exported", actor.name, detail)
        rows = self._rows(since, until, text)
        self._write(path, COLUMNS, [astuple(line_of(row)) for row in rows])
        return len(rows)

    def _check(self, since: date, until: date) -> None:
        if not self.enabled:
            raise ConfigError(
                "Attendance is off; switch on privacy.attendance, and ask people for that consent.",
                key="error.attendance_off",
            )
        if until < since or (until - since).days >= LONGEST_DAYS:
            raise ConfigError(
                f"Name two days, the earlier first, at most {LONGEST_DAYS} days apart.",
                key="error.attendance_days",
                days=LONGEST_DAYS,
            )

    def _rows(self, since: date, until: date, text: str) -> tuple[Attendance, ...]:
        consented = self._consents.consented_since(ConsentKind.ATTENDANCE)
        people = self._wanted(consented, text)
        given = {person_id: consented[person_id] for person_id in people}
        rows = [
            Attendance(person_id, people[person_id].name, people[person_id].number, presence)
            for person_id, times in self._times(given, since, until).items()
            for presence in presence_days(stays(times, self._rule), self._rule)
            if since <= presence.day <= until
        ]
        return tuple(
            sorted(rows, key=lambda row: (-row.presence.day.toordinal(), row.name, row.number))
        )

    def _times(
        self, given: Mapping[int, datetime], since: date, until: date
    ) -> dict[int, list[datetime]]:
        """Return each person's times since the consent in ``given``, from before ``since`` on.

        Read from so far back that it is certain which of them are comings: the hours of a day do
        not depend on the days asked for.
        """
        last = last_day_to_read(until, self._rule)
        times: dict[int, list[datetime]] = {}
        unsure, back = set(given), 1
        while unsure:
            first = since - timedelta(days=back)
            accepted = self._accepted(unsure, first, last)
            for person_id in tuple(unsure):
                begun = given[person_id]
                covered = [at for at in accepted.get(person_id, ()) if at >= begun]
                read_from = datetime.combine(first, time()).astimezone()
                sure = begun >= read_from or settled(covered, read_from, since, self._rule)
                if sure or back >= FURTHEST_DAYS:
                    times[person_id] = covered
                    unsure.remove(person_id)
            back *= 4
        return times

    def _wanted(self, consented: Collection[int], text: str) -> dict[int, Person]:
        wanted = text.casefold().strip()
        found = {}
        for person_id in consented:
            person = self._people.get(person_id)
            if person is None or person.consent(ConsentKind.ATTENDANCE) is None:
                continue
            if wanted in person.name.casefold() or wanted in person.number.casefold():
                found[person_id] = person
        return found


def line_of(row: Attendance) -> AttendanceLine:
    """Return a row to be read."""
    presence = row.presence
    return AttendanceLine(
        presence.day.isoformat(),
        row.number,
        row.name,
        clock_text(presence.first_in, presence.day),
        clock_text(presence.last_out, presence.day),
        None if presence.hours is None else round(presence.hours, 2),
        presence.entries,
    )


def clock_text(at: datetime | None, day: date) -> str:
    """Return a time of ``day`` as 09:05; +1 behind it: on the next day; – for an unknown one."""
    if at is None:
        return "–"
    later = (at.date() - day).days
    return f"{at:%H:%M}{f' +{later}' if later else ''}"
