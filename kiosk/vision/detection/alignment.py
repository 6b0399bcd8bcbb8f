"""Cut out a face with its five landmarks where a network expects them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage, Face, Points

TEMPLATES: dict[str, tuple[int, Points]] = {
    # the five points that ArcFace-style networks are trained with, for 112 pixels
    "arcface_112": (
        112,
        np.array(
            [
                [38.2946, 51.6963],
                [73.5318, 51.5014],
                [56.0252, 71.7366],
                [41.5493, 92.3655],
                [70.7299, 92.2041],
            ],
            np.float32,
        ),
    ),
    # a tighter crop for dlib's network, for 150 pixels
    "dlib_150": (
        150,
        np.array(
            [[47.7, 47.1], [100.3, 47.1], [74.0, 77.1], [52.2, 107.8], [95.8, 107.8]], np.float32
        ),
    ),
    # the points of Open Model Zoo's face-reidentification-retail-0095, for 128 pixels
    "reid_128": (
        128,
        np.array(
            [
                [40.397, 59.085],
                [87.373, 59.085],
                [64.038, 81.984],
                [44.736, 105.562],
                [83.635, 105.562],
            ],
            np.float32,
        ),
    ),
    # eyes to mouth, for the network against presentation attacks: no hair, no border, 80 pixels
    "face_80": (
        80,
        np.array(
            [
                [18.95, 21.1],
                [61.05, 20.9],
                [40.14, 45.1],
                [22.84, 69.7],
                [57.7, 69.5],
            ],
            np.float32,
        ),
    ),
}
"""By name: the side in pixels that a template is defined for, and its landmarks (5, 2), x and y."""

BOX_MARGIN = 14 / (160 - 14)
"""Share by which width and height of a box grow for FaceNet, which was trained on boxes with a
margin and not on aligned faces: facenet-pytorch measures its networks on LFW with 14 of 160 pixels
(both sides together) outside the box."""


def similarity(source: Points, target: Points) -> NDArray[np.float64]:
    """Return the rotation, uniform scale and shift from ``source`` to ``target`` as (2, 3).

    Both are (n, 2). Least squares in closed form: Umeyama, "Least-squares estimation of
    transformation parameters between two point patterns", 1991, for two dimensions. Raises
    ``ValueError`` where all source points coincide.
    """
    from_middle = source.mean(axis=0, dtype=np.float64)
    to_middle = target.mean(axis=0, dtype=np.float64)
    x, y = (source - from_middle).T
    u, v = (target - to_middle).T
    spread = float((x * x + y * y).sum())
    if not spread > 1e-12:  # also false for NaN
        raise ValueError("all landmarks are in one place")
    along = float((x * u + y * v).sum()) / spread
    across = float((x * v - y * u).sum()) / spread
    turn = np.array([[along, -across], [across, along]])
    return np.concatenate([turn, (to_middle - turn @ from_middle)[:, None]], axis=1)


def align(image: BGRImage, landmarks: Points, template: str, size: int) -> BGRImage:
    """Return a (size, size, 3) crop with ``landmarks`` moved onto ``template``.

    ``landmarks``: (5, 2) in pixels of ``image``. Black where they coincide or are not finite.
    """
    template_size, points = TEMPLATES[template]
    try:
        matrix = similarity(landmarks, points * (size / template_size))
    except ValueError:
        return np.zeros((size, size, 3), np.uint8)
    return np.asarray(cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR), np.uint8)


def cut_box(image: BGRImage, face: Face, size: int) -> BGRImage:
    """Return a (size, size, 3) crop of the face's box, enlarged by ``BOX_MARGIN``.

    It is cut at the edge of the frame; black where the box lies outside.
    """
    height, width = image.shape[:2]
    x, y = BOX_MARGIN / 2 * face.width, BOX_MARGIN / 2 * face.height
    left = max(0, int(face.box[0] - x))
    top = max(0, int(face.box[1] - y))
    right = min(width, int(face.box[2] + x))
    bottom = min(height, int(face.box[3] + y))
    if right <= left or bottom <= top:
        return np.zeros((size, size, 3), np.uint8)
    return np.asarray(
        cv2.resize(image[top:bottom, left:right], (size, size), interpolation=cv2.INTER_AREA),
        np.uint8,
    )


def crop_for(image: BGRImage, face: Face, alignment: str, size: int) -> BGRImage:
    """Return the (size, size, 3) crop of ``face`` for a network with ``alignment``."""
    if alignment == "box":
        return cut_box(image, face, size)
    return align(image, face.landmarks, alignment, size)
