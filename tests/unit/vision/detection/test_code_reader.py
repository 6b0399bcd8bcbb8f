"""Reading codes held to the camera, with blur, noise, rotation and perspective."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kiosk.access.badges import BadgeKey
from kiosk.core.frames import Frame
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.vision.detection.code_reader import NONE, CodeReader, qr_code
from tests.unit.access.test_badges import NOW

TEXT = BadgeKey(bytes(32)).issue(NOW)[0]
EAN = {
    "L": [
        "0001101",
        "0011001",
        "0010011",
        "0111101",
        "0100011",
        "0110001",
        "0101111",
        "0111011",
        "0110111",
        "0001011",
    ],
    "first": [
        "LLLLLL",
        "LLGLGG",
        "LLGGLG",
        "LLGGGL",
        "LGLLGG",
        "LGGLLG",
        "LGGGLL",
        "LGLGLG",
        "LGLGGL",
        "LGGLGL",
    ],
}


def ean13(digits: str) -> np.ndarray:
    """Return the bars of an EAN-13 code (GS1 General Specifications 5.2) with a white margin."""
    right = ["".join("10"[int(bit)] for bit in code) for code in EAN["L"]]
    codes = {"L": EAN["L"], "R": right, "G": [code[::-1] for code in right]}
    sides = EAN["first"][int(digits[0])]
    left = "".join(codes[side][int(d)] for side, d in zip(sides, digits[1:7], strict=True))
    bits = "101" + left + "01010" + "".join(codes["R"][int(d)] for d in digits[7:]) + "101"
    line = np.repeat([255 - 255 * int(bit) for bit in "0" * 11 + bits + "0" * 11], 4).astype(
        np.uint8
    )
    return np.tile(line, (160, 1))


def scene(
    code: np.ndarray, turn: float = 0.0, slant: float = 0.0, blur: float = 0.7, noise: float = 5.0
) -> np.ndarray:
    """Return ``code`` on a card in a grey room as a webcam picture, (480, 640, 3)."""
    height, width = code.shape
    corners = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    middle = np.float32([320, 240])
    angle = np.float32([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    placed = (corners - corners.mean(axis=0)) @ angle.T
    placed[:, 1] *= 1 - slant * (placed[:, 0] / width)
    warp = cv2.getPerspectiveTransform(corners, (placed + middle).astype(np.float32))
    room = np.full((480, 640), 110, np.uint8)
    cv2.warpPerspective(code, warp, (640, 480), room, borderMode=cv2.BORDER_TRANSPARENT)
    grey = cv2.GaussianBlur(room, (0, 0), blur) + np.random.default_rng(1).normal(
        0, noise, room.shape
    )
    return cv2.cvtColor(grey.clip(0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)


def card(scale: int = 5) -> np.ndarray:
    return np.kron(np.where(qr_code(TEXT), 0, 255), np.ones((scale, scale))).astype(np.uint8)


@pytest.mark.parametrize(
    ("turn", "slant", "blur", "noise", "scale"),
    [
        (0, 0, 0.7, 5, 6),
        (0.2, 0, 0.7, 5, 5),
        (-0.5, 0.1, 0.7, 5, 5),
        (1.57, 0, 0.7, 5, 5),
        (0.1, 0.2, 1.0, 8, 6),
        (0, 0, 0.5, 5, 4),
    ],
)
def test_a_badge_is_read(turn: float, slant: float, blur: float, noise: float, scale: int):
    assert CodeReader(0.25, False).look(scene(card(scale), turn, slant, blur, noise)).qr == (TEXT,)


def test_a_bar_code_is_read_only_if_enabled():
    picture = scene(ean13("2026123400013"), blur=0.5, noise=3)
    assert CodeReader(0.25, True).look(picture).bar == ("2026123400013",)
    assert CodeReader(0.25, False).look(picture) == NONE


def test_a_face_and_an_empty_room_hold_no_code():
    reader = CodeReader(0.25, True)
    for picture in (
        np.ascontiguousarray(draw_person(CAST[0].looks)),
        np.zeros((480, 640, 3), np.uint8),
        np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8),
    ):
        assert reader.look(picture) == NONE


def test_looks_respect_the_interval():
    reader = CodeReader(0.25, False)
    picture = scene(card(6))
    seen = [reader.read(Frame(picture, at, 0)) != NONE for at in (10.0, 10.1, 10.24, 10.26, 10.4)]
    assert seen == [True, False, False, True, False]


def test_a_text_longer_than_any_badge_is_ignored():
    text = "x" * 300
    picture = np.kron(np.where(qr_code(text), 0, 255), np.ones((5, 5))).astype(np.uint8)
    assert CodeReader(0.25, False).look(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)).qr == ()
