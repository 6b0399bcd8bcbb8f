"""What one node's staff change is there at another node, and nothing comes back."""

from __future__ import annotations

import dataclasses
import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from kiosk.core.consent import ConsentKind, ConsentTerms
from kiosk.core.decisions import LogFilter
from kiosk.core.errors import FleetError, StorageError
from kiosk.core.fleet import Applied, FactKind, FleetPerson, LeaseMark
from kiosk.core.people import AccountRole, Person, PersonRole
from kiosk.storage.audit.chain_verification import verify_log
from kiosk.storage.audit.seal_verification import confirm_tables, sentences, verify_seals
from kiosk.storage.fleet.fleet_store import FleetStore
from kiosk.storage.fleet.person_content import read_person
from kiosk.storage.fleet.person_digest import same_person
from kiosk.storage.store import Store
from tests.unit.storage.fleet.two_nodes import Feed, Node, member, node
from tests.unit.storage.samples import MORNING, decision, template


def only(one: Node) -> FleetPerson:
    """Return the one person of a node, as the fleet would see them."""
    sql = one.store.database
    person_id = sql.call(lambda: sql.connection.execute("SELECT id FROM people").fetchone()[0])
    found = sql.call(lambda: read_person(sql.connection, one.store.vault, person_id))
    assert found is not None
    return found


def test_a_person_enrolled_at_one_node_is_there_at_the_other(a: Node, b: Node, feed: Feed) -> None:
    person = a.enrol("2026-1", role=PersonRole.STAFF, groups=("students",))
    a.store.door_pins.set(person.id or 0, "918273")
    cards = a.store.cards(b"pepper")
    cards.add_card(person.id or 0, "0012345678")
    feed.exchange(a, b)
    there = b.store.people.by_number("2026-1")
    assert there is not None and there.genuine and there.enabled and there.has_pin
    assert (there.name, there.role, there.groups) == ("홍길동", PersonRole.STAFF, ("students",))
    assert there.consented_at == MORNING and len(there.consents) == 2
    vectors = b.store.people.template_table("net").vectors
    np.testing.assert_array_equal(vectors, a.store.people.template_table("net").vectors)
    assert b.store.cards(b"pepper").owner_of_card("0012345678") == there.id
    assert b.reloads
    assert sentences(verify_seals(b.store.database.path, b.store.vault)) == []
    assert verify_log(b.store.database.path).finding == ""


def test_the_gallery_hears_who_changed_and_of_many_people_once(
    a: Node, b: Node, feed: Feed
) -> None:
    a.enrol("2026-1")
    feed.push(a)
    feed.pull(b)
    there = b.store.people.by_number("2026-1")
    assert there is not None and b.reloads == [there.id]
    content = FleetPerson("x", "홍길동", "staff", True, "pin", MORNING)
    for n in range(120):
        feed.say(FactKind.PERSON, f"{n:032x}", 1, dataclasses.replace(content, number=f"N-{n}"))
    b.fleet.apply(feed.lines[1:61], feed.head())
    b.fleet.apply(feed.lines[61:], feed.head())
    assert b.reloads == [there.id]
    b.fleet.local_changes(10)
    assert b.reloads == [there.id, 0]


def test_a_consent_names_the_same_text_at_a_node_that_has_it(a: Node, b: Node, feed: Feed) -> None:
    texts = {kind: {"ko": f"동의 {kind}"} for kind in ConsentKind}
    b.store.consents.publish({kind: {"ko": "이전"} for kind in ConsentKind})
    for one in (a, b):
        one.store.consents.publish(texts, ConsentTerms("대학"))
    a.enrol("2026-1")
    feed.push(a)
    a.store.consents.publish(texts, ConsentTerms("다른 대학"))
    a.enrol("2026-2", seed=2)
    feed.push(a)
    feed.pull(b)
    versions = [
        {given.version for given in b.store.people.by_number(number).consents}  # type: ignore[union-attr]
        for number in ("2026-1", "2026-2")
    ]
    assert versions == [{2}, {None}]


def test_what_was_pushed_is_not_pushed_again(a: Node, b: Node, feed: Feed) -> None:
    a.enrol("2026-1")
    feed.exchange(a, b)
    assert a.fleet.local_changes(10) == b.fleet.local_changes(10) == []
    assert len(feed.lines) == 1


