"""An accept is stored as a reject once what it stands on has changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.core.decisions import Decision, Outcome, Reason
from kiosk.core.people import Person
from kiosk.services.door_override import OVERRIDE
from kiosk.storage.store import Store
from tests.helpers.entry_changes import CHANGES, Change, enrolled
from tests.unit.storage.samples import MORNING, decision


def accept(person: Person) -> Decision:
    return decision(MORNING, person_id=person.id, person_name=person.name)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_accept_does_not_hold_after_a_change(store: Store, change: Change):
    person = enrolled(store)
    basis = store.people.basis(person.id)
    change(store, person)
    stored = store.access_log.append(accept(person), basis).decision
    gone_for_now = change is CHANGES["disabled"]
    reason = Reason.DISABLED if gone_for_now else Reason.CHANGED_MEANWHILE
    assert (stored.outcome, stored.reason) == (Outcome.REJECT, reason)
    assert store.access_log.latest().decision == stored and stored.person_name == person.name


def test_accept_holds_while_nothing_changed_that_concerns_the_person(store: Store):
    person = enrolled(store)
    basis = store.people.basis(person.id)
    other = enrolled(store, "2026-2")
    for name in ("disabled", "PIN changed", "cards taken away"):
        CHANGES[name](store, other)
    store.settings.set(OVERRIDE, "free")
    store.door_tries.failed(person.number)
    assert store.access_log.append(accept(person), basis).decision.accepted
    assert store.access_log.append(accept(person), store.people.basis(person.id)).decision.accepted


def test_nobody_has_no_basis(store: Store):
    person = replace(enrolled(store), id=77)
    assert store.people.basis(77) == ""
    assert not store.access_log.append(accept(person), "").decision.accepted


def test_reject_is_stored_as_it_is(store: Store):
    person = enrolled(store)
    made = decision(outcome=Outcome.REJECT, reason=Reason.OUT_OF_SCHEDULE, person_id=person.id)
    stored = store.access_log.append(made, "another").decision
    assert stored.reason is Reason.OUT_OF_SCHEDULE
