"""Read picture files: the one way for enrolment, imports and folders that stand for a camera."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kiosk.core.bounded_process import BoundedProcess
from kiosk.core.frames import BGRImage
from kiosk.vision.camera.picture_decoder import DECODER_LIMITS, decode_file

PICTURE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm"}
)
"""File name endings of pictures."""

_decode = BoundedProcess(decode_file, DECODER_LIMITS)


def load_picture(path: Path) -> BGRImage:
    """Return the picture in a file, upright and at most ``LONGEST_SIDE`` pixels a side.

    It is decoded in a child process with little memory and time. Raise ``CameraError`` or
    ``CostlyInputError`` for a file that is no picture, or a larger one than is read.
    """
    shape, pixels = _decode(path.name, str(path.absolute()))
    return np.frombuffer(pixels, np.uint8).reshape(*shape, 3)
