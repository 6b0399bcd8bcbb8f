"""Two nodes that were apart change the same: the stricter counts, and both sides can be read."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.core.consent import ConsentKind
from kiosk.core.errors import FleetError
from kiosk.core.fleet import FactKind, FleetAccount, FleetPerson
from kiosk.core.people import AccountRole, Person
from kiosk.core.thresholds import LookAlike
from kiosk.storage.fleet import capture, conflict_rows
from kiosk.storage.fleet.fleet_store import FleetStore
from kiosk.storage.fleet.person_digest import same_person
from kiosk.storage.fleet.stricter import stricter_account, stricter_person
from kiosk.storage.store import Store
from tests.unit.storage.fleet.test_fleet_store import only
from tests.unit.storage.fleet.two_nodes import Feed, Node, member
from tests.unit.storage.samples import MORNING, template

DAY = MORNING.date()
NEXT_DAY, DAY_BEFORE = DAY + timedelta(1), DAY - timedelta(1)


def edit(one: Node, **fields: object) -> None:
    """Change the one person of a node, as staff do."""
    (number,) = one.numbers()
    person = one.store.people.by_number(number)
    assert person is not None
    one.store.people.update(dataclasses.replace(person, **fields), "lee")  # type: ignore[arg-type]


@pytest.fixture
def both(a: Node, b: Node, feed: Feed) -> Person:
    """A person whom both nodes have."""
    person = a.enrol("2026-1", groups=("day", "night"))
    feed.exchange(a, b)
    return person


def test_the_stricter_of_two_edits_counts_everywhere_until_staff_choose(
    a: Node, b: Node, feed: Feed, both: Person
) -> None:
    edit(a, enabled=False)
    edit(b, name="홍길순", groups=("day",))
    feed.exchange(a, b)
    for one in (a, b):
        assert not only(one).enabled and only(one).groups == ("day",)
    ((conflict,), nothing) = (b.fleet.conflicts(), a.fleet.conflicts())
    assert nothing == [] and conflict.why == "version"
    assert isinstance(conflict.mine, FleetPerson) and isinstance(conflict.theirs, FleetPerson)
    assert (conflict.mine.name, conflict.mine.enabled) == ("홍길순", True)
    assert (conflict.theirs.name, conflict.theirs.enabled) == ("홍길동", False)
    assert len(conflict.mine.templates) == len(conflict.theirs.templates) == 2


@pytest.mark.parametrize("keep_mine", [True, False])
def test_what_staff_choose_reaches_all_nodes(
    a: Node, b: Node, feed: Feed, both: Person, keep_mine: bool
) -> None:
    edit(a, enabled=False)
    edit(b, name="홍길순")
    feed.exchange(a, b)
    (conflict,) = b.fleet.conflicts()
    b.fleet.settle(conflict.id, keep_mine, "lee")
    feed.exchange(a, b)
    kept = conflict.mine if keep_mine else conflict.theirs
    assert isinstance(kept, FleetPerson)
    assert same_person(only(a), kept) and same_person(only(b), kept)
    assert b.fleet.conflicts() == [] and b.fleet.local_changes(10) == []
    with pytest.raises(FleetError, match="settled"):
        b.fleet.settle(conflict.id, keep_mine, "lee")


def test_the_same_edit_at_both_is_no_conflict(a: Node, b: Node, feed: Feed, both: Person) -> None:
    edit(a, enabled=False)
    edit(b, enabled=False)
    feed.exchange(a, b)
    assert a.fleet.conflicts() == b.fleet.conflicts() == [] and len(feed.lines) == 2


def test_a_face_enrolled_again_at_both_opens_nothing_until_staff_choose(
    a: Node, b: Node, feed: Feed, both: Person
) -> None:
    for seed, one in enumerate((a, b), 50):
        person = one.store.people.by_number("2026-1")
        assert person is not None
        one.store.people.enrol_again(person, [template(seed)], "lee")
    feed.exchange(a, b)
    assert len(only(a).templates) == len(only(b).templates) == 0
    (conflict,) = b.fleet.conflicts()
    b.fleet.settle(conflict.id, True, "lee")
    feed.exchange(a, b)
    assert len(only(a).templates) == len(only(b).templates) == 1


def test_a_deletion_ends_a_conflict(a: Node, b: Node, feed: Feed, both: Person) -> None:
    edit(a, enabled=False)
    edit(b, name="홍길순")
    feed.exchange(a, b)
    person = a.store.people.by_number("2026-1")
    assert person is not None
    a.store.people.delete(person.id or 0, "kim")
    feed.exchange(a, b)
    assert b.fleet.conflicts() == [] and b.numbers() == [] and b.count("fleet_conflicts") == 0


def test_an_edit_of_somebody_deleted_elsewhere_brings_nobody_back(
    a: Node, b: Node, feed: Feed, both: Person
) -> None:
    a.store.people.delete(both.id or 0, "kim")
    edit(b, name="홍길순")
    feed.exchange(a, b)
    assert a.numbers() == b.numbers() == []
    assert a.fleet.local_changes(10) == b.fleet.local_changes(10) == []


def test_an_edit_of_somebody_who_left_this_node_can_still_be_read(
    b: Node, feed: Feed, both: Person
) -> None:
    edit(b, name="홍길순")
    feed.say(FactKind.PERSON, feed.lines[0].fact.subject, 2, None)
    feed.pull(b)
    (conflict,) = b.fleet.conflicts()
    assert isinstance(conflict.mine, FleetPerson) and conflict.mine.name == "홍길순"
    assert conflict.theirs is None and b.numbers() == []
    b.fleet.settle(conflict.id, True, "lee")
    assert b.fleet.conflicts() == []


def test_two_people_with_one_number_are_both_kept_and_neither_enters_by_it(
    a: Node, b: Node, feed: Feed
) -> None:
    a.enrol("2026-1", "홍길동", seed=1)
    b.enrol("2026-1", "김철수", seed=2)
    feed.exchange(a, b)
    for one in (a, b):
        names = {p.name for p in one.store.people.search("", 9, 0)[0]}
        assert names == {"홍길동", "김철수"}
        assert one.store.people.by_typed_number("20261") is None
        (conflict,) = one.fleet.conflicts()
        assert one.fleet.conflict_count() == 1
        assert conflict.why == "number"
        assert {conflict.mine.name, conflict.theirs.name} == names  # type: ignore[union-attr]
        assert one.fleet.local_changes(10) == [], "the other number is this node's affair"


def test_other_peoples_facts_open_no_conflict(
    a: Node, b: Node, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    a.enrol("2026-1", "홍길동", seed=1)
    b.enrol("2026-1", "김철수", seed=2)
    feed.exchange(a, b)
    a.enrol("2026-2", "이산", seed=3)
    feed.push(a)
    monkeypatch.setattr(conflict_rows, "_opened", lambda *_: pytest.fail("faces are opened"))
    feed.pull(b)
    assert b.fleet.conflict_count() == 1 and "2026-2" in b.numbers()


def test_a_number_that_is_corrected_ends_the_conflict(a: Node, b: Node, feed: Feed) -> None:
    a.enrol("2026-1", "홍길동", seed=1)
    person = b.enrol("2026-1", "김철수", seed=2)
    feed.exchange(a, b)
    b.store.people.update(dataclasses.replace(person, number="2026-2"), "lee")
    feed.exchange(a, b)
    for one in (a, b):
        assert sorted(one.numbers()) == ["2026-1", "2026-2"] and one.fleet.conflicts() == []
        found = one.store.people.by_typed_number("20262")
        assert found is not None and found.name == "김철수"


@pytest.mark.parametrize("keep_mine", [True, False])
def test_of_one_person_enrolled_twice_one_enrolment_stays(
    a: Node, b: Node, feed: Feed, keep_mine: bool
) -> None:
    a.enrol("2026-1", "홍길동", seed=1)
    b.enrol("2026-1", "김철수", seed=2)
    feed.exchange(a, b)
    (conflict,) = a.fleet.conflicts()
    kept = conflict.mine if keep_mine else conflict.theirs
    a.fleet.settle(conflict.id, keep_mine, "lee")
    feed.exchange(a, b)
    for one in (a, b):
        assert one.numbers() == ["2026-1"] and one.fleet.conflicts() == []
        found = one.store.people.by_typed_number("2026-1")
        assert found is not None and found.name == kept.name  # type: ignore[union-attr]


def test_one_face_enrolled_at_two_nodes_is_brought_to_staff(a: Node, b: Node, feed: Feed) -> None:
    a.enrol("2026-1", "홍길동", seed=1)
    b.enrol("2026-2", "김철수", seed=1)
    feed.exchange(a, b)
    first, second = (b.store.people.by_number(number).id for number in ("2026-2", "2026-1"))  # type: ignore[union-attr]
    b.store.look_alikes.replace("net", [LookAlike(first or 0, second or 0, 0.0)])
    (conflict,) = b.fleet.conflicts()
    assert b.fleet.conflict_count() == 1
    assert conflict.why == "face"
    assert {conflict.mine.number, conflict.theirs.number} == {"2026-1", "2026-2"}  # type: ignore[union-attr]
    b.fleet.settle(conflict.id, True, "lee")
    feed.exchange(a, b)
    assert a.numbers() == b.numbers() == [conflict.mine.number]  # type: ignore[union-attr]


def test_look_alikes_of_one_node_are_no_conflict(a: Node, feed: Feed) -> None:
    first, second = a.enrol("2026-1", seed=1), a.enrol("2026-2", seed=1)
    feed.exchange(a)
    a.store.look_alikes.replace("net", [LookAlike(first.id or 0, second.id or 0, 0.0)])
    assert a.fleet.conflicts() == []


PERSON = FleetPerson("1", "a", "staff", True, "face", MORNING, pin_hash="p1x", pin_set_at=MORNING)


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ({"enabled": False}, {}, {"enabled": False}),
        ({"groups": ("a", "b")}, {"groups": ("b", "c")}, {"groups": ("b",)}),
        ({"groups": ("a",)}, {}, {"groups": ("a",)}),
        ({"groups": ("a",)}, {"groups": ("b",)}, {"groups": ("b",), "enabled": False}),
        ({"valid_until": DAY}, {}, {"valid_until": DAY}),
        ({"valid_from": DAY}, {"valid_from": NEXT_DAY}, {"valid_from": NEXT_DAY}),
        ({"valid_until": DAY}, {"valid_until": DAY_BEFORE}, {"valid_until": DAY_BEFORE}),
        ({"pin_hash": ""}, {}, {"pin_hash": ""}),
        ({"entry": "pin"}, {}, {"entry": "face"}),
    ],
)
def test_the_stricter_of_two_versions(mine: dict, theirs: dict, expected: dict) -> None:  # type: ignore[type-arg]
    for one, other in ((mine, theirs), (theirs, mine)):
        found = stricter_person(
            dataclasses.replace(PERSON, **one), dataclasses.replace(PERSON, **other)
        )
        if "groups" in expected and not expected.get("enabled", True):
            assert not found.enabled
        else:
            assert {name: getattr(found, name) for name in expected} == expected


def test_the_stricter_of_two_accounts() -> None:
    mine = FleetAccount("kim", AccountRole.STAFF, True, "p1a", MORNING, MORNING + timedelta(1))
    theirs = FleetAccount("kim", AccountRole.ADMIN, False, "p1b", MORNING, MORNING)
    found = stricter_account(mine, theirs)
    assert (found.role, found.enabled, found.pin_hash) == (AccountRole.STAFF, False, "p1a")
    awaited = stricter_account(dataclasses.replace(mine, pin_hash="p0a"), theirs)
    assert awaited.pin_hash == "p1b"


def face_withdrawn(one: Node, number: str = "2026-1") -> None:
    """Let a person of a node withdraw the consent for their face."""
    person = one.store.people.by_number(number)
    assert person is not None
    one.store.people.withdraw(person.id or 0, "kim")


def kinds(one: Node) -> set[ConsentKind]:
    return {given.kind for given in only(one).consents}


@pytest.mark.parametrize("keep_mine", [True, False])
def test_no_choice_brings_a_withdrawn_face_back(
    a: Node, b: Node, feed: Feed, both: Person, keep_mine: bool
) -> None:
    face_withdrawn(a)
    edit(b, name="홍길순")
    feed.push(b)
    feed.exchange(a, b)
    (conflict,) = a.fleet.conflicts()
    assert isinstance(conflict.theirs, FleetPerson) and conflict.theirs.templates == ()
    a.fleet.settle(conflict.id, keep_mine, "lee")
    feed.exchange(a, b)
    for one in (a, b):
        assert kinds(one) == {ConsentKind.PERSONAL} and only(one).templates == ()


def test_a_face_withdrawn_while_a_conflict_is_open_stays_withdrawn(
    a: Node, b: Node, feed: Feed, both: Person
) -> None:
    edit(a, name="가나다")
    edit(b, name="라마바")
    feed.exchange(a, b)
    face_withdrawn(b)
    feed.exchange(a, b)
    (conflict,) = b.fleet.conflicts()
    b.fleet.settle(conflict.id, True, "lee")
    feed.exchange(a, b)
    for one in (a, b):
        assert only(one).name == "라마바" and kinds(one) == {ConsentKind.PERSONAL}
        assert only(one).templates == ()


def test_a_conflict_of_two_people_keeps_no_face_and_nothing_of_who_is_deleted(
    a: Node, b: Node, feed: Feed
) -> None:
    a.enrol("2026-1", "홍길동", seed=1)
    owner = b.enrol("2026-1", "김철수", seed=2)
    feed.exchange(a, b)
    (conflict,) = b.fleet.conflicts()
    assert conflict.mine.templates == conflict.theirs.templates == ()  # type: ignore[union-attr]
    b.store.people.delete(owner.id or 0, "kim")  # and the network is away
    (conflict,) = b.fleet.conflicts()
    assert conflict.mine is None
    feed.exchange(a, b)
    for one in (a, b):
        assert one.numbers() == ["2026-1"] and one.count("fleet_conflicts") == 0


def test_the_account_of_the_fleet_counts_when_a_node_joins(
    a: Node, feed: Feed, tmp_path: Path
) -> None:
    for name in ("kim", "boss"):
        a.store.accounts.create(name, AccountRole.ADMIN, "27182818", "kim")
    feed.push(a)
    store = Store.open(tmp_path / "c.db", busy_timeout_s=0.5)
    store.accounts.create("other", AccountRole.ADMIN, "31415926", "other")
    store.accounts.create("kim", AccountRole.STAFF, "31415926", "other")
    c = Node(store, FleetStore(store))
    c.fleet.join(member("west"))
    feed.exchange(a, c)
    for one in (a, c):
        assert {x.role for x in one.store.accounts.list() if x.name == "kim"} == {AccountRole.ADMIN}
    assert not any(change.account == "kim" for change in c.fleet.local_changes(9))
    store.close()


def test_two_edits_do_not_demote_the_last_administrator(a: Node, b: Node, feed: Feed) -> None:
    mine = FleetAccount("kim", AccountRole.STAFF, True, "p1a", MORNING, MORNING)
    theirs = dataclasses.replace(mine, role=AccountRole.ADMIN, pin_hash="p1b")
    feed.say(FactKind.ACCOUNT, "a" * 32, 1, mine)
    feed.pull(b)
    b.store.database.call(_mark_account, b)
    feed.say(FactKind.ACCOUNT, "a" * 32, 2, theirs)
    feed.pull(b)
    assert [one.role for one in b.store.accounts.list()] == [AccountRole.ADMIN]


def _mark_account(one: Node) -> None:
    with one.store.database.transaction():
        capture.mark(one.store.database.connection, FactKind.ACCOUNT, 1, "kim", "")
