"""The torso of a drawn person: neck, shoulders and clothes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kiosk.core.frames import BGRImage
from kiosk.demo.synthetic_faces.head_shape import Array, HeadPose
from kiosk.demo.synthetic_faces.looks import Looks
from kiosk.demo.synthetic_faces.pen import (
    fill,
    mix,
    ring,
    rounded,
    shade,
    soft,
    stroke,
)


class _Torso:
    """Draws on the upper body, which follows a turn of the head only a little."""

    def __init__(self, canvas: BGRImage, looks: Looks, pose: HeadPose) -> None:
        self.canvas = canvas
        self.looks = looks
        self.scale = pose.scale
        self.base = looks.shape.chin
        self.neck = looks.shape.width * 0.58
        self._pose = HeadPose(pose.yaw * 0.15, 0.0, pose.roll * 0.15, pose.scale, pose.origin)

    def seen(self, points: Sequence[tuple[float, float]] | Array) -> Array:
        """Return (n, 2) the pixels of points (n, 2) in head units."""
        return self._pose.seen(np.column_stack([np.array(points), np.zeros(len(points))]))


def paint_torso(canvas: BGRImage, looks: Looks, pose: HeadPose) -> None:
    """Paint neck, shoulders and clothes, in place."""
    torso = _Torso(canvas, looks, pose)
    _shoulders(torso)
    neckline = _neck(torso)
    if looks.collar == "shirt":
        _shirt_collar(torso)
    else:
        stroke(canvas, torso.seen(neckline[3:-3]), shade(looks.clothes, 0.76), 0.07 * pose.scale)


def _shoulders(torso: _Torso) -> None:
    base = torso.base
    clothes = torso.looks.clothes
    half = [
        (torso.neck, base + 0.22),
        (0.75, base + 0.42),
        (1.25, base + 0.55),
        (1.52, base + 0.85),
        (1.66, base + 1.6),
        (1.7, base + 3.2),
    ]
    if torso.looks.collar == "hood":
        hood = ring(0, base + 0.4, torso.neck + 0.4, 0.36)
        fill(torso.canvas, torso.seen(hood), shade(clothes, 0.76))
    outline = [*rounded([(-x, y) for x, y in reversed(half)], False), *rounded(half, False)]
    fill(torso.canvas, torso.seen(outline), clothes)
    arm = ((1.5, 1.15), (1.2, 1.05), (1.1, 3.2), (1.55, 3.2))
    for side, depth in ((-1, 0.6), (1, 0.9)):
        fold = torso.seen([(side * x, base + y) for x, y in arm])
        soft(torso.canvas, fold, shade(clothes, 0.84), depth, torso.scale * 0.05)


def _neck(torso: _Torso) -> Array:
    """Paint the neck and return the neckline in head units."""
    base = torso.base
    neck = torso.neck
    skin = torso.looks.skin
    deep = 0.9 if torso.looks.collar == "shirt" else 0.56
    bend = [
        (neck, base + 0.1),
        (neck, base + 0.24),
        (0.3 if deep < 0.8 else 0.2, base + 0.48),
        (0.0, base + deep),
    ]
    curve = rounded([(-x, y) for x, y in bend] + bend[-2::-1], close=False)
    front = [(-neck, base - 0.5), *curve, (neck, base - 0.5)]
    fill(torso.canvas, torso.seen(front), shade(skin, 0.8))
    shadow = torso.seen(ring(0, base, neck * 0.85, 0.25))
    soft(torso.canvas, shadow, shade(skin, 0.5), 0.9, torso.scale * 0.06)
    return curve


def _shirt_collar(torso: _Torso) -> None:
    base = torso.base
    light = mix(torso.looks.clothes, (245, 245, 245), 0.6)
    for side in (-1, 1):
        wing = [
            (side * torso.neck, base + 0.16),
            (0.0, base + 0.92),
            (side * 0.3, base + 1.04),
            (side * (torso.neck + 0.2), base + 0.34),
        ]
        fill(torso.canvas, torso.seen(wing), light)
