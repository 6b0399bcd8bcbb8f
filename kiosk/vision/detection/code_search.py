"""Find the QR codes and bar codes of one picture with OpenCV's decoders.

On a hostile picture, a page of small finder patterns for instance, they take minutes. The kiosk
therefore calls them only in a process that can be ended (``search_process.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

MAX_TEXT = 256
"""Longest text of a QR code that is read, in characters."""

Picture = NDArray[np.uint8]
"""A ``BGRImage``, or (height, width) uint8 grey."""


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of one picture: texts of QR codes, digits of bar codes (EAN and UPC)."""

    qr: tuple[str, ...] = ()
    bar: tuple[str, ...] = ()


NO_CODES = Codes()


class CodeSearch(Protocol):
    """Finds codes; ``look`` returns ``None`` where the search had to be cut short."""

    def look(self, image: Picture) -> Codes | None: ...
    def close(self) -> None: ...


class OpenCVCodeSearch:
    """Finds codes on the calling thread, for as long as OpenCV takes."""

    def __init__(self, bar_codes: bool) -> None:
        self._qr = cv2.QRCodeDetectorAruco()
        self._bar = cv2.barcode.BarcodeDetector() if bar_codes else None

    def look(self, image: Picture) -> Codes:
        """Return the codes of one picture."""
        try:
            text = self._qr.detectAndDecode(image)[0]
            digits = self._bar.detectAndDecode(image)[0] if self._bar is not None else ""
        except (cv2.error, UnicodeDecodeError, ValueError):  # raised by OpenCV for a damaged code
            return NO_CODES
        return Codes((text,) if 0 < len(text) <= MAX_TEXT else (), (digits,) if digits else ())

    def close(self) -> None:
        """Do nothing: there is nothing to end."""
