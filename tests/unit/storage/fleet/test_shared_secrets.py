"""PINs and cards set at one node count at all nodes."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.core.errors import SignInError
from kiosk.core.people import AccountRole, Person
from kiosk.storage.backup.restore import restore
from kiosk.storage.fleet.fleet_store import FleetStore
from kiosk.storage.store import Store
from tests.unit.storage.fleet.two_nodes import Feed, Node, member, node
from tests.unit.storage.samples import MORNING

PIN, OTHER = "918273", "827364"


def test_a_pin_and_a_card_set_at_one_node_count_at_the_other(a: Node, b: Node, feed: Feed) -> None:
    shared = a.fleet.shared_secrets()
    assert b.fleet.adopt_secrets(shared) and not b.fleet.adopt_secrets(shared)
    person = a.enrol("2026-1")
    a.store.door_pins.set(person.id or 0, PIN)
    a.store.cards(shared["badge"]).add_card(person.id or 0, "0012345678")
    a.store.accounts.create("kim", AccountRole.ADMIN, OTHER)
    feed.exchange(a, b)
    there = b.store.people.by_number("2026-1")
    assert there is not None and b.store.door_pins.matches(there.id or 0, PIN)
    assert b.store.cards(b.fleet.shared_secrets()["badge"]).owner_of_card("0012345678") == there.id
    assert b.store.accounts.verify("kim", OTHER).role is AccountRole.ADMIN


def test_an_account_of_the_node_that_joins_keeps_its_pin_and_then_counts_everywhere(
    tmp_path: Path, a: Node, feed: Feed
) -> None:
    with Store.open(tmp_path / "c" / "munjigi.db") as store:
        store.accounts.create("lee", AccountRole.ADMIN, PIN)
    c = node(tmp_path / "c" / "munjigi.db", "east")
    assert c.store.accounts.verify("lee", PIN), "before the fleet's secrets are there"
    assert c.fleet.local_changes(10) == [], "no other node could compare it"
    c.fleet.adopt_secrets(a.fleet.shared_secrets())
    with pytest.raises(SignInError):
        c.store.accounts.verify("lee", OTHER)
    assert c.store.accounts.verify("lee", PIN)
    (change,) = c.fleet.local_changes(10)
    feed.write(change, c.id)
    feed.pull(a)
    assert a.store.accounts.verify("lee", PIN)
    c.store.close()


def test_a_merge_brings_people_without_pins_and_cards_and_names_them_before(
    tmp_path: Path,
) -> None:
    with Store.open(tmp_path / "munjigi.db") as store:
        person = store.people.add(Person("2026-1", "홍길동"), "kim")
        store.door_pins.set(person.id or 0, PIN)
        fleet = FleetStore(store)
        assert fleet.without_credentials_after_merge() == ["홍길동"]
        fleet.join(member("south"), merge=True)
        (change,) = fleet.local_changes(10)
        assert change.content.pin_hash == ""  # type: ignore[union-attr]
        assert not store.door_pins.matches(person.id or 0, PIN)


def test_a_backup_carries_the_pepper_of_the_fleet(
    tmp_path: Path, a: Node, b: Node, feed: Feed
) -> None:
    b.fleet.adopt_secrets(a.fleet.shared_secrets())
    person = a.enrol("2026-1")
    a.store.door_pins.set(person.id or 0, PIN)
    feed.exchange(a, b)
    file = b.store.backups.make("daily", MORNING)
    backups, vault, path = b.store.backups, b.store.vault, b.store.database.path
    b.store.close()
    for key in (path.parent / "keys").glob("pepper-*"):
        key.unlink()
    restore(backups, file, vault, MORNING, "kim")
    with Store.open(path) as store:
        there = store.people.by_number("2026-1")
        assert there is not None and store.door_pins.matches(there.id or 0, PIN)
