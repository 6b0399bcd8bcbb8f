"""Non-maximum suppression without a Python loop over pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32]
Indices = NDArray[np.int64]

_BLOCK = 128


def by_union(boxes: Boxes, scores: Boxes, limit: float) -> Indices:
    """Indices kept, best score first: no kept pair overlaps by more than ``limit`` (intersection over union).

    ``boxes`` (n, 4) x1, y1, x2, y2 with areas as of real numbers, as in torchvision.
    """
    return _greedy(boxes, np.argsort(-scores, kind="stable"), limit, border=0.0, of_smaller=False)


def by_smaller(boxes: Boxes, scores: Boxes, limit: float) -> Indices:
    """The same, with the intersection over the smaller box, and pixels counted inclusively (MTCNN's last stage)."""
    return _greedy(
        boxes, np.argsort(scores, kind="stable")[::-1], limit, border=1.0, of_smaller=True
    )


def _greedy(boxes: Boxes, order: Indices, limit: float, border: float, of_smaller: bool) -> Indices:
    edges = np.ascontiguousarray(
        boxes[order].T
    )  # each edge in one piece: pairs of numbers are slow to walk through
    area = (edges[2] - edges[0] + border) * (edges[3] - edges[1] + border)
    alive = np.ones(len(order), bool)
    for start in range(
        0, len(order), _BLOCK
    ):  # a block against all the rest at once; a Python step for each kept box
        apart = _apart(edges, area, start, limit, border, of_smaller)
        for i, others in enumerate(apart):
            if alive[start + i]:
                rest = alive[start + i + 1 :]
                np.logical_and(rest, others[i + 1 :], out=rest)
    return order[alive]


def _apart(
    edges: Boxes, area: Boxes, start: int, limit: float, border: float, of_smaller: bool
) -> NDArray[np.bool_]:
    """(block, rest) whether a box of the block and one of it or after it overlap by no more than ``limit``."""
    (left, top, right, bottom) = edges[:, start:]
    stop = start + _BLOCK
    shared = _common(left, right, border)
    shared *= _common(top, bottom, border)
    of_first = area[start:stop, None]
    of_rest = area[None, start:]
    whole = np.minimum(of_first, of_rest) if of_smaller else of_first + of_rest - shared
    return np.asarray(shared <= limit * whole)


def _common(low: Boxes, high: Boxes, border: float) -> Boxes:
    """(block, n) how long the first block's sides and all of them run beside each other."""
    length = np.minimum(high[:_BLOCK, None], high[None])
    length -= np.maximum(low[:_BLOCK, None], low[None])
    if border:
        length += np.float32(border)
    return np.maximum(length, 0, out=length)
