"""The demo camera: a camera like the others, showing drawn people."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage
from kiosk.demo.director import Act, DemoScene, DemoStage, Director, looping_show
from kiosk.demo.synthetic_faces.cast import CAST, MEMBERS, STRANGERS
from kiosk.demo.synthetic_faces.draw_person import draw_corridor, draw_person
from kiosk.demo.synthetic_faces.printed_photo import paint_photograph

__all__ = ["Act", "DemoCamera", "DemoScene", "Director", "looping_show"]

FACE_SHARE = 0.42
"""Height of the face as a share of the picture's, at the usual distance."""

CLOSER_SHARE = 0.56
"""The same for a person who came closer."""

MAX_LAG_S = 2.0
"""A camera later than this continues from the present: the machine slept, or nobody read."""


class DemoCamera:
    """Draws the scenes of a director; ``cue``, ``follow`` and ``turn`` are thread-safe.

    ``read`` waits for the next frame's time and skips frames that are late. ``size``: width and
    height in pixels. ``clock`` and ``sleep`` in seconds. ``mirrored_mark``: write the mark DEMO
    mirrored, since the kiosk shows the picture mirrored. A picture depends only on the seed, the
    index of the frame and the cues before it.
    """

    title = "Demo"
    live = True
    demo = True

    def __init__(
        self,
        fps: float = 30.0,
        size: tuple[int, int] = (640, 480),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        seed: int = 0,
        show: tuple[Act, ...] | None = None,
        mirrored_mark: bool = True,
    ) -> None:
        self.fps = fps
        self.size = size
        self.director = Director(show or looping_show(MEMBERS, STRANGERS), fps, seed)
        self._clock = clock
        self._sleep = sleep
        self._mirrored_mark = mirrored_mark
        self._began: float | None = None
        self._index = -1
        self._closed = False

    def cue(self, scene: DemoScene) -> None:
        """Request ``scene`` until the next request."""
        self.director.cue(scene)

    def follow(self) -> None:
        """Return to the looping show."""
        self.director.follow()

    def turn(self, pose: str | None) -> None:
        """Turn the head of the person to ``pose``, back for ``None``."""
        self.director.turn(pose)

    def read(self) -> BGRImage | None:
        """Return the next picture; ``None`` after ``close``."""
        stage = self._next()
        return None if stage is None else self.picture(stage, self._index)

    def skip(self) -> bool:
        """Skip the next picture without drawing it; return false after ``close``."""
        return self._next() is not None

    def _next(self) -> DemoStage | None:
        """Wait for the next picture's time and return the stage."""
        if self._closed:
            return None
        now = self._clock()
        if self._began is None:
            self._began = now
        due = self._began + (self._index + 1) / self.fps
        if now < due:
            self._sleep(due - now)
        elif now - due > MAX_LAG_S:
            self._began += now - due
        else:
            for _ in range(int((now - due) * self.fps)):
                self._advance()
        return self._advance()

    def close(self) -> None:
        """End: ``read`` returns ``None`` from now on."""
        self._closed = True

    def _advance(self) -> DemoStage:
        self._index += 1
        return self.director.advance()

    def picture(self, stage: DemoStage, index: int) -> BGRImage:
        """Return the (height, width, 3) BGR picture of ``stage`` at the frame ``index``."""
        if stage.who is None or stage.presence <= 0:
            image = draw_corridor(self.size, noise_seed=index)
        elif stage.photograph:
            image = self._photograph(stage, index)
        else:
            image = self._person(stage, index)
        _mark(image, self._mirrored_mark)
        return image

    def _person(self, stage: DemoStage, index: int) -> BGRImage:
        width, height = self.size
        sway = self.director.sway
        side, came = _walk(stage)
        face = (
            height * (FACE_SHARE + (CLOSER_SHARE - FACE_SHARE) * stage.near) * (0.72 + 0.28 * came)
        )
        x = width * (0.5 + 0.75 * side * (1 - came)) + 0.012 * width * sway(index, 0)
        y = height * (0.52 - 0.04 * (1 - came)) + 0.006 * height * sway(index, 1)
        y += 0.008 * height * (1 - came) * math.sin(index / self.fps * 11)  # steps
        heading = -side if not stage.leaving else side
        return draw_person(
            CAST[stage.who or 0].looks,
            size=self.size,
            centre=(x, y),
            height=face,
            noise_seed=index,
            yaw=stage.yaw + 0.045 * sway(index, 2) + 0.5 * heading * (1 - came),
            pitch=stage.pitch + 0.015 * sway(index, 3),
            roll=0.03 * sway(index, 4),
            blink=self.director.blink(index),
        )

    def _photograph(self, stage: DemoStage, index: int) -> BGRImage:
        width, height = self.size
        sway = self.director.sway
        _, came = _walk(stage)
        image = draw_corridor(self.size, noise_seed=index)
        centre = (
            width * (0.5 + 0.02 * sway(index, 0)),
            height * (0.5 + 0.8 * (1 - came) + 0.015 * sway(index, 1)),
        )
        paint_photograph(
            image,
            CAST[stage.who or 0].looks,
            centre=centre,
            height=height * (0.78 + 0.02 * sway(index, 5)),
            tilt=0.05 * sway(index, 2),
            lean=0.05 * sway(index, 3),
            turn=0.05 * sway(index, 4),
        )
        return image


def _walk(stage: DemoStage) -> tuple[float, float]:
    """Return the side that the person comes from (-1 left, 1 right) and how far, eased, 0..1."""
    came = stage.presence
    return (-1.0 if (stage.who or 0) % 2 else 1.0), came * came * (3 - 2 * came)


@lru_cache(maxsize=8)
def _label(height: int, mirrored: bool) -> NDArray[np.uint8]:
    """Return the word DEMO on a grey field, (h, w) 0..255."""
    scale = height / 480
    (w, h), _ = cv2.getTextSize("DEMO", cv2.FONT_HERSHEY_DUPLEX, 0.7 * scale, 1)
    pad = round(9 * scale)
    label = np.full((h + 2 * pad, w + 2 * pad), 60, np.uint8)
    cv2.putText(
        label,
        "DEMO",
        (pad, pad + h),
        cv2.FONT_HERSHEY_DUPLEX,
        0.7 * scale,
        (255,),
        max(1, round(1.4 * scale)),
        cv2.LINE_AA,
    )
    return np.ascontiguousarray(label[:, ::-1]) if mirrored else label


def _mark(image: BGRImage, mirrored: bool) -> None:
    """Write DEMO into a lower corner, in place."""
    label = _label(image.shape[0], mirrored)
    h, w = label.shape
    gap = max(2, image.shape[0] // 40)
    if image.shape[0] < h + gap or image.shape[1] < w + gap:
        return
    part = image[-gap - h : -gap, -gap - w : -gap]
    part[:] = cv2.addWeighted(part, 0.3, cv2.cvtColor(label, cv2.COLOR_GRAY2BGR), 0.7, 0)
