"""Decode HEIC, the photographs of iPhones, with libheif.

The library is imported at the first such picture: most sites never have one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

_FAULTS = (ValueError, EOFError, SyntaxError, RuntimeError, OSError, IndexError)
"""What the library raises for damaged files."""


def decode_heic(data: bytes, check_size: Callable[[int, int], None]) -> np.ndarray[Any, Any]:
    """Return the main picture, upright: (h, w), (h, w, 3) BGR or (h, w, 4) BGRA.

    It is uint8, without colour perhaps uint16. ``check_size`` is called with width and
    height before anything is decoded. Raise ``ValueError`` for a damaged file, and ``MemoryError``
    where the memory does not suffice.
    """
    try:
        heif = _library().open_heif(data, convert_hdr_to_8bit=True, bgr_mode=True)
        check_size(*heif.size)
        return np.asarray(heif)
    except _FAULTS as error:
        if isinstance(error, RuntimeError) and "Memory allocation" in str(error):
            raise MemoryError from None
        raise ValueError(str(error)) from None


@cache
def _library() -> Any:
    import pillow_heif

    pillow_heif.options.DECODE_THREADS = 1
    pillow_heif.options.THUMBNAILS = False
    pillow_heif.options.DEPTH_IMAGES = False
    pillow_heif.options.AUX_IMAGES = False
    return pillow_heif
