"""Members whose faces differ from day to day, as vectors of many dimensions."""

from __future__ import annotations

import numpy as np

from kiosk.core.templates import Vector

DIMENSION = 64
WITHIN_DAY = 0.4
"""Distance of a frame from the face of its day: enrolments spread as those of webcam-dev do."""


class DrawnFaces:
    """Unit vectors around ``seed``'s own directions; two people are about sqrt(2) apart."""

    def __init__(self, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)
        axes = np.linalg.qr(self._rng.normal(size=(DIMENSION, DIMENSION)))[0]
        self._axes = axes.astype(np.float64)

    def person(self, number: int) -> Vector:
        """Return the middle of a person's face."""
        return _unit(self._axes[number])

    def away(self, face: Vector, distance: float) -> Vector:
        """Return a face at ``distance`` from ``face``, in a direction drawn by lot."""
        across = self._rng.normal(size=DIMENSION)
        across -= (across @ face) * face
        across /= np.linalg.norm(across)
        cosine = 1 - distance**2 / 2
        return _unit(cosine * face + np.sqrt(1 - cosine**2) * across)

    def frames(self, face: Vector, count: int, spread: float = WITHIN_DAY) -> list[Vector]:
        """Return frames of one visit with that face."""
        return [self.away(face, spread) for _ in range(count)]

    def near(self, distance: float, sigma: float) -> float:
        """Return a distance drawn around ``distance``, as it varies from day to day."""
        return float(np.clip(self._rng.normal(distance, sigma), 0.05, 1.9))


def day_of(face: Vector, other: Vector, distance: float) -> Vector:
    """Return a face toward ``other`` whose frames are at about ``distance`` from ``face``."""
    cosine = (1 - distance**2 / 2) / (1 - WITHIN_DAY**2 / 2)
    return toward(face, other, float(np.sqrt(2 - 2 * cosine)))


def toward(face: Vector, other: Vector, distance: float) -> Vector:
    """Return the face at ``distance`` from ``face`` on the way to ``other``."""
    across = other - (other @ face) * face
    across /= np.linalg.norm(across)
    cosine = 1 - distance**2 / 2
    return _unit(cosine * face + np.sqrt(1 - cosine**2) * across)


def _unit(vector: np.ndarray) -> Vector:
    return np.asarray(vector / np.linalg.norm(vector), np.float32)
