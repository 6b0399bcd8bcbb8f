"""Tell a picture file's kind and size from its first bytes, before anything is decoded."""

from __future__ import annotations

import re
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
    GIF = "GIF"
    AVIF = "AVIF"
    HEIC = "HEIC"


_PNG = b"\x89PNG\r\n\x1a\n"
_BEGINNINGS = {
    b"\xff\xd8\xff": PictureKind.JPEG,
    _PNG: PictureKind.PNG,
    b"BM": PictureKind.BMP,
    b"II*\0": PictureKind.TIFF,
    b"MM\0*": PictureKind.TIFF,
    b"GIF87a": PictureKind.GIF,
    b"GIF89a": PictureKind.GIF,
    **{b"P%d" % number: PictureKind.PNM for number in (2, 3, 5, 6)},
}
_BRANDS = {
    PictureKind.AVIF: frozenset({b"avif", b"avis"}),
    PictureKind.HEIC: frozenset(
        {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
    ),
}
"""Brands in the first box of a file (ISO/IEC 23008-12, annex B, and the AVIF specification)."""

_OTHERS = (
    (re.compile(rb"\xff\x0a|\0\0\0\x0cJXL "), "JPEG XL"),
    (re.compile(rb"\xff\x4f\xff\x51|\0\0\0\x0cjP  "), "JPEG 2000"),
    (re.compile(rb"%PDF-"), "PDF"),
    (re.compile(rb"8BPS"), "Photoshop"),
    (re.compile(rb"PK\x03\x04"), "ZIP"),
    (re.compile(rb"\s*<(\?xml|svg|!doctype|html)", re.IGNORECASE), "HTML/SVG"),
    (re.compile(rb"....ftypcrx", re.DOTALL), "RAW"),
    (re.compile(rb"....(ftyp|moov|wide|mdat)|\x1a\x45\xdf\xa3", re.DOTALL), "video"),
)
"""Beginnings of files that people take for photographs."""

_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG's start-of-frame markers (ITU-T T.81, table B.1)."""

_END_OF_IMAGE = b"\xff\xd9"
_TRAILER = 1 << 20
"""Bytes at the end of a PNG in which its last chunk must begin; some programs append to it."""

_LONGEST_BRANDS = 256
"""Bytes of the box of brands that are looked at."""

_SEQUENTIAL = (0xC0, 0xC1)
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """The kind of a picture, and its size in pixels where the header is one that is parsed here.

    ``width`` and ``height`` are 0 for other kinds. ``whole``: the decoder holds all of the picture
    in memory even if it is to be reduced (all but sequential JPEGs). ``begin``: of a JPEG, where
    its own frame begins, behind the thumbnail in its metadata.
    """

    kind: PictureKind
    width: int = 0
    height: int = 0
    whole: bool = True
    begin: int = 0


def picture_header(data: bytes) -> PictureHeader | None:
    """Return the header of a picture file; ``None`` if it is none, or its header is damaged."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return PictureHeader(PictureKind.WEBP)
    if data[4:8] == b"ftyp":
        return _boxed(data)
    kind = next((kind for begin, kind in _BEGINNINGS.items() if data.startswith(begin)), None)
    if kind is None:
        return None
    if kind is PictureKind.JPEG:
        return _jpeg(data)
    if kind is PictureKind.PNG:
        return _png(data)
    return _gif(data) if kind is PictureKind.GIF else PictureHeader(kind)


def begins_like_a_picture(data: bytes) -> bool:
    """Return whether the first bytes of a file are those of a picture that is decoded."""
    jpeg = data.startswith(b"\xff\xd8\xff")  # its size comes later
    return jpeg or picture_header(data) is not None


def other_kind(data: bytes) -> str:
    """Return the name of a kind of file that is not decoded; "" if it is unknown."""
    return next((name for begin, name in _OTHERS if begin.match(data)), "")


def is_cut_off(header: PictureHeader, data: bytes) -> bool:
    """Return whether the end of a picture is missing, as after a broken download.

    A decoder fills what is missing with grey, without a word.
    """
    if header.kind is PictureKind.JPEG:
        return _END_OF_IMAGE not in data[header.begin :]
    return header.kind is PictureKind.PNG and b"IEND" not in data[-_TRAILER:]


def _boxed(data: bytes) -> PictureHeader | None:
    size = min(int.from_bytes(data[:4], "big"), _LONGEST_BRANDS)
    brands = {data[at : at + 4] for at in (8, *range(16, size, 4))}
    kind = next((kind for kind, known in _BRANDS.items() if brands & known), None)
    return None if kind is None else PictureHeader(kind)


def _gif(data: bytes) -> PictureHeader | None:
    width, height = (int.from_bytes(data[at : at + 2], "little") for at in (6, 8))
    return PictureHeader(PictureKind.GIF, width, height) if width and height else None


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
            if not width * height:
                return None
            return PictureHeader(PictureKind.JPEG, width, height, whole, at)
        else:
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return None
