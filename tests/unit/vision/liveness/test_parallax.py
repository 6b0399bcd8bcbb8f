"""Depth in a face's motion: a turning head shows it, a shifted, tilted or bent sheet does not."""

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
from kiosk.vision.liveness.checks.parallax import TurnTracker
from kiosk.vision.liveness.parallax_meter import ParallaxMeter, Rotation, cut_patch
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
    cut = cut_patch(image, detector().detect(image)[0].landmarks)
    assert cut is not None
    return cut


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
def test_a_tilted_picture_shows_no_depth(who, motion):
    x, y, _ = turn_deg(person(who), tilted(person(who), *motion))
    assert math.hypot(x, y) < 1.2


@pytest.mark.parametrize("by", [0.1, -0.15])
def test_an_evenly_bent_picture_shows_no_depth(by):
    x, y, _ = turn_deg(person(1), bent(person(1), by))
    assert math.hypot(x, y) < 1.2


def test_the_same_picture_has_no_rotation_and_full_likeness():
    x, y, likeness = turn_deg(person(0), person(0))
    assert math.hypot(x, y) < 0.2 and likeness > 0.99


def test_coinciding_landmarks_give_no_patch():
    assert cut_patch(person(0), np.zeros((5, 2), np.float32)) is None


class Meter(ParallaxMeter):
    """Returns scripted rotations and records the references."""

    def __init__(self, rotations) -> None:
        super().__init__()
        self.rotations = list(rotations)
        self.references: list[np.ndarray] = []

    def turn(self, first, second) -> Rotation:
        self.references.append(first)
        return self.rotations.pop(0)


def span(rotations) -> float:
    tracker = TurnTracker(Meter(rotations))
    image = person(0)
    landmarks = detector().detect(image)[0].landmarks
    for number in range(len(rotations) + 1):
        tracker.add(image, landmarks, number / 30)
    return tracker.span


def test_the_span_is_between_the_two_most_distant_views_and_ignores_a_single_frame():
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


def test_frames_with_a_covered_face_do_not_count():
    assert span([Rotation(0.2 * (-1) ** i, 0.0, 0.5) for i in range(30)]) == 0


def compared(rotations, may_be_reference, *, replaced_at: int = -1) -> list[int]:
    """Return which frame each was compared with during a challenge (its number; -1: none)."""
    meter = Meter(rotations)
    tracker = TurnTracker(meter)
    landmarks = detector().detect(person(0))[0].landmarks
    patches = []
    found = []
    tracker.begin(keep_reference=True)
    for number in range(len(rotations) + 1):
        image = np.roll(person(0), number, axis=0)
        patches.append(cut_patch(image, landmarks))
        if number == replaced_at:
            tracker.replace_reference()
        compared_before = len(meter.references)
        tracker.add(image, landmarks, number / 3, may_be_reference=may_be_reference(number))
        found.append(
            next(i for i, one in enumerate(patches) if np.array_equal(one, meter.references[-1]))
            if len(meter.references) > compared_before
            else -1
        )
    return found


GOOD = Rotation(0.1, 0.0, 0.99)
LOST = Rotation(0.1, 0.0, 0.5)


def test_during_a_challenge_everything_is_compared_with_the_first_straight_frame():
    assert compared([GOOD] * 20, lambda i: True) == [-1] + [0] * 20
    found = compared([GOOD] * 20, lambda i: i >= 5)
    assert found[1:5] == [0] * 4 and found[5] == -1 and set(found[6:]) == {5}, (
        "the first frame serves until then"
    )


def test_a_lost_reference_is_replaced_by_the_next_straight_frame():
    found = compared([GOOD] * 3 + [LOST] * 5 + [GOOD] * 11, lambda i: i == 0 or i >= 9)
    assert set(found[1:9]) == {0} and found[9] == -1 and set(found[10:]) == {9}
    assert set(compared([GOOD] * 3 + [LOST] * 3 + [GOOD] * 14, lambda i: True)[1:]) == {0}, (
        "three unlike frames are not enough"
    )


def test_the_reference_can_be_replaced_on_request():
    found = compared([GOOD] * 12, lambda i: i != 5, replaced_at=5)
    assert set(found[1:6]) == {0} and found[6] == -1 and set(found[7:]) == {6}
