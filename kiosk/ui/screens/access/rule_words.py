"""Names of groups and schedules as message keys with their values."""

from __future__ import annotations

from kiosk.core.access_rules import BUILT_IN


def plan_words(name: str) -> tuple[str, dict[str, object]]:
    """Return the message of a schedule: its own name, or the words for a built-in one."""
    return (f"rules.plan.{name}", {}) if name in BUILT_IN else ("rules.name", {"name": name})


def group_words(name: str) -> tuple[str, dict[str, object]]:
    """Return the message of a group: its own name, or the words for that of a site without any."""
    return ("rules.everybody", {}) if name == "everybody" else ("rules.name", {"name": name})
