"""The beard and the glasses of a drawn person."""

from __future__ import annotations

import math

import numpy as np

from kiosk.core.frames import BGRImage
from kiosk.demo.synthetic_faces.head_shape import HeadPose
from kiosk.demo.synthetic_faces.looks import Looks
from kiosk.demo.synthetic_faces.pen import (
    mix,
    rounded,
    soft,
    stroke,
)

Outline = list[tuple[float, float]]
"""Points x, y on the face in head units."""


def paint_beard(canvas: BGRImage, looks: Looks, pose: HeadPose) -> None:
    """Paint the beard, if any, in place."""
    stubble = looks.beard == "stubble"
    alpha = 0.42 if stubble else 0.95
    blur = pose.scale * (0.05 if stubble else 0.025)
    colour = mix(looks.hair, looks.skin, 0.18)
    for half in _beard_regions(looks):
        both = half + [(-x, y) for x, y in reversed(half)]
        surface = looks.shape.surface(rounded(both), 0.015)
        soft(canvas, pose.seen(surface), colour, alpha, blur)


def _beard_regions(looks: Looks) -> list[Outline]:
    """Return the right halves of the regions, from the middle outwards."""
    match looks.beard:
        case "full" | "stubble":
            return [_full_beard(looks)]
        case "moustache":
            return [_moustache(looks)]
        case "goatee":
            return [_moustache(looks), _goatee(looks)]
    return []


def _full_beard(looks: Looks) -> Outline:
    shape = looks.shape
    lip = looks.nose_length + 0.09
    chin = shape.chin
    return [
        (0.0, lip + 0.02),
        (0.16, lip + 0.03),
        (0.34, looks.mouth_y - 0.12),
        (0.5, 0.32),
        (float(shape.half_width(0.1)) * 0.98, 0.02),
        *((float(shape.half_width(y)) * 0.985, y) for y in (0.3, 0.5, 0.7, chin - 0.2, chin - 0.1)),
        (0.0, chin - 0.005),
    ]


def _moustache(looks: Looks) -> Outline:
    y = looks.mouth_y
    lip = looks.nose_length + 0.09
    return [
        (0.0, lip),
        (0.14, lip + 0.02),
        (looks.mouth_width + 0.05, y - 0.02),
        (looks.mouth_width + 0.03, y + 0.05),
        (0.0, y - 0.02),
    ]


def _goatee(looks: Looks) -> Outline:
    y = looks.mouth_y
    width = looks.mouth_width
    chin = looks.shape.chin
    return [
        (0.0, y + 0.14),
        (width * 0.55, y + 0.13),
        (width + 0.03, y - 0.02),
        (width + 0.06, y + 0.1),
        (width * 0.95, chin - 0.12),
        (0.0, chin - 0.01),
    ]


def paint_glasses(canvas: BGRImage, looks: Looks, pose: HeadPose) -> None:
    """Paint the glasses, if any, in place."""
    if looks.glasses == "none":
        return
    shape = looks.shape
    colour = looks.glasses_colour
    thick = max(1.3, pose.scale * {"round": 0.03, "square": 0.045, "half_rim": 0.05}[looks.glasses])
    half = looks.eye_gap - 0.045
    tall = half * (0.92 if looks.glasses == "round" else 0.68)
    depth = float(shape.surface([(looks.eye_gap, 0.0)])[0, 2]) + 0.13
    power = 1.0 if looks.glasses == "round" else 0.5
    for side in (-1, 1):
        turn = np.linspace(0, 2 * math.pi, 28, endpoint=False)
        px = side * looks.eye_gap + half * np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** power
        py = 0.02 + tall * np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** power
        rim = np.column_stack(
            [px, py, np.full(28, depth) - 0.35 * np.maximum(0, np.abs(px) - looks.eye_gap)]
        )
        seen = pose.seen(rim)
        soft(canvas, seen, (238, 232, 222), 0.1, 1.0)
        if looks.glasses == "half_rim":
            stroke(canvas, seen, colour, max(1.0, thick * 0.25), close=True)
            stroke(canvas, seen[14:], colour, thick)
        else:
            stroke(canvas, seen, colour, thick, close=True)
        _temple(
            canvas, looks, pose, side, (side * (looks.eye_gap + half), depth - 0.35 * half), thick
        )
    bridge = np.array(
        [
            (-looks.eye_gap + half, 0.0, depth),
            (0.0, -0.03, depth + 0.02),
            (looks.eye_gap - half, 0.0, depth),
        ]
    )
    stroke(canvas, pose.seen(bridge), colour, thick * 0.8)


def _temple(
    canvas: BGRImage,
    looks: Looks,
    pose: HeadPose,
    side: int,
    corner: tuple[float, float],
    thick: float,
) -> None:
    """Paint the arm of the glasses, on the side that faces the camera only."""
    if side * pose.yaw > 0.12:
        return
    ear = (side * (float(looks.shape.half_width(0.0)) + 0.02), 0.0, -0.1)
    stroke(
        canvas,
        pose.seen(np.array([(corner[0], -0.02, corner[1]), ear])),
        looks.glasses_colour,
        thick * 0.8,
    )
