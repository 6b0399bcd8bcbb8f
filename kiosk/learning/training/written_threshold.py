"""The threshold that is written beside a trained network, or why none is."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from kiosk.learning.data.face_dataset import Numbers

FAR = 1e-3
"""Share of impostor pairs that the written threshold accepts at most, on the held-apart people."""

_RULE_OF_THREE = 3.0
"""n comparisons without an error show at 95 % a rate below 3/n (Hanley, Lippman-Hand, 1983)."""

PEOPLE_NEEDED = ceil((1 + sqrt(1 + 8 * _RULE_OF_THREE / FAR)) / 2)
"""The fewest people whose pairs can show ``FAR``: pairs of people count, not pairs of pictures.

Two pictures of a person resemble each other, so another pair of the same two people shows little
that is new.
"""


@dataclass(frozen=True, slots=True)
class WrittenThreshold:
    """``value``: a distance in hundredths, ``None`` for none. ``why``: one sentence for people."""

    value: float | None
    why: str


def choose_threshold(
    vectors: NDArray[np.float32],
    people: Numbers,
    *,
    start: float | None,
    unchanged: bool,
    useless: str = "",
) -> WrittenThreshold:
    """Choose the threshold of a network from the held-apart people's embeddings (n, d).

    ``start``: the threshold of the network that the run began with; ``unchanged``: the run ended
    with that network. ``useless``: why no threshold can tell people apart. A threshold that these
    people cannot show is never written.
    """
    if useless:
        return WrittenThreshold(None, f"No threshold is written: {useless}.")
    if unchanged and start is not None:
        return WrittenThreshold(start, f"The threshold stays {start:.2f}, that of the start.")
    there = len(np.unique(people))
    if there >= PEOPLE_NEEDED:
        value = distance_at(vectors, people)
        return WrittenThreshold(
            value, f"The threshold is {value:.2f}, measured on {there} people held apart."
        )
    few = (
        f"{there} people held apart cannot show a share of {FAR:g} of impostors accepted,"
        f" {PEOPLE_NEEDED} could"
    )
    if start is not None:
        return WrittenThreshold(
            start, f"The threshold stays {start:.2f}, that of the start: {few}."
        )
    return WrittenThreshold(None, f"No threshold is written: {few}.")


def distance_at(vectors: NDArray[np.float32], people: Numbers, far: float = FAR) -> float:
    """Return the largest distance with at most ``far`` of the impostor pairs accepted.

    In hundredths, 0.05 to 1.9.
    """
    gaps = np.sort(
        np.concatenate(
            [
                np.linalg.norm(vectors[i + 1 :][people[i + 1 :] != people[i]] - vectors[i], axis=1)
                for i in range(len(vectors) - 1)
            ]
        )
    )
    limit = gaps[int(len(gaps) * far)]
    return float(np.clip(np.floor(limit * 100) / 100, 0.05, 1.9))
