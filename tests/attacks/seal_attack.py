"""Somebody who can write the database, but has no key."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import numpy as np
from argon2 import PasswordHasher

from kiosk.core.errors import KioskError
from kiosk.core.people import AccountRole, Person
from kiosk.core.templates import Template
from kiosk.core.thresholds import Choice
from kiosk.services.door_override import stored_override
from kiosk.storage.audit.chain_verification import verify_kiosk_log
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from tests.attacks.table import Outcome, attack
from tests.helpers.tampering import put_back, rows_of, tamper

ADMIN_PIN, HER_PIN, PEPPER, CARD = "739164", "582036", bytes(32), "04A1B2C3"


@dataclass
class Site:
    """A kiosk with an expired person (1), a disabled one (2), an administrator and a card."""

    path: Path
    store: Store

    @classmethod
    def opened(cls, folder: Path) -> Site:
        path = folder / "data" / "munjigi.db"
        store = Store.open(path)
        yesterday = local_now().date() - timedelta(days=1)
        store.people.add_with_templates(
            Person("2026-0001", "홍길동", valid_until=yesterday), [face(1)]
        )
        store.people.add_with_templates(Person("2026-0002", "이산"), [face(2)])
        store.people.set_enabled(2, False)
        store.accounts.create("관리자", AccountRole.ADMIN, ADMIN_PIN)
        store.door_pins.set(1, HER_PIN)
        store.door_pins.set(2, HER_PIN[::-1])
        store.cards(PEPPER).add_card(2, CARD)
        store.settings.set("door.override", "lockdown")
        store.choice.set(Choice(distance=0.3))
        return cls(path, store)

    def gets_in(self, person_id: int) -> bool:
        """Return whether the policy would find nothing against that person today."""
        person = self.store.people.get(person_id)
        today = date.today()
        return (
            person is not None
            and person.enabled
            and (person.valid_until is None or person.valid_until >= today)
        )

    def signs_in(self, name: str, pin: str) -> bool:
        """Return whether somebody is let into the staff area."""
        with suppress(KioskError):
            return self.store.accounts.verify(name, pin).role is AccountRole.ADMIN
        return False


def face(seed: int) -> Template:
    """Return a drawn template."""
    vector = np.random.default_rng(seed).normal(size=8).astype(np.float32)
    return Template(0, "net", vector)


def expired_person(site: Site) -> bool:
    """Give the expired person's row another number, name and no last day."""
    tamper(
        site.path,
        "UPDATE people SET number = '2026-7', name = '김철수', valid_until = NULL WHERE id = 1",
    )
    return site.gets_in(1)


def disabled_person(site: Site) -> bool:
    """Enable the disabled person."""
    tamper(site.path, "UPDATE people SET enabled = 1 WHERE id = 2")
    return site.gets_in(2)


def seal_of_another(site: Site) -> bool:
    """Enable the disabled person with the seal of the other one."""
    seal = ", seal = (SELECT seal FROM people AS o WHERE o.id = 1)"
    with suppress(Exception):  # without seals there is nothing to copy
        tamper(site.path, f"UPDATE people SET enabled = 1{seal} WHERE id = 2")
        return site.gets_in(2)
    return disabled_person(site)


def inserted_administrator(site: Site) -> bool:
    """Insert an administrator whose PIN is known."""
    [row] = rows_of(site.path, "accounts")
    mine = {"id": 7, "name": "evil", "folded": "evil", "pin_hash": PasswordHasher().hash("918273")}
    put_back(site.path, "accounts", [row | mine])
    return site.signs_in("evil", "918273")


def first_start(site: Site) -> bool:
    """Remove all accounts, so that the screen asks for the first administrator again."""
    tamper(site.path, "DELETE FROM accounts")
    never_any = getattr(site.store.accounts, "never_any", lambda: not site.store.accounts.list())
    return bool(never_any())


def free_door(site: Site) -> bool:
    """Override every schedule: the door is free."""
    tamper(site.path, "UPDATE settings SET value = '\"free\"' WHERE key = 'door.override'")
    return site.store.settings.get("door.override") == "free"


def wide_threshold(site: Site) -> bool:
    """Store a threshold at which everybody is alike."""
    tamper(site.path, "UPDATE settings SET value = '{\"distance\": 2.0}' WHERE key = 'decision'")
    choice = site.store.choice.get()
    return choice is not None and (choice.distance or 0) > 1


