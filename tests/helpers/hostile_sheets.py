"""Sheets that somebody prints to stop the door: thousands of patterns that decoders look for."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.vision.detection.code_reader import qr_code

Sheet = NDArray[np.uint8]
"""(height, width, 3) uint8."""

SIZES = ((480, 640), (720, 1280))
"""(height, width) of the cameras."""


def _modules(dark: NDArray[np.bool_], side: int) -> Sheet:
    return np.kron(np.where(dark, 0, 255), np.ones((side, side))).astype(np.uint8)


def _nested(rings: int) -> NDArray[np.bool_]:
    """A dark square with a light one in it, and so on; three are a finder pattern of QR codes."""
    side = 2 * rings + 3
    dark = np.zeros((side, side), bool)
    for ring in range(rings):
        dark[1 + ring : side - 1 - ring, 1 + ring : side - 1 - ring] = ring % 2 == 0
    return dark


def _finder() -> NDArray[np.bool_]:
    dark = np.zeros((9, 9), bool)
    dark[1:8, 1:8] = True
    dark[2:7, 2:7] = False
    dark[3:6, 3:6] = True
    return dark


def _data_matrix(rng: np.random.Generator) -> NDArray[np.bool_]:
    """Two solid sides, two of alternating modules, and data (ISO/IEC 16022)."""
    dark = np.zeros((18, 18), bool)
    dark[1:17, 1:17] = rng.random((16, 16)) < 0.5
    dark[1:17, 1] = dark[16, 1:17] = True
    dark[1, 1:17] = np.arange(16) % 2 == 0
    dark[1:17, 16] = np.arange(16) % 2 == 1
    return dark


def _bars(rng: np.random.Generator) -> NDArray[np.bool_]:
    dark = np.tile(np.repeat(rng.random(120) < 0.5, 1)[None], (40, 1))
    dark[:3] = dark[-3:] = False
    return dark


def _repeated(tile: Sheet, size: tuple[int, int], gap: int) -> Sheet:
    spaced = np.pad(tile, ((0, gap), (0, gap)), constant_values=255)
    times = (-(-size[0] // spaced.shape[0]), -(-size[1] // spaced.shape[1]))
    return np.tile(spaced, times)[: size[0], : size[1]]


def _tilted(sheet: Sheet, rng: np.random.Generator) -> Sheet:
    height, width = sheet.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + rng.uniform(-0.12, 0.12, (4, 2)).astype(np.float32) * width
    warp = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    return np.asarray(
        cv2.warpPerspective(sheet, warp, (width, height), borderValue=(128,)), np.uint8
    )


def sheets(count: int, seed: int = 1) -> Iterator[Sheet]:
    """Draw ``count`` sheets: patterns of all sizes, some tilted, blurred or noisy."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        size = SIZES[number % len(SIZES)]
        kind = number // len(SIZES) % 7
        dark = (
            _finder(),
            _finder(),
            _nested(int(rng.integers(2, 9))),
            qr_code("MNJ1." + "x" * int(rng.integers(1, 90))),
            _data_matrix(rng),
            _bars(rng),
            rng.random((40, 40)) < 0.5,
        )[kind]
        sheet = _repeated(
            _modules(dark, int(rng.integers(1, 7))), size, int(rng.integers(0, 8)) * (number % 3)
        )
        if rng.random() < 0.4:
            sheet = _tilted(sheet, rng)
        if rng.random() < 0.3:
            sheet = np.asarray(cv2.GaussianBlur(sheet, (0, 0), rng.uniform(0.4, 1.2)), np.uint8)
        if rng.random() < 0.4:
            noise = rng.normal(0, rng.uniform(2, 20), sheet.shape)
            sheet = (sheet + noise).clip(0, 255).astype(np.uint8)
        yield np.asarray(cv2.cvtColor(sheet, cv2.COLOR_GRAY2BGR), np.uint8)


def small_faces(size: tuple[int, int], width: int, actor: int = 0) -> Sheet:
    """A sheet (height, width) full of one drawn face, each ``width`` pixels wide."""
    face = draw_person(CAST[actor].looks, size=(400, 400))[40:360, 80:320]
    small = cv2.resize(face, (width, width * 4 // 3), interpolation=cv2.INTER_AREA)
    times = (-(-size[0] // small.shape[0]), -(-size[1] // width), 1)
    return np.ascontiguousarray(np.tile(small, times)[: size[0], : size[1]])