def test_a_change_says_who_made_it_and_when(a: Node) -> None:
    person = a.enrol("2026-1")
    a.store.people.set_enabled(person.id or 0, False, "lee")
    (change,) = a.fleet.local_changes(10)
    assert (change.kind, change.base, change.account) == (FactKind.PERSON, 0, "lee")
    assert isinstance(change.content, FleetPerson) and not change.content.enabled


def test_every_kind_of_change_reaches_the_other_node(a: Node, b: Node, feed: Feed) -> None:
    person = a.enrol("2026-1")
    feed.exchange(a, b)
    people, person_id = a.store.people, person.id or 0
    night = dataclasses.replace(person, valid_until=MORNING.date(), groups=("night",))
    changes: tuple[Callable[[], object], ...] = (
        lambda: people.set_enabled(person_id, False, "kim"),
        lambda: people.set_enabled(person_id, True, "kim"),
        lambda: people.update(dataclasses.replace(person, valid_until=MORNING.date()), "kim"),
        lambda: people.update(night, "kim"),
        lambda: a.store.door_pins.set(person_id, "918273"),
        lambda: a.store.cards(b"pepper").add_card(person_id, "0012345678"),
        lambda: people.enrol_again(night, [template(7)], "kim"),
        lambda: a.store.cards(b"pepper").forget(person_id),
        lambda: a.store.door_pins.clear(person_id),
        lambda: people.withdraw(person_id, "kim"),
    )
    for change in changes:
        before = only(b)
        change()
        feed.exchange(a, b)
        assert same_person(only(a), only(b)) and not same_person(only(b), before)
        assert a.fleet.local_changes(10) == b.fleet.local_changes(10) == []


def test_a_deletion_reaches_the_other_node_and_both_answer(a: Node, b: Node, feed: Feed) -> None:
    person = a.enrol("2026-1")
    feed.exchange(a, b)
    a.store.people.delete(person.id or 0, "kim")
    (order,) = a.fleet.local_changes(10)
    assert (order.kind, order.content) == (FactKind.DELETION, None)
    feed.exchange(a, b)
    assert a.numbers() == b.numbers() == []
    assert b.count("person_keys") == b.count("templates") == 0
    for one in (a, b):
        ((subject, number, _),) = one.fleet.deletions_done()
        assert (subject, number) == (order.subject, 2)
        one.fleet.receipt_sent(number)
        assert one.fleet.deletions_done() == []
    assert [receipt.document["statement"]["by"] for receipt in b.store.people.receipts()] == ["kim"]
    assert a.fleet.local_changes(10) == b.fleet.local_changes(10) == []


def test_a_deletion_destroys_the_key_in_the_backups_of_the_other_node(
    a: Node, b: Node, feed: Feed
) -> None:
    person = a.enrol("2026-1")
    feed.exchange(a, b)
    b.store.backups.make("daily", MORNING)
    a.store.people.delete(person.id or 0, "kim")
    feed.exchange(a, b)
    (receipt,) = b.store.people.receipts()
    assert receipt.document["statement"]["destroyed"]["keys_in_backups"] == 1


def test_a_withdrawn_consent_destroys_the_face_in_the_backups_of_the_other_node(
    a: Node, b: Node, feed: Feed
) -> None:
    person = a.enrol("2026-1")
    feed.exchange(a, b)
    b.store.backups.make("daily", MORNING)
    a.store.people.withdraw(person.id or 0, "kim")
    feed.exchange(a, b)
    (receipt,) = b.store.people.receipts()
    assert receipt.face_only and receipt.document["statement"]["by"] == "kim"
    assert receipt.document["statement"]["destroyed"]["keys_in_backups"] == 1
    assert b.numbers() == ["2026-1"] and b.fleet.conflicts() == []
    assert b.fleet.local_changes(10) == [] and len(feed.lines) == 2


def test_nobody_who_writes_the_file_can_have_people_deleted_everywhere(
    a: Node, b: Node, feed: Feed
) -> None:
    a.enrol("2026-1")
    feed.exchange(a, b)
    with closing(sqlite3.connect(b.store.database.path)) as raw, raw:
        raw.execute("DELETE FROM people")
        raw.execute("INSERT INTO fleet_changed (kind, local_id) VALUES ('person', 1)")
    assert b.fleet.local_changes(10) == []
    assert b.fleet.waiting(10) == [(FactKind.PERSON, feed.lines[0].fact.subject)]
    b.fleet.apply(feed.lines, feed.head())
    assert a.numbers() == b.numbers() == ["2026-1"] and b.fleet.waiting(10) == []


