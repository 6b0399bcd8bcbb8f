"""Pictures that cost a careless reader gigabytes or minutes, in files of a few kilobytes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import cv2
import numpy as np


def png(width: int, height: int, *, depth: int = 8, colour: int = 2) -> bytes:
    """Return a black PNG of any size; ``depth`` bits a channel, ``colour``: type 2 RGB, 6 RGBA."""
    row = 1 + width * {0: 1, 2: 3, 6: 4}[colour] * depth // 8
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(row)) for _ in range(height)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data)
        for kind, data in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)),
            (b"IDAT", packed),
            (b"IEND", b""),
        )
    )


def _resized(data: bytes, width: int, height: int) -> bytes:
    """Return a PNG whose header claims another size, with the right checksum."""
    header = _chunk(b"IHDR", struct.pack(">II", width, height) + data[24:29])
    return data[:8] + header + data[33:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def jpeg(width: int, height: int, *, progressive: bool = False) -> bytes:
    """Return a grey-blue JPEG of any size."""
    picture = np.full((height, width, 3), (140, 120, 100), np.uint8)
    options = [cv2.IMWRITE_JPEG_PROGRESSIVE, int(progressive)]
    return cv2.imencode(".jpg", picture, options)[1].tobytes()


def claiming(data: bytes, width: int, height: int) -> bytes:
    """Return a small JPEG whose header claims another size."""
    at = data.index(b"\xff\xc0")
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


def hostile_pictures(full: bool = True) -> Iterator[tuple[str, bytes]]:
    """Yield (file name, content); ``full``: those too that take seconds to make."""
    small = np.arange(48 * 64 * 3, dtype=np.uint8).reshape(48, 64, 3)
    yield "wide.png", png(65_000, 2)
    yield "narrow.png", png(1, 60_000)
    yield "claims.jpg", claiming(jpeg(64, 48), 65_000, 65_000)
    yield "claims.png", _resized(png(64, 48), 1 << 30, 9)
    yield "deep.png", png(4000, 4000, depth=16, colour=6)
    tiff = cv2.imencode(".tiff", small)[1].tobytes()
    yield "cut.tiff", tiff[: len(tiff) // 2]
    yield "directories.tiff", b"II*\0\x08\0\0\0" + b"\xff\xff" + b"\xff" * 200
    webp = cv2.imencode(".webp", small)[1].tobytes()
    yield "cut.webp", webp[: len(webp) // 2]
    yield "huge.webp", webp[:24] + b"\xff\x3f\xff\x3f" + webp[28:]
    yield "huge.bmp", b"BM" + struct.pack("<IIIIiiHH", 99, 0, 54, 40, 60_000, 60_000, 1, 24)
    yield "huge.ppm", b"P6\n60000 60000\n255\n" + bytes(100)
    yield "nothing.jpg", b""
    if full:
        yield "square.png", png(12_000, 12_000)
        yield "scans.jpg", jpeg(12_000, 9_000, progressive=True)
