"""Whether a face is good enough to be compared, and what is wrong with it otherwise."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from kiosk.core.config import QualityConfig
from kiosk.core.frames import BGRImage, Face, Points, Quality, QualityIssue

NEUTRAL_NOSE = 0.5
"""Where the nose lies between eyes (0) and mouth (1) in a straight view: the usual alignment
templates have 0.495, the detector's landmarks on clips of people at a webcam 0.45 to 0.54."""

COMPANION_SHARE = 0.6
"""Least width of a second face, as a share of the main face's; smaller ones stand far behind."""

MAX_OFF_CENTRE = 0.36
"""How far the face may be from the centre of the picture, as a share of its width or height."""

MAX_CUT_SHARE = 0.08
"""Largest share of the width or height of the face that may lie outside the picture."""

SHARPNESS_SIDE = 112
"""Crops are resized to this many pixels before their sharpness is measured, so that one limit suits
every embedder."""


def estimate_pose(landmarks: Points) -> tuple[float, float, float]:
    """Return (yaw, pitch, roll) from the five landmarks; signs and units as in ``Quality``.

    roll is the angle of the line between the eyes, in degrees. With that line made level, e the
    distance between the eyes, (x, y) the nose from the middle between the eyes and m the height of
    the middle of the mouth below it: yaw = 2 x / e (nose between the eyes: 0; below one eye: 1),
    pitch = 2 (y / m - NEUTRAL_NOSE); both clipped to -1..1. Coinciding or non-finite landmarks give
    yaw 1, that is a face turned away.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    left = points[0]
    right = points[1]
    across = right - left
    apart = float(np.hypot(*across))
    roll = math.atan2(across[1], across[0]) if apart > 0 else 0.0
    cos = math.cos(-roll)
    sin = math.sin(-roll)
    level = (points - (left + right) / 2) @ np.array([[cos, sin], [-sin, cos]])
    drop = float(level[3:5, 1].mean())
    if apart < 1e-3 or drop < 1e-3 or not np.isfinite(points).all():
        return 1.0, 0.0, math.degrees(roll)
    yaw = 2 * float(level[2, 0]) / apart
    pitch = 2 * (float(level[2, 1]) / drop - NEUTRAL_NOSE)
    return float(np.clip(yaw, -1, 1)), float(np.clip(pitch, -1, 1)), math.degrees(roll)


def measure_sharpness(crop: BGRImage) -> float:
    """Return the variance of the Laplacian of the grey crop at ``SHARPNESS_SIDE`` pixels."""
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    if max(grey.shape) != SHARPNESS_SIDE:
        scale = SHARPNESS_SIDE / max(grey.shape)
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        grey = cv2.resize(
            grey,
            (max(3, round(grey.shape[1] * scale)), max(3, round(grey.shape[0] * scale))),
            interpolation=interpolation,
        )
    return float(cv2.Laplacian(grey, cv2.CV_32F).var())


def measure_brightness(crop: BGRImage) -> float:
    """Return the mean luminance (BT.601), 0..255, of the middle of the crop, without background."""
    h, w = crop.shape[:2]
    middle = crop[h // 5 : h - h // 5, w // 5 : w - w // 5]
    return float(cv2.cvtColor(middle, cv2.COLOR_BGR2GRAY).mean())


def assess(
    image: BGRImage, face: Face, faces: Sequence[Face], crop: BGRImage, config: QualityConfig
) -> Quality:
    """Measure ``face`` and its aligned ``crop``.

    ``faces``: all faces found in ``image``, ``face`` being one of them. ``issues`` come in the
    order in which they should be corrected: several faces, cut off, too small, too close, off
    centre, turned away, tilted, too dark, too bright, blurred.
    """
    yaw, pitch, roll = estimate_pose(face.landmarks)
    eyes = float(np.hypot(*(face.landmarks[1] - face.landmarks[0])))
    sharpness = measure_sharpness(crop)
    brightness = measure_brightness(crop)
    height, width = image.shape[:2]
    # turning the head brings the eyes together although it is not smaller
    frontal_eyes = eyes / math.sqrt(max(0.25, 1 - min(abs(yaw), 1.0) ** 2))
    found = {
        QualityIssue.SEVERAL_FACES: _has_companion(face, faces),
        QualityIssue.CUT_OFF: _is_cut_off(face, width, height),
        QualityIssue.TOO_SMALL: frontal_eyes < config.min_eye_distance,
        QualityIssue.TOO_CLOSE: face.height > config.max_face_share * height,
        QualityIssue.OFF_CENTRE: _is_off_centre(face, width, height),
        QualityIssue.TURNED_AWAY: abs(yaw) > config.max_yaw,
        QualityIssue.TILTED: abs(roll) > config.max_roll,
        QualityIssue.TOO_DARK: brightness < config.min_brightness,
        QualityIssue.TOO_BRIGHT: brightness > config.max_brightness,
        QualityIssue.BLURRED: sharpness < config.min_sharpness,
    }
    issues = tuple(issue for issue, present in found.items() if present)
    return Quality(eyes, sharpness, brightness, yaw, pitch, roll, issues)


def _has_companion(face: Face, faces: Sequence[Face]) -> bool:
    return any(other is not face and other.width >= COMPANION_SHARE * face.width for other in faces)


def _is_cut_off(face: Face, width: int, height: int) -> bool:
    x1, y1, x2, y2 = (float(v) for v in face.box)
    outside = (
        max(-x1, x2 - width) > MAX_CUT_SHARE * face.width
        or max(-y1, y2 - height) > MAX_CUT_SHARE * face.height
    )
    x, y = face.landmarks[:, 0], face.landmarks[:, 1]
    return outside or bool(
        (x < 0).any() or (y < 0).any() or (x >= width).any() or (y >= height).any()
    )


def _is_off_centre(face: Face, width: int, height: int) -> bool:
    x, y = face.centre
    return (
        abs(x - width / 2) > MAX_OFF_CENTRE * width or abs(y - height / 2) > MAX_OFF_CENTRE * height
    )
