"""Depth in a face's motion: a head that turns shows it, a sheet that is shifted, tilted or bent does not."""

from __future__ import annotations

import math
from functools import cache

import cv2
import numpy as np
import pytest

from kiosk.core import paths
from kiosk.core.frames import BGRImage
from kiosk.demo.synthetic_faces.cast import CAST, MEMBERS
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.liveness.parallax_meter import ParallaxMeter, Rotation, cut_patch
from kiosk.vision.liveness.checks.track_checks import Parallax
from kiosk.vision.models.manifest import Manifest


@cache
def detector():
    return load_mtcnn(Manifest.load(paths.MANIFEST), min_face_size=60)


@cache
def person(who: int, yaw: float = 0.0, pitch: float = 0.0) -> BGRImage:
    return draw_person(
        CAST[who].looks,
        height=190,
        yaw=yaw,
        pitch=pitch,
        noise_seed=round(100 * (yaw + 3 * pitch + who)) % 30,
    )


def patch(image: BGRImage) -> np.ndarray:
    made = cut_patch(image, detector().detect(image)[0].landmarks)
    assert made is not None
    return made


def turn_deg(first: BGRImage, second: BGRImage) -> tuple[float, float, float]:
    seen = ParallaxMeter().turn(patch(first), patch(second))
    return math.degrees(seen.x), math.degrees(seen.y), seen.likeness


@pytest.mark.parametrize("who", range(MEMBERS))
@pytest.mark.parametrize(("yaw", "pitch"), [(0.38, 0.0), (-0.38, 0.0), (0.0, -0.34)])
def test_a_turned_head_shows_depth_towards_where_it_turned(who, yaw, pitch):
    x, y, likeness = turn_deg(person(who), person(who, yaw, pitch))
    along = x * np.sign(yaw) + y * np.sign(pitch)
    assert along > 1.6 and likeness > 0.9


def tilted(image: BGRImage, lean: float, turn: float, roll: float, shift: float) -> BGRImage:
    height, width = image.shape[:2]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    x, y = corners[:, 0] - width / 2, corners[:, 1] - height / 2
    depth = 1 + lean * y / height + turn * x / width
    cos = math.cos(roll)
    sin = math.sin(roll)
    moved = np.stack(
        [(cos * x - sin * y) / depth + width / 2 + shift, (sin * x + cos * y) / depth + height / 2],
        axis=-1,
    )
    return np.asarray(
        cv2.warpPerspective(
            image,
            cv2.getPerspectiveTransform(corners, moved.astype(np.float32)),
            (width, height),
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )


def bent(image: BGRImage, by: float) -> BGRImage:
    height, width = image.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    u = (xs - width / 2) / (width / 2)
    return np.asarray(
        cv2.remap(
            image, xs + by * width / 2 * u**2, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        ),
        np.uint8,
    )


@pytest.mark.parametrize("who", range(4))
@pytest.mark.parametrize(
    "motion", [(0.2, 0.0, 0.0, 0.0), (0.0, 0.25, 0.0, 20.0), (-0.2, 0.15, 0.2, -15.0)]
)
def test_a_tilted_picture_shows_none(who, motion):
    x, y, _ = turn_deg(person(who), tilted(person(who), *motion))
    assert math.hypot(x, y) < 1.2


@pytest.mark.parametrize("by", [0.1, -0.15])
def test_nor_does_one_bent_evenly(by):
    x, y, _ = turn_deg(person(1), bent(person(1), by))
    assert math.hypot(x, y) < 1.2


def test_the_same_picture_is_not_turned_and_is_like_itself():
    x, y, likeness = turn_deg(person(0), person(0))
    assert math.hypot(x, y) < 0.2 and likeness > 0.99


def test_landmarks_in_one_point_give_no_patch():
    assert cut_patch(person(0), np.zeros((5, 2), np.float32)) is None


class Meter(ParallaxMeter):
    """Says what a test wants, and keeps what was compared with what."""

    def __init__(self, says) -> None:
        super().__init__()
        self.says = list(says)
        self.references: list[np.ndarray] = []

    def turn(self, first, second) -> Rotation:
        self.references.append(first)
        return self.says.pop(0)


def span(says) -> float:
    relief = Parallax(Meter(says))
    image = person(0)
    landmarks = detector().detect(image)[0].landmarks
    for number in range(len(says) + 1):
        relief.add(image, landmarks, number / 30)
    return relief.span


def test_the_span_is_between_the_two_farthest_views_and_not_one_frame():
    there = (
        [Rotation(0.0, 0.0, 0.99)] * 6
        + [Rotation(0.05, 0.0, 0.99)] * 6
        + [Rotation(0.05, -0.04, 0.99)] * 6
    )
    assert span(there) == pytest.approx(math.hypot(0.05, 0.04))
    assert (
        span(
            [Rotation(0.0, 0.0, 0.99)] * 6
            + [Rotation(0.5, 0.0, 0.99)]
            + [Rotation(0.0, 0.0, 0.99)] * 6
        )
        == 0
    )


def test_frames_in_which_something_covers_the_face_do_not_count():
    assert span([Rotation(0.2 * (-1) ** i, 0.0, 0.5) for i in range(30)]) == 0


def compared(says, reference, *, renewed_at: int = -1) -> list[int]:
    """With which frame each was compared where turns are asked for (the frame's number; -1: with none); frame ``i`` may be a
    reference where ``reference(i)``."""
    meter = Meter(says)
    relief = Parallax(meter)
    landmarks = detector().detect(person(0))[0].landmarks
    patches = []
    found = []
    relief.begin(keep=True)
    for number in range(len(says) + 1):
        image = np.roll(person(0), number, axis=0)
        patches.append(cut_patch(image, landmarks))
        if number == renewed_at:
            relief.renew()
        before = len(meter.references)
        relief.add(image, landmarks, number / 3, reference=reference(number))
        found.append(
            next(i for i, one in enumerate(patches) if np.array_equal(one, meter.references[-1]))
            if len(meter.references) > before
            else -1
        )
    return found


GOOD = Rotation(0.1, 0.0, 0.99)
LOST = Rotation(0.1, 0.0, 0.5)


def test_while_turns_are_asked_for_everything_is_compared_with_the_first_straight_frame_however_long_ago():
    assert compared([GOOD] * 20, lambda i: True) == [-1] + [0] * 20
    found = compared([GOOD] * 20, lambda i: i >= 5)
    assert found[1:5] == [0] * 4 and found[5] == -1 and set(found[6:]) == {5}, (
        "the first of all serves until then"
    )


def test_a_reference_that_is_lost_is_replaced_by_the_next_straight_frame_and_by_no_other():
    found = compared([GOOD] * 3 + [LOST] * 5 + [GOOD] * 11, lambda i: i == 0 or i >= 9)
    assert set(found[1:9]) == {0} and found[9] == -1 and set(found[10:]) == {9}
    assert set(compared([GOOD] * 3 + [LOST] * 3 + [GOOD] * 14, lambda i: True)[1:]) == {0}, (
        "three frames are not lost yet"
    )


def test_another_reference_can_be_asked_for():
    found = compared([GOOD] * 12, lambda i: i != 5, renewed_at=5)
    assert set(found[1:6]) == {0} and found[6] == -1 and set(found[7:]) == {6}
