"""Everything that may be stored against a person between recognition and the opening."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from kiosk.core.people import Person
from kiosk.services.door_override import OVERRIDE
from kiosk.storage.store import Store
from tests.unit.storage.samples import template

PEPPER = bytes(32)
CARD = "04A1B2C3D4"
PIN = "482915"

Change = Callable[[Store, Person], object]


def enrolled(store: Store, number: str = "2026-1") -> Person:
    """Enrol a person with a face, a PIN and a card."""
    person = store.people.add_with_templates(Person(number, "홍길동"), [template()])
    store.door_pins.set(person.id or 0, PIN)
    store.cards(PEPPER).add_card(person.id or 0, f"{CARD}{number}")
    return store.people.get(person.id or 0) or person


CHANGES: dict[str, Change] = {
    "disabled": lambda store, one: store.people.set_enabled(one.id or 0, False),
    "deleted": lambda store, one: store.people.delete(one.id or 0),
    "validity ended": lambda store, one: store.people.update(
        replace(one, valid_until=date(2020, 1, 1))
    ),
    "groups changed": lambda store, one: store.people.update(replace(one, groups=("night",))),
    "renamed": lambda store, one: store.people.update(replace(one, name="이산")),
    "face withdrawn": lambda store, one: store.people.withdraw(one.id or 0),
    "enrolled again": lambda store, one: store.people.enrol_again(one, [template(1)]),
    "PIN changed": lambda store, one: store.door_pins.set(one.id or 0, "739128"),
    "PIN cleared": lambda store, one: store.door_pins.clear(one.id or 0),
    "cards taken away": lambda store, one: store.cards(PEPPER).forget(one.id or 0),
    "locked down": lambda store, one: store.settings.set(OVERRIDE, "lockdown"),
}
