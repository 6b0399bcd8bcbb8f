"""Several templates of one person become one: their mean, scaled back to their length.

Of the ways that were measured (docs/calibration.md) this one refuses the fewest members at the same share of strangers
let in; and more photographs of somebody are no more chances for a stranger.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def fused(matrix: NDArray[np.floating], starts: NDArray[np.int64]) -> Floats:
    """(people, dimension) one template a person, of ``matrix`` (n, dimension) whose rows are sorted by person.

    ``starts`` (people,): each one's first row. Templates that cancel each other out stay a vector near 0, which is
    far from every face.
    """
    if not len(starts):
        return np.zeros((0, matrix.shape[1]))
    many = np.asarray(matrix, np.float64)
    count = np.diff(np.append(starts, len(many)))[:, None]
    mean = np.add.reduceat(many, starts, axis=0) / count
    length = np.add.reduceat(np.linalg.norm(many, axis=1), starts)[:, None] / count
    now = np.linalg.norm(mean, axis=1, keepdims=True)
    return np.asarray(np.where(now > 1e-3 * length, mean * (length / np.maximum(now, 1e-300)), mean), np.float64)
