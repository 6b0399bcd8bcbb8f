"""A printed photograph of a drawn person, held at the camera: it moves as one plane."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.demo.synthetic_faces.looks import Looks
from kiosk.demo.synthetic_faces.pen import ring, rounded

_WIDTH = 300
_HEIGHT = 380
_BORDER = 18
_GROUND = (196, 186, 172)
_HAND = (150, 178, 224)


@lru_cache(maxsize=8)
def _print(looks: Looks) -> BGRImage:
    """Return (380, 300, 3) the photograph with its white border."""
    inner = (_WIDTH - 2 * _BORDER, _HEIGHT - 2 * _BORDER)
    picture = draw_person(
        looks,
        size=inner,
        centre=(inner[0] / 2, inner[1] * 0.47),
        height=185,
        background=_GROUND,
        noise_seed=None,
    )
    sheet = np.full((_HEIGHT, _WIDTH, 3), 246, np.uint8)
    sheet[_BORDER:-_BORDER, _BORDER:-_BORDER] = picture
    sheet.setflags(write=False)
    return sheet


def paint_photograph(
    canvas: BGRImage,
    looks: Looks,
    *,
    centre: tuple[float, float],
    height: float,
    tilt: float,
    lean: float,
    turn: float,
) -> None:
    """Paint the held photograph onto ``canvas`` in place.

    ``centre`` of the sheet and ``height`` in pixels; ``tilt``: radians clockwise; ``lean`` and
    ``turn``: how much shorter the upper (right) edge is than the lower (left) one, as a share, for
    the perspective of a sheet turned by hand.
    """
    source = np.array([(0, 0), (_WIDTH, 0), (_WIDTH, _HEIGHT), (0, _HEIGHT)], np.float32)
    corners = _corners(centre, height, tilt, lean, turn)
    matrix = np.asarray(
        cv2.getPerspectiveTransform(source, corners.astype(np.float32)), dtype=np.float64
    )
    size = (canvas.shape[1], canvas.shape[0])
    sheet = cv2.warpPerspective(_print(looks), matrix, size, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpPerspective(
        np.full((_HEIGHT, _WIDTH), 255, np.uint8), matrix, size, flags=cv2.INTER_LINEAR
    )
    _arm(canvas, corners)
    weight = np.asarray(mask, np.float32) / 255
    canvas[:] = cv2.blendLinear(sheet, canvas, weight, 1 - weight)
    _thumb(canvas, matrix)


def _corners(
    centre: tuple[float, float], height: float, tilt: float, lean: float, turn: float
) -> NDArray[np.float64]:
    half_h = height / 2
    half_w = height / 2 * _WIDTH / _HEIGHT
    flat = np.array(
        [
            (-half_w * (1 - lean), -half_h),
            (half_w * (1 - lean), -half_h * (1 - turn)),
            (half_w, half_h * (1 - turn)),
            (-half_w, half_h),
        ]
    )
    cos = np.cos(tilt)
    sin = np.sin(tilt)
    return np.asarray(flat @ np.array([[cos, sin], [-sin, cos]]) + centre)


def _shape(canvas: BGRImage, points: NDArray[np.float64], colour: tuple[int, int, int]) -> None:
    cv2.fillPoly(canvas, [np.round(points * 16).astype(np.int32)], colour, cv2.LINE_AA, 4)


def _arm(canvas: BGRImage, corners: NDArray[np.float64]) -> None:
    """Draw hand and sleeve below the sheet and behind it."""
    wrist = corners[2] * 0.42 + corners[3] * 0.58
    unit = float(np.linalg.norm(corners[2] - corners[3])) / 10
    outline = np.array(
        [
            (-1.6, -1.0),
            (1.5, -1.0),
            (1.7, 1.2),
            (1.3, 2.2),
            (1.6, 12),
            (-1.9, 12),
            (-1.5, 2.2),
            (-1.9, 1.2),
        ]
    )
    _shape(canvas, rounded(outline) * unit + wrist, _HAND)
    _shape(
        canvas,
        np.array([(-2.0, 2.6), (1.8, 2.6), (2.4, 14), (-2.8, 14)]) * unit + wrist,
        (96, 84, 72),
    )


def _thumb(canvas: BGRImage, matrix: NDArray[np.float64]) -> None:
    """Draw the thumb on the lower edge of the sheet, moving with its plane."""
    outline = np.array([*ring(132, 352, 15, 26, 24)], np.float32)[None]
    nail = np.array([*ring(132, 336, 8, 9, 16)], np.float32)[None]
    _shape(
        canvas,
        np.asarray(cv2.perspectiveTransform(outline, matrix)[0], np.float64),
        (142, 170, 216),
    )
    _shape(
        canvas, np.asarray(cv2.perspectiveTransform(nail, matrix)[0], np.float64), (178, 196, 232)
    )
