"""What an edit of the access rules changes, in words of the file, and whether it may be kept."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

from kiosk.core.access_rules import BUILT_IN, WEEK, AccessRules, Block, RuleKind, block_text
from kiosk.core.errors import ConfigError

MAX_NAME = 40
"""Characters of a name of a group or schedule."""
MAX_SHOWN = 40
"""Differences that are named in the audit log."""


def checked(rules: AccessRules, users: Mapping[str, tuple[str, ...]]) -> AccessRules:
    """Return ``rules`` with names as they are stored; raise ``ConfigError`` for a mistake.

    ``users``: what uses a schedule beside groups, as keys of the file.
    """
    groups = tuple(replace(group, name=_name(group.name)) for group in rules.groups)
    plans = tuple(replace(plan, name=_name(plan.name)) for plan in rules.plans)
    if not groups:
        raise ConfigError(
            "At least one group is needed, or nobody could enter; keep one.",
            key="error.rules_no_group",
        )
    for names in ([group.name for group in groups], [plan.name for plan in plans]):
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ConfigError(
                f"The name {twice} is taken; choose another.", key="error.rules_name", name=twice
            )
    known = {*(plan.name for plan in plans), *BUILT_IN}
    built_in = next((plan.name for plan in plans if plan.name in BUILT_IN), None)
    if built_in is not None:
        raise ConfigError(
            f"The name {built_in} is taken; choose another.", key="error.rules_name", name=built_in
        )
    for name in (*users, *(group.schedule for group in groups)):
        if name not in known:
            raise ConfigError(
                f"The schedule {name} is in use; choose another where it is used first.",
                key="error.rules_plan_used",
                name=name,
            )
    first_person = any("door.first_person" in keys for keys in users.values())
    if first_person and not any(group.opens for group in groups):
        raise ConfigError(
            "A first person must open the day; let one group be the first.",
            key="error.rules_first_person",
        )
    _check_closed(rules)
    default = rules.default_group
    only = groups[0].name if len(groups) == 1 else ""
    if default not in {group.name for group in groups}:
        default = ""
    return replace(rules, groups=groups, plans=plans, default_group=default or only)


def checked_rename(rules: AccessRules, kind: RuleKind, old: str, new: str) -> str:
    """Return ``new`` as it is stored; raise ``ConfigError`` if ``old`` cannot be called that."""
    new = _name(new)
    named = rules.groups if kind is RuleKind.GROUP else rules.plans
    names = [own.name for own in named]
    if old not in names:
        raise ConfigError(
            f"There is no {kind} {old}; look at the access rules again.",
            key="error.rules_meanwhile",
        )
    if new in names or (kind is RuleKind.PLAN and new in BUILT_IN):
        raise ConfigError(
            f"The name {new} is taken; choose another.", key="error.rules_name", name=new
        )
    return new


def _check_closed(rules: AccessRules) -> None:
    for days in rules.closed:
        if days.last < days.first:
            raise ConfigError(
                f"The last day {days.last} comes before the first {days.first}; correct them.",
                key="error.rules_days_order",
            )
    for one, other in pairwise(sorted(rules.closed)):
        if other.first <= one.last:
            raise ConfigError(
                f"The closed days from {one.first} and from {other.first} overlap; make them one.",
                key="error.rules_days_overlap",
                first=one.first.isoformat(),
                second=other.first.isoformat(),
            )


def _name(text: str) -> str:
    """Return a name as it is stored."""
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if not name or len(name) > MAX_NAME or "," in name or not name.isprintable():
        raise ConfigError(
            f"A name has 1 to {MAX_NAME} characters without commas; correct it.",
            key="error.group_refused",
        )
    return name


def differences(before: AccessRules, after: AccessRules, most: int = MAX_SHOWN) -> tuple[str, ...]:
    """Return what changed as ``key: old → new``, at most ``most`` of them."""
    found = list(_differences(before, after))
    more = len(found) - most
    return tuple(found if more <= 0 else [*found[:most], f"… {more}"])


def _differences(before: AccessRules, after: AccessRules) -> Iterator[str]:
    old, new = _lines(before), _lines(after)
    for key in dict.fromkeys((*old, *new)):
        if old.get(key, "–") != new.get(key, "–"):
            yield f"{key}: {old.get(key, '–')} → {new.get(key, '–')}"


def _lines(rules: AccessRules) -> dict[str, str]:
    lines = {}
    for group in rules.groups:
        rights = [right for right in ("opens", "alone", "lockdown") if getattr(group, right)]
        lines[f"groups.{group.name}"] = ", ".join([group.schedule, *rights])
    for plan in rules.plans:
        lines |= {f"schedules.{plan.name}.{day}": _hours(plan.blocks(day)) for day in WEEK}
        for date, blocks in sorted(plan.dates.items()):
            lines[f"schedules.{plan.name}.dates.{date}"] = _hours(blocks) if blocks else "closed"
    lines["door.default_group"] = rules.default_group or "–"
    lines["holidays.country"] = rules.country or "–"
    lines["holidays.worked"] = " ".join(day.isoformat() for day in sorted(rules.worked)) or "–"
    for days in rules.closed:
        lines[f"holidays.closed {days.first}"] = f"{days.last} {days.name}".strip()
    return lines


def _hours(blocks: tuple[Block, ...]) -> str:
    return " ".join(block_text(block) for block in blocks) or "–"
