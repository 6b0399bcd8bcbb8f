"""The hair of a drawn person: a shell around the head with a window for the face."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage
from kiosk.demo.synthetic_faces.head_shape import Array, HeadPose
from kiosk.demo.synthetic_faces.looks import Looks
from kiosk.demo.synthetic_faces.pen import Colour, blend, fill, hull, mix, rounded, shade, stroke


@dataclass(frozen=True, slots=True)
class _Cut:
    """A haircut; heights are y in head units.

    ``line``: the hairline from ear to ear as (azimuth in degrees, y). ``sides``: where the hair
    ends beside the face; ``nape``: behind. ``thick``: factor on the volume.
    """

    line: tuple[tuple[float, float], ...]
    sides: float = 0.1
    nape: float = 0.42
    thick: float = 1.0


def _symmetric(*half: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    """Return a symmetric hairline, given from the middle outwards."""
    return tuple((-a, y) for a, y in reversed(half)) + half


_CUTS: dict[str, _Cut] = {
    "buzz": _Cut(
        _symmetric((0, -0.6), (25, -0.58), (42, -0.5), (56, -0.3), (66, -0.22), (72, 0.0)),
        thick=0.12,
    ),
    "receding": _Cut(
        _symmetric((0, -0.7), (12, -0.72), (32, -0.84), (50, -0.62), (62, -0.3), (74, 0.0)),
        thick=0.4,
    ),
    "short": _Cut(
        _symmetric((0, -0.56), (24, -0.54), (40, -0.45), (52, -0.28), (62, -0.2), (72, 0.05))
    ),
    "parted": _Cut(
        (
            (-74, 0.1),
            (-62, -0.2),
            (-52, -0.4),
            (-38, -0.6),
            (-26, -0.7),
            (-10, -0.54),
            (12, -0.44),
            (32, -0.34),
            (48, -0.22),
            (62, -0.12),
            (74, 0.1),
        )
    ),
    "swept": _Cut(
        _symmetric((0, -0.62), (20, -0.64), (40, -0.56), (56, -0.34), (72, 0.0)), thick=1.5
    ),
    "fringe": _Cut(
        (
            (-74, 0.1),
            (-60, -0.16),
            (-48, -0.28),
            (-40, -0.2),
            (-28, -0.33),
            (-18, -0.22),
            (-6, -0.35),
            (6, -0.22),
            (18, -0.35),
            (30, -0.2),
            (42, -0.32),
            (56, -0.16),
            (74, 0.1),
        )
    ),
    "bowl": _Cut(
        _symmetric((0, -0.3), (20, -0.3), (40, -0.28), (54, -0.2), (60, 0.05), (64, 0.2)),
        sides=0.28,
        thick=1.2,
    ),
    "curly": _Cut(
        _symmetric((0, -0.46), (20, -0.5), (36, -0.44), (50, -0.3), (62, -0.1), (72, 0.1)),
        sides=0.12,
        thick=1.1,
    ),
    "bun": _Cut(
        _symmetric((0, -0.62), (20, -0.6), (38, -0.5), (54, -0.3), (66, -0.1), (76, 0.05)),
        thick=0.6,
    ),
    "bob": _Cut(
        _symmetric(
            (0, -0.6), (8, -0.56), (24, -0.46), (40, -0.3), (50, -0.05), (55, 0.3), (54, 0.75)
        ),
        sides=0.78,
        nape=0.84,
        thick=1.2,
    ),
    "long": _Cut(
        _symmetric(
            (0, -0.64), (10, -0.58), (28, -0.46), (44, -0.26), (54, 0.05), (60, 0.5), (64, 1.4)
        ),
        sides=1.55,
        nape=1.6,
    ),
    "long_fringe": _Cut(
        _symmetric(
            (0, -0.3), (14, -0.27), (30, -0.29), (44, -0.2), (54, 0.1), (60, 0.5), (66, 1.5)
        ),
        sides=1.6,
        nape=1.65,
        thick=1.1,
    ),
}


def back_hair(canvas: BGRImage, looks: Looks, pose: HeadPose) -> None:
    """Draw the hair behind neck and shoulders."""
    cut = _CUTS.get(looks.hair_style)
    if cut is None:
        return
    dark = shade(looks.hair, 0.72)
    if looks.hair_style == "bun":
        knot = pose.seen(np.array([(0.0, -1.12, -0.25)]))[0]
        _disc(canvas, knot, 0.3 * pose.scale, looks.hair)
        _disc(
            canvas,
            knot - (0.08 * pose.scale, 0.08 * pose.scale),
            0.14 * pose.scale,
            mix(looks.hair, (255, 255, 255), 0.1),
        )
    if cut.nape > 0.7:
        still = HeadPose(pose.yaw, pose.pitch * 0.5, pose.roll * 0.5, pose.scale, pose.origin)
        fill(
            canvas,
            hull(still.seen(looks.shape.cloud(-1.0, cut.nape, looks.hair_volume * cut.thick))),
            dark,
        )


def _disc(canvas: BGRImage, at: Array, radius: float, colour: Colour) -> None:
    turns = np.linspace(0, 2 * math.pi, 24, endpoint=False)
    fill(
        canvas,
        np.column_stack([at[0] + radius * np.cos(turns), at[1] + radius * np.sin(turns)]),
        colour,
    )


def front_hair(canvas: BGRImage, looks: Looks, pose: HeadPose) -> None:
    """Draw the hair around the face: the outline of the shell without the window."""
    cut = _CUTS.get(looks.hair_style)
    if cut is None:
        return
    swell = looks.hair_volume * cut.thick
    outline = _shell(looks, pose, cut, swell)
    window = _window(looks, pose, cut)
    h, w = canvas.shape[:2]
    pad = 0.25 * pose.scale
    x1, y1 = (int(v) for v in np.maximum(np.floor(outline.min(0) - pad), 0))
    x2, y2 = (int(v) for v in np.minimum(np.ceil(outline.max(0) + pad), (w, h)))
    if x2 <= x1 or y2 <= y1:
        return
    corner = np.array([x1, y1])
    mask = np.zeros((y2 - y1, x2 - x1), np.uint8)
    fill(mask, outline - corner, 255)
    if looks.hair_style == "curly":
        _curls(mask, outline - corner, pose.scale, 255)
    fill(mask, window - corner, 0)
    if looks.hair_style == "curly":
        _curls(mask, _front_line(looks, pose, cut) - corner, pose.scale * 0.6, 255, close=False)
    part = canvas[y1:y2, x1:x2]
    blend(part, looks.hair, mask, 0.6 if looks.hair_style == "buzz" else 1.0)
    if looks.hair_style != "buzz":
        _sheen(part, mask, looks, pose, corner)


def _shell(looks: Looks, pose: HeadPose, cut: _Cut, swell: float) -> Array:
    return hull(
        pose.seen(looks.shape.cloud(-1.0, max(cut.nape, cut.sides), swell, front_high=cut.sides))
    )


def _window(looks: Looks, pose: HeadPose, cut: _Cut) -> Array:
    """Return the polygon without hair.

    It follows the hairline, then runs behind the ears to the nape, or straight down for long hair.
    """
    line = (
        cut.line
        if cut.sides > 0.25
        else (
            (-122, 0.5),
            (-106, 0.34),
            (-88, 0.12),
            *cut.line,
            (88, 0.12),
            (106, 0.34),
            (122, 0.5),
        )
    )
    turns = np.radians([a for a, _ in line])
    levels = np.array([y for _, y in line])
    turned = pose.turned(looks.shape.around(turns, levels, 0.01))
    seen = turned[:, :2].copy()
    beyond = turned[:, 2] < 0.02 * pose.scale
    seen[beyond, 0] += np.sign(turns[beyond]) * 0.6 * pose.scale
    drop = np.array([0.0, 2.4 * pose.scale])
    return np.vstack([seen[0] + drop, rounded(seen, close=False), seen[-1] + drop])


def _front_line(looks: Looks, pose: HeadPose, cut: _Cut) -> Array:
    """Return the part of the hairline above the face that faces the camera."""
    line = np.array([(a, y) for a, y in cut.line if abs(a) < 55])
    turned = pose.turned(looks.shape.around(np.radians(line[:, 0]), line[:, 1], 0.01))
    seen = turned[turned[:, 2] > 0.25 * pose.scale, :2]
    return rounded(seen if len(seen) > 1 else turned[:, :2], close=False)


def _curls(
    mask: NDArray[np.uint8], outline: Array, scale: float, value: int, close: bool = True
) -> None:
    """Draw discs along a line, as locks of curly hair."""
    if close:
        outline = np.vstack([outline, outline[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(outline, axis=0), axis=1))])
    steps = np.linspace(0, along[-1], max(2, int(along[-1] / max(2.0, 0.2 * scale))))
    places = np.column_stack([np.interp(steps, along, outline[:, k]) for k in (0, 1)])
    for i, (x, y) in enumerate(np.round(places * 16).astype(int).tolist()):
        cv2.circle(
            mask,
            (x, y),
            int(16 * scale * (0.13 + 0.03 * (i % 3))),
            (value,),
            cv2.FILLED,
            cv2.LINE_AA,
            4,
        )


def _sheen(
    part: BGRImage, mask: NDArray[np.uint8], looks: Looks, pose: HeadPose, corner: Array
) -> None:
    """Draw a lighter band over the crown, inside the hair only."""
    lit = mix(looks.hair, (255, 255, 255), 0.2)
    turns = np.radians(np.linspace(-58, 34, 9))
    line = looks.shape.around(turns, -0.76 + 0.1 * np.sin(turns + 0.2) ** 2 * 2, looks.hair_volume)
    line[:, 1] -= 0.5 * looks.hair_volume
    band = np.zeros((mask.shape[0] // 4 + 1, mask.shape[1] // 4 + 1), np.uint8)
    stroke(band, (pose.seen(line) - corner) / 4, 255, 0.12 * pose.scale / 4)
    wide = cv2.resize(cv2.GaussianBlur(band, (0, 0), 0.05 * pose.scale / 4 + 0.3), mask.shape[::-1])
    blend(part, lit, np.minimum(wide, mask), 0.6)
