"""Pictures of faces as many cameras would deliver them, and as prints and screens would show them.

Genuine faces and attacks get the same random camera: blur, noise, colours and compression must not
tell them apart.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage, Points
from kiosk.learning.attacks.recapture import GLOSSY, PAPER, SCREEN, Medium, filmed, shine, through
from kiosk.vision.liveness.appearance_network import face_patch

REACH = 1.6
"""Half a side of the region around the face that is processed, in eye distances."""

FEWEST_EYES = 24.0
MOST_EYES = 64.0
"""Distances between the eyes, in pixels, that a camera at a door sees."""

JITTER = 0.035
"""Standard deviation of a landmark's error, in eye distances."""


def eye_distance(landmarks: Points) -> float:
    """Return the distance between the eyes in pixels, of (5, 2) landmarks."""
    return float(np.linalg.norm(landmarks[1] - landmarks[0]))


def face_region(image: BGRImage, landmarks: Points) -> tuple[BGRImage, Points]:
    """Return the part of ``image`` around the face, and its landmarks there."""
    eyes = eye_distance(landmarks)
    x, y = landmarks.mean(axis=0)
    height, width = image.shape[:2]
    left, top = (max(0, int(at - REACH * eyes)) for at in (x, y))
    right, bottom = (
        min(side, int(at + REACH * eyes) + 1) for at, side in ((x, width), (y, height))
    )
    return image[top:bottom, left:right], landmarks - np.array([left, top], np.float32)


def camera_look(image: BGRImage, landmarks: Points, rng: np.random.Generator) -> BGRImage | None:
    """Return the (80, 80, 3) patch of the face as some camera would show it.

    ``None`` for useless landmarks.
    """
    region, points = face_region(image, landmarks)
    if min(region.shape[:2]) < 8 or eye_distance(points) < 4:
        return None
    region, points = _at_some_distance(region, points, rng)
    region = _toned(region, rng)
    if rng.random() < 0.15:
        region = _shaken(region, rng)
    region = filmed(
        region,
        rng,
        blur=float(rng.uniform(0, 1.2)) * float(rng.random() < 0.5),
        noise=float(rng.choice([0.5, 1.0, 1.8, 3.0, 5.0])),
        quality=int(rng.integers(45, 97)),
    )
    points = points + rng.normal(0, JITTER * eye_distance(points), points.shape).astype(np.float32)
    if rng.random() < 0.5:
        region, points = _mirrored(region, points)
    return face_patch(region, points)


def _at_some_distance(
    region: BGRImage, points: Points, rng: np.random.Generator
) -> tuple[BGRImage, Points]:
    """Reduce the picture to a distance between the eyes that a door's camera sees."""
    eyes = eye_distance(points)
    wanted = float(np.exp(rng.uniform(np.log(FEWEST_EYES), np.log(MOST_EYES))))
    if wanted >= eyes:
        return region, points
    size = tuple(max(8, round(side * wanted / eyes)) for side in region.shape[1::-1])
    ratio = np.array(size, np.float32) / region.shape[1::-1]
    small = cv2.resize(region, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), np.asarray(points * ratio, np.float32)


def _toned(region: BGRImage, rng: np.random.Generator) -> BGRImage:
    """Change exposure, contrast and white balance."""
    values = np.arange(256, dtype=np.float32)[None, :, None] / 255
    gains = np.exp(rng.normal(0, 0.05, 3)).astype(np.float32)
    values = values ** np.float32(np.exp(rng.normal(0, 0.2)))
    values = (values - 0.5) * np.float32(rng.uniform(0.75, 1.2)) + 0.5
    values = values * gains * np.float32(np.exp(rng.normal(0, 0.1))) + np.float32(
        rng.normal(0, 0.03)
    )
    table = np.clip(np.rint(255 * values), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(region, table), np.uint8)


