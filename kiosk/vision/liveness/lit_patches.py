"""Patches of sun or shade on a known place: there the place is seen in another light, unhidden.

A patch of light multiplies what lies under it by one factor, and the place's own structure goes on
through it: the same edges at the same strength in the logarithm. What a print or a screen shows
instead has a structure of its own or, where it is plain, none. So a part of a plain wall in another
light is only taken for a patch of light where another part proves that this light is there: by its
structure, or by a light that went from one part and came to another, with factors that cancel out.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

MIN_PIXELS = 120
"""Fewest pixels of a patch; smaller ones matter little and prove nothing."""

MAX_PATCHES = 4
"""Only so many patches of either sign, the largest, are examined."""

GAIN_RANGE = (0.45, 2.3)
"""Smallest and largest factor of a colour channel in sun or shade."""

MAX_TINT = 1.6
"""Largest quotient of the factors of two channels: the sun is warmer than the sky, not coloured."""

MIN_TINT = 0.1
"""Least difference of the logarithms of red's and blue's factor in a light that is proven by its
coming and going: a grey print may be brighter here and darker there."""

TOLERANCE = 12.0
TOLERANCE_SHARE = 0.07
"""Grey values, and share of the value, within which a colour is as the factor says."""

MIN_EXPLAINED = 0.8
"""Least share of the patch whose colours are so."""

TEXTURE = 0.03
"""Gradient of the logarithm, per pixel, from which on there is structure."""

MIN_TEXTURED = 40
"""Fewest pixels with structure that prove what lies under the patch."""

PLAIN_SHARE = 0.15
"""Largest share of pixels with structure in a part that counts as plain."""

MIN_LIKENESS = 0.75
"""Least correlation of the structure that is seen with the known one."""

SAME_LIGHT = 0.12
"""Largest difference of the logarithms of two patches' factors in one light: a plain part is taken
for the place where a part with structure proves that this light falls on it."""

CLIPPED = 250.0
"""Grey values from which on a picture is overexposed and shows no structure."""

DARKEST = 8.0
"""Grey values below which a ratio says nothing."""

EDGE_PIXELS = 2
"""Width of a patch's soft edge, which belongs to neither light."""


@dataclass(frozen=True, slots=True, eq=False)
class _Patch:
    """A part of the picture that may be the place in another light.

    ``where``: (h, w). ``factor``: (3,) of the light. ``proven``: its structure is the place's;
    otherwise it has none.
    """

    where: Mask
    factor: Floats
    proven: bool

    def like(self, other: _Patch) -> bool:
        """Return whether one light came to both of them, or left both."""
        return bool((np.abs(np.log(self.factor / other.factor)) <= SAME_LIGHT).all())

    def opposite(self, other: _Patch) -> bool:
        """Return whether a light of a tint of its own left one of them and came to the other."""
        tint = abs(float(np.log(self.factor[2] / self.factor[0])))
        cancels = (np.abs(np.log(self.factor * other.factor)) <= SAME_LIGHT).all()
        return bool(cancels and tint >= MIN_TINT)


def relit(seen: Floats, known: Floats, differs: Mask, where: Mask) -> tuple[Floats, Mask]:
    """Return ``known`` in the light of the patches found, and where they are, their edges too.

    ``seen`` and ``known``: (h, w, 3) float32, 0..255. ``differs``: (h, w), where they differ;
    ``where``: (h, w), what is no part of the person.
    """
    candidates = _candidates(seen, known, differs, where)
    proven = [
        patch
        for patch in candidates
        if patch.proven or any(patch.opposite(other) for other in candidates)
    ]
    lit = known
    patches = np.zeros(differs.shape, np.bool_)
    for patch in candidates:
        if any(patch.like(other) or patch.opposite(other) for other in proven):
            if lit is known:
                lit = known.copy()
            wide = _grown(patch.where) & where
            lit[wide] = np.clip(known[wide] * patch.factor, 0, 255)
            patches |= wide
    return lit, patches


def _candidates(seen: Floats, known: Floats, differs: Mask, where: Mask) -> list[_Patch]:
    """Return what may be patches of light: first those that became brighter, then the darker."""
    brighter = seen[..., 1] > known[..., 1]
    large = [part for sign in (brighter, ~brighter) for part in _parts(differs & where & sign)]
    if not large:
        return []
    structure = _structure(seen), _structure(known)
    found = [_patch(seen, known, part, where, structure) for part in large]
    return [patch for patch in found if patch is not None]


def _parts(mask: Mask) -> list[Mask]:
    """Return the largest connected parts of ``mask``, small gaps closed."""
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=4)
    largest = sorted(range(1, count), key=lambda i: -int(stats[i, cv2.CC_STAT_AREA]))
    large = [i for i in largest[:MAX_PATCHES] if stats[i, cv2.CC_STAT_AREA] >= MIN_PIXELS]
    return [labels == label for label in large]


def _patch(
    seen: Floats, known: Floats, whole: Mask, where: Mask, structure: tuple[Floats, Floats]
) -> _Patch | None:
    """Return the patch if ``whole`` may be the known place in another light."""
    inside = _shrunk(whole) & where
    clear = inside & _measurable(seen, known)
    if clear.sum() < MIN_PIXELS / 2:
        return None
    factor = np.asarray(np.median(seen[clear] / known[clear], axis=0), np.float32)
    low, high = GAIN_RANGE
    if factor.min() < low or factor.max() > high or factor.max() > MAX_TINT * factor.min():
        return None
    wanted = np.clip(known[inside] * factor, 0, 255)
    near = np.abs(seen[inside] - wanted) <= TOLERANCE + TOLERANCE_SHARE * wanted
    if near.all(axis=1).mean() < MIN_EXPLAINED:
        return None
    mine, theirs = (part[clear] for part in structure)
    textured = np.maximum((mine**2).sum(axis=1), (theirs**2).sum(axis=1)) > TEXTURE**2
    a, b = mine[textured].ravel(), theirs[textured].ravel()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    alike = size > 0 and float((a * b).sum()) / size >= MIN_LIKENESS
    if alike and textured.sum() >= MIN_TEXTURED:
        return _Patch(whole, factor, proven=True)
    plain = textured.mean() < PLAIN_SHARE
    return _Patch(whole, factor, proven=False) if plain else None


def _measurable(seen: Floats, known: Floats) -> Mask:
    """Return (h, w) where neither picture is overexposed or black."""
    bright, dark = seen < CLIPPED, known > DARKEST
    clear = bright[..., 0] & bright[..., 1] & bright[..., 2]
    return np.asarray(clear & dark[..., 0] & dark[..., 1] & dark[..., 2])


def _structure(picture: Floats) -> Floats:
    """Return (h, w, 2) the gradient of the logarithm of the grey values, slightly smoothed."""
    grey = cv2.transform(picture, np.full((1, 3), 1 / 3, np.float32))
    grey = cv2.GaussianBlur(np.log(grey + 4), (0, 0), 1.0)
    return np.stack(
        [cv2.Sobel(grey, cv2.CV_32F, *order, scale=0.125) for order in ((1, 0), (0, 1))], axis=-1
    )


def _shrunk(mask: Mask) -> Mask:
    size = 2 * EDGE_PIXELS + 1
    return cv2.erode(mask.astype(np.uint8), np.ones((size, size), np.uint8)) > 0


def _grown(mask: Mask) -> Mask:
    size = 2 * EDGE_PIXELS + 3
    return cv2.dilate(mask.astype(np.uint8), np.ones((size, size), np.uint8)) > 0
