"""The features of a drawn face: eyes, brows, nose and mouth on the surface of the head."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from kiosk.core.frames import BGRImage
from kiosk.demo.synthetic_faces.head_shape import Array, HeadPose
from kiosk.demo.synthetic_faces.looks import Looks
from kiosk.demo.synthetic_faces.pen import (
    Colour,
    fill,
    mix,
    ring,
    shade,
    soft,
    stroke,
)

Place = Callable[[Sequence[tuple[float, float, float]]], Array]
"""From (x, y, lift) on the face to pixels (n, 2)."""


def paint_eye(canvas: BGRImage, looks: Looks, pose: HeadPose, side: int, blink: float) -> None:
    """Paint the eye of ``side`` (-1 left, 1 right in the picture), in place."""
    cx = side * looks.eye_gap
    half = looks.eye_width
    tall = looks.eye_height
    s = np.linspace(-1, 1, 13)
    tilt = -side * looks.eye_tilt * half * s * side * side
    arch = (1 - np.abs(s) ** 2.2) ** 0.8
    opening = max(0.0, 1 - blink)
    xs = cx + half * s
    low = 0.55 * tall * arch + tilt - 0.03
    top = low - 1.55 * tall * arch * opening

    def at(x: Array, y: Array, lift: float = 0.02) -> Array:
        return pose.seen(looks.shape.surface(np.column_stack([x, y]), lift))

    socket = np.array(ring(cx, -0.05, max(0.19, half * 1.35), max(0.13, tall * 1.9)))
    soft(canvas, at(socket[:, 0], socket[:, 1]), shade(looks.skin, 0.62), 0.65, pose.scale * 0.045)
    lash = max(1.2, pose.scale * (0.022 + 0.012 * (tall < 0.06)))
    if opening > 0.12:
        outline = np.vstack([at(xs, top), at(xs[::-1], low[::-1])])
        _eyeball(canvas, looks, pose, outline, float(cx), tall)
        stroke(canvas, at(xs, low), shade(looks.skin, 0.68), max(1.0, lash * 0.45))
    stroke(canvas, at(xs, top), mix((26, 22, 24), looks.skin, 0.08), lash)
    stroke(
        canvas,
        at(xs[1:-1], top[1:-1] - 0.45 * tall * (0.4 + 0.6 * arch[1:-1])),
        shade(looks.skin, 0.66),
        max(1.0, lash * 0.5),
    )


def _eyeball(
    canvas: BGRImage, looks: Looks, pose: HeadPose, outline: Array, cx: float, tall: float
) -> None:
    """Paint white, iris, pupil and highlight, cut to the opening between the lids."""
    h, w = canvas.shape[:2]
    x1, y1 = (int(v) for v in np.maximum(np.floor(outline.min(0)) - 2, 0))
    x2, y2 = (int(v) for v in np.minimum(np.ceil(outline.max(0)) + 3, (w, h)))
    if x2 <= x1 or y2 <= y1:
        return
    part = canvas[y1:y2, x1:x2]
    ball = np.full_like(part, (204, 208, 216))
    radius = max(0.062, min(0.085, tall * 1.05))

    def disc(x: float, y: float, r: float, colour: Colour) -> None:
        fill(ball, pose.seen(looks.shape.surface(ring(cx + x, y, r, r), 0.02)) - (x1, y1), colour)

    disc(0, -0.2 * tall - 0.03, radius, shade(looks.iris, 0.7))
    disc(0, -0.2 * tall - 0.03, radius * 0.82, looks.iris)
    disc(0, -0.2 * tall - 0.03, radius * 0.45, (14, 12, 12))
    disc(-0.3 * radius, -0.2 * tall - 0.03 - 0.35 * radius, radius * 0.24, (250, 250, 250))
    mask = np.zeros(part.shape[:2], np.uint8)
    fill(mask, outline - (x1, y1), 255)
    weight = mask[..., None].astype(np.uint16)
    part[:] = ((ball * weight + part * (255 - weight)) // 255).astype(np.uint8)


def paint_brow(canvas: BGRImage, looks: Looks, pose: HeadPose, side: int) -> None:
    """Paint the brow of ``side`` (-1 left, 1 right in the picture), in place."""
    s = np.linspace(-1, 1, 9)
    xs = looks.eye_gap + 0.02 + looks.eye_width * 1.3 * s
    middle = -looks.brow_height - 0.035 * (1 - s**2) - looks.brow_tilt * s
    thick = looks.brow_thickness * (0.75 - 0.35 * s) * (1 - 0.4 * np.abs(s) ** 6)
    edge = np.concatenate(
        [
            np.column_stack([side * xs, middle - thick]),
            np.column_stack([side * xs, middle + thick])[::-1],
        ]
    )
    colour = (
        mix(looks.hair, (40, 40, 46), 0.45)
        if sum(looks.hair) > 300
        else mix(looks.hair, looks.skin, 0.12)
    )
    soft(canvas, pose.seen(looks.shape.surface(edge, 0.035)), colour, 0.92, pose.scale * 0.012)


def paint_nose(canvas: BGRImage, looks: Looks, pose: HeadPose) -> None:
    """Paint the nose, in place: its flanks, base, lights, nostrils and wings."""

    def at(points: Sequence[tuple[float, float, float]]) -> Array:
        p = np.array(points)
        return pose.seen(looks.shape.surface(p[:, :2], p[:, 2]))

    _nose_shadows(canvas, looks, pose, at)
    _nose_lights(canvas, looks, pose, at)
    _nostrils(canvas, looks, pose, at)


def _nose_shadows(canvas: BGRImage, looks: Looks, pose: HeadPose, at: Place) -> None:
    tip = looks.nose_length
    wide = looks.nose_width
    out = looks.nose_depth
    # the shadow moves gradually from one flank to the other
    towards = min(1.0, max(0.0, 0.75 + pose.yaw / 0.9))
    for side, depth in ((1, towards), (-1, 1 - towards)):
        flank = [
            (side * 0.06, -0.1, 0.05),
            (side * 0.045, tip * 0.55, out * 0.6),
            (side * wide * 0.55, tip, out * 0.7),
            (side * wide, tip + 0.03, 0.05),
            (side * wide * 0.9, tip * 0.6, 0.02),
        ]
        soft(canvas, at(flank), shade(looks.skin, 0.62), 0.65 * depth, pose.scale * 0.03)
    base = [
        (-wide, tip + 0.02, 0.07),
        (-wide * 0.5, tip + 0.085, out * 0.5),
        (0, tip + 0.1, out * 0.62),
        (wide * 0.5, tip + 0.085, out * 0.5),
        (wide, tip + 0.02, 0.07),
        (0, tip + 0.03, out * 0.92),
    ]
    soft(canvas, at(base), shade(looks.skin, 0.48), 0.9, pose.scale * 0.018)


def _nose_lights(canvas: BGRImage, looks: Looks, pose: HeadPose, at: Place) -> None:
    tip = looks.nose_length
    out = looks.nose_depth
    on_tip = [(x, y, out) for x, y in ring(0, tip - 0.04, looks.nose_width * 0.42, 0.05)]
    white = (255, 255, 255)
    soft(canvas, at(on_tip), mix(looks.skin, white, 0.4), 0.55, pose.scale * 0.025)
    bridge = [
        (-0.022, -0.02, 0.09),
        (0.022, -0.02, 0.09),
        (0.024, tip * 0.7, out * 0.8),
        (-0.024, tip * 0.7, out * 0.8),
    ]
    soft(canvas, at(bridge), mix(looks.skin, white, 0.3), 0.4, pose.scale * 0.02)


def _nostrils(canvas: BGRImage, looks: Looks, pose: HeadPose, at: Place) -> None:
    tip = looks.nose_length
    wide = looks.nose_width
    for side in (-1, 1):
        nostril = ring(side * wide * 0.5, tip + 0.055, wide * 0.24, 0.02)
        depth = looks.nose_depth * 0.5
        fill(canvas, at([(x, y, depth) for x, y in nostril]), shade(looks.skin, 0.4))
        wing = [
            (side * wide * 0.86, tip - 0.07, 0.07),
            (side * wide * 1.04, tip - 0.01, 0.06),
            (side * wide * 0.9, tip + 0.05, 0.08),
        ]
        stroke(canvas, at(wing), shade(looks.skin, 0.66), max(1.0, 0.018 * pose.scale))


def paint_mouth(canvas: BGRImage, looks: Looks, pose: HeadPose, opening: float) -> None:
    """Paint the mouth, in place; ``opening``: 0 closed .. 1 open."""
    y = looks.mouth_y
    half = looks.mouth_width
    thick = looks.lip_thickness
    s = np.linspace(-1, 1, 15)
    line = y - looks.lip_curve * s**2 + looks.lip_curve * 0.3
    gap = 0.16 * opening * (1 - s**2)
    cupid = thick * 0.8 * (1 - np.abs(s) ** 1.7) * (1 - 0.25 * np.exp(-((s / 0.16) ** 2)))
    full = thick * 1.15 * (1 - s**2) ** 0.8
    x = half * s

    def at(ys: Array, back: bool = False) -> Array:
        order = slice(None, None, -1 if back else 1)
        return pose.seen(looks.shape.surface(np.column_stack([x, ys])[order], 0.05))

    upper = line - gap * 0.25
    lower = line + gap
    soft(
        canvas,
        np.vstack([at(lower + full), at(lower + full + 0.07 * (1 - s**2), True)]),
        shade(looks.skin, 0.66),
        0.8,
        pose.scale * 0.025,
    )
    if opening > 0.05:
        fill(canvas, np.vstack([at(upper), at(lower, True)]), (38, 30, 62))
        teeth = np.minimum(lower, upper + 0.05 * (1 - s**2))
        fill(canvas, np.vstack([at(upper), at(teeth, True)]), (226, 230, 234))
    fill(canvas, np.vstack([at(upper - cupid), at(upper, True)]), shade(looks.lips, 0.9))
    fill(canvas, np.vstack([at(lower), at(lower + full, True)]), looks.lips)
    soft(
        canvas,
        pose.seen(
            looks.shape.surface(
                ring(0, y + float(gap[7]) + thick * 0.55, half * 0.4, thick * 0.22), 0.06
            )
        ),
        mix(looks.lips, (255, 255, 255), 0.5),
        0.45,
        pose.scale * 0.012,
    )
    if opening <= 0.05:
        stroke(canvas, at(line), shade(looks.lips, 0.5), max(1.0, 0.02 * pose.scale))
