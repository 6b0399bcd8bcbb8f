"""No accuracy for speed: with following and without it the door decides alike."""

from __future__ import annotations

import dataclasses

from benchmarks.speed.visits import Films, person_of, visits
from kiosk.core.config import Config


def same_decisions(films: Films) -> list[str]:
    """Empty where every film gets the same answer, whoever of the people is enrolled."""
    usual = Config()
    searching = dataclasses.replace(
        usual, recognition=dataclasses.replace(usual.recognition, local_search_frames=0)
    )
    followed = answers(usual, films)
    searched = answers(searching, films)
    return [
        f"{who} enrolled, {film}: {followed.get((who, film))} when followed, {searched.get((who, film))} when searched"
        for who, film in followed.keys() | searched.keys()
        if followed.get((who, film)) != searched.get((who, film))
    ]


def answers(config: Config, films: Films) -> dict[tuple[str, str], str]:
    """By who is enrolled and film: the answers that the door gives, in order."""
    people = sorted({person_of(film) for film in films})
    return {
        (visit.enrolled.who, visit.film): " ".join(
            f"{d.outcome.value} {d.reason.value}" for d in visit.decisions
        )
        for visit in visits(config, films, people)
    }
