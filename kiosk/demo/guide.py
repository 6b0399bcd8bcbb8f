"""The demonstration: drawn people enrolled by the real networks, who do as the screen asks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Slot

from kiosk.core.errors import EnrolError
from kiosk.core.frames import Frame
from kiosk.core.people import Person
from kiosk.core.view_models import DoorView, EnrolStep, EnrolView, Pose
from kiosk.demo.demo_camera import DemoCamera, DemoScene
from kiosk.demo.synthetic_faces.cast import CAST, MEMBERS
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.door.frame_engine import Engine
from kiosk.services.picture_enrolment import PictureEnrolment
from kiosk.storage.db.timestamps import local_now

if TYPE_CHECKING:
    from kiosk.app.runtime import KioskApp

log = logging.getLogger(__name__)

NEWCOMER = MEMBERS
"""Who stands there when somebody is enrolled by hand in the demonstration: the first who is no member."""


def member(index: int) -> Person:
    """The drawn person ``index`` as somebody to enrol."""
    actor = CAST[index]
    return Person(number=actor.number, name=actor.name, consented_at=local_now())


def seed_demo_people(engine: Engine, stopped: Callable[[], bool] = lambda: False) -> None:
    """Enrol the members of the cast, each once, and again where this network does not know them; until ``stopped``.

    Whoever was deleted, or has another number by now, is left alone.
    """
    service = PictureEnrolment(engine.pipeline, engine.gallery, engine.people, engine.own_threshold)
    known = [engine.people.by_number(CAST[index].number) for index in range(MEMBERS)]
    fresh = not engine.gallery.people and not any(known)
    for index, person in enumerate(known):
        if stopped():
            return
        if fresh if person is None or person.id is None else not engine.gallery.has(person.id):
            try:
                service.enrol(person or member(index), _portraits(index))
            except EnrolError as error:
                log.warning("the demonstration goes on without %s: %s", CAST[index].name, error)
            engine.load_gallery()


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
    """A demo camera that outlives whoever opened it, so that one director leads it all the time."""

    def close(self) -> None:
        """Go on: the next opener gets this same camera."""


class DemoGuide(QObject):
    """Lets the drawn person in front of the demo camera follow an enrolment's coaching, and a challenge of the door.

    ``visitors``: whether the cast comes to the door by itself whenever the door is shown.
    """

    def __init__(self, app: KioskApp, camera: DemoStand, visitors: bool = True) -> None:
        super().__init__()
        self._visitors = visitors
        self._camera = camera
        self._who = NEWCOMER
        self._shown: DemoScene | None = None
        self._turned: str | None = None
        app.enrolShown.connect(self._follow)
        app.doorShown.connect(self._follow_door)
        app.window.screenChanged.connect(self._screen_changed)

    def stand(self, who: int) -> None:
        """Who is to be enrolled next."""
        self._who = who
        self._shown = None

    @Slot(object)
    def _follow(self, view: EnrolView) -> None:
        if view.step in (EnrolStep.DONE, EnrolStep.FAILED):
            return
        wanted = view.wanted or Pose.FRONT
        self._cue(DemoScene(who=self._who, pose=wanted.value))

    @Slot(object)
    def _follow_door(self, view: DoorView) -> None:
        """Turn the head as the screen asks, like anybody who reads it."""
        asked = view.challenge.turn.value if view.challenge and view.challenge.turn else None
        if asked != self._turned:
            self._turned = asked
            self._camera.turn(asked)

    @Slot(str)
    def _screen_changed(self, name: str) -> None:
        if name == "door" and self._visitors:
            self._shown = None
            self._camera.follow()
        elif name == "admin":
            self._cue(
                DemoScene(who=None)
            )  # whoever came to the door must not be taken for the one to be enrolled

    def _cue(self, scene: DemoScene) -> None:
        if scene != self._shown:
            self._shown = scene
            self._camera.cue(scene)
