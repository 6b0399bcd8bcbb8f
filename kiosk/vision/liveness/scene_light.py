"""How the light of a place changed between two pictures of it: exposure, and flicker in bands.

Mains light flickers faster than a camera reads its rows one after another, so that bands of light
wander through the picture. Within a row (within a column, where the camera lies on its side) such
a band is one factor. It is measured where the place is seen away from the person.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

GAIN_RANGE = (0.5, 2.0)
"""Smallest and largest factor by which exposure and light may change a colour channel."""

BAND_RANGE = (0.65, 1.5)
"""Smallest and largest factor of a band, on top of that: a lamp that flickers never goes out."""

BAND_WIDTH = 4.0
"""Standard deviation, in rows, of the smoothing of the bands: they have soft edges."""

MIN_SHARE = 0.12
"""Least share of a row that must be measurable; others are taken from the rows around it."""

DARKEST = 8.0
"""Grey values below which a ratio says nothing."""

SAMPLED = 4
"""Every fourth pixel of a row is measured."""


def exposure(seen: Floats, known: Floats, where: Mask) -> Floats:
    """Return (3,) float32, the median factor from ``known`` to ``seen`` of each colour channel.

    ``seen`` and ``known``: (h, w, 3) float32. ``where``: (h, w), which pixels to measure.
    """
    # every seventh pixel says as much as all of them
    ratio = seen[where][::7] / np.maximum(known[where][::7], DARKEST)
    return np.clip(np.median(ratio, axis=0), *GAIN_RANGE).astype(np.float32)


def bands(seen: Floats, known: Floats, where: Mask, axis: int) -> Floats | None:
    """Return the factor of each row (``axis`` 0) or column (``axis`` 1), smooth and within bounds.

    ``seen``, ``known`` and ``where`` as in ``exposure``. The result is (h, 1, 3) or (1, w, 3)
    float32; ``None`` where too few rows or columns can be measured.
    """
    if axis == 1:
        turned = bands(seen.swapaxes(0, 1), known.swapaxes(0, 1), where.T, 0)
        return None if turned is None else np.ascontiguousarray(turned.swapaxes(0, 1))
    sampled = known[:, ::SAMPLED]
    bright = (sampled[..., 0] > DARKEST) & (sampled[..., 1] > DARKEST) & (sampled[..., 2] > DARKEST)
    measured = where[:, ::SAMPLED] & bright
    rows = np.flatnonzero(measured.mean(axis=1) >= MIN_SHARE)
    if len(rows) < 2:
        return None
    ratio = seen[rows, ::SAMPLED] / np.maximum(known[rows, ::SAMPLED], DARKEST)
    ratio[~measured[rows]] = np.nan
    factor = np.clip(np.nanmedian(ratio, axis=1), *BAND_RANGE)
    everywhere = np.stack(
        [np.interp(np.arange(len(seen)), rows, factor[:, c]) for c in range(factor.shape[1])],
        axis=-1,
    ).astype(np.float32)
    smooth = cv2.GaussianBlur(
        everywhere[:, None], (1, 0), sigmaX=0.1, sigmaY=BAND_WIDTH, borderType=cv2.BORDER_REPLICATE
    )
    return np.asarray(smooth.reshape(len(seen), 1, -1), np.float32)
