"""Enrolment from pictures: checked like a guided one, all or nothing."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.core.errors import EnrolError
from kiosk.core.frames import Frame, QualityIssue
from kiosk.core.languages import language_codes
from kiosk.core.people import Person
from kiosk.core.rights import Operator
from kiosk.services.picture_enrolment import ADVICE, MAX_TEMPLATES, NO_FACE, PictureEnrolment
from kiosk.ui.catalogue import tr_in
from tests.helpers.door import INFO, Door, observation


class Pictures:
    """A pipeline that sees one listed person per picture; ``None`` means no face."""

    info = INFO

    def __init__(self, people: list[int | None]) -> None:
        self.people = people

    def observe(self, frame: Frame, embed: bool = True):
        return observation(0.0, self.people[frame.index], wobble=0.02 * (frame.index % 10))

    def frames(self):
        return [Frame(np.zeros((2, 2, 3), np.uint8), 0.0, i) for i in range(len(self.people))]


def enrol(door: Door, people: list[int | None], number: str = "2026-50", **options: bool):
    pictures = Pictures(people)
    service = PictureEnrolment(pictures, door.gallery, door.people, threshold=1.0)
    return service.enrol(Operator("x"), Person(number, "새사람"), pictures.frames(), **options)


def test_varied_templates_are_kept_and_unusable_pictures_counted():
    report = enrol(Door(), [5, None, 5, 5, None, *[5] * 20])
    assert (report.pictures, report.usable, report.kept) == (25, 23, MAX_TEMPLATES)
    assert report.person.templates == MAX_TEMPLATES and report.self_distance < 0.05


def test_outliers_are_dropped():
    door = Door()
    enrol(door, [5, 5, 5, 6, 5, 5])
    assert all(
        template.vector[6] < 0.5 for template in door.people.vectors if template.person_id == 4
    )


@pytest.mark.parametrize(
    ("people", "says"),
    [
        ([5, None], "Only 1 of 2 pictures"),
        ([], "Only 0 of 0"),
        ([5, 6, 5, 6], "more than one person"),
        ([2, 2, 2], "enrolled already as 사람2"),
    ],
)
def test_refused_pictures_store_nothing(people, says):
    door = Door()
    with pytest.raises(EnrolError, match=says):
        enrol(door, people)
    assert len(door.people.stored) == 3


@pytest.mark.parametrize("issue", QualityIssue)
def test_the_commonest_reason_is_told(issue):
    seen = {
        "good": observation(0.0, 5),
        "bad": observation(0.0, 5, issue=issue),
        "none": observation(0.0, None),
    }
    assert set(ADVICE) == {NO_FACE, *QualityIssue}
    order = ["none", "bad", "good", "bad"]
    pictures = Pictures([None] * len(order))
    pictures.observe = lambda frame: seen[order[frame.index]]
    service = PictureEnrolment(pictures, Door().gallery, Door().people, threshold=1.0)
    with pytest.raises(EnrolError) as caught:
        service.enrol(Operator("x"), Person("1", "a"), pictures.frames())
    assert str(caught.value).startswith("Only 1 of 4 pictures can be used, and two are needed; ")
    assert str(caught.value).endswith(f"{ADVICE[issue]}.")
    assert caught.value.key == f"import.error.photo_{issue}"
    for code in language_codes():
        assert tr_in(code, caught.value.key, **caught.value.values) != caught.value.key


def test_allow_known_enrols_look_alikes():
    assert enrol(Door(), [2, 2, 2], allow_known=True).kept == 3


def test_a_taken_number_is_refused():
    with pytest.raises(EnrolError, match="enrolled already"):
        enrol(Door(), [5, 5, 5], number="2026-1")
