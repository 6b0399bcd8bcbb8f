"""Whether new rules let in anybody, at any time, whom the rules before did not.

What is not surely narrower counts as wider: two administrators are then asked once too often
rather than once too seldom.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from kiosk.access.policy.calendar import Calendar
from kiosk.access.policy.rules import AccessGroup, AccessPolicy
from kiosk.access.policy.weekly_schedule import DAYS, HOLIDAY, NEVER, Span, Week

_WEEK = (*DAYS, HOLIDAY)
_BARRED = AccessGroup(NEVER)


def widens(before: AccessPolicy, after: AccessPolicy) -> bool:
    """Return whether somebody may enter under ``after`` who might not under ``before``."""
    if _fixed(before) != _fixed(after):
        return True
    if before.calendar != after.calendar and not _only_more_holidays(before.calendar, after):
        return True
    if not _covers(before.free, after.free):
        return True
    for earlier, later in (
        (before.first_person, after.first_person),
        (before.two_person, after.two_person),
    ):
        if not _covers(later, earlier):
            return True
    names = {*before.groups, *after.groups}
    return any(
        _group_widens(_group(before, own), _group(after, own))
        for own in [*((name,) for name in names), ()]
    )


def _fixed(rules: AccessPolicy) -> AccessPolicy:
    """Return the rules that are only compared as a whole: each difference counts as wider."""
    none = AccessPolicy()
    return replace(
        rules,
        groups=none.groups,
        default_group=none.default_group,
        calendar=none.calendar,
        free=NEVER,
        first_person=NEVER,
        two_person=NEVER,
    )


def _group(rules: AccessPolicy, names: tuple[str, ...]) -> AccessGroup:
    return next(iter(rules.groups_of(names)), _BARRED)


def _group_widens(before: AccessGroup, after: AccessGroup) -> bool:
    rights = ("opens", "alone", "lockdown")
    more = any(getattr(after, right) and not getattr(before, right) for right in rights)
    return after.schedule != NEVER and (more or not _covers(before.schedule, after.schedule))


def _covers(outer: Week, inner: Week) -> bool:
    """Return whether every minute of ``inner`` is one of ``outer``, whatever days are holidays."""
    return all(_minutes(inner, day) <= _minutes(outer, day) for day in _WEEK) and all(
        _most(inner, day) <= _least(outer, day) for day in {*inner.dates, *outer.dates}
    )


def _most(week: Week, day: date) -> frozenset[int]:
    """Return the minutes of ``day``, be it a holiday or not."""
    if day in week.dates:
        return _of(week.dates[day])
    return _minutes(week, DAYS[day.weekday()]) | _minutes(week, HOLIDAY)


def _least(week: Week, day: date) -> frozenset[int]:
    """Return the minutes of ``day`` that do not depend on whether it is a holiday."""
    if day in week.dates:
        return _of(week.dates[day])
    return _minutes(week, DAYS[day.weekday()]) & _minutes(week, HOLIDAY)


def _minutes(week: Week, day: str) -> frozenset[int]:
    """Return the minutes of the spans that begin on ``day``; over 1440: after midnight."""
    return _of(week.spans.get(day, ()))


def _of(spans: tuple[Span, ...]) -> frozenset[int]:
    return frozenset(minute for span in spans for minute in range(span.begin, span.end))


def _only_more_holidays(before: Calendar, after: AccessPolicy) -> bool:
    """Return whether ``after`` only has more holidays, and none of its schedules gains by one."""
    calendar = after.calendar
    more = (
        calendar.country == before.country
        and calendar.worked <= before.worked
        and all(
            any(one.first <= own.first and own.last <= one.last for one in calendar.closed)
            for own in before.closed
        )
    )
    if not more:
        return False
    allows = [*(group.schedule for group in after.groups.values()), after.free]
    demands = [after.first_person, after.two_person, *(week for week, _ in after.ways)]
    return all(_loses(week) for week in allows) and all(_loses_nothing(week) for week in demands)


def _loses(week: Week) -> bool:
    """Return whether a day that becomes a holiday has no minute more."""
    return all(_minutes(week, HOLIDAY) <= _minutes(week, day) for day in DAYS)


def _loses_nothing(week: Week) -> bool:
    """Return whether a day that becomes a holiday has no minute less and none more."""
    return all(_minutes(week, HOLIDAY) == _minutes(week, day) for day in DAYS)
