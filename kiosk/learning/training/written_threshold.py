"""The threshold that is written beside a trained network, or why none is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kiosk.learning.data.face_dataset import Numbers

FAR = 1e-3
"""Share of impostor pairs that the written threshold accepts at most, on the held-apart people."""

PEOPLE_PAIRS_NEEDED = 3000
"""The fewest pairs of people that can show ``FAR``.

n comparisons without an error show at 95 % a rate below 3/n (Hanley, Lippman-Hand, 1983). Pairs of
people count, not of pictures: another pair of pictures of the same two people shows little that is
new. 78 people have 3,003.
"""


@dataclass(frozen=True, slots=True)
class WrittenThreshold:
    """``value``: a distance in hundredths, ``None`` for none. ``why``: one sentence for people."""

    value: float | None
    why: str


def choose_threshold(
    gaps: NDArray[np.float32],
    people_pairs: int,
    *,
    start: float | None,
    unchanged: bool,
    useless: str = "",
) -> WrittenThreshold:
    """Choose a network's threshold from the distances (n,) of all impostor pairs held apart.

    ``people_pairs``: how many pairs of people they are of. ``start``: the threshold of the network
    that the run began with; ``unchanged``: the run ended with that network. ``useless``: why no
    threshold can tell people apart. A threshold that these people cannot show is never written.
    """
    if useless:
        return WrittenThreshold(None, f"No threshold is written: {useless}.")
    if unchanged and start is not None:
        return WrittenThreshold(start, f"The threshold stays {start:.2f}, that of the start.")
    if people_pairs >= PEOPLE_PAIRS_NEEDED:
        value = distance_at(gaps)
        return WrittenThreshold(
            value,
            f"The threshold is {value:.2f}, measured on {people_pairs:,} pairs of people held "
            "apart.",
        )
    few = (
        f"{people_pairs:,} pairs of people held apart cannot show a share of {FAR:g} of impostors"
        f" accepted, {PEOPLE_PAIRS_NEEDED:,} could"
    )
    if start is not None:
        return WrittenThreshold(
            start, f"The threshold stays {start:.2f}, that of the start: {few}."
        )
    return WrittenThreshold(None, f"No threshold is written: {few}.")


def pairs_of_people(people: Numbers) -> int:
    """Return how many pairs of different people there are; ``people`` (n,) of each picture."""
    there = len(np.unique(people))
    return there * (there - 1) // 2


def impostor_gaps(vectors: NDArray[np.float32], people: Numbers) -> NDArray[np.float32]:
    """Return the distances of all impostor pairs of ``vectors`` (n, d)."""
    return np.concatenate(
        [
            np.linalg.norm(vectors[i + 1 :][people[i + 1 :] != people[i]] - vectors[i], axis=1)
            for i in range(len(vectors) - 1)
        ]
    )


def distance_at(gaps: NDArray[np.float32], far: float = FAR) -> float:
    """Return the largest distance with at most ``far`` of the impostor pairs accepted.

    In hundredths, 0.05 to 1.9.
    """
    limit = np.sort(gaps)[int(len(gaps) * far)]
    return float(np.clip(np.floor(limit * 100) / 100, 0.05, 1.9))
