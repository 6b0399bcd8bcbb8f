"""Read picture files: the one way for enrolment, imports and folders that stand for a camera."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import numpy as np

from kiosk.core.bounded_process import BoundedProcess
from kiosk.core.frames import BGRImage
from kiosk.vision.camera.picture_decoder import DECODER_LIMITS, decode_file
from kiosk.vision.camera.picture_header import begins_like_a_picture

PICTURE_SUFFIXES = frozenset(
    (
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib", ".webp", ".tif", ".tiff"),
        *(".ppm", ".pgm", ".gif", ".avif", ".heic", ".heif", ".hif"),
        *(".jxl", ".jp2", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".psd", ".pdf", ".svg"),
    )
)
"""File name endings of what people take for pictures; most of the last line are refused."""

_HEAD = 64
"""Bytes at the beginning of a file that tell what it is."""

_decode = BoundedProcess(decode_file, DECODER_LIMITS, ("pillow_heif", "PIL.Image"))


def load_picture(path: Path) -> BGRImage:
    """Return the picture in a file, upright and at most ``LONGEST_SIDE`` pixels a side.

    It is decoded in a child process with little memory and time. Raise ``CameraError`` or
    ``CostlyInputError`` for a file that is no picture, or a larger one than is read.
    """
    shape, pixels = _decode(path.name, str(path.absolute()))
    return np.frombuffer(pixels, np.uint8).reshape(*shape, 3)


def is_picture(path: Path) -> bool:
    """Return whether a file is called a picture, or begins like one whatever it is called."""
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return path.is_file()
    try:
        # a pipe or a device must not block the reader
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            return stat.S_ISREG(os.fstat(handle).st_mode) and begins_like_a_picture(
                file.read(_HEAD)
            )
    except OSError:
        return False
