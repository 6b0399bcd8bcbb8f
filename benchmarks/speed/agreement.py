"""Check that the door decides alike with local search and without it."""

from __future__ import annotations

import dataclasses

from benchmarks.speed.visits import Films, person_of, visits
from kiosk.core.config import Config


def same_decisions(films: Films) -> list[str]:
    """Return the films that get different answers, for each enrolled person."""
    usual = Config()
    searching = dataclasses.replace(
        usual, recognition=dataclasses.replace(usual.recognition, local_search_frames=0)
    )
    followed = answers(usual, films)
    searched = answers(searching, films)
    return [
        f"{who} enrolled, {film}: {followed.get((who, film))} when followed, "
        f"{searched.get((who, film))} when searched"
        for who, film in followed.keys() | searched.keys()
        if followed.get((who, film)) != searched.get((who, film))
    ]


def answers(config: Config, films: Films) -> dict[tuple[str, str], str]:
    """Return the door's answers in order, by enrolled person and film."""
    people = sorted({person_of(film) for film in films})
    return {
        (visit.enrolled.who, visit.film): " ".join(
            f"{d.outcome.value} {d.reason.value}" for d in visit.decisions
        )
        for visit in visits(config, films, people)
    }
