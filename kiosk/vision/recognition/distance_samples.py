"""Distances behind a threshold: of the people enrolled, of the network's reference, of the log."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kiosk.core.threshold_analysis import EMPTY, Bands, Distances, Floats, Sample, Source
from kiosk.vision.recognition.reference_distances import own_of, reference_of
from kiosk.vision.recognition.template_fusion import fused
from kiosk.vision.recognition.threshold_calibration import (
    LEVEL,
    RESAMPLES,
    SEED,
    Impostors,
    Ints,
    Tail,
    distances,
    sound_rows,
    thinned,
)

GRID = 241


def of_site(vectors: NDArray[np.floating], who: Ints, far: float) -> Distances:
    """Compare each template (n, dimension) with others' fused ones, and with its own person's rest.

    ``who`` (n,): the person of each; ``far``: the end of the distance axis. Templates of one
    enrolment were taken within a minute, so genuine distances are smaller than at the door.
    """
    matrix = np.asarray(vectors, np.float64).reshape(len(who), -1)
    sound = sound_rows(matrix)
    matrix, names = thinned(matrix[sound], np.asarray(who, np.int64)[sound])
    people, starts, number = np.unique(names, return_index=True, return_inverse=True)
    own, own_who = own_distances(matrix, number.astype(np.int64), starts.astype(np.int64))
    genuine = Sample.of(own)
    if len(people) < 2:
        return Distances(Source.SITE, genuine, EMPTY, len(people), 0)
    probe, person = np.nonzero(number[:, None] != np.arange(len(people)))
    apart = distances(matrix, fused(matrix, starts.astype(np.int64)))[probe, person]
    impostors = Impostors.of(apart, number[probe], person.astype(np.int64))
    return Distances(
        Source.SITE,
        genuine,
        Sample.of(apart),
        len(people),
        impostors.pairs,
        _bands(impostors, own, own_who, far),
    )


def of_reference(file: Path, identity: str, far: float) -> Distances:
    """Return what was measured of the network called ``name@checksum``; empty if nothing was."""
    impostors = reference_of(file, identity)
    if impostors is None:
        return Distances(Source.REFERENCE)
    own, own_who = own_of(file, identity)
    return Distances(
        Source.REFERENCE,
        Sample.of(own),
        _sample(impostors),
        impostors.people,
        impostors.pairs,
        _bands(impostors, own, own_who, far),
    )


def of_decisions(accepted: Floats, refused: Floats) -> Distances:
    """Return the distances of past decisions; without the truth, they give no error rates."""
    return Distances(Source.LOG, Sample.of(accepted), Sample.of(refused), truth=False)


def own_distances(matrix: Floats, number: Ints, starts: Ints) -> tuple[Floats, Ints]:
    """Compare each row with the mean of the same person's others, scaled back to their length.

    Return the distances (m,) and the person of each (m,). Rows of ``matrix`` (n, dimension) are
    sorted by person, ``number`` (n,) counts people from 0, ``starts`` (people,) are their first
    rows; a person with one row has no distance.
    """
    count = (
        np.diff(np.append(starts, len(matrix)))[number] if len(matrix) else np.zeros(0, np.int64)
    )
    several = count > 1
    if not several.any():
        return np.zeros(0), np.zeros(0, np.int64)
    others = (np.add.reduceat(matrix, starts, axis=0)[number] - matrix) / np.maximum(count - 1, 1)[
        :, None
    ]
    norms = np.linalg.norm(matrix, axis=1)
    length = (np.add.reduceat(norms, starts)[number] - norms) / np.maximum(count - 1, 1)
    mean_length = np.linalg.norm(others, axis=1)
    scale = np.where(mean_length > 1e-3 * length, length / np.maximum(mean_length, 1e-300), 1.0)
    others *= scale[:, None]
    return np.linalg.norm(matrix - others, axis=1)[several], number[several]


def _sample(impostors: Impostors) -> Sample:
    """The smallest distances one by one, the others by evenly spaced ranks."""
    ranks = (
        np.linspace(0, impostors.comparisons - 1, len(impostors.quantiles)).round().astype(np.int64)
        + 1
    )
    beyond = ranks > len(impostors.tail)
    return Sample(
        np.concatenate(
            [impostors.tail, np.maximum(impostors.quantiles[beyond], impostors.tail[-1])]
        ),
        np.concatenate([np.arange(1, len(impostors.tail) + 1), ranks[beyond]]),
    )


def _bands(impostors: Impostors, own: Floats, own_who: Ints, far: float) -> Bands:
    grid = np.linspace(0, far, GRID)
    tail = Tail.fit(impostors)
    return Bands(
        grid,
        np.array([tail.fmr(float(threshold)) for threshold in grid]),
        _frr_band(grid, own, own_who),
    )


def _frr_band(grid: Floats, own: Floats, who: Ints) -> Floats:
    """(g, 2) ends of the interval of FNMR over people; empty with fewer than two people."""
    people, number = np.unique(who, return_inverse=True)
    if len(people) < 2:
        return np.zeros((0, 2))
    refused = np.zeros((len(people), len(grid)))
    np.add.at(refused, number, own[:, None] > grid)
    total = np.bincount(number).astype(np.float64)
    drawn = (
        np.random.default_rng(SEED)
        .multinomial(len(people), np.full(len(people), 1 / len(people)), size=RESAMPLES)
        .astype(np.float64)
    )
    rates = (drawn @ refused) / np.maximum(drawn @ total, 1)[:, None]
    return np.quantile(rates, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0).T
