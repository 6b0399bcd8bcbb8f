"""People cut out of their pictures, to be put before another place, farther away or beside somebody
else.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from kiosk.core.frames import BGRImage, Points
from kiosk.learning.attacks.geometry import Floats32, blended

HEAD = (1.3, 1.8)
"""Half width and half height of the head with its hair, in eye distances."""


def person_share(landmarks: Points, size: tuple[int, int]) -> Floats32:
    """Return (height, width) 0..1: how much of each pixel the person covers.

    ``landmarks``: (5, 2) pixels; ``size``: (width, height). Head, neck and shoulders have the usual
    shape, with a soft edge.
    """
    left, right = (landmarks[i].astype(np.float64) for i in (0, 1))
    eyes = max(1.0, math.hypot(*(right - left)))
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    x = (columns - (left[0] + right[0]) / 2) / eyes
    y = (rows - (left[1] + right[1]) / 2) / eyes
    head = (x / HEAD[0]) ** 2 + ((y - 0.1) / HEAD[1]) ** 2 <= 1
    wide = np.clip(0.9 + 2.6 * np.clip((y - 1.9) / 0.9, 0, 1), 0.9, 3.5)
    body = (y > 1.0) & (np.abs(x) <= wide)
    covered = (head | body).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(covered, (0, 0), max(0.6, eyes / 20)), np.float32)


def put_before(
    scene: BGRImage, picture: BGRImage, share: Floats32, scale: float, move: tuple[float, float]
) -> BGRImage:
    """Return ``scene`` with the person whom ``share`` cuts out of ``picture``.

    The cut-out is scaled by ``scale`` about the picture's origin, then moved by ``move`` pixels.
    Below the cut-out its last row goes on, so that no body floats.
    """
    matrix = np.array([[scale, 0, move[0]], [0, scale, move[1]]])
    size = (scene.shape[1], scene.shape[0])
    moved = cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    below = np.concatenate([share, np.repeat(share[-1:], share.shape[0], axis=0)])
    left = cv2.warpAffine(below, matrix, size)
    return blended(scene, np.asarray(moved, np.uint8), np.asarray(left, np.float32))


def with_shut_eyes(image: BGRImage, landmarks: Points) -> BGRImage:
    """Return ``image`` with a lid of the skin's colour over each eye, and lashes at its lower edge.

    ``landmarks``: (5, 2) pixels of the face.
    """
    out = image.copy()
    eyes = math.hypot(*(landmarks[1] - landmarks[0]).astype(float))
    lids = np.zeros(image.shape[:2], np.float32)
    for x, y in landmarks[:2].astype(float):
        centre = (round(16 * x), round(16 * y))
        axes = (round(16 * 0.27 * eyes), round(16 * 0.15 * eyes))
        skin = _skin_below(image, (x, y), eyes)
        cv2.ellipse(lids, centre, axes, 0, 0, 360, 1.0, cv2.FILLED, cv2.LINE_AA, 4)
        cv2.ellipse(out, centre, axes, 0, 0, 360, skin, cv2.FILLED, cv2.LINE_AA, 4)
        lashes = tuple(0.55 * value for value in skin)
        thick = max(1, round(eyes / 28))
        cv2.ellipse(out, centre, axes, 0, 25, 155, lashes, thick, cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(cv2.dilate(lids, np.ones((3, 3), np.uint8)), (0, 0), eyes / 40 + 0.4)
    return blended(image, out, np.asarray(soft, np.float32))


def _skin_below(
    image: BGRImage, eye: tuple[float, float], eyes: float
) -> tuple[float, float, float]:
    """Return the median colour of the cheek below an eye."""
    half = max(1, round(0.12 * eyes))
    x, y = round(eye[0]), round(eye[1] + 0.38 * eyes)
    part = image[max(0, y - half) : y + half + 1, max(0, x - half) : x + half + 1].reshape(-1, 3)
    blue, green, red = np.median(part, axis=0) if len(part) else (120.0, 140.0, 170.0)
    return float(blue), float(green), float(red)
