"""Hours of presence out of the times at which people were let in. Pure: no clock, no storage.

The door sees who comes in. Who leaves it sees only where a site asks everybody to show themselves
on the way out too; then the times of a person are by turns coming and leaving. What is missing
stays missing: no hour is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

SAME_S = 60.0
"""Times of a person within so many seconds are one passage: the door was tried twice."""


@dataclass(frozen=True, slots=True)
class AttendanceRule:
    """How times become days.

    ``leaving``: people show themselves on the way out too. ``day_begins``: hour at which a day
    begins, so that a night belongs to the day before. ``longest_h``: somebody who did not leave
    within so many hours has forgotten to show themselves.
    """

    leaving: bool = False
    day_begins: int = 4
    longest_h: int = 14


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay; ``until``: ``None`` where it is not known."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class PresenceDay:
    """One day of one person.

    ``first_in``: ``None`` for somebody who has been there since the day before. ``last_out``:
    ``None`` where the last leaving is not known, or after the day's end. ``hours``: of all stays
    within the day; ``None`` if any of them is not known. ``entries``: how often they came in.
    """

    day: date
    first_in: datetime | None
    last_out: datetime | None
    hours: float | None
    entries: int


def stays(times: Iterable[datetime], rule: AttendanceRule) -> list[Stay]:
    """Return the stays of one person who was let in at ``times``, oldest first."""
    found: list[Stay] = []
    begun: datetime | None = None
    for at in _passages(times):
        if begun is not None and at - begun <= timedelta(hours=rule.longest_h):
            found.append(Stay(begun, at))
            begun = None
            continue
        if begun is not None:
            found.append(Stay(begun))
        begun = at
        if not rule.leaving:
            found.append(Stay(at))
            begun = None
    return [*found, Stay(begun)] if begun is not None else found


def settled(
    times: Iterable[datetime], read_from: datetime, day: date, rule: AttendanceRule
) -> bool:
    """Return whether ``times`` say for certain which were comings from ``day`` on.

    ``times``: all of one person since ``read_from``. Coming and leaving take turns, so that each
    depends on those before it. After ``longest_h`` without any the next is a coming, whatever was
    before: such a gap must begin before ``day`` does.
    """
    if not rule.leaving:
        return True
    begin, _ = _bounds(day, rule)
    last = read_from
    for at in sorted(times):
        if last >= begin:
            return False
        if at - last > timedelta(hours=rule.longest_h):
            return True
        last = at
    return last < begin


def last_day_to_read(day: date, rule: AttendanceRule) -> date:
    """Return the day up to which times tell when somebody left who came on ``day``."""
    return day + timedelta(days=1 + (rule.day_begins + rule.longest_h) // 24)


def presence_days(found: Sequence[Stay], rule: AttendanceRule) -> list[PresenceDay]:
    """Return the days on which the person was there, oldest first.

    A stay over the beginning of a day is divided there.
    """
    days: dict[date, list[Stay]] = {}
    for stay in found:
        for day in _days_of(stay, rule):
            days.setdefault(day, []).append(stay)
    return [_presence_day(day, days[day], rule) for day in sorted(days)]


def _passages(times: Iterable[datetime]) -> list[datetime]:
    passages: list[datetime] = []
    last: datetime | None = None
    for at in sorted(times):
        if last is None or (at - last).total_seconds() > SAME_S:
            passages.append(at)
        last = at
    return passages


def _day_of(at: datetime, rule: AttendanceRule) -> date:
    return at.date() if at.hour >= rule.day_begins else at.date() - timedelta(days=1)


def _bounds(day: date, rule: AttendanceRule) -> tuple[datetime, datetime]:
    """Return when a day begins and ends, in the machine's zone."""
    begin = datetime.combine(day, time(rule.day_begins)).astimezone()
    end = datetime.combine(day + timedelta(days=1), time(rule.day_begins)).astimezone()
    return begin, end


def _days_of(stay: Stay, rule: AttendanceRule) -> list[date]:
    first = _day_of(stay.since, rule)
    if stay.until is None:
        return [first]
    last = _day_of(stay.until, rule)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    # somebody who leaves on the stroke of the new day was not there on that day
    return [day for day in days if day == first or _bounds(day, rule)[0] < stay.until]


def _presence_day(day: date, found: Sequence[Stay], rule: AttendanceRule) -> PresenceDay:
    begin, end = _bounds(day, rule)
    arrivals = [stay.since for stay in found if stay.since >= begin]
    last = found[-1].until
    return PresenceDay(
        day,
        first_in=found[0].since if found[0].since >= begin else None,
        last_out=last if last is not None and last <= end else None,
        hours=_hours(found, begin, end),
        entries=len(arrivals),
    )


def _hours(found: Sequence[Stay], begin: datetime, end: datetime) -> float | None:
    seconds = 0.0
    for stay in found:
        if stay.until is None:
            return None
        seconds += (min(stay.until, end) - max(stay.since, begin)).total_seconds()
    return seconds / 3600
