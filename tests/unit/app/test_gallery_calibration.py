"""Thresholds and look-alikes of a gallery that changes, at once and in the background."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.app.bootstrap.calibrator import DerivationRule, derive
from kiosk.app.bootstrap.gallery_calibration import COMPARED_AT_ONCE, GalleryCalibration
from kiosk.core.errors import StorageError
from kiosk.core.people import Person
from kiosk.core.templates import Template, TemplateTable
from kiosk.core.thresholds import Choice, Derived, LookAlike
from kiosk.door.look_alike_people import LookAlikePeople
from kiosk.vision.recognition.gallery import Gallery
from tests.helpers.door import MemoryPeople
from tests.unit.vision.recognition.test_threshold_calibration import CAP, crowd, reference

TARGET = Choice(target=1.0)
REFERENCE = reference()


class Site(MemoryPeople):
    """People of a crowd in memory, with a gallery of them."""

    dimension = 16

    def __init__(self, people: int, each: int = 5, **options: object) -> None:
        super().__init__()
        self.choice = TARGET
        self.gallery = Gallery("net", self.dimension)
        self.each = each
        self.vectors_of, self.who = crowd(people + 20, each=each, seed=3)
        for number in range(people):
            self.enrol(self.look(number))
        self.calibration = GalleryCalibration(
            self.gallery,
            self,
            DerivationRule(1.0, CAP, REFERENCE),
            lambda: self.choice,
            **options,
        )

    def look(self, number: int) -> np.ndarray:
        return self.vectors_of[self.who == number]

    def enrol(self, vectors: np.ndarray) -> int:
        templates = [Template(0, "net", vector) for vector in vectors]
        return self.add_with_templates(Person(f"2026-{len(self.stored)}", "사람"), templates).id

    def template_table(self, embedder_id, person_ids=None) -> TemplateTable:
        if self.broken:
            raise StorageError("The database does not answer.")
        own = [t for t in self.vectors if person_ids is None or t.person_id in person_ids]
        return TemplateTable.of(own, self.dimension)

    def read(self) -> Derived:
        table = self.template_table("net")
        self.gallery.load(table)
        return self.calibration.read(table)

    def change(self, person_id: int) -> Derived:
        self.gallery.update(person_id, self.template_table("net", [person_id]))
        return self.calibration.changed([person_id])

    def count_comparisons(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """Return the list of people who are compared with everybody from now on."""
        compared: list[int] = []
        near = self.gallery.near

        def counted(person_id: int, distance: float) -> list[tuple[int, float]]:
            compared.append(person_id)
            return near(person_id, distance)

        monkeypatch.setattr(self.gallery, "near", counted)
        return compared

    def whole(self) -> Derived:
        return derive(self.choice, 1.0, self.vectors, REFERENCE, CAP)

    def settled(self) -> Derived:
        for _ in range(9):
            self.calibration.wait(30)
            derived = self.calibration.finished()
            if derived is None:
                return self.calibration._derived
        raise AssertionError("it never ends")


def test_a_small_gallery_is_derived_from_as_a_whole_at_once():
    site = Site(40)
    assert site.read() == site.whole()
    added = site.enrol(site.look(3) * np.float32(0.999))
    assert site.change(added) == site.whole()
    assert [(p.first, p.second) for p in site.whole().look_alikes] == [(4, added)]
    assert site.calibration.finished() is None


def test_a_large_gallery_ends_with_what_the_whole_gives():
    site = Site(40, small=0)
    first = site.read()
    assert first.identify == site.whole().identify and site.settled() == site.whole()
    twin = site.enrol(site.look(3) * np.float32(0.999))
    site.change(twin)
    assert site.settled() == site.whole() and site.whole().look_alikes
    site.vectors = [t for t in site.vectors if t.person_id != twin]
    assert site.change(twin).look_alikes == ()
    assert site.settled() == site.whole()


def test_meanwhile_it_is_never_less_strict_and_knows_the_look_alikes_of_who_changed():
    site = Site(60, small=0)
    site.read()
    before = site.settled()
    for number in range(60, 70):
        added = site.enrol(site.look(number))
        meanwhile = site.change(added)
        assert meanwhile.identify.threshold <= before.identify.threshold
        assert meanwhile.identify.people == site.gallery.people
    twin = site.enrol(site.look(5) * np.float32(0.999))
    assert (6, twin) in {(p.first, p.second) for p in site.change(twin).look_alikes}
    site.vectors = [t for t in site.vectors if t.person_id <= 30]
    for person_id in range(31, twin + 1):
        meanwhile = site.change(person_id)
    assert meanwhile.identify.threshold <= before.identify.threshold, "though fewer ask for less"
    assert site.settled() == site.whole()
    assert site.whole().identify.threshold > meanwhile.identify.threshold


def test_people_changed_while_all_pairs_are_compared_are_not_forgotten():
    site = Site(40, small=0)
    site.read()
    twin = site.enrol(site.look(3) * np.float32(0.999))
    site.change(twin)
    site.vectors = [t for t in site.vectors if t.person_id != 4]
    site.change(4)
    other = site.enrol(site.look(9) * np.float32(0.999))
    site.change(other)
    assert site.settled() == site.whole()
    assert [(p.first, p.second) for p in site.whole().look_alikes] == [(10, other)]


def _pairs(derived: Derived) -> list[tuple[int, int]]:
    return [(pair.first, pair.second) for pair in derived.look_alikes]


def test_many_changes_at_once_leave_the_pairs_to_the_background(monkeypatch):
    site = Site(40, small=0)
    old_twin = site.enrol(site.look(3) * np.float32(0.999))
    site.read()
    before = site.settled()
    compared = site.count_comparisons(monkeypatch)
    added = [site.enrol(site.look(40 + n)) for n in range(COMPARED_AT_ONCE)]
    twin = site.enrol(site.look(9) * np.float32(0.999))
    changed = [*added, twin, 4]
    for person_id in changed:
        site.gallery.update(person_id, site.template_table("net", [person_id]))
    meanwhile = site.calibration.changed(changed)
    assert compared == [], "the inference thread does not wait for so many comparisons"
    assert _pairs(before) == _pairs(meanwhile) == [(4, old_twin)], "known pairs that still hold"
    assert meanwhile.identify.threshold <= before.identify.threshold
    visitors = LookAlikePeople(site, site.gallery, lambda: meanwhile.thresholds.look_alike)
    assert visitors.get(twin).look_alike and visitors.get(10).look_alike
    assert site.settled() == site.whole() and set(_pairs(site.whole())) == {
        (4, old_twin),
        (10, twin),
    }


def test_many_deleted_at_once_take_their_pairs_with_them():
    site = Site(60, small=0)
    twins = [site.enrol(site.look(n) * np.float32(0.999)) for n in (3, 50)]
    site.read()
    assert set(_pairs(site.settled())) == {(4, twins[0]), (51, twins[1])}
    gone = range(31, 31 + COMPARED_AT_ONCE + 9)
    site.vectors = [t for t in site.vectors if t.person_id not in gone]
    for person_id in gone:
        site.gallery.remove(person_id)
    assert _pairs(site.calibration.changed(gone)) == [(4, twins[0])]
    assert site.settled() == site.whole()


def test_many_changes_one_by_one_during_the_search_are_bounded_too(monkeypatch):
    site = Site(40, small=0)
    site.read()
    for n in range(COMPARED_AT_ONCE):
        site.change(site.enrol(site.look(40 + n)))
    twin = site.enrol(site.look(3) * np.float32(0.999))
    assert _pairs(site.change(twin)) == [(4, twin)]
    compared = site.count_comparisons(monkeypatch)
    site.calibration.wait(30)
    assert _pairs(site.calibration.finished()) == [(4, twin)], "what was known is kept"
    assert compared == [] and site.settled() == site.whole()


def test_pairs_found_before_a_gallery_became_small_do_not_count(caplog):
    site = Site(40, small=100)
    site.read()
    site.calibration.wait(30)
    site.vectors = [t for t in site.vectors if t.person_id <= 10]
    for person_id in range(11, 41):
        site.gallery.remove(person_id)
    site.calibration.changed(range(11, 41))
    twin = site.enrol(site.look(3) * np.float32(0.999))
    assert site.change(twin) == site.whole() and site.whole().look_alikes
    assert site.calibration.finished() is None and site.settled() == site.whole()
    site.vectors = []
    for person_id in (*range(1, 11), twin):
        site.change(person_id)
    assert site.settled() == site.whole() and not caplog.records


def test_pairs_of_an_earlier_run_are_used_from_the_start_as_far_as_they_still_hold():
    stored = [LookAlike(4, 41, 0.9), LookAlike(1, 2, 0.01), LookAlike(5, 99, 0.1)]
    site = Site(40, small=0, stored_pairs=lambda: stored)
    site.enrol(site.look(3) * np.float32(0.999))
    first = site.read()
    assert [(p.first, p.second) for p in first.look_alikes] == [(4, 41)]
    assert first.look_alikes[0].distance < 0.01 and first == site.whole()


def test_another_choice_holds_at_once():
    site = Site(40, small=0)
    site.read()
    site.settled()
    site.choice = Choice(distance=0.25)
    derived = site.calibration.changed([])
    assert derived.identify.threshold == derived.verify.threshold == 0.25
    assert site.settled() == site.whole()
    site.choice = Choice(target=100.0)
    assert site.calibration.changed([]).identify.threshold > 0.25
    assert site.settled() == site.whole()


def test_a_database_that_fails_in_the_background_leaves_the_stricter_threshold(caplog):
    site = Site(40, small=0)
    site.read()
    before = site.settled()
    added = site.enrol(site.look(50))
    site.gallery.update(added, site.template_table("net", [added]))
    site.broken = True
    derived = site.calibration.changed([added])
    site.calibration.wait(30)
    assert site.calibration.finished() is None and "does not answer" in caplog.text
    assert derived.identify.threshold <= before.identify.threshold
    site.broken = False
    site.calibration.changed([])
    assert site.settled() == site.whole()


def test_a_stopped_search_ends_before_its_next_block_and_no_other_begins(monkeypatch, caplog):
    monkeypatch.setattr("kiosk.vision.recognition.look_alike_finder.BLOCK", 1)
    site = Site(40, small=0)
    slept: list[float] = []

    def stop_at_third_block(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            site.calibration.stop()

    monkeypatch.setattr(
        "kiosk.vision.recognition.look_alike_finder.time.sleep", stop_at_third_block
    )
    site.read()
    site.calibration.wait(30)
    assert len(slept) == 3 and site.calibration.finished() is None
    site.change(site.enrol(site.look(50)))
    assert len(slept) == 3 and site.calibration.finished() is None and not caplog.records


def test_a_search_stopped_while_it_reads_templates_reads_no_more(monkeypatch):
    monkeypatch.setattr("kiosk.app.bootstrap.gallery_calibration.READ_AT_ONCE", 10)
    site = Site(40, small=0)
    table = site.template_table("net")
    site.gallery.load(table)
    read: list[object] = []

    def stop_at_second_read(embedder_id: str, person_ids: object = None) -> TemplateTable:
        read.append(person_ids)
        if len(read) == 2:
            site.calibration.stop()
        return Site.template_table(site, embedder_id, person_ids)

    site.template_table = stop_at_second_read
    site.calibration.read(table)
    site.calibration.wait(30)
    assert len(read) == 2 and site.calibration.finished() is None


def test_a_choice_that_cannot_be_read_is_an_error_at_once():
    site = Site(3)

    def unreadable() -> Choice:
        raise StorageError("The database does not answer.")

    site.calibration._read_choice = unreadable
    with pytest.raises(StorageError):
        site.read()
