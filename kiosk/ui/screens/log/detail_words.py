"""Details of an action in words: codes, dates and numbers as the rest of the screens show them."""

from __future__ import annotations

import re
from datetime import datetime

from kiosk.ui.formatting import DASH, distance_text, moment_text
from kiosk.ui.i18n import find_message, tr

_FAMILIES = {
    "role": ("people.role.{}", "accounts.role.{}"),
    "entry": ("people.entry.{}",),
    "outcome": ("log.outcome.{}",),
    "setting": ("setting.name.{}",),
    "why": ("{}",),
    "about": ("consent.kind.{}",),
}
"""Messages for the values of a detail, beside ``log.value.<detail>.<value>``."""

_CHOICE = re.compile(r"(target|distance) ([0-9.e+-]+)")
_COMMAND = "command:"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def value_text(value: object, name: str = "") -> str:
    """One value of the detail ``name``; what has no words is shown as it is."""
    if value is None:
        return DASH
    if isinstance(value, dict):
        return ", ".join(f"{detail_name(part)} {value_text(v, part)}" for part, v in value.items())
    if isinstance(value, list):
        return ", ".join(value_text(item, name) for item in value)
    if isinstance(value, bool):
        return tr("log.value.yes" if value else "log.value.no")
    if isinstance(value, float) and not value.is_integer():
        return distance_text(value)
    return _words_of(str(value), name)


def actor_text(actor: str) -> str:
    """Who acted: accounts, the kiosk itself, its door or start, or a command of a system user."""
    if " + " in actor:
        return " + ".join(actor_text(one) for one in actor.split(" + "))
    if actor in ("system", "door", "start"):
        return tr(f"log.actor.{actor}")
    if actor == "recovery code":
        return tr("log.actor.code")
    if actor.startswith(_COMMAND):
        return tr("log.actor.command", user=actor.removeprefix(_COMMAND))
    return actor


def detail_name(name: str) -> str:
    """The name of a detail in words."""
    return tr(detail_key(name))


def detail_key(name: str) -> str:
    """The message key of a detail's name, or of the setting of that name, or the name itself."""
    keys = (f"log.detail.{name}", f"setting.name.{name}")
    return next((key for key in keys if find_message(key)), name)


def _words_of(text: str, name: str) -> str:
    for family in (f"log.value.{name}.{{}}", *_FAMILIES.get(name, ())):
        if words := find_message(family.format(text)):
            return words
    if choice := _CHOICE.fullmatch(text):
        kind, number = choice.groups()
        shown = distance_text(float(number)) if kind == "distance" else number
        return tr(f"log.value.choice.{kind}", n=shown)
    if _MOMENT.match(text):
        try:
            return moment_text(datetime.fromisoformat(text))
        except ValueError:
            return text
    return actor_text(text) if text.startswith(_COMMAND) else text