def _shaken(region: BGRImage, rng: np.random.Generator) -> BGRImage:
    """Blur along one direction, as a moving head or hand is."""
    length = int(rng.integers(2, 6))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    for step in np.linspace(-0.5, 0.5, 2 * length):
        x, y = (length - 1) * (0.5 + step * np.array([np.cos(angle), np.sin(angle)]))
        kernel[round(float(y)), round(float(x))] = 1
    return np.asarray(cv2.filter2D(region, -1, kernel / kernel.sum()), np.uint8)


def _mirrored(region: BGRImage, points: Points) -> tuple[BGRImage, Points]:
    flipped = points[[1, 0, 2, 4, 3]].copy()
    flipped[:, 0] = region.shape[1] - 1 - flipped[:, 0]
    return np.ascontiguousarray(region[:, ::-1]), flipped


def varied_medium(medium: Medium, rng: np.random.Generator) -> Medium:
    """Return a medium of the same kind with other colours, glare and moiré."""
    blue, green, red = (float(g * np.exp(rng.normal(0, 0.06))) for g in medium.gain)
    return replace(
        medium,
        gain=(blue, green, red),
        lift=float(max(0.0, medium.lift + rng.normal(4, 6))),
        blur=float(medium.blur * rng.uniform(0.6, 1.8)),
        moire=float(medium.moire * rng.uniform(0.2, 2.0)),
        pitch=float(medium.pitch * np.exp(rng.normal(0, 0.4))),
        glare=float(medium.glare * rng.uniform(0.0, 2.0)),
        spot=float(medium.spot * rng.uniform(0.6, 2.0)),
    )


def recaptured(image: BGRImage, landmarks: Points, rng: np.random.Generator) -> BGRImage:
    """Return ``image`` as a print or a screen before a camera would show it, at the same places.

    The face is taken to be 60 mm wide between the eyes on the sheet.
    """
    medium = varied_medium((PAPER, GLOSSY, SCREEN)[int(rng.integers(3))], rng)
    shown = _reproduced(image, landmarks, rng)
    if medium.moire == 0:
        shown = _printed(shown, rng)
    eyes = eye_distance(landmarks)
    middle = landmarks.mean(axis=0)
    rows, columns = np.mgrid[0 : image.shape[0], 0 : image.shape[1]]
    places = np.stack([columns - middle[0], rows - middle[1]], axis=-1) * (60.0 / eyes)
    tilt = (float(rng.normal(0, 12)), float(rng.normal(0, 12)))
    lit = shine(
        through(shown, medium),
        np.ascontiguousarray(places, np.float32),
        medium,
        tilt,
        float(rng.uniform(0, 6.283)),
    )
    return np.asarray(cv2.GaussianBlur(lit, (0, 0), max(0.2, medium.blur * eyes / 45)), np.uint8)


def _reproduced(image: BGRImage, landmarks: Points, rng: np.random.Generator) -> BGRImage:
    """Lose the detail that the attacker's own camera did not take."""
    share = min(1.0, float(rng.uniform(22, 90)) / eye_distance(landmarks))
    height, width = image.shape[:2]
    small = cv2.resize(
        image, (max(8, round(width * share)), max(8, round(height * share))),
        interpolation=cv2.INTER_AREA,
    )  # fmt: skip
    _, packed = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 97))])
    again = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return np.asarray(cv2.resize(again, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _printed(image: BGRImage, rng: np.random.Generator) -> BGRImage:
    """Reduce the colours to a printer's: paler darks, less saturation, uneven ink."""
    pixels: NDArray[np.float32] = image.astype(np.float32)
    grey = pixels.mean(axis=2, keepdims=True)
    pixels = grey + np.float32(rng.uniform(0.45, 1.0)) * (pixels - grey)
    dark = np.float32(rng.uniform(0, 45))
    pixels = dark + pixels * np.float32(1 - dark / 255)
    pixels *= np.exp(rng.normal(0, 0.05, 3)).astype(np.float32)
    bands = rng.normal(0, rng.uniform(0, 2.5), (image.shape[0], 1, 1)).astype(np.float32)
    return np.asarray(np.clip(np.rint(pixels + bands), 0, 255), np.uint8)
