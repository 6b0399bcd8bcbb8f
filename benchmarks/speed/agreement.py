"""No accuracy for speed: with following and without it the door decides alike, and its embeddings are the same people's."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from kiosk.app.build import Storage, build_engine, build_pipeline, local_now
from kiosk.config import Config
from kiosk.errors import KioskError
from kiosk.services.enrol_pictures import PictureEnrolment
from kiosk.types import BGRImage, Decision, Frame, Person

FPS = 30.0
Films = Mapping[str, Sequence[BGRImage]]


def same_decisions(films: Films) -> list[str]:
    """Empty where every film gets the same answer, whoever of the people is enrolled."""
    usual = Config()
    searching = dataclasses.replace(usual, recognition=dataclasses.replace(usual.recognition, follow_frames=0))
    followed, searched = answers(usual, films), answers(searching, films)
    return [f"{who} enrolled, {film}: {followed[who, film]} when followed, {searched[who, film]} when searched"
            for who, film in followed.keys() | searched.keys() if followed.get((who, film)) != searched.get((who, film))]


def answers(config: Config, films: Films) -> dict[tuple[str, str], str]:
    """By who is enrolled and film: the answers that the door gives, in order. A person is named by a film's name up to its last hyphen."""
    config = dataclasses.replace(config, door=dataclasses.replace(config.door, max_failures=100))
    pipeline, found = build_pipeline(config), dict[tuple[str, str], str]()
    for who in sorted({name.rpartition("-")[0] for name in films}):
        with tempfile.TemporaryDirectory() as folder:
            storage = Storage.open(Path(folder), config)
            decisions: list[Decision] = []
            engine = build_engine(config, storage, pipeline=pipeline, on_decision=[decisions.append])
            desk, first = PictureEnrolment(engine.pipeline, engine.gallery, engine.people, engine.own_threshold), ""
            for name in sorted(name for name in films if name.startswith(f"{who}-")):
                try:
                    desk.enrol(Person("BENCH", who, consented_at=local_now()), frames(films[name], 0.0))
                except KioskError:
                    continue
                first = name
                break
            engine.load_gallery()
            now = 100.0
            for name, pictures in films.items():
                if not first or name == first:
                    continue
                decisions.clear()
                for frame in frames(pictures, now):
                    engine.step(frame, frame.captured_at)
                now += len(pictures) / FPS + 60
                for _ in range(10):
                    now += 7.0
                    engine.door.tick(now)
                found[who, name] = " ".join(f"{d.outcome.value} {d.reason.value}" for d in decisions)
            storage.close()
    return found


def frames(pictures: Sequence[BGRImage], began: float) -> list[Frame]:
    """The pictures with their times."""
    return [Frame(image, began + i / FPS, i) for i, image in enumerate(pictures)]