def card_of_another(site: Site) -> bool:
    """Point a card at another person."""
    tamper(site.path, "UPDATE cards SET person_id = 1")
    return site.store.cards(PEPPER).owner_of_card(CARD) == 1


def pin_of_another(site: Site) -> bool:
    """Give a person somebody else's PIN."""
    hashes = "(SELECT pin_hash FROM door_pins AS o WHERE o.person_id = 2)"
    tamper(site.path, f"UPDATE door_pins SET pin_hash = {hashes} WHERE person_id = 1")
    return site.store.door_pins.matches(1, HER_PIN[::-1])


def old_face(site: Site) -> bool:
    """Put an old face back after the person was enrolled again."""
    old = {table: rows_of(site.path, table) for table in ("templates", "person_keys")}
    person = site.store.people.get(1)
    assert person is not None
    site.store.people.enrol_again(replace(person), [face(9)])
    tamper(site.path, "DELETE FROM templates WHERE person_id = 1")
    for table, rows in old.items():
        put_back(site.path, table, [row for row in rows if row["person_id"] == 1])
    return any(
        np.allclose(template.vector, face(1).vector)
        for template in site.store.people.templates("net")
    )


def stored_trigger(site: Site) -> bool:
    """Have the kiosk itself enable the person, with a trigger that its own writes run."""
    tamper(
        site.path,
        "CREATE TRIGGER evil AFTER INSERT ON actions BEGIN"
        " UPDATE people SET enabled = 1 WHERE id = 2; END",
    )
    with suppress(KioskError):
        site.store.audit_log.record("signed_in", "관리자", {})
    tamper(site.path, "DROP TRIGGER evil")
    site.store.close()
    site.store = Store.open(site.path)
    return site.gets_in(2)


ATTACKS: tuple[Callable[[Site], bool], ...] = (
    expired_person,
    disabled_person,
    seal_of_another,
    inserted_administrator,
    first_start,
    free_door,
    wide_threshold,
    card_of_another,
    pin_of_another,
    old_face,
    stored_trigger,
)


@attack("C14", "rows written into the database without a key", tries=44, short=11)
def rows_written(folder: Path, tries: int) -> Outcome:
    """Write what opens the door or the staff area, each way on a kiosk of its own."""
    came_in = []
    unseen = []
    for number in range(tries):
        one = ATTACKS[number % len(ATTACKS)]
        site = Site.opened(folder / str(number))
        try:
            if one(site):
                came_in.append(one.__name__)
            if one is not stored_trigger and not named(site):
                unseen.append(one.__name__)
        finally:
            site.store.close()
    note = "every change was named by the verification"
    if came_in or unseen:
        note = f"came in: {sorted(set(came_in))}; not named: {sorted(set(unseen))}"
    return tries, len(came_in) + len(unseen), note


def old_state(site: Site, tables: tuple[str, ...], change: Callable[[Store], object]) -> bool:
    """Put rows back as they were before ``change``; return whether nothing names that."""
    before = {table: rows_of(site.path, table) for table in tables}
    change(site.store)
    for table, rows in before.items():
        tamper(site.path, f"DELETE FROM {table}")
        put_back(site.path, table, rows)
    return not named(site)


CHANGES: tuple[tuple[tuple[str, ...], Callable[[Store], object]], ...] = (
    (("people",), lambda store: store.people.set_enabled(1, False)),
    (("accounts",), lambda store: store.accounts.create("새 관리자", AccountRole.ADMIN, "582036")),
    (("settings",), lambda store: store.settings.set("door.override", "normal")),
    (("people", "table_seals"), lambda store: store.people.set_enabled(1, False)),
    (
        ("accounts", "people", "settings", "table_seals"),
        lambda store: store.accounts.set_enabled(
            store.accounts.create("새 조교", AccountRole.STAFF, "582036").id or 0, False
        ),
    ),
)


@attack("C14", "old rows put back as they were, with and without their sums", tries=20, short=5)
def rows_put_back(folder: Path, tries: int) -> Outcome:
    """Put back what the kiosk itself had written."""
    unseen = 0
    for number in range(tries):
        site = Site.opened(folder / str(number))
        try:
            unseen += old_state(site, *CHANGES[number % len(CHANGES)])
        finally:
            site.store.close()
    return tries, unseen, "named by the verification; the door goes on"


