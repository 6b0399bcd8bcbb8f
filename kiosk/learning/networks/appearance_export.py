"""Writes a trained MiniFASNet as the ONNX file that the kiosk runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from kiosk.core.errors import LearningError
from kiosk.learning.networks.minifasnet import SIDE, GenuineProbability, MiniFASNet
from kiosk.learning.networks.onnx_export import session_of, traced
from kiosk.learning.networks.weight_files import write

TOLERANCE = 1e-4
"""Largest allowed difference between torch and ONNX Runtime in a probability."""


def export_appearance(network: MiniFASNet, file: Path) -> Path:
    """Write ``file``: ``face`` (n, 3, 80, 80) BGR 0..255 to ``genuine`` (n, 1), 0..1.

    Raise ``LearningError`` if ONNX Runtime computes something else than torch, or the file cannot
    be written.
    """
    whole = GenuineProbability(network).eval()
    content = traced(whole, torch.zeros(1, 3, SIDE, SIDE), taken="face", given="genuine")
    difference = _disagreement(whole, content)
    if not difference <= TOLERANCE:
        raise LearningError(
            f"The exported network differs from the trained one by {difference:.1g}, more than "
            f"{TOLERANCE:g}; nothing was written. Train it again."
        )
    write(file, content)
    return file


def _disagreement(whole: GenuineProbability, content: bytes) -> float:
    """Return the largest difference on noise pictures; NaN where a number is not finite."""
    session = session_of(content)
    faces = np.random.default_rng(1).uniform(0, 255, (3, 3, SIDE, SIDE)).astype(np.float32)
    with torch.inference_mode():
        wanted = whole(torch.from_numpy(faces)).numpy()
    found = np.asarray(session.run(None, {"face": faces})[0])
    return float(np.abs(found - wanted).max())
