"""The founders' task: one person is enrolled, and everybody else must be refused.

A few pictures of a person are drawn as templates and averaged; the person's other pictures are the
genuine probes, pictures of others the impostors. The draw is repeated, because a handful of probes
says little.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from kiosk.core.errors import LearningError
from kiosk.learning.data.face_folders import find_people
from kiosk.learning.evaluation.bootstrap_intervals import mean_interval
from kiosk.learning.evaluation.clip_evaluation import template
from kiosk.learning.evaluation.comparison_protocols import Comparisons, check_people, grouped
from kiosk.learning.evaluation.evaluator import (
    Embedded,
    Evaluation,
    Settings,
    embed_pictures,
    evaluate_scores,
)
from kiosk.learning.evaluation.measured_networks import Network
from kiosk.learning.evaluation.verification_metrics import (
    Floats,
    Ints,
    sensitivity_without_false_accepts,
)
from kiosk.vision.pipeline import Detector

LEAST_PICTURES = 10
TEMPLATES = 3
OTHERS = 431
"""Impostor pictures, as many as the founders had."""
DRAWS = 10


def one_against_all(
    root: Path, network: Network, detector: Detector, settings: Settings, person: str | None = None
) -> Evaluation:
    """Enrol ``person``, or in turn everybody with ten pictures.

    ``LearningError`` if nobody has that many.
    """
    pictures = find_people(root)
    check_people(pictures, root)
    chosen = _chosen(Counter(p.person for p in pictures), person, root)
    embedded = embed_pictures(root, pictures, network, detector, settings)
    faces = Counter(p.person for p in embedded.pictures)
    chosen = [name for name in chosen if faces[name] > TEMPLATES]
    if not chosen or len(faces) < 2:
        raise LearningError(
            f"Too few pictures in {root} show a face for one person against all; give more "
            "pictures."
        )
    rows, comparisons = _run(embedded, chosen, network, settings.seed)
    evaluation = evaluate_scores(
        comparisons,
        embedded,
        network,
        settings,
        source=str(root),
        listed=len(comparisons.same),
        protocol=f"one person enrolled (mean of {TEMPLATES} pictures) against pictures of {OTHERS} "
        f"others at most, {DRAWS} draws",
    )
    found = [row["sensitivity@type_i=0"] for row in rows]
    evaluation.extra.update({"sensitivity@type_i=0": float(np.mean(found)), "people": rows})
    if limits := mean_interval(found, resamples=settings.resamples, seed=settings.seed):
        evaluation.whole.intervals["sensitivity@type_i=0"] = limits
    if rows[0]["others"] < OTHERS:
        evaluation.notes.append(
            f"There are only {rows[0]['others']} pictures of others, not {OTHERS}."
        )
    return evaluation


def _chosen(pictures: Counter[str], person: str | None, root: Path) -> list[str]:
    if person is None:
        names = sorted(name for name, count in pictures.items() if count >= LEAST_PICTURES)
        if not names:
            raise LearningError(
                f"Nobody in {root} has {LEAST_PICTURES} pictures; add pictures of one person."
            )
        return names
    if not pictures[person]:
        raise LearningError(
            f"There is no {person!r} in {root}; name a person's folder, or nobody to take "
            f"everybody with {LEAST_PICTURES} pictures."
        )
    if pictures[person] < LEAST_PICTURES:
        raise LearningError(
            f"{person} has {pictures[person]} pictures, and {LEAST_PICTURES} are needed; add some "
            "or name somebody else."
        )
    return [person]


def _run(
    embedded: Embedded, chosen: list[str], network: Network, seed: int
) -> tuple[list[dict[str, Any]], Comparisons]:
    people, who = np.unique([p.person for p in embedded.pictures], return_inverse=True)
    names = [str(name) for name in people]
    rng = np.random.default_rng(seed)
    rows = []
    distances = []
    first = []
    second = []
    for name in chosen:
        number = names.index(name)
        draws = [_draw(embedded, who, number, network, rng) for _ in range(DRAWS)]
        rows.append(_row(name, draws, who, number))
        for found, probes in draws:
            distances.append(found)
            first.append(np.full(len(probes), number))
            second.append(who[probes])
    a, b = np.concatenate(first), np.concatenate(second)
    return rows, _numbered(np.concatenate(distances), a, b, names)


def _numbered(distances: Floats, first: Ints, second: Ints, names: list[str]) -> Comparisons:
    return Comparisons(
        distances, first == second, first, second, None, grouped(names, first, second)
    ).part(np.ones(len(first), np.bool_))


def _draw(
    embedded: Embedded, who: Ints, number: int, network: Network, rng: np.random.Generator
) -> tuple[Floats, Ints]:
    """Distances to one enrolment, and the indices of its probes."""
    own = rng.permutation(np.flatnonzero(who == number))
    others = np.flatnonzero(who != number)
    enrolled = template(embedded.vectors[own[:TEMPLATES]], network.embedder.entry.normalise)
    probes = np.concatenate(
        [own[TEMPLATES:], rng.choice(others, min(OTHERS, len(others)), replace=False)]
    )
    return np.linalg.norm(embedded.vectors[probes] - enrolled, axis=1).astype(np.float64), probes


def _row(name: str, draws: list[tuple[Floats, Ints]], who: Ints, number: int) -> dict[str, Any]:
    found = [
        sensitivity_without_false_accepts(d[who[probes] == number], d[who[probes] != number])[0]
        for d, probes in draws
    ]
    genuine = int((who == number).sum()) - TEMPLATES
    return {
        "person": name,
        "probes": genuine,
        "others": len(draws[0][1]) - genuine,
        "sensitivity@type_i=0": float(np.mean(found)),
        "worst_draw": float(np.min(found)),
    }
