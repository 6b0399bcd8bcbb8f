"""Drawn frames of any size with any number of people, and frames of real clips."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from kiosk.core.frames import BGRImage
from kiosk.demo.demo_camera import DemoCamera, DemoScene
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_corridor, draw_person
from kiosk.vision.camera.sources import read_pictures

FPS = 30


def crowd(size: tuple[int, int], people: int, seed: int = 0) -> BGRImage:
    """Draw ``people`` side by side, each about half as high as their cell.

    ``size`` is (width, height); the result is (height, width, 3) BGR.
    """
    columns = min(people, 3)
    rows = -(-people // columns)
    cell = size[0] // columns, size[1] // rows
    image = draw_corridor(size, noise_seed=seed)
    for i in range(people):
        x, y = i % columns * cell[0], i // columns * cell[1]
        image[y : y + cell[1], x : x + cell[0]] = draw_person(
            CAST[i].looks, size=cell, height=0.55 * min(cell), noise_seed=seed + i
        )
    return np.ascontiguousarray(image)


def film(
    scenes: list[tuple[DemoScene, float]], size: tuple[int, int] = (640, 480), seed: int = 0
) -> list[BGRImage]:
    """Return the demo camera's pictures of ``scenes``, (scene, seconds) each, without waiting."""
    camera = DemoCamera(
        fps=FPS, size=size, clock=lambda: 0.0, sleep=lambda seconds: None, seed=seed
    )
    pictures: list[BGRImage] = []
    for scene, seconds in scenes:
        camera.cue(scene)
        for _ in range(round(seconds * FPS)):
            image = camera.read()
            assert image is not None
            pictures.append(image)
    return pictures


def save(pictures: list[BGRImage], path: Path) -> Path:
    """Write a Motion-JPEG video at ``FPS``."""
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (width, height))
    for image in pictures:
        writer.write(image)
    writer.release()
    return path


def clips(data: Path) -> dict[str, list[BGRImage]]:
    """Return the frames of each clip in ``data``/videos by the clip's name."""
    return {
        clip.name: list(read_pictures(clip)) for clip in sorted((data / "videos").glob("person-*"))
    }
