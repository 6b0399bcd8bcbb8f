"""The pipeline for photographs, which must be upright.

Upside down, one face in six was found and embedded all the same, as a face that is nobody's
(docs/everyday.md). A camera's frames need no such check: the camera hangs as it hangs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np

from kiosk.core.frames import BGRImage, Face, Frame, Observation, Quality, QualityIssue
from kiosk.vision.pipeline import CERTAIN, FacePipeline

_FACE = 120
"""Pixels to which the width of a face is reduced before it is looked for in other turns."""

_PICTURE = 800
"""Pixels to which a picture without a face is reduced before."""

_COMPARABLE = 0.6
"""Least width of a face in another turn, as a share of the main face's: a smaller one is a pattern
in the background."""


class PhotographPipeline(FacePipeline):
    """A ``FacePipeline`` that finds the issue ``TILTED`` in a photograph that is not upright.

    It is upright unless the detector is surer of a face in one of the other three turns by quarters
    than of the main face, in pictures of the same size (docs/everyday.md has the figures).
    """

    def observe(self, frame: Frame, embed: bool = True, everybody: bool = False) -> Observation:
        """Return what is seen in ``frame``; embedded only if that is upright and good."""
        seen = super().observe(frame, embed, everybody)
        if self._is_upright(frame.image, seen.main):
            return seen
        known = seen.quality or Quality(0, 0, 0, 0, 0, 0)
        issues = tuple(dict.fromkeys((QualityIssue.TILTED, *known.issues)))
        return replace(seen, quality=replace(known, issues=issues), embedding=None)

    def _is_upright(self, image: BGRImage, main: Face | None) -> bool:
        factor = _PICTURE / max(image.shape[:2]) if main is None else _FACE / max(1.0, main.width)
        least = 0.0 if main is None else _COMPARABLE * main.width * min(1.0, factor)
        surest = CERTAIN if main is None else main.probability
        reduced = _reduced(image, factor)
        if main is not None and factor < 1:
            surest = self._surest(reduced, least) or surest
        return not any(self._surest(turned, least) > surest for turned in _turns(reduced))

    def _surest(self, image: BGRImage, least: float) -> float:
        """Return the probability of the surest face of at least ``least`` pixels; 0 for none."""
        found = (f.probability for f in self._detector.detect(image) if f.width >= least)
        return max(found, default=0.0)


def _reduced(image: BGRImage, factor: float) -> BGRImage:
    """Return the picture reduced by ``factor``, if that is below 1."""
    if factor >= 1:
        return image
    size = [max(1, round(side * factor)) for side in image.shape[1::-1]]
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _turns(image: BGRImage) -> Iterator[BGRImage]:
    """Yield the picture in the other three turns by quarters."""
    for quarters in (2, 1, 3):
        yield np.ascontiguousarray(np.rot90(image, quarters))
