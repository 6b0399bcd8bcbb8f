"""Renames a group or a schedule in the policy file; its comments stay."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from kiosk.access.policy.policy_change import in_order, key_in, rest_of, table_in, unusual_layout
from kiosk.access.policy.policy_document import rules_in
from kiosk.core.access_rules import AccessRules, RuleKind


class _Door(StrEnum):
    """Keys of the door's table that name a schedule."""

    FREE = "free"
    FIRST_PERSON = "first_person"
    TWO_PERSON = "two_person"


def renamed_rules(rules: AccessRules, kind: RuleKind, old: str, new: str) -> AccessRules:
    """Return ``rules`` with the group or schedule ``old`` called ``new`` everywhere."""
    if kind is RuleKind.GROUP:
        default = new if rules.default_group == old else rules.default_group
        groups = tuple(replace(g, name=new) if g.name == old else g for g in rules.groups)
        return replace(rules, groups=groups, default_group=default)
    plans = tuple(replace(p, name=new) if p.name == old else p for p in rules.plans)
    groups = tuple(replace(g, schedule=new) if g.schedule == old else g for g in rules.groups)
    return replace(rules, groups=groups, plans=plans)


def renamed_text(text: str, kind: RuleKind, old: str, new: str) -> str:
    """Return ``text`` with the group or schedule ``old`` called ``new`` everywhere.

    Raise ``ConfigError`` where the file's layout does not allow it.
    """
    wanted = renamed_rules(rules_in(text), kind, old, new)
    document = tomlkit.parse(text)
    try:
        _rename_key(
            table_in(document, "groups" if kind is RuleKind.GROUP else "schedules"), old, new
        )
        if kind is RuleKind.GROUP:
            _replace(document.get("door", {}), "default_group", old, new)
        else:
            _rename_uses(document, old, new)
        made = tomlkit.dumps(document)
    except (TOMLKitError, AttributeError, TypeError, KeyError) as error:
        raise unusual_layout(error) from None
    kept = kind is RuleKind.PLAN or rest_of(made) == rest_of(text)
    if in_order(rules_in(made)) != in_order(wanted) or not kept:
        raise unusual_layout(None)
    return made


def _rename_key(table: Any, old: str, new: str) -> None:
    key = key_in(table, old)
    own = table.pop(key) if key in table else tomlkit.table()
    if hasattr(own, "display_name"):
        own.display_name = None  # the header as it was written
    table[new] = own


def _rename_uses(document: Any, old: str, new: str) -> None:
    """Let groups and door use the schedule by its new name."""
    for group in document.get("groups", {}).values():
        _replace(group, "schedule", old, new)
    door = document.get("door", {})
    for key in _Door:
        _replace(door, key.value, old, new)
    for way in door.get("ways", ()):
        _replace(way, "schedule", old, new)


def _replace(table: MutableMapping[str, Any], key: str, old: str, new: str) -> None:
    if table.get(key) == old:
        table[key] = new
