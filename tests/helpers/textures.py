"""People for the tests of learning: coloured patterns, shifted, lit and noisy in each picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from torch import nn

from kiosk.core.frames import Face
from kiosk.learning.data.face_dataset import Faces


def pattern(person: int, size: int, take: int) -> np.ndarray:
    """(size, size, 3) uint8: picture number ``take`` of ``person``."""
    own = np.random.default_rng([person, 7])
    this = np.random.default_rng([person, 7, take])
    wide = cv2.resize(
        own.uniform(30, 220, (4, 4, 3)).astype(np.float32),
        (size + 8, size + 8),
        interpolation=cv2.INTER_CUBIC,
    )
    x, y = this.integers(0, 8, 2)
    picture = wide[y : y + size, x : x + size] * this.uniform(0.85, 1.15) + this.normal(
        0, 6, (size, size, 3)
    )
    return picture.clip(0, 255).astype(np.uint8)


def faces(people: int = 8, each: int = 6, size: int = 32) -> Faces:
    """``each`` pictures of each person, without any file."""
    crops = np.stack([pattern(p, size, i) for p in range(people) for i in range(each)])
    who = np.repeat(np.arange(people), each)
    return Faces(
        crops,
        who,
        tuple(f"p{p:02d}" for p in range(people)),
        tuple(f"p{p:02d}/{i}.png" for p in range(people) for i in range(each)),
    )


def folder(root: Path, people: int = 6, each: int = 4, size: int = 96) -> Path:
    """The same as files, a folder per person."""
    for p in range(people):
        (root / f"p{p:02d}").mkdir(parents=True)
        for i in range(each):
            cv2.imwrite(str(root / f"p{p:02d}" / f"{i}.png"), pattern(p, size, i))
    return root


class WholePicture:
    """A detector that finds a face in every picture, with the landmarks of ArcFace's template."""

    def detect(self, image: np.ndarray) -> list[Face]:
        """One face."""
        size = image.shape[0]
        points = (
            np.array(
                [[38.3, 51.7], [73.5, 51.5], [56, 71.7], [41.5, 92.4], [70.7, 92.2]], np.float32
            )
            * size
            / 112
        )
        return [Face(np.array([0, 0, size, size], np.float32), points, 0.99)]


def small_trunk(_pooling: nn.Module) -> nn.Module:
    """A quick substitute for MobileNet's layers: 960 features of pictures of 32 pixels."""
    layers = nn.Sequential(
        nn.Conv2d(3, 16, 5, 4, 2),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, 2, 1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Conv2d(32, 960, 4),
        nn.ReLU(),
    )
    return nn.Sequential(layers, nn.Flatten())