def test_an_older_row_that_was_put_back_is_not_sent_under_this_nodes_name(
    a: Node, b: Node, feed: Feed
) -> None:
    person = a.enrol("2026-1")
    feed.exchange(a, b)
    columns = "enabled, seal"
    with closing(sqlite3.connect(b.store.database.path)) as raw:
        enabled = raw.execute(f"SELECT {columns} FROM people").fetchone()
    a.store.people.set_enabled(person.id or 0, False, "kim")
    feed.exchange(a, b)
    with closing(sqlite3.connect(b.store.database.path)) as raw, raw:
        raw.execute("UPDATE people SET enabled = ?, seal = ?", enabled)
        raw.execute("INSERT INTO fleet_changed (kind, local_id) VALUES ('person', 1)")
    there = b.store.people.by_number("2026-1")
    assert there is not None and there.enabled and there.genuine, "its seal holds"
    feed.exchange(a, b)
    assert not only(a).enabled and len(feed.lines) == 2
    confirm_tables(b.store, "kim")
    assert len(b.fleet.local_changes(10)) == 1


def test_nobody_comes_back_after_a_deletion(a: Node, b: Node, feed: Feed) -> None:
    person = a.enrol("2026-1")
    feed.push(a)
    (enrolled,) = feed.lines
    a.store.people.delete(person.id or 0, "kim")
    feed.push(a)
    feed.pull(b)
    assert b.numbers() == []
    late = dataclasses.replace(enrolled.fact, number=3, version=2)
    b.fleet.apply([Applied(late, enrolled.content)], feed.head())
    assert b.numbers() == []


def test_somebody_whom_no_group_concerns_leaves_without_a_deletion_and_comes_back(
    a: Node, b: Node, feed: Feed
) -> None:
    person = a.enrol("2026-1", groups=("night",))
    feed.exchange(a, b)
    subject, content = feed.lines[0].fact.subject, feed.lines[0].content
    feed.say(FactKind.PERSON, subject, 2, None)
    feed.pull(b)
    assert b.numbers() == [] and b.count("person_keys") == 0
    assert b.fleet.deletions_done() == [] and b.fleet.local_changes(10) == []
    feed.say(FactKind.PERSON, subject, 3, content)
    feed.pull(b)
    assert b.numbers() == [person.number]


def test_somebody_whose_newest_version_has_not_come_is_kept_out(
    a: Node, b: Node, feed: Feed
) -> None:
    a.enrol("2026-1")
    feed.exchange(a, b)
    subject, content = feed.lines[0].fact.subject, feed.lines[0].content
    fact = feed.say(FactKind.PERSON, subject, 2, content)
    b.fleet.apply([Applied(fact, None, waiting=True)], feed.head())
    there = b.store.people.by_number("2026-1")
    assert there is not None and not there.enabled
    assert b.fleet.waiting(10) == [(FactKind.PERSON, subject)]
    assert b.fleet.local_changes(10) == [], "that they are kept out is nobody's decision"
    b.fleet.apply([Applied(fact, content)], feed.head())
    there = b.store.people.by_number("2026-1")
    assert there is not None and there.enabled and b.fleet.waiting(10) == []


def test_an_account_whose_newest_version_has_not_come_is_disabled_until_then(
    a: Node, b: Node, feed: Feed
) -> None:
    a.store.accounts.create("lee", AccountRole.ADMIN, "27182818", "kim")
    feed.exchange(a, b)
    enrolled = next(line for line in feed.lines if line.fact.kind is FactKind.ACCOUNT)
    fact = feed.say(FactKind.ACCOUNT, enrolled.fact.subject, 2, enrolled.content)
    b.fleet.apply([Applied(fact, None, waiting=True)], feed.head())
    assert [one.enabled for one in b.store.accounts.list() if one.name == "lee"] == [False]
    assert b.fleet.local_changes(10) == [] and len(b.fleet.waiting(10)) == 1
    b.fleet.apply([Applied(fact, enrolled.content)], feed.head())
    assert [one.enabled for one in b.store.accounts.list() if one.name == "lee"] == [True]
    unusable = dataclasses.replace(enrolled.content, name=" ")  # type: ignore[type-var]
    fact = feed.say(FactKind.ACCOUNT, enrolled.fact.subject, 3, unusable)
    b.fleet.apply([Applied(fact, unusable)], feed.head())
    assert [one.enabled for one in b.store.accounts.list() if one.name == "lee"] == [False]