def named(site: Site) -> bool:
    """Return whether `log verify` would name the change."""
    from kiosk.storage.audit.seal_verification import verify_seals

    return not verify_seals(site.path, site.store.vault).sound


def enabled_person(site: Site) -> tuple[str, Callable[[], object], Callable[[], bool]]:
    """Prepare: the person is enabled, then disabled."""
    site.store.people.set_enabled(2, True)
    return "people", lambda: site.store.people.set_enabled(2, False), lambda: site.gets_in(2)


def old_pin(site: Site) -> tuple[str, Callable[[], object], Callable[[], bool]]:
    """Prepare: the administrator's PIN is changed."""
    change = partial(site.store.accounts.set_pin, 1, ADMIN_PIN[::-1])
    return "accounts", change, lambda: site.signs_in("관리자", ADMIN_PIN)


def once_free(site: Site) -> tuple[str, Callable[[], object], Callable[[], bool]]:
    """Prepare: the door was free for a while."""
    site.store.settings.set("door.override", "free")
    change = partial(site.store.settings.set, "door.override", "normal")
    return "settings", change, lambda: site.store.settings.get("door.override") == "free"


@attack("C14", "an older setting put back as it was sealed", tries=24, short=3)
def old_setting(folder: Path, tries: int) -> Outcome:
    """Put back a row of when the door was free, the threshold wide, or one administrator enough."""
    came = []
    for number in range(tries):
        site = Site.opened(folder / str(number))
        settings = site.store.settings
        key, loose, strict = (
            ("door.override", "free", "normal"),
            ("decision", {"distance": 0.9}, {"distance": 0.3}),
            ("security.two_admins", False, True),
        )[number % 3]
        settings.set(key, loose)
        old = [row for row in rows_of(site.path, "settings") if row["key"] == key]
        settings.set(key, strict)
        put_back(site.path, "settings", old)
        with Store.open(site.path) as again:  # as a restart, or a command
            choice = again.choice.get()
            loosened = (
                stored_override(again.settings) == "free"
                or not (again.two_admins.is_on() or number % 3 != 2)
                or (choice is not None and choice.distance == 0.9)
            )
        came += [key] if loosened else []
        site.store.close()
    return tries, len(came), f"loosened: {sorted(set(came))}" if came else ""


@attack("C14", "a dismissed administrator's old row put back", tries=12, short=1)
def dismissed_administrator(folder: Path, tries: int) -> Outcome:
    """Disable an administrator, put the row of before back, and sign in with it."""
    succeeded = 0
    for number in range(tries):
        site = Site.opened(folder / str(number))
        other = site.store.accounts.create("옛 관리자", AccountRole.ADMIN, HER_PIN)
        old = rows_of(site.path, "accounts")
        site.store.accounts.set_enabled(other.id or 0, False)
        if number % 2:  # while the kiosk is off
            site.store.close()
        put_back(site.path, "accounts", old)
        if number % 2:
            site.store = Store.open(site.path)
        succeeded += site.signs_in("옛 관리자", HER_PIN) or not site.signs_in("관리자", ADMIN_PIN)
        site.store.close()
    return tries, succeeded, "administrators of before can sign in"


@attack("C14", "a table of yesterday put back with its own sum of seals", tries=24, short=3)
def old_table(folder: Path, tries: int) -> Outcome:
    """Put an older table back, sealed as it was, below today's log; then come to the door."""
    succeeded = 0
    ways = (enabled_person, old_pin, once_free)
    for number in range(tries):
        site = Site.opened(folder / str(number))
        table, change, comes_in = ways[number % len(ways)](site)
        site.store.audit_log.record("signed_in", "관리자", {})
        old = {name: rows_of(site.path, name) for name in (table, "table_seals")}
        change()
        site.store.audit_log.record("signed_in", "관리자", {})
        put_back(site.path, table, old[table])
        put_back(site.path, "table_seals", [r for r in old["table_seals"] if r["name"] == table])
        came = False
        with suppress(KioskError):
            site.store.trusted_clock()()  # all that opens the door asks it
            came = comes_in()
        site.store.close()  # the note beside the keys is written on a thread of its own
        succeeded += came or not verify_kiosk_log(site.path, site.store.vault).finding
    return tries, succeeded, "the door stays locked until the database is confirmed"
