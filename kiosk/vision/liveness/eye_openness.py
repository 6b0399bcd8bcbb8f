"""How open the eyes of a face are in one picture, by a small network (docs/liveness.md)."""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.frames import BGRImage, Points
from kiosk.vision.liveness.checked_network import CheckedNetwork
from kiosk.vision.models.manifest import Manifest, ModelEntry

Floats = NDArray[np.float32]

NETWORK = "eyes-open"
"""Its id in the manifest."""

WIDTH = 24
HEIGHT = 16
"""Pixels of the patch around an eye."""

EYE_DISTANCE = 48.0
"""Pixels between the eyes at the patch's scale."""


class EyeNetwork(Protocol):
    """Judges how open the eyes of a face are."""

    def openness(self, image: BGRImage, landmarks: Points) -> float: ...


def eye_patches(image: BGRImage, landmarks: Points) -> Floats | None:
    """Return (2, HEIGHT, WIDTH) float32: both eyes upright, the right one mirrored onto the left.

    ``landmarks``: (5, 2) in pixels of ``image``. Each patch has mean 0 and deviation 1 in
    brightness. ``None`` where the eyes coincide.
    """
    left, right = (landmarks[i].astype(np.float64) for i in (0, 1))
    across = right - left
    apart = float(np.hypot(*across))
    if not (np.isfinite(landmarks).all() and apart > 1):
        return None
    cos, sin = across / apart * (EYE_DISTANCE / apart)
    turn = np.array([[cos, sin], [-sin, cos]])
    middle = np.array([(WIDTH - 1) / 2, (HEIGHT - 1) / 2])
    patches = []
    for eye in (left, right):
        matrix = np.concatenate([turn, (middle - turn @ eye)[:, None]], axis=1)
        cut = cv2.warpAffine(
            image, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        grey = cv2.cvtColor(cut, cv2.COLOR_BGR2GRAY).astype(np.float32)
        patches.append((grey - grey.mean()) / (grey.std() + 4))
    return np.stack([patches[0], patches[1][:, ::-1]]).astype(np.float32)


class OnnxEyes:
    """The network on ONNX Runtime.

    Raises ``WeightsError`` where its file is missing, has the wrong checksum, or computes something
    else.
    """

    def __init__(self, entry: ModelEntry) -> None:
        self._net = CheckedNetwork(
            entry,
            np.zeros((2, 1, HEIGHT, WIDTH), np.float32),
            judges=f"eyes of {WIDTH}×{HEIGHT} pixels",
            each="an eye",
        )

    def openness(self, image: BGRImage, landmarks: Points) -> float:
        """Return how open the eyes are, 0 shut .. 1 open; 0 where it cannot be told.

        ``landmarks``: (5, 2) in pixels of ``image``. It is the mean of both eyes' log-odds, turned
        into a probability again.
        """
        patches = eye_patches(image, landmarks)
        if patches is None:
            return 0.0
        odds = float(self._net.run(patches[:, None]).mean())
        return float(1 / (1 + np.exp(-np.clip(odds, -60, 60)))) if np.isfinite(odds) else 0.0


def load_eye_network(manifest: Manifest) -> OnnxEyes:
    """Load the manifest's network; raises ``WeightsError``."""
    return OnnxEyes(manifest.entry(NETWORK))
