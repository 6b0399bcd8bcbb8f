"""Turn a photograph upright, as its metadata say (Exif 2.32, tag 274, and AVIF's properties)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

_TAG = 0x0112
_EXIF = 0
"""OpenCV's number for Exif among a picture's metadata."""

_TURNS = {
    3: cv2.ROTATE_180,
    4: cv2.ROTATE_180,
    5: cv2.ROTATE_90_CLOCKWISE,
    6: cv2.ROTATE_90_CLOCKWISE,
    7: cv2.ROTATE_90_COUNTERCLOCKWISE,
    8: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
_MIRRORED = frozenset({2, 4, 5, 7})
"""Orientations in which left and right are changed once the picture is turned."""


def turned(picture: np.ndarray[Any, Any], orientation: int) -> np.ndarray[Any, Any]:
    """Return ``picture`` upright; ``orientation``: 1 to 8, anything else leaves it as it is."""
    if orientation in _TURNS:
        picture = cv2.rotate(picture, _TURNS[orientation])
    return cv2.flip(picture, 1) if orientation in _MIRRORED else picture


def exif_orientation(kinds: Sequence[int], blobs: Sequence[np.ndarray[Any, Any]]) -> int:
    """Return the orientation in the metadata that OpenCV found; 1 if there is none."""
    from PIL import Image

    blob = next((blob for kind, blob in zip(kinds, blobs, strict=True) if kind == _EXIF), None)
    if blob is None:
        return 1
    exif = Image.Exif()
    try:
        exif.load(b"Exif\0\0" + blob.tobytes().removeprefix(b"Exif\0\0"))
        return _whole(exif.get(_TAG))
    except (ValueError, SyntaxError, OSError, KeyError, TypeError, OverflowError, EOFError):
        return 1


def avif_orientation(data: bytes) -> int:
    """Return the orientation of an AVIF, from its header alone; 1 if it says none."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("AVIF",)) as picture:
            return _whole(picture.getexif().get(_TAG))
    except (ValueError, SyntaxError, OSError, KeyError, TypeError, OverflowError, EOFError):
        return 1


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 1
