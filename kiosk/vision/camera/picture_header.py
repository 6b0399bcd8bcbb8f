"""Tell a picture file's kind and size from its first bytes, before anything is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class PictureKind(Enum):
    """The kinds of picture files that are decoded."""

    JPEG = "JPEG"
    PNG = "PNG"
    BMP = "BMP"
    WEBP = "WebP"
    TIFF = "TIFF"
    PNM = "PNM"


_PNG = b"\x89PNG\r\n\x1a\n"
_BEGINNINGS = {
    b"\xff\xd8\xff": PictureKind.JPEG,
    _PNG: PictureKind.PNG,
    b"BM": PictureKind.BMP,
    b"II*\0": PictureKind.TIFF,
    b"MM\0*": PictureKind.TIFF,
    **{b"P%d" % number: PictureKind.PNM for number in (2, 3, 5, 6)},
}
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG's start-of-frame markers (ITU-T T.81, table B.1)."""

_SEQUENTIAL = (0xC0, 0xC1)
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """The kind of a picture, and its size in pixels where the header is one that is parsed here.

    ``width`` and ``height`` are 0 for other kinds. ``whole``: the decoder holds all of the picture
    in memory even if it is to be reduced (all but sequential JPEGs).
    """

    kind: PictureKind
    width: int = 0
    height: int = 0
    whole: bool = True


def picture_header(data: bytes) -> PictureHeader | None:
    """Return the header of a picture file; ``None`` if it is none, or its header is damaged."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return PictureHeader(PictureKind.WEBP)
    kind = next((kind for begin, kind in _BEGINNINGS.items() if data.startswith(begin)), None)
    if kind is None:
        return None
    if kind is PictureKind.JPEG:
        return _jpeg(data)
    if kind is PictureKind.PNG:
        return _png(data)
    return PictureHeader(kind)


def _png(data: bytes) -> PictureHeader | None:
    if data[12:16] != b"IHDR" or len(data) < 24:
        return None
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    return PictureHeader(PictureKind.PNG, width, height) if width and height else None


def _jpeg(data: bytes) -> PictureHeader | None:
    """Return the size in the first start-of-frame segment."""
    at = 2
    while at + 9 < len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
        elif marker in _WITHOUT_LENGTH:
            at += 2
        elif marker in _FRAME_MARKERS:
            height, width = (int.from_bytes(data[at + n : at + n + 2], "big") for n in (5, 7))
            whole = marker not in _SEQUENTIAL
            return PictureHeader(PictureKind.JPEG, width, height, whole) if width * height else None
        else:
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return None
