"""Reads the policy file (TOML). Every mistake is reported in one sentence that names the key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, tzinfo
from itertools import islice, pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kiosk.access.policy.calendar import Calendar, Closed, public_holidays
from kiosk.access.policy.rules import AccessGroup, AccessPolicy, AntiPassback, AuthRequirement
from kiosk.access.policy.weekly_schedule import (
    ALWAYS,
    DAYS,
    HOLIDAY,
    NEVER,
    Span,
    Week,
    overlapping,
)
from kiosk.core.errors import ConfigError
from kiosk.core.parsed_toml import composed, plain, read_toml, shown

_SHORT = {"daily": DAYS, "weekdays": DAYS[:5], "weekend": DAYS[5:]}
_NAMES = {
    str: "text in quotes",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a table",
    date: "a date",
}


def load_policy(path: Path) -> AccessPolicy:
    """Read the policy in ``path``.

    ``ConfigError`` names file and key of anything unknown, malformed or contradictory.
    """
    try:
        tables = composed(read_toml(path))
    except FileNotFoundError:
        raise ConfigError(
            f"There is no policy file {path}; create it or leave door.policy empty."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The policy file {path} cannot be read ({error}); check the path and its permissions."
        ) from None
    except ValueError as error:
        raise ConfigError(f"{path} is not valid TOML ({error}); correct that line.") from None
    try:
        return policy_from(tables)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


_BUILT_IN = {"always": ALWAYS, "never": NEVER}


def policy_from(tables: Mapping[str, Any]) -> AccessPolicy:
    """Return the policy in a parsed file."""
    top = _Table("", dict(tables))
    zone = _zone(top)
    calendar = _calendar(top.table("holidays"))
    weeks = _BUILT_IN | _own_weeks(top)
    groups = {name: _group(table, weeks) for name, table in top.tables("groups")} or dict(
        AccessPolicy().groups
    )
    door = top.table("door")
    top.end()
    return _door(door, weeks, groups, calendar, zone)


def _own_weeks(top: _Table) -> dict[str, Week]:
    """Return the file's schedules; "never", if it had hours, would set the door free in them."""
    weeks = {name: _week(table) for name, table in top.tables("schedules")}
    for name in _BUILT_IN.keys() & weeks.keys():
        raise ConfigError(f"schedules.{name} is a built-in schedule; choose another name.")
    return weeks


class _Table:
    """A table of the file that knows its place and which keys were read."""

    def __init__(self, place: str, values: dict[str, Any]) -> None:
        self.place = place
        self.values = values
        self._asked: set[str] = set()

    def key(self, name: str) -> str:
        return f"{self.place}.{plain(name)}" if self.place else plain(name)

    def get(self, name: str, kind: type, default: Any) -> Any:
        """Return the value of ``name``, which must have exactly this type."""
        self._asked.add(name)
        if name not in self.values:
            return default
        value = self.values[name]
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise ConfigError(f"{self.key(name)} must be {_NAMES[kind]}, not {shown(value)}.")
        return value

    def number(self, name: str, kind: type, default: Any, low: float, high: float) -> Any:
        value = self.get(name, kind, default)
        if not low <= value <= high:
            raise ConfigError(
                f"{self.key(name)} must be between {low:g} and {high:g}, not {shown(value)}."
            )
        return value

    def choice(self, name: str, kind: type[Any], default: Any) -> Any:
        text = self.get(name, str, default.value)
        if text not in {item.value for item in kind}:
            raise ConfigError(
                f"{self.key(name)} must be one of {', '.join(item.value for item in kind)}, not "
                f"{shown(text)}."
            )
        return kind(text)

    def table(self, name: str) -> _Table:
        return _Table(self.key(name), self.get(name, dict, {}))

    def tables(self, name: str) -> list[tuple[str, _Table]]:
        own = self.table(name)
        return [(each, own.table(each)) for each in own.values]

    def end(self) -> None:
        """Refuse keys that were not read."""
        for name in self.values:
            if name not in self._asked:
                raise ConfigError(
                    f"{self.key(name)} is not known; use one of {', '.join(sorted(self._asked))}."
                )


def _zone(top: _Table) -> tzinfo | None:
    name = top.get("zone", str, "")
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"zone: there is no time zone {shown(name)}; write one such as Asia/Seoul."
        ) from None


def _calendar(table: _Table) -> Calendar:
    country = table.get("country", str, "").upper()
    if country:
        public_holidays(country)
    worked = [_day(f"{table.key('worked')}", day) for day in table.get("worked", list, [])]
    closed = sorted(
        (
            _closed(table, number, item)
            for number, item in enumerate(table.get("closed", list, []), 1)
        ),
        key=lambda c: c.first,
    )
    table.end()
    for one, next_one in pairwise(closed):
        if next_one.first <= one.last:
            raise ConfigError(
                f"holidays.closed: {_named(one)} and {_named(next_one)} overlap; make them one, or "
                "correct a date."
            )
    return Calendar(country, tuple(closed), frozenset(worked))


