"""The demonstration: drawn people, enrolled by the real networks, who follow the screen."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import numpy as np
from PySide6.QtCore import QObject, Slot

from kiosk.core.errors import EnrolError
from kiosk.core.frames import Frame
from kiosk.core.people import Person
from kiosk.core.rights import Operator
from kiosk.core.view_models import DoorView, EnrolStep, EnrolView, Pose
from kiosk.demo.demo_camera import DemoCamera, DemoScene
from kiosk.demo.synthetic_faces.cast import CAST, MEMBERS
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.door.frame_engine import Engine
from kiosk.services.picture_enrolment import PictureEnrolment
from kiosk.storage.db.timestamps import local_now

log = logging.getLogger(__name__)

NEWCOMER = MEMBERS
"""Who stands at the camera during an enrolment by hand: the first of the cast not enrolled."""


DEMO = Operator("demo")
"""Enrols the drawn people."""


def member(index: int) -> Person:
    """Return the drawn person ``index`` as a person to enrol."""
    actor = CAST[index]
    return Person(number=actor.number, name=actor.name, consented_at=local_now())


def seed_demo_people(engine: Engine, stopped: Callable[[], bool] = lambda: False) -> None:
    """Enrol the members of the cast that have no templates of this network, until ``stopped``.

    Members that were deleted, or whose number was changed, are not enrolled again.
    """
    service = PictureEnrolment(engine.pipeline, engine.gallery, engine.people, engine.own_threshold)
    known = [engine.people.by_number(CAST[index].number) for index in range(MEMBERS)]
    fresh = not engine.gallery.people and not any(known)
    for index, person in enumerate(known):
        if stopped():
            return
        if fresh if person is None or person.id is None else not engine.gallery.has(person.id):
            try:
                service.enrol(DEMO, person or member(index), _portraits(index))
            except EnrolError as error:
                log.warning("the demonstration goes on without %s: %s", CAST[index].name, error)
            engine.load_gallery()


def enrol_drawn(engine: Engine, index: int) -> Person:
    """Enrol the drawn person ``index`` from portraits; raises ``EnrolError``."""
    service = PictureEnrolment(engine.pipeline, engine.gallery, engine.people, engine.own_threshold)
    service.enrol(DEMO, member(index), _portraits(index))
    engine.load_gallery()
    return member(index)


def _portraits(index: int) -> Iterator[Frame]:
    turns = [
        (0.0, 0.0),
        (0.15, 0.0),
        (-0.15, 0.0),
        (0.3, 0.0),
        (-0.3, 0.0),
        (0.0, -0.15),
        (0.0, 0.15),
        (0.1, 0.1),
    ]
    for number, (yaw, pitch) in enumerate(turns):
        image = draw_person(CAST[index].looks, yaw=yaw, pitch=pitch, noise_seed=number)
        yield Frame(np.ascontiguousarray(image), number / 10, number)


class DemoStand(DemoCamera):
    """A demo camera that stays open, so that one director controls it all the time."""

    def close(self) -> None:
        """Stay open: the next opener gets this same camera."""


class DemoGuide(QObject):
    """Moves the drawn person as an enrolment or a challenge asks.

    Its slots belong to the kiosk's signals. ``visitors``: whether the cast comes to the door
    whenever the door is shown.
    """

    def __init__(self, camera: DemoStand, visitors: bool = True) -> None:
        super().__init__()
        self._visitors = visitors
        self._camera = camera
        self._who = NEWCOMER
        self._scene: DemoScene | None = None
        self._turn: str | None = None

    def stand(self, who: int) -> None:
        """Choose the member ``who`` of the cast as the next one to be enrolled."""
        self._who = who
        self._scene = None

    @Slot(object)
    def follow_enrolment(self, view: EnrolView) -> None:
        """Take the pose that is asked for."""
        if view.step not in (EnrolStep.DONE, EnrolStep.FAILED):
            pose = view.pose or Pose.FRONT
            self._cue(DemoScene(who=self._who, pose=pose.value))

    @Slot(object)
    def follow_door(self, view: DoorView) -> None:
        """Turn the head as the door's challenge asks."""
        turn = view.challenge.turn.value if view.challenge and view.challenge.turn else None
        if turn != self._turn:
            self._turn = turn
            self._camera.turn(turn)

    @Slot(str)
    def follow_screen(self, name: str) -> None:
        """Let visitors come while the door is shown.

        Nobody stands there when the staff area opens: a visitor must not be enrolled by mistake.
        """
        if name == "door" and self._visitors:
            self._scene = None
            self._camera.follow()
        elif name == "admin":
            self._cue(DemoScene(who=None))

    def _cue(self, scene: DemoScene) -> None:
        if scene != self._scene:
            self._scene = scene
            self._camera.cue(scene)
