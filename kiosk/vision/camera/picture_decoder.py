"""Decode a picture that anybody may have made, never larger than the networks need.

Runs in the child of a ``BoundedProcess`` for files (``picture_files.py``); the checks of sizes come
first all the same, so that a picture is refused with a sentence instead of by the limits.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from kiosk.core.errors import CameraError
from kiosk.core.frames import BGRImage
from kiosk.vision.camera.frame_conversion import as_bgr, quiet_opencv
from kiosk.vision.camera.heic_decoder import decode_heic
from kiosk.vision.camera.picture_header import (
    PictureHeader,
    PictureKind,
    is_cut_off,
    other_kind,
    picture_header,
)
from kiosk.vision.camera.picture_orientation import avif_orientation, exif_orientation, turned

Picture = np.ndarray[Any, Any]
"""A decoded picture: (h, w) or (h, w, channels), 8 or 16 bits, channels in OpenCV's order."""

LONGEST_SIDE = 1600
"""Pixels. Faces in larger photographs are far larger than the networks need, and take time."""

MAX_FILE = 80_000_000
"""Maximum size of a file in bytes; a phone's largest JPEG has about 60 MB."""

MAX_REDUCED = 260_000_000
"""Maximum number of pixels of a JPEG that is decoded reduced; phones have up to 200 million."""

MAX_WHOLE = 40_000_000
"""Maximum number of pixels of a picture that is decoded whole."""

MAX_HEIC = 26_000_000
"""Maximum number of pixels of a HEIC, whose decoder needs more memory; iPhones make 12 or 24 MP."""

MIN_SIDE = 8
"""Pixels. In a narrower picture there is no face, and scaled down it would have no side at all."""

DECODER_LIMITS = {
    "OPENCV_IO_MAX_IMAGE_PIXELS": str(MAX_REDUCED),
    "OPENCV_IO_MAX_IMAGE_WIDTH": "65535",
    "OPENCV_IO_MAX_IMAGE_HEIGHT": "65535",
}
"""Environment of the child, for kinds whose header is not parsed here; OpenCV reads it once."""

_REDUCED = (
    (8, cv2.IMREAD_REDUCED_COLOR_8),
    (4, cv2.IMREAD_REDUCED_COLOR_4),
    (2, cv2.IMREAD_REDUCED_COLOR_2),
)


def decode_file(path: str) -> tuple[Any, bytes]:
    """Return ((height, width), the BGR bytes) of the picture in a file; see ``decode_picture``."""
    name = Path(path).name
    image = decode_picture(_content(path, name), name)
    return image.shape[:2], image.tobytes()


def decode_picture(data: bytes, name: str, longest: int = LONGEST_SIDE) -> BGRImage:
    """Return the picture in ``data``, upright and reduced to at most ``longest`` pixels a side.

    Photographs say how the phone was held. Raise ``CameraError``, which calls the picture
    ``name``, if it is none, is damaged, or is larger or narrower than any photograph.
    """
    if not data:
        raise CameraError(f"{name} is empty; copy it again.", key="picture.empty", name=name)
    header = picture_header(data)
    if header is None:
        raise _unreadable(name, other_kind(data))
    if is_cut_off(header, data):
        raise _damaged(name)
    if header.kind is PictureKind.HEIC:
        picture = _heic(data, longest, name)
    else:
        picture = _decoded(data, header, longest, name)
    image = as_bgr(picture)
    if image is None:
        raise _unreadable(name)
    return image


def _heic(data: bytes, longest: int, name: str) -> Picture:
    try:
        picture = decode_heic(data, lambda w, h: _check_size(w, h, MAX_HEIC, name))
    except ValueError:
        raise _damaged(name) from None
    return _shrunk(picture, longest)


def _decoded(data: bytes, header: PictureHeader, longest: int, name: str) -> Picture:
    reduced, flag = _reduction(header, longest)
    _check_size(header.width, header.height, MAX_REDUCED if reduced else MAX_WHOLE, name)
    try:
        with quiet_opencv():
            picture, kinds, blobs = cv2.imdecodeWithMetadata(np.frombuffer(data, np.uint8), flag)
    except cv2.error as error:  # for instance an absurd size
        if error.code == cv2.Error.StsNoMem:
            raise MemoryError from None
        raise _damaged(name) from None
    if picture is None or picture.dtype not in (np.uint8, np.uint16):
        raise _damaged(name)
    _check_size(picture.shape[1], picture.shape[0], MAX_WHOLE, name)
    picture = _shrunk(picture, longest)
    match header.kind:
        case PictureKind.PNG | PictureKind.WEBP:
            return turned(picture, exif_orientation(kinds, blobs))
        case PictureKind.AVIF:
            return turned(picture, avif_orientation(data))
    return picture  # OpenCV turns a JPEG and a TIFF itself


def _content(path: str, name: str) -> bytes:
    try:
        # a pipe or a device must not block the reader, nor never end
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            about = os.fstat(handle)
            if not stat.S_ISREG(about.st_mode):
                raise _unreadable(name)
            if about.st_size > MAX_FILE:
                raise CameraError(
                    f"{name} is larger than a photograph can be; save it as a JPEG of at most "
                    f"{MAX_FILE // 1_000_000} MB.",
                    key="picture.file_large",
                    name=name,
                    megabytes=MAX_FILE // 1_000_000,
                )
            return file.read(MAX_FILE)
    except OSError:
        raise _unreadable(name) from None


def _check_size(width: int, height: int, limit: int, name: str) -> None:
    """Raise ``CameraError`` above ``limit`` pixels, or for a narrow picture; 0 is unknown."""
    if width * height > limit:
        raise CameraError(
            f"{name} has {width} x {height} pixels, more than the {limit // 1_000_000} million "
            "that are read; save it as a smaller JPEG.",
            key="picture.large",
            name=name,
            width=width,
            height=height,
            limit=limit // 1_000_000,
        )
    if width and height and min(width, height) < MIN_SIDE:
        raise CameraError(
            f"{name} has only {width} x {height} pixels; give a photograph.",
            key="picture.narrow",
            name=name,
            width=width,
            height=height,
        )


def _reduction(header: PictureHeader, longest: int) -> tuple[bool, int]:
    """Return whether the picture is never whole in memory, and the OpenCV flag to decode it.

    Only sequential JPEGs can be decoded reduced, and only colour flags turn a picture upright.
    """
    if header.kind is not PictureKind.JPEG:
        return False, int(cv2.IMREAD_UNCHANGED)
    side = max(header.width, header.height)
    flag = next((flag for by, flag in _REDUCED if side >= by * longest), cv2.IMREAD_COLOR)
    return flag != cv2.IMREAD_COLOR and not header.whole, int(flag)


def _shrunk(picture: Picture, longest: int) -> Picture:
    factor = longest / max(picture.shape[:2])
    if factor >= 1:
        return picture
    size = [max(1, round(side * factor)) for side in picture.shape[1::-1]]
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _unreadable(name: str, kind: str = "") -> CameraError:
    if kind:
        return CameraError(
            f"{name} is a {kind} file, which is not read; save it as JPEG or PNG.",
            key="picture.kind",
            name=name,
            kind=kind,
        )
    return CameraError(
        f"{name} is not a readable picture; save it again as JPEG or PNG.",
        key="picture.unreadable",
        name=name,
    )


def _damaged(name: str) -> CameraError:
    return CameraError(
        f"{name} is damaged or cut off; copy it again, or save it again as JPEG.",
        key="picture.damaged",
        name=name,
    )
