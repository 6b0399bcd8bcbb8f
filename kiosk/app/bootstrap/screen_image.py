"""Convert camera images into what Qt paints."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage


def to_bgra(image: BGRImage) -> NDArray[np.uint8]:
    """Return an (h, w, 3) BGR image as (h, w, 4) BGRA, which Qt paints without converting."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2BGRA), np.uint8)
