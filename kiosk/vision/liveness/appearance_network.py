"""How genuine a face looks in single frames, by a small network against presentation attacks."""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.core.errors import WeightsError
from kiosk.core.frames import BGRImage, Points
from kiosk.vision.detection.alignment import TEMPLATES, similarity
from kiosk.vision.liveness.checked_network import CheckedNetwork, Pictures
from kiosk.vision.models.manifest import Manifest, ModelEntry

Floats = NDArray[np.float64]

NETWORK = "appearance"
"""Its id in the manifest."""

ALIGNMENT = "face_80"
SIDE = 80


class AppearanceNetwork(Protocol):
    """Judges how genuine a face looks."""

    @property
    def threshold(self) -> float: ...
    def score(self, image: BGRImage, landmarks: Points) -> float: ...


def face_patch(image: BGRImage, landmarks: Points) -> BGRImage | None:
    """Return (80, 80, 3): the face from the eyes to the mouth, ``None`` for useless landmarks.

    ``landmarks``: (5, 2) in pixels of ``image``. A large face is reduced by area averages first, so
    that its texture is not sampled with gaps. Beyond the picture its edge is repeated.
    """
    _, points = TEMPLATES[ALIGNMENT]
    if not np.isfinite(landmarks).all():
        return None
    try:
        matrix = similarity(landmarks, points)
    except ValueError:
        return None
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if not scale > 0:
        return None
    if scale < 0.5:
        image, matrix = _reduced(image, matrix, scale)
    return np.asarray(
        cv2.warpAffine(
            image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        ),
        np.uint8,
    )


def _reduced(image: BGRImage, matrix: Floats, scale: float) -> tuple[BGRImage, Floats]:
    """Return a smaller picture, and the transform from its pixels."""
    height, width = image.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    ratio = np.array([width / size[0], height / size[1]])
    # a pixel's centre is at half a pixel: (x + 0.5) / ratio - 0.5
    shift = matrix[:, :2] @ (0.5 * (ratio - 1)) + matrix[:, 2]
    return small, np.concatenate([matrix[:, :2] * ratio, shift[:, None]], axis=1)


class OnnxAppearance:
    """A network of kind ``liveness`` on ONNX Runtime.

    Raises ``WeightsError`` where its file is missing, has the wrong checksum, or computes something
    else.
    """

    def __init__(self, entry: ModelEntry) -> None:
        if entry.kind != "liveness":
            raise WeightsError(
                f"{entry.id} is a {entry.kind}, not a network against presentation attacks; "
                "correct the manifest."
            )
        self._entry = entry
        grey = np.full((SIDE, SIDE, 3), 127, np.uint8)
        self._net = CheckedNetwork(
            entry,
            self._prepared(grey),
            judges=f"faces of {SIDE}×{SIDE} pixels",
            each="a face",
        )

    @property
    def threshold(self) -> float:
        """The probability below which a face counts as an attack."""
        return self._entry.threshold

    def score(self, image: BGRImage, landmarks: Points) -> float:
        """Return the probability 0..1 that the face is genuine; 0 where it cannot be told.

        ``landmarks``: (5, 2) in pixels of ``image``.
        """
        patch = face_patch(image, landmarks)
        if patch is None:
            return 0.0
        value = float(self._net.run(self._prepared(patch))[0, 0])
        return value if np.isfinite(value) else 0.0

    def _prepared(self, patch: BGRImage) -> Pictures:
        """Return (1, 3, SIDE, SIDE) as the network takes it."""
        pixels = patch[..., ::-1] if self._entry.channels == "rgb" else patch
        face = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], np.float32)
        face -= np.array(self._entry.mean, np.float32)[:, None, None]
        face /= np.float32(self._entry.scale)
        return face


def load_appearance(manifest: Manifest) -> OnnxAppearance:
    """Load the manifest's network against presentation attacks; raises ``WeightsError``."""
    return OnnxAppearance(manifest.entry(NETWORK))
