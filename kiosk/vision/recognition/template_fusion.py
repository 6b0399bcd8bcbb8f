"""Several templates of one person become one: their mean without outliers, scaled back to their length.

Of the ways that were measured (docs/calibration.md) this one refuses the fewest members at the same share of strangers
let in; and more photographs of somebody are no more chances for a stranger.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

OUTLIER = 1.4
"""A template so many times farther from the mean of the person's others than is usual for them (the median) is left out: a
picture of somebody else, say. Measured: costs nothing where all are right."""
LEAST_TO_DROP = 4
"""Of fewer templates nobody can say which one is wrong."""


def fused(matrix: NDArray[np.floating], starts: Ints) -> Floats:
    """(people, dimension) one template a person, of ``matrix`` (n, dimension) whose rows are sorted by person.

    ``starts`` (people,): each one's first row. Outliers are left out, a third of somebody's templates at most. Templates
    that cancel each other out stay a vector near 0, which is far from every face.
    """
    if not len(starts):
        return np.zeros((0, matrix.shape[1]))
    many = np.asarray(matrix, np.float64)
    count = np.diff(np.append(starts, len(many)))
    kept = ~_outliers(many, starts, count)
    weight = np.add.reduceat(kept.astype(np.float64), starts)[:, None]
    mean = np.add.reduceat(many * kept[:, None], starts, axis=0) / weight
    length = np.add.reduceat(np.linalg.norm(many, axis=1) * kept, starts)[:, None] / weight
    now = np.linalg.norm(mean, axis=1, keepdims=True)
    return np.asarray(
        np.where(now > 1e-3 * length, mean * (length / np.maximum(now, 1e-300)), mean), np.float64
    )


def _outliers(many: Floats, starts: Ints, count: Ints) -> NDArray[np.bool_]:
    """(n,) which rows are left out."""
    if count.max() < LEAST_TO_DROP:
        return np.zeros(len(many), np.bool_)
    owner = np.repeat(np.arange(len(starts)), count)
    others = (np.add.reduceat(many, starts, axis=0)[owner] - many) / np.maximum(
        count[owner] - 1, 1
    )[:, None]
    apart = np.linalg.norm(many - others, axis=1)
    order = np.lexsort((apart, owner))
    usual = (apart[order[starts + (count - 1) // 2]] + apart[order[starts + count // 2]]) / 2
    rank = np.empty(len(many), np.int64)
    rank[order] = np.arange(len(many)) - starts[owner]
    few = rank >= (count - count // 3)[owner]
    return np.asarray(
        (count[owner] >= LEAST_TO_DROP) & few & (apart > OUTLIER * usual[owner]), np.bool_
    )
