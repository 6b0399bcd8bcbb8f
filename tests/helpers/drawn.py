"""Drawn people and tiny networks for the tests of this folder: no photograph, no training."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.vision.models.prepare.onnx_graph import Graph

POSES = ((0.0, 0.0), (0.12, 0.0), (-0.12, 0.05), (0.05, -0.08))


def draw_folder(root: Path, people: dict[str, int]) -> Path:
    """``people``: folder and number of pictures of each; everybody is somebody else of the cast."""
    for (name, pictures), actor in zip(people.items(), CAST, strict=False):
        (root / name).mkdir(parents=True, exist_ok=True)
        for number in range(pictures):
            yaw, pitch = POSES[number % len(POSES)]
            image = draw_person(
                actor.looks, size=(320, 240), height=110, yaw=yaw, pitch=pitch, noise_seed=number
            )
            cv2.imwrite(str(root / name / f"{number}.png"), image)
    return root


def tiny_network(size: int = 112, dimension: int = 3) -> bytes:
    """An ONNX network whose embedding is the mean colour of the face."""
    g = Graph("tiny")
    flat = g.node("Flatten", g.node("GlobalAveragePool", "face"), axis=1)
    weight = np.zeros((dimension, 3), np.float32)
    weight[:3, :3] = np.eye(3)[:dimension]
    g.node(
        "Identity", g.dense(flat, weight, np.full(dimension, 0.1, np.float32)), output="embedding"
    )
    return g.build({"face": ["n", 3, size, size]}, {"embedding": ["n", dimension]})
