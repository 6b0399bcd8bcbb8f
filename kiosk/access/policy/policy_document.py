"""Reads what the screen shows of the policy file: groups, schedules and holidays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from kiosk.access.policy.policy_file import policy_from
from kiosk.access.policy.rules import AccessPolicy
from kiosk.access.policy.weekly_schedule import Span
from kiosk.core.access_rules import (
    DAYS,
    WEEK,
    AccessRules,
    ClosedDays,
    GroupRule,
    WeekPlan,
)
from kiosk.core.errors import ConfigError
from kiosk.core.parsed_toml import composed, parse_toml

SHORT = {"daily": DAYS, "weekdays": DAYS[:5], "weekend": DAYS[5:]}
"""Short forms of a schedule, in the order in which they are overridden."""
FLAGS = ("opens", "alone", "lockdown")
"""What a group may do, each a key of its table."""
_DOOR_SCHEDULES = ("free", "first_person", "two_person")


def policy_in(text: str) -> AccessPolicy:
    """Return the policy that ``text`` holds; raise ``ConfigError`` for a mistake in it."""
    return policy_from(tables_of(text))


def rules_in(text: str) -> AccessRules:
    """Return what the screen edits of the policy in ``text``; raise ``ConfigError`` as above."""
    tables = tables_of(text)
    policy_from(tables)  # everything below is of the right type then
    groups = tables.get("groups", {})
    holidays = tables.get("holidays", {})
    return AccessRules(
        groups=tuple(
            GroupRule(
                name, own.get("schedule", "always"), *(own.get(flag, False) for flag in FLAGS)
            )
            for name, own in groups.items()
        )
        or AccessRules().groups,
        plans=tuple(_plan(name, own) for name, own in tables.get("schedules", {}).items()),
        default_group=default_group_of(tables),
        country=holidays.get("country", "").upper(),
        worked=frozenset(holidays.get("worked", ())),
        closed=tuple(
            sorted(
                ClosedDays(own["first"], own.get("last", own["first"]), own.get("name", ""))
                for own in holidays.get("closed", ())
            )
        ),
    )


def plan_users(text: str) -> dict[str, tuple[str, ...]]:
    """Return which keys beside those of groups use a schedule, by its name."""
    door = tables_of(text).get("door", {})
    used = [(door[key], f"door.{key}") for key in _DOOR_SCHEDULES if key in door]
    used += [(way.get("schedule", "always"), "door.ways") for way in door.get("ways", ())]
    users: dict[str, tuple[str, ...]] = {}
    for name, key in used:
        users[name] = tuple(dict.fromkeys((*users.get(name, ()), key)))
    return users


def tables_of(text: str) -> dict[str, Any]:
    """Return the tables of ``text``, names composed; raise ``ConfigError`` where it is no TOML."""
    try:
        return composed(parse_toml(text))
    except ValueError as error:
        raise ConfigError(f"The policy is not valid TOML ({error}); correct that line.") from None


def default_group_of(tables: Mapping[str, Any]) -> str:
    """Return the group of people without one: the one named, else the only one."""
    own = list(tables.get("groups", {})) or [AccessRules().default_group]
    named = tables.get("door", {}).get("default_group", "")
    return str(named or (own[0] if len(own) == 1 else ""))


def _plan(name: str, own: Mapping[str, Any]) -> WeekPlan:
    days = {day: _blocks(spans) for day, spans in spans_by_day(own).items()}
    dates = {date.fromisoformat(day): _blocks(spans) for day, spans in own.get("dates", {}).items()}
    return WeekPlan(name, {day: blocks for day, blocks in days.items() if blocks}, dates)


def spans_by_day(own: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the spans by single day, as the short forms and the days override each other."""
    days: dict[str, list[str]] = {}
    for key in (*SHORT, *WEEK):
        if key in own:
            days |= {day: list(own[key]) for day in SHORT.get(key, (key,))}
    return days


def _blocks(spans: Iterable[str]) -> tuple[tuple[int, int], ...]:
    return tuple((span.begin, span.end) for span in sorted(map(Span.parse, spans)))
