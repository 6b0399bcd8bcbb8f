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
    return _greedy(boxes, np.argsort(scores, kind="stable")[::-1], limit, border=1.0, of_smaller=True)


def _greedy(boxes: Boxes, order: Indices, limit: float, border: float, of_smaller: bool) -> Indices:
    ranked = boxes[order]
    area = (ranked[:, 2] - ranked[:, 0] + border) * (ranked[:, 3] - ranked[:, 1] + border)
    alive = np.ones(len(ranked), bool)
    for start in range(0, len(ranked), _BLOCK):  # a block against all the rest at once; a Python step for each kept box
        stop = start + _BLOCK
        near = _overlapping(ranked, area, slice(start, stop), limit, border, of_smaller)
        for i in range(start, min(stop, len(ranked))):
            if alive[i]:
                alive[i + 1:] &= ~near[i - start, i + 1 - start:]
    return order[alive]


def _overlapping(ranked: Boxes, area: Boxes, block: slice, limit: float, border: float, of_smaller: bool) -> NDArray[np.bool_]:
    """(block, rest) whether a box of the block and one of it or after it overlap by more than ``limit``."""
    first, rest = ranked[block, None], ranked[None, block.start:]
    sides = np.minimum(first[..., 2:], rest[..., 2:]) - np.maximum(first[..., :2], rest[..., :2])
    sides = np.maximum(sides + border, 0)
    shared = sides[..., 0] * sides[..., 1]
    of_first, of_rest = area[block, None], area[None, block.start:]
    whole = np.minimum(of_first, of_rest) if of_smaller else of_first + of_rest - shared
    return np.asarray(shared > limit * whole)
