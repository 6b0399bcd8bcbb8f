"""The shape of a drawn head, and where its points appear at a pose.

Head units: the origin is the middle of the head at the height of the eyes, x to the right edge of
the picture, y down, z towards the camera; the crown is near y = -1 and the chin near y = 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

UNITS_PER_HEIGHT = 1.78
"""Head units in one face height, that is the height of a detector's box."""

_WIDEST = -0.12
"""Height y at which the head is widest."""

_DEPTH = 0.80
"""Distance of the face from the head's axis."""

_BACK = 0.92
"""Distance of the back of the head from its axis."""


def _unit(value: Array) -> Array:
    """Clip to 0..1; several times faster than ``np.clip`` for a few points."""
    return np.minimum(np.maximum(value, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class HeadShape:
    """Outline of a head, in head units.

    ``width``: half width at the temples. ``jaw``: 1.6 pointed .. 3.6 square. ``chin``: y of the
    chin.
    """

    width: float = 0.72
    jaw: float = 2.4
    chin: float = 1.0

    def half_width(self, y: Array | float) -> Array:
        """Return the half width of the head at ``y``, 0 above the crown and below the chin."""
        y = np.asarray(y, dtype=np.float64)
        up = _unit((_WIDEST - y) / (1.0 + _WIDEST))
        down = _unit((y - _WIDEST) / (self.chin - _WIDEST))
        return np.asarray(self.width * np.sqrt(1 - up**2.2) * (1 - down**self.jaw) ** 0.52)

    def depth(self, y: Array | float) -> Array:
        """Return the distance of the face's middle line from the head's axis at ``y``."""
        y = np.asarray(y, dtype=np.float64)
        up = _unit((-0.2 - y) / 0.8)
        down = _unit((y - 0.2) / (self.chin - 0.2))
        return np.asarray(_DEPTH * np.sqrt(1 - up**2.4) * np.sqrt(1 - 0.75 * down**5))

    def surface(
        self, xy: Array | Sequence[tuple[float, float]], lift: Array | float = 0.0
    ) -> Array:
        """Return (n, 3) points of the face at ``xy`` (n, 2), raised by ``lift`` in z."""
        xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
        width = np.maximum(
            self.half_width(np.minimum(np.maximum(xy[:, 1], -0.95), self.chin - 0.08)), 1e-3
        )
        z = self.depth(xy[:, 1]) * (1 - np.minimum(np.abs(xy[:, 0]) / width, 1) ** 2.4) ** (1 / 2.4)
        return np.column_stack([xy, z + lift])

    def around(
        self, turns: Sequence[float] | Array, y: Sequence[float] | Array, swell: float | Array = 0.0
    ) -> Array:
        """Return (n, 3) points at azimuths ``turns`` and heights ``y``.

        ``turns``: radians, 0 = front, positive to the right edge. ``swell`` moves the points
        outwards, as hair does. Below the jaw the width stays that of the jaw.
        """
        turns, y = np.broadcast_arrays(
            np.asarray(turns, dtype=np.float64), np.asarray(y, dtype=np.float64)
        )
        level = np.clip(y, -1.0, 0.45)
        front = np.cos(turns)
        reach = np.where(
            front > 0,
            self.depth(level),
            _BACK * np.sqrt(1 - np.clip(np.abs(level + 0.1) / 0.95, 0, 1) ** 2.4),
        )
        x = (self.half_width(level) + swell) * np.sin(turns)
        return np.column_stack([x, y, (reach + swell) * front])

    def cloud(
        self, low: float, high: float, swell: float = 0.0, front_high: float | None = None
    ) -> Array:
        """Return (n, 3) points around the head, whose hull is its outline.

        They lie between the heights ``low`` (the upper end) and ``high``, in front only down to
        ``front_high`` if given; ``swell``: how far outside the skull.
        """
        share = np.linspace(0, 1, 15)
        # closer together at the crown, where the outline bends most
        levels = low + (high - low) * share**2
        levels = np.append(levels, high + 0.06)
        turns = np.linspace(-math.pi, math.pi, 20, endpoint=False)
        y, t = (a.ravel() for a in np.meshgrid(levels, turns, indexing="ij"))
        crown = np.clip((y + 1.0) / 0.5, 0, 1)
        points = self.around(
            t, y, swell * np.sqrt(1 - (1 - crown) ** 2) * np.where(y > high, 0.3, 1.0)
        )
        points[:, 1] -= swell * (1 - crown)
        if front_high is None:
            return points
        return points[(np.cos(t) < 0.25) | (y <= front_high)]

    def skull(self) -> Array:
        """Return (n, 3) points of the bare head; the jaw follows ``half_width`` to the chin."""
        y = np.concatenate(
            [
                -1.0 + 1.3 * np.linspace(0, 1, 14) ** 2,
                self.chin - 0.7 * (np.linspace(1, 0, 12) ** 2),
            ]
        )
        y = np.minimum(y, self.chin)
        turns = np.linspace(-math.pi, math.pi, 20, endpoint=False)
        yy, tt = (a.ravel() for a in np.meshgrid(y, turns, indexing="ij"))
        front = np.cos(tt)
        back = _BACK * np.sqrt(1 - np.clip(np.abs(yy + 0.1) / 0.92, 0, 1) ** 2.4)
        z = np.where(front > 0, self.depth(yy) * front, back * front)
        return np.column_stack([self.half_width(yy) * np.sin(tt), yy, z])


@lru_cache(maxsize=64)
def _rotation(yaw: float, pitch: float, roll: float) -> Array:
    """Return (3, 3) from head to camera axes: yaw first, then pitch, then roll."""
    (sy, cy), (sp, cp), (sr, cr) = ((math.sin(a), math.cos(a)) for a in (yaw, pitch, roll))
    turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    nod = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    tilt = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(tilt @ nod @ turn)


@dataclass(frozen=True, slots=True)
class HeadPose:
    """How a head is seen.

    Angles in radians: ``yaw`` > 0 looks to the right edge, ``pitch`` > 0 down, ``roll`` > 0 leans
    clockwise. ``scale``: pixels per head unit. ``origin``: the middle of the head in the picture,
    in pixels.
    """

    yaw: float
    pitch: float
    roll: float
    scale: float
    origin: tuple[float, float]

    def turned(self, points: Array) -> Array:
        """Return (n, 3) points in camera axes (weak perspective), in pixels; z > 0 is in front."""
        out = (
            np.asarray(points, dtype=np.float64)
            @ _rotation(self.yaw, self.pitch, self.roll).T
            * self.scale
        )
        out[:, 0] += self.origin[0]
        out[:, 1] += self.origin[1]
        return out

    def seen(self, points: Array) -> Array:
        """Return (n, 2) the pixels at which the points appear."""
        return self.turned(points)[:, :2]
