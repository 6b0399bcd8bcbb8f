"""Find the QR codes and bar codes of one picture with zxing-cpp.

A hostile picture, a page of small patterns for instance, takes it a quarter of a second. The kiosk
therefore calls it only in a process that can be ended (``search_process.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import zxingcpp
from numpy.typing import NDArray

MAX_TEXT = 256
"""Longest text of a code that is read, in characters."""

MAX_CODES = 16
"""Most codes of a kind that are taken from one picture, the largest ones."""

QR_FORMATS = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
BAR_FORMATS = zxingcpp.BarcodeFormats(
    [
        zxingcpp.BarcodeFormat.EANUPC,
        zxingcpp.BarcodeFormat.Code128,
        zxingcpp.BarcodeFormat.Code39,
    ]
)
"""What student cards and library cards carry."""

Picture = NDArray[np.uint8]
"""A ``BGRImage``, or (height, width) uint8 grey."""


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of one picture, largest first: texts of QR codes, texts of bar codes."""

    qr: tuple[str, ...] = ()
    bar: tuple[str, ...] = ()


NO_CODES = Codes()


class CodeSearch(Protocol):
    """Finds codes; ``look`` returns ``None`` where the search had to be cut short."""

    def look(self, image: Picture) -> Codes | None: ...
    def close(self) -> None: ...


class ZXingCodeSearch:
    """Finds codes on the calling thread, for as long as zxing-cpp takes."""

    def __init__(self, bar_codes: bool) -> None:
        self._bar_codes = bar_codes

    def look(self, image: Picture) -> Codes:
        """Return the codes of one picture, dark on light or light on dark."""
        qr = zxingcpp.read_barcodes(image, QR_FORMATS)
        return Codes(_texts(qr), self._bars(image) if self._bar_codes else ())

    def close(self) -> None:
        """Do nothing: there is nothing to end."""

    @staticmethod
    def _bars(image: Picture) -> tuple[str, ...]:
        # zxing-cpp looks for light bars on dark only where it is given the inverse
        found = zxingcpp.read_barcodes(image, BAR_FORMATS)
        return _texts(found or zxingcpp.read_barcodes(np.invert(image), BAR_FORMATS))


def _texts(found: Iterable[zxingcpp.Barcode]) -> tuple[str, ...]:
    """Return the texts of the largest codes, each once."""
    largest_first = sorted(found, key=_area, reverse=True)
    texts = dict.fromkeys(filter(None, map(_text, largest_first)))
    return tuple(texts)[:MAX_CODES]


def _text(code: zxingcpp.Barcode) -> str:
    """Return the text of ``code``; empty where it cannot be read or is too long for ours."""
    try:
        text = code.text
    except (UnicodeDecodeError, ValueError):
        return ""
    if code.symbology == zxingcpp.BarcodeFormat.EANUPC and len(text) == 13 and text[0] == "0":
        text = text[1:]  # a UPC-A code has twelve digits, and card readers send these
    return text if len(text) <= MAX_TEXT else ""


def _area(code: zxingcpp.Barcode) -> float:
    """Return the area of ``code`` in square pixels (the shoelace formula)."""
    place = code.position
    corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    turns = zip(corners, (*corners[1:], corners[0]), strict=True)
    return abs(sum(a.x * b.y - b.x * a.y for a, b in turns)) / 2
