"""Each person enrolled from one of their films, and every other film sent to the door, as the kiosk's engine sees it."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kiosk.app.bootstrap.build import open_store
from kiosk.app.bootstrap.engine_factory import build_engine
from kiosk.app.bootstrap.pipeline_factory import build_pipeline
from kiosk.core.config import Config
from kiosk.core.decisions import Decision
from kiosk.core.errors import KioskError
from kiosk.core.frames import BGRImage, Frame
from kiosk.core.people import Person
from kiosk.core.rights import Operator
from kiosk.door.frame_engine import Engine
from kiosk.services.picture_enrolment import PictureEnrolment
from kiosk.storage.db.timestamps import local_now

FPS = 30.0
Films = Mapping[str, Sequence[BGRImage]]
"""Pictures by the film's name; up to its last hyphen that is the person's."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """``who`` is known at the door from the film ``source``; the door decides by ``threshold``."""

    who: str
    source: str
    threshold: float


@dataclass(frozen=True, slots=True)
class Visited:
    """What the door said, in order, to a ``film`` while nobody but one person was ``enrolled``."""

    enrolled: Enrolled
    film: str
    decisions: tuple[Decision, ...]

    @property
    def own(self) -> bool:
        """Whether the film shows the person enrolled."""
        return person_of(self.film) == self.enrolled.who


def person_of(film: str) -> str:
    """Who is seen in it."""
    return film.rpartition("-")[0]


def visits(
    config: Config,
    films: Films,
    people: Sequence[str],
    failed: Callable[[str], object] = lambda line: None,
) -> Iterator[Visited]:
    """All visits, one person enrolled after the other; ``failed`` is told of films that nobody could be enrolled from.

    Every visit is judged by itself: strangers in a row do not pause the door, and nobody is asked to turn, which films cannot.
    """
    config = dataclasses.replace(
        config,
        door=dataclasses.replace(config.door, max_failures=100),
        liveness=dataclasses.replace(config.liveness, enabled=False),
    )
    pipeline = build_pipeline(config)
    for who in people:
        with tempfile.TemporaryDirectory() as folder:
            storage = open_store(Path(folder) / "data", config)
            decisions: list[Decision] = []
            engine = build_engine(
                config, storage, pipeline=pipeline, on_decision=[decisions.append]
            )
            source = _enrol(
                PictureEnrolment(pipeline, engine.gallery, storage.people, engine.own_threshold),
                who,
                films,
                failed,
            )
            engine.load_gallery()
            now = 100.0
            enrolled = Enrolled(who, source, engine.door.threshold)
            for film, pictures in films.items() if source else ():
                if film != source:
                    decisions.clear()
                    now = _visit(engine, pictures, now)
                    yield Visited(enrolled, film, tuple(decisions))
            storage.close()


def _enrol(desk: PictureEnrolment, who: str, films: Films, failed: Callable[[str], object]) -> str:
    """The first film of ``who`` that the checks of an enrolment let pass; empty where none does."""
    for film, pictures in films.items():
        if person_of(film) == who:
            try:
                desk.enrol(
                    Operator("benchmark"),
                    Person("FILM", who, consented_at=local_now()),
                    frames(pictures, 0.0),
                )
                return film
            except KioskError as error:
                failed(f"{who}: not enrolled from {film}: {error}")
    return ""


def _visit(engine: Engine, pictures: Sequence[BGRImage], now: float) -> float:
    """Send one film to the door, then nobody for more than a minute; the time after."""
    for frame in frames(pictures, now):
        engine.step(frame, frame.captured_at)
    now += len(pictures) / FPS
    for _ in range(10):
        now += 7.0
        engine.door.tick(now)
    return now + 10


def frames(pictures: Sequence[BGRImage], began: float) -> list[Frame]:
    """The pictures with their times."""
    return [Frame(image, began + i / FPS, i) for i, image in enumerate(pictures)]
