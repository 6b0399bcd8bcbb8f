"""Fuses several templates of one person: their mean without outliers, scaled back to their length.

Of the rules that were measured (docs/calibration.md) this one has the lowest FNMR at a given FMR;
and more photos of a person give an impostor no more chances.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

OUTLIER = 1.4
"""A template is left out if it is this many times farther from the mean of the person's others than
the median of theirs: a picture of another person, say. Measured: no loss where all are right."""
LEAST_TO_DROP = 4
"""Fewer templates than this cannot show which one is wrong."""
BLOCK_VALUES = 1 << 20
"""Values fused at a time: they stay in the processor's cache, and little memory is needed."""


def fused(matrix: NDArray[np.floating], starts: Ints) -> Floats:
    """Return (people, dimension) one template a person, of ``matrix`` (n, dimension).

    Rows are sorted by person; ``starts`` (people,): the first row of each. At most a third of a
    person's templates are left out as outliers. Templates that cancel each other out stay a vector
    near 0, which is far from every face.
    """
    made = np.zeros((len(starts), matrix.shape[1]))
    fuse_into(made, matrix, starts)
    return made


def fuse_into(made: NDArray[np.floating], matrix: NDArray[np.floating], starts: Ints) -> None:
    """Write what ``fused`` returns into ``made`` (people, dimension), in its precision."""
    counts = np.diff(np.append(starts, len(matrix)))
    for count in np.unique(counts).tolist():
        people = np.flatnonzero(counts == count)
        step = max(1, BLOCK_VALUES // max(1, count * matrix.shape[1]))
        for begin in range(0, len(people), step):
            part = people[begin : begin + step]
            rows = starts[part][:, None] + np.arange(count)
            made[part] = _fused_block(np.asarray(matrix[rows], np.float64))


def _fused_block(templates: Floats) -> Floats:
    """Return (people, dimension) of ``templates`` (people, count, dimension)."""
    kept = (~_outliers(templates)).astype(np.float64)
    weight = kept.sum(axis=1)[:, None]
    mean = np.einsum("pc,pcd->pd", kept, templates) / weight
    length = (_norms(templates) * kept).sum(axis=1)[:, None] / weight
    mean_length = _norms(mean)[:, None]
    scaled = mean * (length / np.maximum(mean_length, 1e-300))
    return np.asarray(np.where(mean_length > 1e-3 * length, scaled, mean), np.float64)


def _outliers(templates: Floats) -> NDArray[np.bool_]:
    """Return (people, count) which of ``templates`` (people, count, dimension) are left out."""
    count = templates.shape[1]
    if count < LEAST_TO_DROP:
        return np.zeros(templates.shape[:2], np.bool_)
    others = (templates.sum(axis=1, keepdims=True) - templates) / (count - 1)
    apart = _norms(templates - others)
    order = np.argsort(apart, axis=1, kind="stable")
    ranked = np.take_along_axis(apart, order, axis=1)
    median = (ranked[:, (count - 1) // 2] + ranked[:, count // 2])[:, None] / 2
    rank = np.argsort(order, axis=1, kind="stable")
    return np.asarray((rank >= count - count // 3) & (apart > OUTLIER * median), np.bool_)


def _norms(vectors: Floats) -> Floats:
    """Return the Euclidean lengths along the last axis."""
    return np.asarray(np.sqrt(np.einsum("...d,...d->...", vectors, vectors)), np.float64)
