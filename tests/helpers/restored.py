"""A database with people, and what is stored against them after a backup was made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from kiosk.core import paths
from kiosk.core.consent import Consent, ConsentKind
from kiosk.core.people import AccountRole, Person
from kiosk.storage.backup import restore
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.crypto.key_store import FileKeys
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from tests.helpers.entry_changes import CARD, PEPPER, PIN, enrolled
from tests.unit.storage.samples import template

ADMIN_PIN = "739164"
OTHER_PIN = "502837"


def filled(path: Path) -> Store:
    """Open a database with a person, two administrators and a member of staff."""
    store = Store.open(path)
    enrolled(store)
    attendance = Consent(ConsentKind.ATTENDANCE, local_now(), "ko")
    store.people.give_consents(_who(store), (attendance,))
    store.accounts.create("관리자", AccountRole.ADMIN, ADMIN_PIN)
    store.accounts.create("옛 관리자", AccountRole.ADMIN, OTHER_PIN)
    store.accounts.create("조교", AccountRole.STAFF, OTHER_PIN)
    return store


def restored(path: Path, backup: Path) -> Store:
    """Restore a backup, and open the database."""
    vault = Vault(FileKeys(paths.keys_dir(path.parent)))
    restore.restore(Backups(path, vault), backup, vault, local_now(), "관리자")
    return Store.open(path)


def person(store: Store) -> Person | None:
    return store.people.by_number("2026-1")


def account(store: Store, name: str) -> int:
    return next(one.id or 0 for one in store.accounts.list() if one.name == name)


def may_sign_in(store: Store, name: str, pin: str) -> bool:
    try:
        store.accounts.verify(name, pin)
    except Exception:
        return False
    return True


def _who(store: Store) -> int:
    found = person(store)
    return (found.id or 0) if found is not None else 0


def _update(**fields: object) -> Callable[[Store], object]:
    return lambda store: store.people.update(replace(person(store) or Person("", ""), **fields))


def _by_card(store: Store) -> bool:
    return store.cards(PEPPER).owner_of_card(f"{CARD}2026-1") is not None


Case = tuple[Callable[[Store], object], Callable[[Store], bool]]
"""What is stored against somebody, and whether it is in vain."""

AGAINST: dict[str, Case] = {
    "disabled": (
        lambda store: store.people.set_enabled(_who(store), False),
        lambda store: (person(store) or Person("", "")).enabled,
    ),
    "deleted": (
        lambda store: store.people.delete(_who(store)),
        lambda store: person(store) is not None,
    ),
    "validity ended": (
        _update(valid_until=date(2026, 1, 31)),
        lambda store: (person(store) or Person("", "")).valid_until != date(2026, 1, 31),
    ),
    "not yet valid": (
        _update(valid_from=date(2030, 1, 1)),
        lambda store: (person(store) or Person("", "")).valid_from != date(2030, 1, 1),
    ),
    "other groups": (
        _update(groups=("day",)),
        lambda store: (person(store) or Person("", "")).groups != ("day",),
    ),
    "PIN changed": (
        lambda store: store.door_pins.set(_who(store), "861753"),
        lambda store: (
            store.door_pins.matches(_who(store), PIN)
            or not store.door_pins.matches(_who(store), "861753")
        ),
    ),
    "PIN taken away": (
        lambda store: store.door_pins.clear(_who(store)),
        lambda store: store.door_pins.matches(_who(store), PIN),
    ),
    "card revoked": (lambda store: store.cards(PEPPER).forget(_who(store)), _by_card),
    "face replaced": (
        lambda store: store.people.enrol_again(person(store) or Person("", ""), [template(9)]),
        lambda store: bool(store.people.templates("net")),
    ),
    "consent withdrawn": (
        lambda store: store.people.withdraw_other(_who(store), ConsentKind.ATTENDANCE),
        lambda store: _who(store) in store.consents.consented_since(ConsentKind.ATTENDANCE),
    ),
    "locked down": (
        lambda store: store.settings.set("door.override", "lockdown"),
        lambda store: store.settings.get("door.override") != "lockdown",
    ),
    "administrator disabled": (
        lambda store: store.accounts.set_enabled(account(store, "옛 관리자"), False),
        lambda store: may_sign_in(store, "옛 관리자", OTHER_PIN),
    ),
    "administrator's PIN changed": (
        lambda store: store.accounts.set_pin(account(store, "옛 관리자"), "918273"),
        lambda store: (
            may_sign_in(store, "옛 관리자", OTHER_PIN)
            or not may_sign_in(store, "옛 관리자", "918273")
        ),
    ),
}
