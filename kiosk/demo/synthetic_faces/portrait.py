"""Paint a person: shoulders, head, hair and features as polygons on the surface of the head."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from kiosk.core.frames import BGRImage
from kiosk.demo.synthetic_faces.appearance import Looks
from kiosk.demo.synthetic_faces.hair import back_hair, front_hair
from kiosk.demo.synthetic_faces.head_shape import Array, HeadPose
from kiosk.demo.synthetic_faces.pen import (
    Colour,
    fill,
    hull,
    mix,
    ring,
    rounded,
    shade,
    soft,
    stroke,
)
from kiosk.demo.synthetic_faces.skin import SHEET_UNITS, skin_sheet


@dataclass(frozen=True, slots=True)
class Paint:
    """The expression: ``mouth`` 0 closed .. 1 open, ``blink`` 0 open .. 1 closed."""

    mouth: float = 0.0
    blink: float = 0.0


def paint_person(canvas: BGRImage, looks: Looks, pose: HeadPose, paint: Paint) -> None:
    """Paint the person onto ``canvas`` in place; parts outside it are cut off."""
    outline = hull(pose.seen(looks.shape.skull()))
    back_hair(canvas, looks, pose)
    _body(canvas, looks, pose)
    _ears(canvas, looks, pose, behind=True)
    fill(canvas, outline, looks.skin)
    _skin_relief(canvas, looks, pose, outline)
    _beard(canvas, looks, pose)
    _nose(canvas, looks, pose)
    _mouth(canvas, looks, pose, paint.mouth)
    for side in (-1, 1):
        _eye(canvas, looks, pose, side, paint.blink)
        _brow(canvas, looks, pose, side)
    front_hair(canvas, looks, pose)
    _ears(canvas, looks, pose, behind=False)
    _glasses(canvas, looks, pose)
    _soften(canvas, pose)


def _soften(canvas: BGRImage, pose: HeadPose) -> None:
    """Blur the edges of the drawn part a little, as a lens does."""
    (x, y) = pose.origin
    reach = pose.scale * 1.7
    h, w = canvas.shape[:2]
    x1, x2 = max(0, int(x - reach)), min(w, int(x + reach))
    y1, y2 = max(0, int(y - reach)), min(h, int(y + reach))
    if x2 > x1 and y2 > y1:
        part = canvas[y1:y2, x1:x2]
        cv2.GaussianBlur(part, (3, 3), 0.4 + pose.scale / 400, dst=part)


def _body(canvas: BGRImage, looks: Looks, pose: HeadPose) -> None:
    """Paint neck, shoulders and clothes; they follow a turn of the head only a little."""
    still = HeadPose(pose.yaw * 0.15, 0.0, pose.roll * 0.15, pose.scale, pose.origin)

    def at(points: Any) -> Array:
        return still.seen(np.column_stack([np.array(points), np.zeros(len(points))]))

    base = looks.shape.chin
    neck = looks.shape.width * 0.58
    half = [
        (neck, base + 0.22),
        (0.75, base + 0.42),
        (1.25, base + 0.55),
        (1.52, base + 0.85),
        (1.66, base + 1.6),
        (1.7, base + 3.2),
    ]
    dark = shade(looks.clothes, 0.84)
    if looks.collar == "hood":
        fill(canvas, at(ring(0, base + 0.4, neck + 0.4, 0.36)), shade(looks.clothes, 0.76))
    fill(
        canvas,
        at([*rounded([(-x, y) for x, y in reversed(half)], False), *rounded(half, False)]),
        looks.clothes,
    )
    for side, depth in ((-1, 0.6), (1, 0.9)):
        soft(
            canvas,
            at(
                [
                    (side * x, base + y)
                    for x, y in ((1.5, 1.15), (1.2, 1.05), (1.1, 3.2), (1.55, 3.2))
                ]
            ),
            dark,
            depth,
            pose.scale * 0.05,
        )
    deep = 0.9 if looks.collar == "shirt" else 0.56
    bend = [
        (neck, base + 0.1),
        (neck, base + 0.24),
        (0.3 if deep < 0.8 else 0.2, base + 0.48),
        (0.0, base + deep),
    ]
    curve = rounded([(-x, y) for x, y in bend] + bend[-2::-1], close=False)
    fill(canvas, at([(-neck, base - 0.5), *curve, (neck, base - 0.5)]), shade(looks.skin, 0.8))
    soft(
        canvas, at(ring(0, base, neck * 0.85, 0.25)), shade(looks.skin, 0.5), 0.9, pose.scale * 0.06
    )
    if looks.collar == "shirt":
        light = mix(looks.clothes, (245, 245, 245), 0.6)
        for side in (-1, 1):
            fill(
                canvas,
                at(
                    [
                        (side * neck, base + 0.16),
                        (0.0, base + 0.92),
                        (side * 0.3, base + 1.04),
                        (side * (neck + 0.2), base + 0.34),
                    ]
                ),
                light,
            )
    else:
        stroke(canvas, at(curve[3:-3]), shade(looks.clothes, 0.76), 0.07 * pose.scale)


def _ears(canvas: BGRImage, looks: Looks, pose: HeadPose, behind: bool) -> None:
    """Paint the ears behind the head (``behind``), or those in front of the hair."""
    if looks.hair_style in ("bob", "long", "long_fringe", "bowl"):
        return
    size = looks.ears
    for side in (-1, 1):
        if behind != (side * pose.yaw > 0.08 or looks.hair_style == "curly"):
            continue
        x = side * (float(looks.shape.half_width(0.12)) - 0.01)
        circle = np.array(ring(0, 0, 1, 1))
        for grow, colour in ((1.0, shade(looks.skin, 0.9)), (0.58, shade(looks.skin, 0.76))):
            out = 0.3 * size * grow * (1 - circle[:, 0]) / 2  # the rear edge stands out
            points = np.column_stack(
                [
                    x + side * out,
                    0.13 + size * grow * circle[:, 1],
                    -0.14 + 0.5 * size * grow * circle[:, 0],
                ]
            )
            fill(canvas, hull(pose.seen(points)), colour)


def _skin_relief(canvas: BGRImage, looks: Looks, pose: HeadPose, outline: Array) -> None:
    """Paint light, blush, spots and texture: one sheet placed on the face."""
    sheet = skin_sheet(looks)
    flat = np.array([(x, y) for x in (-0.45, 0, 0.45) for y in (-0.45, 0.05, 0.55)])
    seen = pose.seen(looks.shape.surface(flat))
    side = sheet.shape[0]
    on_sheet = (flat / SHEET_UNITS + 0.5) * side
    affine = np.linalg.lstsq(np.column_stack([on_sheet, np.ones(len(flat))]), seen, rcond=None)[0].T
    h, w = canvas.shape[:2]
    x1, y1 = (int(v) for v in np.maximum(np.floor(outline.min(0)), 0))
    x2, y2 = (int(v) for v in np.minimum(np.ceil(outline.max(0)) + 1, (w, h)))
    if x2 <= x1 or y2 <= y1:
        return
    affine[:, 2] -= (x1, y1)
    glued = cv2.warpAffine(
        sheet, affine, (x2 - x1, y2 - y1), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    mask = np.zeros(glued.shape[:2], np.uint8)
    fill(mask, outline - (x1, y1), 255)
    part = canvas[y1:y2, x1:x2]
    cv2.copyTo(cv2.addWeighted(part, 1.0, glued, 1.0, -128.0), mask, part)


def _eye(canvas: BGRImage, looks: Looks, pose: HeadPose, side: int, blink: float) -> None:
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


def _brow(canvas: BGRImage, looks: Looks, pose: HeadPose, side: int) -> None:
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


def _nose(canvas: BGRImage, looks: Looks, pose: HeadPose) -> None:
    tip = looks.nose_length
    wide = looks.nose_width
    out = looks.nose_depth
    skin = looks.skin

    def at(points: Sequence[tuple[float, float, float]]) -> Array:
        p = np.array(points)
        return pose.seen(looks.shape.surface(p[:, :2], p[:, 2]))

    towards = min(
        1.0, max(0.0, 0.75 + pose.yaw / 0.9)
    )  # the shadow moves from one flank to the other, it does not jump
    for side, depth in ((1, towards), (-1, 1 - towards)):
        flank = [
            (side * 0.06, -0.1, 0.05),
            (side * 0.045, tip * 0.55, out * 0.6),
            (side * wide * 0.55, tip, out * 0.7),
            (side * wide, tip + 0.03, 0.05),
            (side * wide * 0.9, tip * 0.6, 0.02),
        ]
        soft(canvas, at(flank), shade(skin, 0.62), 0.65 * depth, pose.scale * 0.03)
    base = [
        (-wide, tip + 0.02, 0.07),
        (-wide * 0.5, tip + 0.085, out * 0.5),
        (0, tip + 0.1, out * 0.62),
        (wide * 0.5, tip + 0.085, out * 0.5),
        (wide, tip + 0.02, 0.07),
        (0, tip + 0.03, out * 0.92),
    ]
    soft(canvas, at(base), shade(skin, 0.48), 0.9, pose.scale * 0.018)
    soft(
        canvas,
        at([(x, y, out) for x, y in ring(0, tip - 0.04, wide * 0.42, 0.05)]),
        mix(skin, (255, 255, 255), 0.4),
        0.55,
        pose.scale * 0.025,
    )
    soft(
        canvas,
        at(
            [
                (-0.022, -0.02, 0.09),
                (0.022, -0.02, 0.09),
                (0.024, tip * 0.7, out * 0.8),
                (-0.024, tip * 0.7, out * 0.8),
            ]
        ),
        mix(skin, (255, 255, 255), 0.3),
        0.4,
        pose.scale * 0.02,
    )
    for side in (-1, 1):
        fill(
            canvas,
            at(
                [
                    (x, y, out * 0.5)
                    for x, y in ring(side * wide * 0.5, tip + 0.055, wide * 0.24, 0.02)
                ]
            ),
            shade(skin, 0.4),
        )
        wing = [
            (side * wide * 0.86, tip - 0.07, 0.07),
            (side * wide * 1.04, tip - 0.01, 0.06),
            (side * wide * 0.9, tip + 0.05, 0.08),
        ]
        stroke(canvas, at(wing), shade(skin, 0.66), max(1.0, 0.018 * pose.scale))


def _mouth(canvas: BGRImage, looks: Looks, pose: HeadPose, opening: float) -> None:
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


def _beard(canvas: BGRImage, looks: Looks, pose: HeadPose) -> None:
    if looks.beard == "none":
        return
    shape = looks.shape
    y = looks.mouth_y
    tip = looks.nose_length + 0.09
    chin = shape.chin

    def edge(levels: Sequence[float], share: float) -> list[tuple[float, float]]:
        return [(float(shape.half_width(v)) * share, v) for v in levels]

    colour = mix(looks.hair, looks.skin, 0.18)
    alpha = 0.95
    blur = pose.scale * 0.025
    moustache = [
        (0.0, tip),
        (0.14, tip + 0.02),
        (looks.mouth_width + 0.05, y - 0.02),
        (looks.mouth_width + 0.03, y + 0.05),
        (0.0, y - 0.02),
    ]
    regions: list[list[tuple[float, float]]] = []
    if looks.beard in ("full", "stubble"):
        right = [
            (0.0, tip + 0.02),
            (0.16, tip + 0.03),
            (0.34, y - 0.12),
            (0.5, 0.32),
            (float(shape.half_width(0.1)) * 0.98, 0.02),
        ]
        regions.append(
            right + edge((0.3, 0.5, 0.7, chin - 0.2, chin - 0.1), 0.985) + [(0.0, chin - 0.005)]
        )
    if looks.beard in ("moustache", "goatee"):
        regions.append(moustache)
    if looks.beard == "goatee":
        w = looks.mouth_width
        regions.append(
            [
                (0.0, y + 0.14),
                (w * 0.55, y + 0.13),
                (w + 0.03, y - 0.02),
                (w + 0.06, y + 0.1),
                (w * 0.95, chin - 0.12),
                (0.0, chin - 0.01),
            ]
        )
    if looks.beard == "stubble":
        alpha = 0.42
        blur = pose.scale * 0.05
    for half in regions:
        both = half + [(-px, py) for px, py in reversed(half)]
        soft(canvas, pose.seen(shape.surface(rounded(both), 0.015)), colour, alpha, blur)


def _glasses(canvas: BGRImage, looks: Looks, pose: HeadPose) -> None:
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
