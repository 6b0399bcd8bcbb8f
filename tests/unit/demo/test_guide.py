"""Who is enrolled when the demonstration starts, and starts again."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from kiosk.core.door_state import DoorState
from kiosk.core.frames import Observation
from kiosk.core.templates import Template
from kiosk.core.view_models import ChallengeView, DoorView, EnrolStep, EnrolView, Pose, Turn
from kiosk.demo.demo_camera import DemoScene
from kiosk.demo.guide import NEWCOMER, DemoGuide, member, seed_demo_people
from kiosk.demo.synthetic_faces.cast import CAST, MEMBERS
from kiosk.vision.recognition.gallery import Gallery
from tests.helpers.door import INFO, MemoryPeople, vector


class Stand:
    """A demo camera that remembers who was sent before it."""

    def __init__(self) -> None:
        self.scenes: list[DemoScene | str] = []

    def cue(self, scene: DemoScene) -> None:
        self.scenes.append(scene)

    def follow(self) -> None:
        self.scenes.append("the show")

    def turn(self, pose: str | None) -> None:
        self.scenes.append(f"turn {pose}")


class Painted:
    """A pipeline that knows each member of the cast by the order in which they come."""

    info = INFO

    def __init__(self) -> None:
        self.who = 0
        self.seen = 0

    def observe(self, frame, embed=True, everybody=False) -> Observation:
        self.seen += 1
        return Observation(
            frame.captured_at, (640, 480), embedding=vector(self.who, 0.01 * (self.seen % 7))
        )


@pytest.fixture
def engine(monkeypatch):
    pipeline = Painted()
    people = MemoryPeople()
    gallery = Gallery("net", 8)

    def portraits(index):
        pipeline.who = index + 1
        for number in range(4):
            yield SimpleNamespace(captured_at=number / 10)

    monkeypatch.setattr("kiosk.demo.guide._portraits", portraits)
    return SimpleNamespace(
        pipeline=pipeline,
        people=people,
        gallery=gallery,
        own_threshold=1.0,
        load_gallery=lambda: gallery.replace(people.templates("net")),
    )


def test_each_member_is_enrolled_once(engine):
    seed_demo_people(engine)
    seed_demo_people(engine)
    assert [person.number for person in engine.people.stored.values()] == [
        actor.number for actor in CAST[:MEMBERS]
    ]
    assert engine.gallery.people == MEMBERS


def test_renumbered_or_deleted_person_is_left_alone(engine):
    seed_demo_people(engine)
    engine.people.stored[1] = replace(engine.people.stored[1], number="2026-99")
    del engine.people.stored[2]
    engine.people.vectors = [t for t in engine.people.vectors if t.person_id != 2]
    engine.load_gallery()
    seed_demo_people(engine)
    assert sorted(engine.people.stored) == [i for i in range(1, MEMBERS + 1) if i != 2]


def test_another_networks_templates_are_made_again(engine):
    seed_demo_people(engine)
    engine.people.vectors = [
        Template(t.person_id, "net@old", t.vector) for t in engine.people.vectors
    ]
    engine.load_gallery()
    assert engine.gallery.people == 0
    seed_demo_people(engine)
    assert engine.gallery.people == MEMBERS and {t.embedder_id for t in engine.people.vectors} == {
        "net"
    }


def test_a_face_that_is_known_under_another_name_does_not_stop_the_start(engine):
    engine.people.add_with_templates(
        replace(member(0), number="2026-99"), [Template(0, "net", vector(1))]
    )
    engine.people.add_with_templates(member(0), [Template(0, "net@old", vector(1))])
    engine.load_gallery()
    seed_demo_people(engine)  # the cast's first member looks like 2026-99
    assert engine.gallery.people == 1


def test_no_visitor_stands_there_during_an_enrolment():
    stand = Stand()
    guide = DemoGuide(stand)
    guide.follow_screen("admin")
    guide.follow_enrolment(EnrolView(EnrolStep.CAPTURE, pose=Pose.FRONT))
    guide.follow_enrolment(EnrolView(EnrolStep.CAPTURE, pose=Pose.FRONT))
    guide.follow_enrolment(EnrolView(EnrolStep.CAPTURE, pose=Pose.LEFT, captured=(Pose.FRONT,)))
    guide.follow_screen("door")
    assert stand.scenes == [
        DemoScene(None),
        DemoScene(NEWCOMER, "front"),
        DemoScene(NEWCOMER, "left"),
        "the show",
    ]


def test_drawn_person_turns_as_the_challenge_asks():
    stand = Stand()
    guide = DemoGuide(stand)
    for turn in (Turn.UP, Turn.UP, Turn.RIGHT, None):
        guide.follow_door(
            DoorView(state=DoorState.CHALLENGE, challenge=ChallengeView(turn, 0, 2, 0.0, 3.0, 3.5))
        )
    guide.follow_door(DoorView())
    assert stand.scenes == ["turn up", "turn right", "turn None"]
