"""Non-maximum suppression without a Python loop over pairs of boxes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32]
Indices = NDArray[np.int64]

_BLOCK = 128
"""Boxes that are compared with all later ones at once."""


def by_union(boxes: Boxes, scores: Boxes, limit: float) -> Indices:
    """Return the indices kept, best score first.

    No two kept boxes overlap by more than ``limit`` (intersection over union). ``boxes``: (n, 4)
    x1, y1, x2, y2 with continuous coordinates, as in torchvision. ``scores``: (n,).
    """
    order = np.argsort(-scores, kind="stable")
    return _suppress(boxes, order, limit, pixel=0.0, by_smaller_box=False)


def by_smaller(boxes: Boxes, scores: Boxes, limit: float) -> Indices:
    """Return the same with intersection over the smaller box and inclusive pixel coordinates.

    This is what MTCNN's last stage uses.
    """
    order = np.argsort(scores, kind="stable")[::-1]
    return _suppress(boxes, order, limit, pixel=1.0, by_smaller_box=True)


def _suppress(
    boxes: Boxes, order: Indices, limit: float, pixel: float, by_smaller_box: bool
) -> Indices:
    """Keep greedily in ``order``; ``pixel`` is added to each side's length."""
    # one contiguous array per edge: strided access is slow
    edges = np.ascontiguousarray(boxes[order].T)
    area = (edges[2] - edges[0] + pixel) * (edges[3] - edges[1] + pixel)
    alive = np.ones(len(order), bool)
    # a block against all later boxes at once; one Python step per kept box
    for start in range(0, len(order), _BLOCK):
        apart = _apart(edges, area, start, limit, pixel, by_smaller_box)
        for i, others in enumerate(apart):
            if alive[start + i]:
                rest = alive[start + i + 1 :]
                np.logical_and(rest, others[i + 1 :], out=rest)
    return order[alive]


def _apart(
    edges: Boxes, area: Boxes, start: int, limit: float, pixel: float, by_smaller_box: bool
) -> NDArray[np.bool_]:
    """Return (block, rest): whether a box of the block and a later one may both be kept."""
    (left, top, right, bottom) = edges[:, start:]
    stop = start + _BLOCK
    shared = _shared_length(left, right, pixel)
    shared *= _shared_length(top, bottom, pixel)
    block_area = area[start:stop, None]
    rest_area = area[None, start:]
    whole = np.minimum(block_area, rest_area) if by_smaller_box else block_area + rest_area - shared
    return np.asarray(shared <= limit * whole)


def _shared_length(low: Boxes, high: Boxes, pixel: float) -> Boxes:
    """Return (block, n): the length shared by sides of the first block and all sides."""
    length = np.minimum(high[:_BLOCK, None], high[None])
    length -= np.maximum(low[:_BLOCK, None], low[None])
    if pixel:
        length += np.float32(pixel)
    return np.maximum(length, 0, out=length)