def _closed(table: _Table, number: int, item: object) -> Closed:
    if not isinstance(item, dict):
        raise ConfigError(f"{table.key('closed')} must be tables, written [[holidays.closed]].")
    own = _Table(f"{table.key('closed')}[{number}]", item)
    if "first" not in item:
        raise ConfigError(f"{own.place} has no first day; write first = 2026-12-24.")
    first = own.get("first", date, None)
    made = Closed(first, own.get("last", date, first), own.get("name", str, ""))
    own.end()
    if made.last < made.first:
        raise ConfigError(
            f"{own.place}: the last day {made.last} comes before the first {made.first}; correct "
            "the dates."
        )
    return made


def _named(closed: Closed) -> str:
    return f"{plain(closed.name) if closed.name else 'the days'} ({closed.first} to {closed.last})"


def _day(key: str, value: object) -> date:
    if type(value) is not date:
        raise ConfigError(f"{key} must be dates such as 2026-05-01, not {shown(value)}.")
    return value


def _week(table: _Table) -> Week:
    days: dict[str, tuple[Span, ...]] = {}
    for name in (*_SHORT, *DAYS, HOLIDAY):  # single days override "weekdays" and the like
        if name in table.values:
            spans = _spans(table, name)
            days |= dict.fromkeys(_SHORT.get(name, (name,)), spans)
        else:
            table.get(name, list, [])
    dates = table.table("dates")
    table.end()
    return Week(days, {_date_of(dates, text): _spans(dates, text) for text in dates.values})


def _date_of(dates: _Table, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            f'{dates.place}: {shown(text)} is not a date; write 2026-12-24 = ["09:00-13:00"].'
        ) from None


def _spans(table: _Table, name: str) -> tuple[Span, ...]:
    spans = []
    for text in table.get(name, list, []):
        try:
            spans.append(Span.parse(text))
        except (ValueError, AttributeError, TypeError):
            raise ConfigError(
                f'{table.key(name)}: {shown(text)} is not a span of time; write "09:00-18:00".'
            ) from None
    twice = overlapping(tuple(spans))
    if twice is not None:
        raise ConfigError(f"{table.key(name)}: two spans overlap; make them one.")
    return tuple(spans)


def _group(table: _Table, weeks: Mapping[str, Week]) -> AccessGroup:
    group = AccessGroup(
        _named_week(table, "schedule", weeks, "always"),
        table.get("opens", bool, False),
        table.get("alone", bool, False),
        table.get("lockdown", bool, False),
    )
    table.end()
    return group


def _named_week(table: _Table, key: str, weeks: Mapping[str, Week], default: str) -> Week:
    name = table.get(key, str, default)
    if name not in weeks:
        raise ConfigError(
            f"{table.key(key)}: there is no schedule {shown(name)}; write "
            f"[schedules.{plain(name)}], or use one of {_listed(weeks)}."
        )
    return weeks[name]


def _door(
    door: _Table,
    weeks: Mapping[str, Week],
    groups: Mapping[str, AccessGroup],
    calendar: Calendar,
    zone: tzinfo | None,
) -> AccessPolicy:
    plain = AccessPolicy()
    rules = AccessPolicy(
        groups=groups,
        default_group=_default_group(door, groups),
        calendar=calendar,
        zone=zone,
        way=door.choice("way", AuthRequirement, plain.way),
        ways=_ways(door, weeks),
        free=_named_week(door, "free", weeks, "never"),
        first_person=_named_week(door, "first_person", weeks, "never"),
        two_person=_named_week(door, "two_person", weeks, "never"),
        two_person_s=door.number("two_person_s", float, plain.two_person_s, 2, 300),
        passback=door.choice("passback", AntiPassback, plain.passback),
        passback_min=door.number("passback_min", int, plain.passback_min, 0, 1440),
        day_begins=_minute(door),
        interlock=door.get("interlock", bool, False),
        duress=door.get("duress", bool, False),
    )
    door.end()
    if rules.first_person is not NEVER and not any(group.opens for group in groups.values()):
        raise ConfigError(
            "door.first_person: no group may be the first; write opens = true for one of them."
        )
    return rules


def _listed(names: Iterable[str]) -> str:
    """Return some of the names in a file, for a message."""
    return ", ".join(plain(name) for name in islice(names, 20))


def _default_group(door: _Table, groups: Mapping[str, AccessGroup]) -> str:
    """Return the group of people without one: the one named, else the only one, else none."""
    name: str = door.get("default_group", str, "")
    if name and name not in groups:
        raise ConfigError(
            f"door.default_group: there is no group {shown(name)}; write "
            f"[groups.{plain(name)}], or use one of {_listed(groups)}."
        )
    return name or (next(iter(groups)) if len(groups) == 1 else "")


def _ways(door: _Table, weeks: Mapping[str, Week]) -> tuple[tuple[Week, AuthRequirement], ...]:
    made = []
    for number, item in enumerate(door.get("ways", list, []), 1):
        if not isinstance(item, dict):
            raise ConfigError(
                'door.ways must be tables such as { schedule = "night", way = "face_pin" }.'
            )
        own = _Table(f"door.ways[{number}]", item)
        made.append(
            (
                _named_week(own, "schedule", weeks, "always"),
                own.choice("way", AuthRequirement, AuthRequirement.FACE),
            )
        )
        own.end()
    return tuple(made)


def _minute(door: _Table) -> int:
    text = door.get("day_begins", str, "04:00")
    try:
        return Span.parse(f"{text}-24:00").begin
    except ValueError:
        raise ConfigError(
            f'door.day_begins: {shown(text)} is not a time of day; write "04:00".'
        ) from None
