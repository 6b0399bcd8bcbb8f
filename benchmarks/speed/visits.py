"""Enrol each person from one film and show every other film to the kiosk's engine."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kiosk.app.bootstrap.engine_factory import build_engine
from kiosk.app.bootstrap.pipeline_factory import build_pipeline
from kiosk.app.bootstrap.store_factory import open_store
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
"""Pictures by the film's name, which is the person's name, a hyphen and anything."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """``who`` is enrolled from the film ``source``; the door decides by ``threshold``."""

    who: str
    source: str
    threshold: float


@dataclass(frozen=True, slots=True)
class Visited:
    """The door's decisions on a ``film``, in order, with only one person ``enrolled``."""

    enrolled: Enrolled
    film: str
    decisions: tuple[Decision, ...]

    @property
    def own(self) -> bool:
        """Whether the film shows the enrolled person."""
        return person_of(self.film) == self.enrolled.who


def person_of(film: str) -> str:
    """Return the person whom the film shows."""
    return film.rpartition("-")[0]


def visits(
    config: Config,
    films: Films,
    people: Sequence[str],
    failed: Callable[[str], object] = lambda line: None,
) -> Iterator[Visited]:
    """Yield all visits, with one person enrolled at a time.

    ``failed`` gets a line for each film from which nobody could be enrolled. Visits do not affect
    each other: rejects in a row do not pause the door, and liveness, which films cannot answer, is
    off.
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
    """Return the first film of ``who`` that passes the checks of an enrolment, empty if none."""
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
    """Show one film to the door, then nobody for over a minute; return the time after."""
    for frame in frames(pictures, now):
        engine.step(frame, frame.captured_at)
    now += len(pictures) / FPS
    for _ in range(10):
        now += 7.0
        engine.door.tick(now)
    return now + 10


def frames(pictures: Sequence[BGRImage], began: float) -> list[Frame]:
    """Return the pictures as frames ``FPS`` apart."""
    return [Frame(image, began + i / FPS, i) for i, image in enumerate(pictures)]
