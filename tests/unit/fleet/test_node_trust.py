"""Founder, admission, people and deletions between nodes that share a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import numpy as np
import pytest

from kiosk.core.errors import FleetError
from kiosk.core.fleet import EVERYBODY, Fact, FactKind, FleetPerson
from kiosk.fleet.trust.node_documents import NodeDocument
from tests.helpers.fleet_centre import MemoryCentre
from tests.helpers.fleet_nodes import PEPPER, MemoryNode, drawn_person, small_fleet

HONG = "1" * 32
KIM = "2" * 32


def same(found: FleetPerson | None, person: FleetPerson) -> bool:
    """Return whether two people are equal, templates by their values."""
    if found is None or len(found.templates) != len(person.templates):
        return False
    vectors = zip(found.templates, person.templates, strict=True)
    return replace(found, templates=()) == replace(person, templates=()) and all(
        np.array_equal(one.vector, two.vector)
        and (one.pose, one.quality, one.look, one.embedder_id)
        == (two.pose, two.quality, two.look, two.embedder_id)
        for one, two in vectors
    )


def test_a_person_enrolled_at_the_desk_is_known_at_the_door() -> None:
    _, desk, (door,) = small_fleet(("lab",))
    person = drawn_person(
        groups=("lab",),
        valid_from=date(2026, 3, 2),
        valid_until=date(2026, 6, 30),
        until_time=time(18),
    )
    desk.enrol(HONG, person)
    door.rounds()
    assert same(door.person(HONG), person)
    assert door.trust.secrets is not None
    assert door.trust.secrets.shared == {"pins": PEPPER}


def test_the_database_holds_neither_name_nor_number_nor_template() -> None:
    db, desk, _ = small_fleet(("lab",))
    person = drawn_person(groups=("lab",))
    desk.enrol(HONG, person)
    held = b"".join(line.body or b"" for line in db.lines)
    held += b"".join(key.sealed for key in db.keys.values())
    for secret in (person.number.encode(), person.name.encode(), b"argon2id", b"c" * 64):
        assert secret not in held
    assert person.templates[0].vector.tobytes() not in held


def test_a_door_neither_reads_nor_gets_a_key_of_people_of_other_groups() -> None:
    db, desk, (door, other) = small_fleet(("lab",), ("office",))
    desk.enrol(HONG, drawn_person(groups=("lab",)))
    door.rounds()
    other.rounds()
    assert door.person(HONG) and not other.person(HONG)
    assert (HONG, other.id) not in db.keys
    assert other.head == door.head


def test_a_person_whose_groups_change_leaves_one_door_and_comes_to_the_other() -> None:
    _, desk, (door, other) = small_fleet(("lab",), ("office",))
    desk.enrol(HONG, drawn_person(groups=("lab",)))
    door.rounds()
    moved = drawn_person(groups=("office",))
    desk.write(FactKind.PERSON, HONG, moved, ("lab", "office"))
    door.rounds()
    other.rounds()
    assert door.person(HONG) is None
    assert same(other.person(HONG), moved)


def test_a_change_at_the_door_reaches_the_desk() -> None:
    _, desk, (door,) = small_fleet(("lab",))
    desk.enrol(HONG, drawn_person(groups=("lab",)))
    door.rounds()
    door.enrol(HONG, drawn_person(groups=("lab",), enabled=False))
    desk.rounds()
    found = desk.person(HONG)
    assert found and not found.enabled


def test_a_deletion_reaches_a_door_that_is_far_behind_and_is_answered() -> None:
    db, desk, (door,) = small_fleet(("lab",))
    desk.enrol(HONG, drawn_person(groups=("lab",)))
    door.rounds()
    db.away.add(door.id)
    for number in range(3):
        desk.enrol(KIM, drawn_person("2026-0002", groups=("lab",), name=f"{number}"))
    desk.write(FactKind.DELETION, HONG, None)
    db.away.clear()
    deletion = db.lines[-1]
    applied = door.trust.deletions([deletion])
    assert [each.fact.subject for each in applied] == [HONG]
    door.store.apply(applied, door.head)
    assert door.person(HONG) is None
    door.rounds()
    assert door.head == desk.head
    assert door.person(HONG) is None and door.person(KIM)
    assert not [key for key in db.keys if key[0] == HONG]
    assert {receipt.node for receipt in db.receipts} == {desk.id, door.id}


def test_a_door_admitted_later_gets_the_people_who_are_there() -> None:
    db, desk, _ = small_fleet()
    desk.enrol(HONG, drawn_person(groups=("lab",)))
    desk.enrol(KIM, drawn_person("2026-0002", groups=("office",)))
    door = MemoryNode(db, "late", ("lab",))
    door.expected = (EVERYBODY,)  # it learns from the centre whom it is to serve
    desk.admit(door)
    desk.rounds()  # wraps the key
    door.rounds()
    assert door.person(HONG) and not door.person(KIM)
    assert not door.store.waiting(9)


def test_a_key_of_an_older_version_is_not_wrapped_again() -> None:
    _, desk, (door,) = small_fleet(("lab",))
    desk.enrol(HONG, drawn_person(groups=("lab",)))
    (old,) = desk.centre.wrapped_keys([HONG])
    assert desk.trust.wrap_again([(HONG, door.id)], [old])
    desk.enrol(HONG, drawn_person(groups=("lab",), name="new"))
    assert not desk.trust.wrap_again([(HONG, door.id)], [old])


def test_a_centre_that_lies_about_a_new_nodes_groups_is_found_out() -> None:
    db, desk, _ = small_fleet()
    desk.enrol(HONG, drawn_person(groups=("lab",)))
    door = MemoryNode(db, "late", ("lab",))
    door.expected = (EVERYBODY,)
    newest, honest = MemoryCentre.newest, db.groups[door.id]

    def lie(centre: MemoryCentre, kind: FactKind, subject: str) -> Fact | None:
        fact = newest(centre, kind, subject)
        if fact is None or subject != door.id or not fact.body:
            return fact
        return replace(fact, body=NodeDocument.parse(fact.body).body().replace(b"lab", b"bar"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MemoryCentre, "newest", lie)
        desk.admit(door)
        assert door.head.number < desk.head.number
        assert isinstance(door.sync.status.problem, FleetError) or door.sync.status.refused
    assert honest == frozenset({"lab"})
