"""Guided enrolment: nothing is stored before all checks have passed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.core.errors import EnrolError, StorageError
from kiosk.core.frames import QualityIssue
from kiosk.core.people import Account, AccountRole, Person
from kiosk.core.templates import Template
from kiosk.core.thresholds import Thresholds
from kiosk.core.view_models import Coach, EnrolStep, Pose
from kiosk.services.enrolment import EnrolService
from tests.helpers.consenting import consenting
from tests.helpers.door import INFO, NOW, Door, observation, vector

POSES = {
    Pose.FRONT: {},
    Pose.LEFT: {"yaw": 0.3},
    Pose.RIGHT: {"yaw": -0.3},
    Pose.UP: {"pitch": -0.25},
    Pose.DOWN: {"pitch": 0.25},
}


STAFF = Account("조교", AccountRole.STAFF)


class Bench:
    """An enrolment with a clock."""

    def __init__(self, person: int = 5) -> None:
        self.door = Door()
        self.service = EnrolService(
            self.door.gallery,
            self.door.people,
            INFO,
            thresholds=Thresholds.same(1.0),
            duplicate_factor=1.0,
            pose_timeout_s=60,
        )
        self.person = person
        self.now = 0.0
        self.draft = consenting("2026-77", "새사람", NOW)

    def see(self, seconds: float, **facts: object):
        person = facts.pop("person", self.person)
        for _ in range(max(1, round(seconds * 10))):
            self.now += 0.1
            view = self.service.observe(observation(self.now, person, **facts), self.now)
        return view

    def pose_all(self):
        for facts in POSES.values():
            view = self.see(0.6, **facts)
        return view


def test_five_poses_and_a_self_match_store_the_person():
    bench = Bench()
    bench.service.start(STAFF, bench.draft, bench.now)
    assert bench.pose_all().step is EnrolStep.CHECK
    view = bench.see(0.5)
    assert view.step is EnrolStep.CONFIRM and view.self_distance < 0.1 and view.known_as == ()
    assert bench.door.people.by_number("2026-77") is None, "nothing is stored before somebody saves"
    person = bench.service.save()
    assert person.templates == 5 and not bench.service.active
    assert {t.pose for t in bench.door.people.vectors if t.person_id == person.id} == {
        p.value for p in Pose
    }


@pytest.mark.parametrize(
    ("facts", "coach"),
    [
        ({"person": None}, Coach.NOBODY),
        ({"issue": QualityIssue.TOO_SMALL}, Coach.COME_CLOSER),
        ({"issue": QualityIssue.SEVERAL_FACES}, Coach.ONE_FACE),
        ({"issue": QualityIssue.BLURRED}, Coach.HOLD_STILL),
        ({"issue": QualityIssue.TOO_DARK}, Coach.MORE_LIGHT),
        ({"yaw": 0.4}, Coach.LOOK_STRAIGHT),
        ({}, Coach.GOOD),
    ],
)
def test_coaching_names_the_problem(facts, coach):
    bench = Bench()
    bench.service.start(STAFF, bench.draft, bench.now)
    assert bench.see(0.1, **facts).coach is coach


def test_poses_are_asked_for_in_order():
    bench = Bench()
    bench.service.start(STAFF, bench.draft, bench.now)
    for pose, asked in zip(
        list(POSES)[:-1],
        (Coach.TURN_LEFT, Coach.TURN_RIGHT, Coach.LOOK_UP, Coach.LOOK_DOWN),
        strict=True,
    ):
        bench.see(0.6, **POSES[pose])
        assert bench.see(0.1).coach is asked


def test_another_person_is_not_captured():
    bench = Bench()
    bench.service.start(STAFF, bench.draft, bench.now)
    bench.see(0.6)
    view = bench.see(1.0, person=6, yaw=0.3)
    assert view.coach is Coach.SOMEBODY_ELSE and view.captured == (Pose.FRONT,)


def test_turned_faces_get_slack_on_the_threshold():
    bench = Bench()
    bench.service.start(STAFF, bench.draft, bench.now)
    bench.see(0.6)
    assert bench.see(0.6, wobble=2.4, **POSES[Pose.LEFT]).captured == (
        Pose.FRONT,
        Pose.LEFT,
    )  # 1.07 away, at a threshold of 1.0
    assert bench.see(0.6, wobble=-8.0, **POSES[Pose.RIGHT]).coach is Coach.SOMEBODY_ELSE


def test_duplicates_are_named():
    bench = Bench(person=2)
    bench.service.start(STAFF, bench.draft, bench.now)
    bench.pose_all()
    view = bench.see(0.5)
    assert [person.name for person, _ in view.known_as] == ["사람2"]


def test_self_match_ignores_turned_heads_and_one_poor_frame():
    bench = Bench()
    bench.service.start(STAFF, bench.draft, bench.now)
    bench.pose_all()
    assert bench.see(5.0, wobble=9.0, **POSES[Pose.DOWN]).step is EnrolStep.CHECK
    assert bench.see(0.5, wobble=9.0).step is EnrolStep.CHECK
    view = bench.see(0.5)
    assert view.step is EnrolStep.CONFIRM and view.self_distance < 0.1


def test_self_match_of_another_person_fails():
    bench = Bench()
    bench.service.start(STAFF, bench.draft, bench.now)
    bench.pose_all()
    assert bench.see(1.0, person=6).step is EnrolStep.CHECK, "one bad moment is no answer"
    view = bench.see(2.5, person=6)
    assert (view.step, view.message_key) == (EnrolStep.FAILED, "error.self_match")
    with pytest.raises(EnrolError):
        bench.service.save()


def test_consent_and_a_free_number_are_required():
    bench = Bench()
    with pytest.raises(EnrolError, match="consent"):
        bench.service.start(STAFF, Person("1", "무동의"), 0.0)
    with pytest.raises(EnrolError, match="belongs to"):
        bench.service.start(STAFF, consenting("2026-1", "다른", NOW), 0.0)


def test_saving_can_be_retried_after_a_database_error():
    bench = Bench()
    bench.service.start(STAFF, bench.draft, bench.now)
    bench.pose_all()
    bench.see(0.5)
    bench.door.people.broken = True
    with pytest.raises(StorageError):
        bench.service.save()
    bench.door.people.broken = False
    assert bench.service.save().number == "2026-77"


def test_enrolment_without_progress_times_out():
    bench = Bench()
    bench.service.start(STAFF, bench.draft, bench.now)
    assert bench.see(61, person=None).message_key == "error.enrol_timeout"


def test_database_error_during_the_check_is_reported():
    bench = Bench(person=1)
    bench.service.start(STAFF, bench.draft, bench.now)
    bench.pose_all()
    bench.door.people.broken = True
    view = bench.see(0.5)
    assert (view.step, view.message_key) == (EnrolStep.FAILED, "error.storage")


def again(person: Person, **changes: object) -> Person:
    """Return an enrolled person who consents again."""
    return replace(person, consented_at=NOW, consents=consenting("", "", NOW).consents, **changes)


def test_re_enrolment_stores_edits_and_names_only_look_alikes():
    bench = Bench(person=1)
    bench.door.people.add_with_templates(
        Person("2026-8", "쌍둥이"), [Template(0, "net", vector(1, 0.2))]
    )
    bench.door.gallery.replace(bench.door.people.templates("net"))
    bench.service.start(STAFF, again(bench.door.people.stored[1], name="새이름"), bench.now)
    bench.pose_all()
    view = bench.see(0.5)
    assert [person.name for person, _ in view.known_as] == ["쌍둥이"]
    bench.service.save()
    assert (
        bench.door.people.stored[1].name == "새이름"
        and bench.door.people.stored[1].consented_at == NOW
    )
    assert sum(t.person_id == 1 for t in bench.door.people.vectors) == 5


def test_look_alike_is_reported_before_saving_and_needs_a_pin():
    for distance, needed in ((1.5, True), (0.0, False)):
        bench = Bench(person=5)
        bench.service.use_thresholds(Thresholds(1.0, 1.0, distance))
        bench.service.start(STAFF, bench.draft, bench.now)
        bench.pose_all()
        view = bench.see(1.0)
        assert view.step is EnrolStep.CONFIRM and view.pin_needed is needed
        bench.service.save()
        assert bench.service.view.pin_needed is needed


def test_re_enrolment_does_not_report_the_same_person():
    bench = Bench(person=1)
    bench.service.use_thresholds(Thresholds(1.0, 1.0, 0.5))
    bench.service.start(STAFF, again(bench.door.people.stored[1]), bench.now)
    bench.pose_all()
    view = bench.see(1.0)
    assert view.step is EnrolStep.CONFIRM and not view.pin_needed
