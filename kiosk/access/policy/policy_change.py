"""Changes groups, schedules and holidays in the policy file; its comments stay."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import replace
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, InlineTable

from kiosk.access.policy.policy_document import (
    FLAGS,
    SHORT,
    default_group_of,
    rules_in,
    spans_by_day,
    tables_of,
)
from kiosk.core.access_rules import WEEK, AccessRules, Block, ClosedDays, WeekPlan, block_text
from kiosk.core.errors import ConfigError
from kiosk.core.parsed_toml import composed


def changed_text(text: str, after: AccessRules) -> str:
    """Return ``text`` with the rules ``after``; comments and everything else stay.

    Raise ``ConfigError`` if the result would not be a policy, or would not say what it should: a
    file of an unusual layout must be edited by hand.
    """
    before = rules_in(text)
    if after == before:
        return text
    document = tomlkit.parse(text)
    try:
        if after.plans != before.plans:
            _write_plans(table_in(document, "schedules"), before, after)
        if after.groups != before.groups:
            _write_groups(table_in(document, "groups"), after)
        _write_holidays(document, before, after)
        if default_group_of(tables_of(tomlkit.dumps(document))) != after.default_group:
            _write_default(document, after.default_group)
        made = tomlkit.dumps(document)
    except (TOMLKitError, AttributeError, TypeError, KeyError) as error:
        raise unusual_layout(error) from None
    if in_order(rules_in(made)) != in_order(after) or rest_of(made) != rest_of(text):
        raise unusual_layout(None)
    return made


def table_in(parent: MutableMapping[str, Any], name: str) -> Any:
    """Return the table ``name``, which is added if need be."""
    if name not in parent:
        parent[name] = tomlkit.table(is_super_table=name in ("groups", "schedules"))
    return parent[name]


def key_in(table: Mapping[str, Any], name: str) -> str:
    """Return the key as the file spells it: letters may be decomposed there."""
    return next((key for key in table if composed({key: 0}).keys() == {name}), name)


def _write_groups(table: Any, after: AccessRules) -> None:
    wanted = {group.name: group for group in after.groups}
    for key in list(table):
        if next(iter(composed({key: 0}))) not in wanted:
            del table[key]
    for name, group in wanted.items():
        key = key_in(table, name)
        new = key not in table
        own = table_in(table, key)
        if new or own.get("schedule", "always") != group.schedule:
            own["schedule"] = group.schedule
        for flag in FLAGS:
            if own.get(flag, False) != getattr(group, flag):
                own[flag] = getattr(group, flag)


def _write_plans(table: Any, before: AccessRules, after: AccessRules) -> None:
    wanted = {plan.name: plan for plan in after.plans}
    for key in list(table):
        if next(iter(composed({key: 0}))) not in wanted:
            del table[key]
    for name, plan in wanted.items():
        if plan != before.plan(name):
            _write_plan(table_in(table, key_in(table, name)), plan)


def _write_plan(own: Any, plan: WeekPlan) -> None:
    """Change the short forms that still fit, and write single days for the rest."""
    spans = {day: [block_text(block) for block in plan.blocks(day)] for day in WEEK}
    if not own:
        for short in ("weekdays", "weekend"):
            days = SHORT[short]
            if spans[days[0]] and all(spans[day] == spans[days[0]] for day in days):
                own[short] = spans[days[0]]
    for short, days in SHORT.items():
        value = spans[days[0]]
        if short in own and all(spans[day] == value for day in days):
            if list(own[short]) != value:
                own[short] = value
            for day in days:
                own.pop(day, None)
    present = spans_by_day(own)
    for day in WEEK:
        if present.get(day, []) != spans[day]:
            own[day] = spans[day]
    _write_dates(own, {day.isoformat(): blocks for day, blocks in plan.dates.items()})


def _write_dates(own: Any, wanted: Mapping[str, tuple[Block, ...]]) -> None:
    """Write the days that have hours of their own; those that stay keep their comments."""
    if not wanted:
        own.pop("dates", None)
        return
    if "dates" not in own:
        in_line = isinstance(own, InlineTable)
        own["dates"] = tomlkit.inline_table() if in_line else tomlkit.table()
    dates = own["dates"]
    for day in [day for day in dates if day not in wanted]:
        del dates[day]
    for day, blocks in sorted(wanted.items()):
        spans = [block_text(block) for block in blocks]
        if day not in dates or list(dates[day]) != spans:
            dates[day] = spans


def _write_holidays(document: Any, before: AccessRules, after: AccessRules) -> None:
    changed = (before.country, before.worked, before.closed) != (
        after.country,
        after.worked,
        after.closed,
    )
    if not changed:
        return
    table = table_in(document, "holidays")
    if before.country != after.country:
        table["country"] = after.country
    if before.worked != after.worked:
        table["worked"] = sorted(after.worked)
    if before.closed != after.closed:
        _write_closed(table, after.closed)


def _write_closed(table: Any, after: tuple[ClosedDays, ...]) -> None:
    """Remove and add ranges; one that stays keeps its comments."""
    wanted = list(after)
    present = table.get("closed")
    if present is None or not len(present):
        table.pop("closed", None)
        present = None
    else:
        for place in reversed(range(len(present))):
            own = present[place]
            days = ClosedDays(own["first"], own.get("last", own["first"]), own.get("name", ""))
            if days in wanted:
                wanted.remove(days)
            else:
                del present[place]
    if not wanted:
        return
    in_line = present is not None and not isinstance(present, AoT)
    made = [_closed_item(days, in_line=in_line) for days in wanted]
    if present is None or not len(present):
        table.pop("closed", None)
        tables = tomlkit.aot()
        for item in made:
            tables.append(item)
        table["closed"] = tables
    else:
        for item in made:
            present.append(item)


def _closed_item(days: ClosedDays, *, in_line: bool) -> Any:
    item = tomlkit.inline_table() if in_line else tomlkit.table()
    item["first"] = days.first
    if days.last != days.first:
        item["last"] = days.last
    if days.name:
        item["name"] = days.name
    return item


def in_order(rules: AccessRules) -> AccessRules:
    """Return ``rules`` in an order that does not depend on the places in the file."""
    return replace(
        rules,
        groups=tuple(sorted(rules.groups, key=lambda group: group.name)),
        plans=tuple(sorted(rules.plans, key=lambda plan: plan.name)),
    )


def _write_default(document: Any, name: str) -> None:
    door = table_in(document, "door")
    if name:
        door["default_group"] = name
    else:
        door.pop("default_group", None)


def rest_of(text: str) -> dict[str, Any]:
    """Return what the screen does not edit."""
    tables = tables_of(text)
    door = {key: value for key, value in tables.get("door", {}).items() if key != "default_group"}
    return {"zone": tables.get("zone", ""), "door": door}


def unusual_layout(error: Exception | None) -> ConfigError:
    """Return what is raised for a file that cannot be changed here."""
    why = f" ({error})" if error else ""
    return ConfigError(
        f"The policy file is laid out in a way that the screen cannot change{why}; put the tables"
        " of each kind one below the other, or edit the file by hand.",
        key="error.rules_layout",
    )
