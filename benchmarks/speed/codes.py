"""The search for badges beside OpenCV's detector of QR codes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np

from benchmarks.speed.timing import Row, Times, rows
from kiosk.access.badges import LENGTH, PREFIX
from kiosk.vision.detection.code_reader import qr_code
from kiosk.vision.detection.code_search import Picture, ZXingCodeSearch

BADGES = 200
TEXT = PREFIX + "A7" * ((LENGTH - len(PREFIX)) // 2)


def badge(rng: np.random.Generator) -> Picture:
    """Draw a badge in a room, (480, 640): turned, slanted, blurred and noisy."""
    modules = np.where(qr_code(TEXT), 0, 255).astype(np.uint8)
    side = len(modules) * rng.uniform(2.6, 6)
    turn, slant = rng.uniform(-0.5, 0.5), rng.uniform(0, 0.3)
    corners = side / 2 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    corners[1:3] *= (1, 1 - slant)
    turned = corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    edge = 8 * len(modules)
    source = np.array([[0, 0], [edge, 0], [edge, edge], [0, edge]], np.float32)
    warp = cv2.getPerspectiveTransform(source, (turned + np.array([320, 240])).astype(np.float32))
    room = np.full((480, 640), 110, np.uint8)
    large = np.kron(modules, np.ones((8, 8), np.uint8))
    # through four times the size, so that pixels average what they cover
    fine = cv2.warpPerspective(
        large, np.diag([4.0, 4.0, 1.0]) @ warp, (2560, 1920), borderValue=(110,)
    )
    room = cv2.resize(fine, (640, 480), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(room, (0, 0), rng.uniform(0.4, 1.0))
    noise = rng.normal(0, rng.uniform(2, 8), room.shape)
    return (blurred + noise).clip(0, 255).astype(np.uint8)


def codes() -> list[Row]:
    """Search ``BADGES`` badges, and as many in dark mode, in both ways by turns."""
    rng = np.random.default_rng(17)
    light = [badge(rng) for _ in range(BADGES)]
    opencv = cv2.QRCodeDetectorAruco()
    zxing = ZXingCodeSearch(bar_codes=False)
    ways = {
        "ours": lambda picture: zxing.look(picture).qr == (TEXT,),
        "OpenCV": lambda picture: opencv.detectAndDecode(picture)[0] == TEXT,
    }
    found: list[Row] = []
    for name, pictures in (("codes", light), ("codes:inverted", [255 - p for p in light])):
        times, read = _searched(ways, pictures)
        note = f"processor time; {read['ours']} of {BADGES} badges read, OpenCV {read['OpenCV']}"
        found += rows(name, "ours", times, note)
    return found


def _searched(
    ways: Mapping[str, Callable[[Picture], bool]], pictures: Sequence[Picture]
) -> tuple[dict[str, Times], dict[str, int]]:
    """Return the processor time of each way, and how many codes it read."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    read = dict.fromkeys(ways, 0)
    for picture in pictures:
        for name, way in ways.items():
            began = time.process_time()
            read[name] += way(picture)
            taken[name].append(1e3 * (time.process_time() - began))
    times = {
        name: Times(float(np.median(t)), float(np.percentile(t, 95))) for name, t in taken.items()
    }
    return times, read
