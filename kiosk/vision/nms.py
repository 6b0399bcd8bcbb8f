"""Non-maximum suppression without a Python loop over pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32]
Indices = NDArray[np.int64]


def by_union(boxes: Boxes, scores: Boxes, limit: float) -> Indices:
    """Indices kept, best score first: no kept pair overlaps by more than ``limit`` (intersection over union).

    ``boxes`` (n, 4) x1, y1, x2, y2 with areas as of real numbers, as in torchvision.
    """
    return _greedy(boxes, np.argsort(-scores, kind="stable"), limit, border=0.0, of_smaller=False)


def by_smaller(boxes: Boxes, scores: Boxes, limit: float) -> Indices:
    """The same, with the intersection over the smaller box, and pixels counted inclusively (MTCNN's last stage)."""
    return _greedy(boxes, np.argsort(scores, kind="stable")[::-1], limit, border=1.0, of_smaller=True)


def _greedy(boxes: Boxes, order: Indices, limit: float, border: float, of_smaller: bool) -> Indices:
    if not len(boxes):
        return np.zeros(0, np.int64)
    ranked = boxes[order]
    area = (ranked[:, 2] - ranked[:, 0] + border) * (ranked[:, 3] - ranked[:, 1] + border)
    alive = np.ones(len(ranked), bool)
    kept = []
    for i in range(len(ranked)):  # over kept boxes only; each pass is one vector operation
        if not alive[i]:
            continue
        kept.append(i)
        rest = ranked[i + 1:]
        low = np.maximum(ranked[i, :2], rest[:, :2])
        high = np.minimum(ranked[i, 2:], rest[:, 2:])
        shared = np.prod(np.maximum(high - low + border, 0), axis=1)
        whole = np.minimum(area[i], area[i + 1:]) if of_smaller else area[i] + area[i + 1:] - shared
        alive[i + 1:] &= shared <= limit * whole
    return order[np.array(kept, np.int64)]