def test_the_same_facts_again_change_nothing(a: Node, b: Node, feed: Feed) -> None:
    a.enrol("2026-1")
    feed.exchange(a, b)
    before = b.count("actions")
    b.fleet.apply(feed.lines, feed.head())
    assert b.numbers() == ["2026-1"] and b.count("actions") == before


def test_a_batch_leaves_one_entry_that_names_who_decided(a: Node, b: Node, feed: Feed) -> None:
    a.enrol("2026-1", seed=1)
    a.enrol("2026-2", seed=2)
    feed.push(a)
    feed.pull(b)
    page, _ = b.store.audit_log.query(LogFilter(text="fleet_applied"), 9, 0)
    (entry,) = page
    assert entry.detail == {"people": 2, "decided_by": ["kim"], "line": 2}


def test_rules_nodes_and_orders_of_other_nodes_are_in_the_audit_log(b: Node, feed: Feed) -> None:
    feed.say(FactKind.ORDER, "c" * 32, 1, {"order": "lockdown", "doors": ["*"]}, account="lee")
    feed.say(FactKind.NODE, "d" * 32, 1, {"node": "d" * 32, "name": "303"}, account="park")
    feed.pull(b)
    (entry,) = b.store.audit_log.query(LogFilter(text="fleet_applied"), 9, 0)[0]
    assert entry.detail == {"nodes": 1, "orders": 1, "decided_by": ["lee", "park"], "line": 2}


def test_accounts_are_shared_by_name(a: Node, b: Node, feed: Feed) -> None:
    account = a.store.accounts.create("kim", AccountRole.ADMIN, "918273")
    feed.exchange(a, b)
    assert [one.name for one in b.store.accounts.list()] == ["kim"]
    a.store.accounts.create("lee", AccountRole.ADMIN, "827364")
    a.store.accounts.set_enabled(account.id or 0, False, "lee")
    feed.exchange(a, b)
    assert [(one.name, one.enabled) for one in b.store.accounts.list()] == [
        ("kim", False),
        ("lee", True),
    ]
    assert b.fleet.local_changes(10) == []


def test_content_that_no_kiosk_would_store_keeps_nobody_else_out(b: Node, feed: Feed) -> None:
    good = FleetPerson("2026-1", "홍길동", "staff", True, "pin", MORNING)
    feed.say(FactKind.PERSON, "1" * 32, 1, dataclasses.replace(good, role="king"))
    feed.say(FactKind.PERSON, "2" * 32, 1, dataclasses.replace(good, number="a/b"))
    feed.say(FactKind.PERSON, "3" * 32, 1, good)
    feed.pull(b)
    assert b.numbers() == ["2026-1"]
    found = b.fleet.membership()
    assert found is not None and found.head.number == 3


def test_standing_counts_what_was_read_and_not_what_was_only_confirmed(
    a: Node, b: Node, feed: Feed
) -> None:
    a.enrol("2026-1")
    feed.push(a)
    subject = feed.lines[0].fact.subject
    assert a.fleet.standing([subject]) == {}
    feed.pull(a)
    found = a.fleet.standing([subject])
    assert [(kind, line.number, line.version) for (kind, _), line in found.items()] == [
        (FactKind.PERSON, 1, 1)
    ]


def test_a_later_change_is_not_lost_by_an_earlier_confirmation(
    a: Node, b: Node, feed: Feed
) -> None:
    person = a.enrol("2026-1")
    (change,) = a.fleet.local_changes(10)
    a.store.people.set_enabled(person.id or 0, False, "kim")
    fact = feed.write(change, a.id)
    a.fleet.confirm(change, fact)
    feed.exchange(a, b)
    assert not only(b).enabled and a.fleet.conflicts() == []


def test_a_confirmation_that_was_lost_doubles_nothing(a: Node, b: Node, feed: Feed) -> None:
    a.enrol("2026-1")
    feed.push(a, confirm=False)
    feed.exchange(a, b)
    assert len(feed.lines) == 1 and a.fleet.local_changes(10) == []
    assert a.numbers() == b.numbers() == ["2026-1"] and a.fleet.conflicts() == []


