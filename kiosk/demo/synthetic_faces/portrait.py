"""Paint a person: shoulders, head, hair and features as polygons on the surface of the head."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from kiosk.core.frames import BGRImage
from kiosk.demo.synthetic_faces.beard_and_glasses import paint_beard, paint_glasses
from kiosk.demo.synthetic_faces.facial_features import (
    paint_brow,
    paint_eye,
    paint_mouth,
    paint_nose,
)
from kiosk.demo.synthetic_faces.hair import back_hair, front_hair
from kiosk.demo.synthetic_faces.head_shape import Array, HeadPose
from kiosk.demo.synthetic_faces.looks import Looks
from kiosk.demo.synthetic_faces.pen import (
    fill,
    hull,
    ring,
    shade,
)
from kiosk.demo.synthetic_faces.skin import SHEET_UNITS, skin_sheet
from kiosk.demo.synthetic_faces.torso import paint_torso


@dataclass(frozen=True, slots=True)
class Paint:
    """The expression: ``mouth`` 0 closed .. 1 open, ``blink`` 0 open .. 1 closed."""

    mouth: float = 0.0
    blink: float = 0.0


def paint_person(canvas: BGRImage, looks: Looks, pose: HeadPose, paint: Paint) -> None:
    """Paint the person onto ``canvas`` in place; parts outside it are cut off."""
    outline = hull(pose.seen(looks.shape.skull()))
    back_hair(canvas, looks, pose)
    paint_torso(canvas, looks, pose)
    _ears(canvas, looks, pose, behind=True)
    fill(canvas, outline, looks.skin)
    _skin_texture(canvas, looks, pose, outline)
    paint_beard(canvas, looks, pose)
    paint_nose(canvas, looks, pose)
    paint_mouth(canvas, looks, pose, paint.mouth)
    for side in (-1, 1):
        paint_eye(canvas, looks, pose, side, paint.blink)
        paint_brow(canvas, looks, pose, side)
    front_hair(canvas, looks, pose)
    _ears(canvas, looks, pose, behind=False)
    paint_glasses(canvas, looks, pose)
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


def _skin_texture(canvas: BGRImage, looks: Looks, pose: HeadPose, outline: Array) -> None:
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
