"""A gallery that is changed person by person."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.core.errors import GalleryError
from kiosk.core.templates import EnrolledVersions, TemplateTable
from kiosk.vision.recognition.gallery import Gallery

DIMENSION = 6


def table(person_id: int, seed: int, each: int = 3) -> TemplateTable:
    """``each`` templates of one person, drawn from ``seed``; their ids begin at 10 x ``seed``."""
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((each, DIMENSION)).astype(np.float32)
    ids = 10 * seed + np.arange(each)
    return TemplateTable(np.full(each, person_id, np.int64), ids.astype(np.int64), vectors)


def joined(tables: list[TemplateTable]) -> TemplateTable:
    if not tables:
        return TemplateTable.empty(DIMENSION)
    return TemplateTable(
        np.concatenate([t.person_ids for t in tables]),
        np.concatenate([t.ids for t in tables]),
        np.concatenate([t.vectors for t in tables]),
    )


def versions(present: dict[int, TemplateTable]) -> EnrolledVersions:
    people = sorted(present)
    return EnrolledVersions(
        np.array(people, np.int64),
        np.array([present[one].ids.max() for one in people], np.int64),
        np.array([len(present[one]) for one in people], np.int64),
    )


CHANGES = st.lists(
    st.tuples(st.integers(1, 12), st.integers(0, 99), st.integers(1, 5), st.booleans()), max_size=90
)


@given(CHANGES)
@settings(max_examples=60)
def test_after_any_changes_it_answers_as_one_read_as_a_whole(changes):
    gallery = Gallery("net", DIMENSION)
    present: dict[int, TemplateTable] = {}
    probe = np.random.default_rng(1).standard_normal(DIMENSION).astype(np.float32)
    for person_id, seed, each, gone in changes:
        if gone:
            present.pop(person_id, None)
            gallery.remove(person_id)
        else:
            present[person_id] = table(person_id, seed, each)
            gallery.update(person_id, present[person_id])
    whole = Gallery("net", DIMENSION)
    whole.load(joined([present[one] for one in sorted(present)]))
    assert (gallery.people, gallery.templates) == (whole.people, whole.templates)
    assert gallery.newest == whole.newest
    assert gallery.outdated(versions(present)) == []
    for person_id in range(1, 13):
        assert gallery.has(person_id) is (person_id in present)
        here, there = gallery.verify(probe, person_id), whole.verify(probe, person_id)
        assert (here is None) is (there is None)
        if here is not None and there is not None:
            assert here.distance == pytest.approx(there.distance, abs=1e-5)
    found, expected = gallery.search(probe), whole.search(probe)
    assert (found is None) is (expected is None)
    if found is not None and expected is not None:
        assert found.distance == pytest.approx(expected.distance, abs=1e-5)
        assert found.has_runner_up is expected.has_runner_up


def test_a_reader_keeps_what_it_began_with_while_somebody_is_changed_and_deleted():
    gallery = Gallery("net", DIMENSION)
    first, second = table(1, 1), table(2, 2)
    gallery.load(joined([first, second]))
    before = gallery.rows
    probe = second.vectors[0]
    squared = before.squared(probe).copy()
    for seed in range(3, 80):
        gallery.update(1, table(1, seed))
    np.testing.assert_array_equal(before.squared(probe), squared)
    assert before.person_ids.tolist() == [1, 2] and before.people == 2


def test_of_a_deleted_person_nothing_stays_in_memory():
    gallery = Gallery("net", DIMENSION)
    gallery.load(joined([table(1, 1), table(2, 2)]))
    for seed in (3, 4):
        gallery.update(2, table(2, seed))
    gallery.remove(2)
    assert not gallery.has(2) and gallery.people == 1
    assert np.count_nonzero(gallery.rows.matrix.any(axis=1)) == 1
    gallery.remove(2)
    gallery.update(7, TemplateTable.empty(DIMENSION))
    assert gallery.people == 1


def test_a_damaged_template_leaves_it_as_it_was():
    gallery = Gallery("net", DIMENSION)
    gallery.load(table(1, 1))
    broken = table(1, 2)
    broken.vectors[1, 2] = np.nan
    with pytest.raises(GalleryError, match="not numbers"):
        gallery.update(1, broken)
    with pytest.raises(GalleryError, match="not numbers"):
        gallery.load(broken)
    with pytest.raises(ValueError, match="person 1"):
        gallery.update(1, table(2, 2))
    assert gallery.people == 1 and gallery.newest == 12


def test_outdated_people_are_listed():
    gallery = Gallery("net", DIMENSION)
    present = {one: table(one, one) for one in (1, 2, 3)}
    gallery.load(joined(list(present.values())))
    stored = versions({1: present[1], 2: table(2, 7), 4: table(4, 8)})
    assert gallery.outdated(stored) == [2, 3, 4]
    newer = versions({2: table(2, 7), 4: table(4, 8)})
    assert gallery.outdated(newer, partly=True) == [2, 4]
    assert gallery.templates_with(newer) == 12 and gallery.templates == 9


def test_near_people_are_found_up_to_the_exact_distance():
    gallery = Gallery("net", 2)

    def person(person_id: int, x: float) -> TemplateTable:
        return TemplateTable(
            np.array([person_id]), np.array([person_id]), np.array([[1.0, x]], np.float32)
        )

    gallery.load(joined([person(1, 0.0), person(2, 0.25), person(3, 0.5)]))
    assert gallery.near(1, 0.25) == [(2, 0.25)] and gallery.near(1, 0.2499) == []
    assert gallery.near(2, 0.25) == [(1, 0.25), (3, 0.25)] and gallery.near(9, 1.0) == []
    gallery.update(4, person(4, 0.1))
    gallery.remove(2)
    assert [other for other, _ in gallery.near(1, 0.25)] == [4]
