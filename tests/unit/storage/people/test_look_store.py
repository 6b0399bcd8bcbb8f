"""Looks kept after the enrolment, and taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from kiosk.core.decisions import LogFilter
from kiosk.core.errors import StorageError
from kiosk.core.member_looks import LookAnswer
from kiosk.core.people import Person
from kiosk.core.templates import Template
from kiosk.storage.people.look_store import LookStore
from kiosk.storage.people.subject_access import own_data
from kiosk.storage.store import Store
from tests.helpers.restored import restored
from tests.helpers.tampering import put_back, rows_of, tamper
from tests.unit.storage.samples import MORNING, template

HONG = Person("2026-0001", "홍길동", consented_at=MORNING)
LATER = MORNING + timedelta(days=3)


@pytest.fixture
def enrolled(store: Store) -> Store:
    """One person with two templates."""
    store.using(lambda: MORNING).people.add_with_templates(HONG, [template(1), template(2)])
    return store


def keep(store: Store, seed: int, most: int = 3, replaced: int | None = None) -> Person:
    later = store.using(lambda: LATER)
    basis = later.people.basis(1)
    return later.looks.keep(1, [template(seed)], basis=basis, most=most, replaced=replaced)


def actions(store: Store, event: str) -> list[dict[str, object]]:
    found, _ = store.audit_log.query(LogFilter(), 99, 0)
    return [dict(one.detail) for one in found if one.event == event]


def changes(detail: dict[str, object]) -> tuple[object, object]:
    return detail["templates_before"], detail["templates_after"]


def vectors(store: Store) -> list[list[float]]:
    return [t.vector.tolist() for t in store.people.templates("net")]


def test_a_look_is_kept_beside_the_enrolment(enrolled: Store) -> None:
    assert keep(enrolled, 3).templates == 3
    history = enrolled.looks.history(1)
    assert [(look.number, look.templates) for look in history.looks] == [(0, 2), (1, 1)]
    assert (history.enrolled_at, history.later[0].kept_at) == (MORNING, LATER)
    assert (history.asked_at, history.answer) == (LATER, LookAnswer.YES)
    found = enrolled.looks.templates(1, "net")
    assert [one.look for one in found] == [0, 0, 1]
    np.testing.assert_array_equal(found[2].vector, template(3).vector)
    assert len(enrolled.people.template_table("net")) == 3


def test_what_was_there_before_and_after_is_in_the_audit_log(enrolled: Store) -> None:
    keep(enrolled, 3)
    keep(enrolled, 4, most=1, replaced=1)
    enrolled.looks.remove(1, 1, "관리자")
    second, first = actions(enrolled, "look_kept")
    assert changes(first) == ([1, 2], [1, 2, 3]) and first["look"] == 1
    assert first["consent_version"] is None, "no text was published here"
    assert changes(second) == ([1, 2, 3], [1, 2, 4])
    assert (second["replaced_look"], second["name"]) == (1, "홍*동")
    (removed,) = actions(enrolled, "look_removed")
    assert changes(removed) == ([1, 2, 4], [1, 2]) and removed["look"] == 1


def test_there_are_never_more_looks_than_the_setting_allows(enrolled: Store) -> None:
    keep(enrolled, 3, most=1)
    with pytest.raises(StorageError, match="1 looks already"):
        keep(enrolled, 4, most=1)
    assert len(enrolled.looks.history(1).later) == 1 and len(vectors(enrolled)) == 3


def test_the_enrolment_is_no_look_that_can_go(enrolled: Store) -> None:
    for change in (
        lambda: enrolled.looks.remove(1, 0),
        lambda: keep(enrolled, 3, replaced=0),
    ):
        with pytest.raises(StorageError, match="enrolled look stays"):
            change()
    with pytest.raises(StorageError, match="not stored any more"):
        enrolled.looks.remove(1, 7)
    assert len(vectors(enrolled)) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda store: store.people.set_enabled(1, False),
        lambda store: store.people.withdraw(1),
        lambda store: store.people.enrol_again(replace(HONG, id=1), [template(9)]),
        lambda store: store.looks.remove(1, 1),
        lambda store: tamper(store.database.path, "UPDATE people SET name = 'x'"),
    ],
    ids=["disabled", "withdrawn", "enrolled again", "look removed", "changed outside"],
)
def test_nothing_is_kept_once_the_person_changed(enrolled: Store, change: object) -> None:
    keep(enrolled, 3)
    basis = enrolled.people.basis(1)
    change(enrolled)  # type: ignore[operator]
    before = vectors(enrolled)
    with pytest.raises(StorageError):
        enrolled.looks.keep(1, [template(4)], basis=basis, most=3)
    assert vectors(enrolled) == before


def test_without_consent_no_look_is_kept(store: Store) -> None:
    store.people.add_with_templates(replace(HONG, consented_at=None), [template(1)])
    with pytest.raises(StorageError, match="no consent in force"):
        keep(store, 3)
    assert len(vectors(store)) == 1


@pytest.mark.parametrize("number", [0, 2])
def test_a_template_put_into_another_look_does_not_open(enrolled: Store, number: int) -> None:
    """Somebody who can write the database cannot make a look the enrolment, or the reverse."""
    keep(enrolled, 3)
    tamper(enrolled.database.path, f"UPDATE templates SET look = {number} WHERE look = 1")
    assert len(vectors(enrolled)) == 2
    assert len(enrolled.people.template_table("net")) == 2


def test_a_removed_look_put_back_by_somebody_does_not_open(enrolled: Store) -> None:
    keep(enrolled, 3)
    old = rows_of(enrolled.database.path, "templates")
    enrolled.looks.remove(1, 1)
    put_back(enrolled.database.path, "templates", [row for row in old if row["look"] == 1])
    assert len(vectors(enrolled)) == 2
    put_back(enrolled.database.path, "templates", old)
    assert vectors(enrolled) == [], "their key is another one"


def test_a_removed_look_does_not_come_back_with_a_backup(enrolled: Store, path: Path) -> None:
    keep(enrolled, 3)
    file = enrolled.backups.make("x", LATER)
    enrolled.looks.remove(1, 1)
    enrolled.close()
    with restored(path, file) as back:
        assert [one.look for one in back.looks.templates(1, "net")] == [0, 0]


def test_a_look_comes_back_with_a_backup_after_the_database_was_lost(
    enrolled: Store, path: Path
) -> None:
    keep(enrolled, 3)
    file = enrolled.backups.make("x", LATER)
    enrolled.close()
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()
    with restored(path, file) as back:
        assert [one.look for one in back.looks.templates(1, "net")] == [0, 0, 1]


def test_answers_are_remembered_and_forgotten_with_the_face(enrolled: Store) -> None:
    looks: LookStore = enrolled.using(lambda: LATER).looks
    looks.answered(1, LookAnswer.NO)
    looks.answered(99, LookAnswer.NO)  # deleted meanwhile
    assert (looks.history(1).asked_at, looks.history(1).answer) == (LATER, LookAnswer.NO)
    enrolled.people.enrol_again(replace(HONG, id=1), [template(9)])
    assert looks.history(1).asked_at is None
    looks.answered(1, LookAnswer.NONE)
    enrolled.people.withdraw(1)
    assert looks.history(1).asked_at is None


def test_removing_a_look_counts_as_a_no(enrolled: Store) -> None:
    keep(enrolled, 3)
    later = enrolled.using(lambda: LATER + timedelta(days=1))
    later.looks.remove(1, 1)
    history = later.looks.history(1)
    assert (history.answer, history.asked_at) == (LookAnswer.NO, LATER + timedelta(days=1))


def test_the_person_can_have_a_copy_of_their_looks(enrolled: Store) -> None:
    keep(enrolled, 3)
    data = own_data(enrolled, 1, LATER)
    assert [one["look"] for one in data["templates"]] == [0, 0, 1]
    assert [one["look"] for one in data["looks"]["kept"]] == [0, 1]
    assert data["looks"]["last_answer"] == "yes"


def test_another_networks_templates_of_the_enrolment_stay_apart(enrolled: Store) -> None:
    other: Template = template(5, dimension=4, embedder_id="other")
    enrolled.people.enrol_again(replace(HONG, id=1), [template(1), other])
    keep(enrolled, 3)
    assert [one.look for one in enrolled.looks.templates(1, "other")] == [0]
    assert [one.look for one in enrolled.looks.templates(1, "net")] == [0, 1]