def test_somebody_deleted_before_the_confirmation_came_is_not_brought_back(
    a: Node, b: Node, feed: Feed
) -> None:
    person = a.enrol("2026-1")
    feed.push(a, confirm=False)
    a.store.people.delete(person.id or 0, "kim")
    feed.exchange(a, b)
    assert a.numbers() == b.numbers() == []
    assert [line.fact.kind for line in feed.lines] == [FactKind.PERSON, FactKind.DELETION]


def test_outside_a_fleet_nothing_is_noted(store: Store) -> None:
    store.people.add(Person("2026-1", "홍길동"), "kim")
    fleet = FleetStore(store)
    assert fleet.membership() is None and fleet.local_changes(10) == []
    count = "SELECT count(*) FROM fleet_changed"
    assert store.database.call(lambda: store.database.connection.execute(count).fetchone()) == (0,)
    with pytest.raises(FleetError, match="fleet join"):
        fleet.apply([], member("x").head)


def test_a_node_with_people_of_its_own_does_not_join_by_accident(tmp_path: Path) -> None:
    with Store.open(tmp_path / "munjigi.db") as store:
        store.people.add(Person("2026-1", "홍길동"), "kim")
        fleet = FleetStore(store)
        with pytest.raises(FleetError, match="--merge"):
            fleet.join(member("south"))
        assert fleet.membership() is None
        fleet.join(member("south"), merge=True)
        assert len(fleet.local_changes(10)) == 1
        with pytest.raises(FleetError, match="already"):
            fleet.join(member("south"))
        fleet.leave("kim")
        assert fleet.membership() is None and store.people.by_number("2026-1") is not None


def test_the_place_in_the_fleet_outlives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "munjigi.db"
    mark = LeaseMark(MORNING, 5.5, MORNING, 100.0, "boot")
    first = node(path, "north")
    first.fleet.keep_lease(mark)
    first.store.close()
    again = node(path, "north")
    expected = dataclasses.replace(member("north"), lease=mark)
    assert again.fleet.membership() == expected
    again.store.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE fleet_membership SET founder = x'00'",
        "DELETE FROM fleet_membership",
        "INSERT INTO fleet_nodes (node, document) VALUES ('x', '{}')",
        "DELETE FROM fleet_nodes",
    ],
)
def test_nobody_who_writes_the_file_can_name_another_fleet(
    tmp_path: Path, feed: Feed, statement: str
) -> None:
    path = tmp_path / "munjigi.db"
    first = node(path, "north")
    feed.say(FactKind.NODE, "1" * 32, 1, {"node": "1" * 32, "name": "desk"})
    feed.pull(first)
    assert [*first.fleet.nodes()] == ["1" * 32]
    first.store.close()
    raw = sqlite3.connect(path)
    raw.execute(statement)
    raw.commit()
    raw.close()
    with Store.open(path) as store, pytest.raises(StorageError, match="outside Munjigi"):
        FleetStore(store).membership()


@pytest.mark.parametrize("change", ["version = 99", "read_version = 99", "local_id = NULL"])
def test_nobody_who_writes_the_file_can_keep_a_change_from_a_node_unseen(
    a: Node, b: Node, feed: Feed, change: str
) -> None:
    person = a.enrol("2026-1")
    feed.exchange(a, b)
    with closing(sqlite3.connect(b.store.database.path)) as raw, raw:
        raw.execute(f"UPDATE fleet_subjects SET {change} WHERE kind = 'person'")
    a.store.people.set_enabled(person.id or 0, False, "kim")
    feed.push(a)
    with pytest.raises(StorageError, match="outside Munjigi"):
        feed.pull(b)
    found = b.fleet.membership()
    assert found is not None and found.head.number == 1, "the node stays where it was"


def test_a_revoked_node_knows_it(a: Node, feed: Feed) -> None:
    feed.say(FactKind.NODE, a.id, 1, {"node": a.id, "revoked": True})
    feed.pull(a)
    found = a.fleet.membership()
    assert found is not None and found.revoked


def test_events_are_the_bytes_of_the_chain_in_its_order(a: Node) -> None:
    a.enrol("2026-1")
    a.store.access_log.append(decision())
    a.enrol("2026-2", seed=2)
    events = a.fleet.events_after(0, 100)
    assert [event.sequence for event in events] == [*range(1, len(events) + 1)]
    assert "log" in {event.kind for event in events}
    link = bytes(32)
    for event in events:
        link = hashlib.sha256(b"munjigi chain 1\0" + link + event.body).digest()
        assert event.link == link
    assert a.fleet.events_after(2, 1) == [events[2]]
