"""Changes of many people at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time

import pytest

from kiosk.core.decisions import LogFilter
from kiosk.core.errors import StorageError
from kiosk.core.people import Account, AccountRole, Person, PersonRole
from kiosk.services.people_bulk import BulkEdit, PeopleBulkService
from kiosk.storage.store import Store

ADMIN = Account("관리자", AccountRole.ADMIN)


class Office:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.gallery_changes = 0
        self.bulk = PeopleBulkService(
            store.bulk_people,
            lambda actor, person_id: store.people.delete(person_id, actor.name),
            self._changed,
        )
        self.ids = [
            store.people.add(Person(str(n), f"사람 {n}", groups=("lab",))).id or 0 for n in range(5)
        ]

    def _changed(self) -> None:
        self.gallery_changes += 1

    def people(self) -> list[Person]:
        return self.store.people.search("", 100, 0)[0]

    def events(self) -> list[str]:
        return [action.event for action in self.store.audit_log.query(LogFilter(), 100, 0)[0]]


@pytest.fixture
def office(tmp_path) -> Iterator[Office]:
    with Store.open(tmp_path / "munjigi.db") as store:
        yield Office(store)


@pytest.mark.parametrize(
    ("edit", "field", "value"),
    [
        (BulkEdit(enabled=False), "enabled", False),
        (BulkEdit(role=PersonRole.VISITOR), "role", PersonRole.VISITOR),
        (BulkEdit(join="night"), "groups", ("lab", "night")),
        (BulkEdit(leave="lab"), "groups", ()),
        (BulkEdit(until=date(2027, 2, 28)), "valid_until", date(2027, 2, 28)),
        (BulkEdit(until=date(2027, 2, 28), until_time=time(9)), "until_time", time(9)),
    ],
)
def test_everybody_selected_changes_and_back(office, edit, field, value):
    before = office.people()
    done = office.bulk.edit(ADMIN, office.ids[:3], edit)
    assert (len(done.changed), done.unchanged, done.refused) == (3, 0, 0)
    assert [getattr(p, field) == value for p in office.people()] == [True] * 3 + [False] * 2
    assert office.events()[:4] == ["people_changed_together", *["person_changed"] * 3]
    again = office.bulk.edit(ADMIN, office.ids[:3], edit)
    assert (len(again.changed), again.unchanged) == (0, 3)
    assert len(office.bulk.undo(ADMIN, done).changed) == 3
    assert office.people() == before and office.gallery_changes == 2


def test_who_cannot_be_changed_is_counted_and_left_alone(office):
    people = office.store.people
    people.update(replace(people.by_number("0"), valid_from=date(2027, 3, 1)))
    people.delete(office.ids[1])
    done = office.bulk.edit(ADMIN, office.ids, BulkEdit(until=date(2027, 2, 28)))
    assert (len(done.changed), done.unchanged, done.refused) == (3, 0, 2)
    assert people.by_number("0").valid_until is None


def test_undo_leaves_who_was_changed_since(office):
    done = office.bulk.edit(ADMIN, office.ids, BulkEdit(enabled=False))
    office.store.people.set_enabled(office.ids[0], True)
    undone = office.bulk.undo(ADMIN, done)
    assert (len(undone.changed), undone.refused) == (4, 1)


def test_deletion_stops_at_the_first_that_fails_and_says_how_many_are_left(office):
    told: list[int] = []
    done = office.bulk.delete(ADMIN, office.ids[:3], told.append, lambda: len(told) == 2)
    assert len(done.receipts) == 2 and done.error is None and done.left == 1
    assert len(office.people()) == 3

    def refuse(actor, person_id):
        raise StorageError("no", key="error.generic")

    bulk = PeopleBulkService(office.store.bulk_people, refuse, office._changed)
    failed = bulk.delete(ADMIN, office.ids[2:])
    assert failed.left == 3 and failed.error is not None and failed.receipts == ()


def test_a_failure_in_the_middle_keeps_what_was_changed_and_counts_the_rest(office, monkeypatch):
    monkeypatch.setattr("kiosk.storage.people.bulk_people.TOGETHER", 2)
    rows = office.store.bulk_people._rows
    change = rows.change

    def failing(person: Person, by: str) -> Person:
        if person.number == "3":
            raise StorageError("no", key="error.generic")
        return change(person, by)

    monkeypatch.setattr(rows, "change", failing)
    done = office.bulk.edit(ADMIN, office.ids, BulkEdit(enabled=False))
    assert [before.number for before, _ in done.changed] == ["0", "1"]
    assert done.refused == 3 and [p.enabled for p in office.people()].count(False) == 2
