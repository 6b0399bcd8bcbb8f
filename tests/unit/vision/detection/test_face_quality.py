"""The quality of a face and the issues found in it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core import paths
from kiosk.core.config import QualityConfig
from kiosk.core.frames import Face, QualityIssue
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.vision.detection.alignment import align
from kiosk.vision.detection.face_quality import (
    assess,
    estimate_pose,
    measure_brightness,
    measure_sharpness,
)
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.models.manifest import Manifest
from tests.helpers.data import DATA, needs_data
from tests.helpers.fakes import make_face

CONFIG = QualityConfig()
IMAGE = np.full((480, 640, 3), 120, np.uint8)
SHARP = np.random.default_rng(0).integers(60, 200, (112, 112, 3), dtype=np.uint8)


def issues(face: Face, *others: Face, crop: np.ndarray = SHARP) -> tuple[QualityIssue, ...]:
    return assess(IMAGE, face, [face, *others], crop, CONFIG).issues


@pytest.fixture(scope="module")
def detector():
    return load_mtcnn(Manifest.load(paths.MANIFEST), min_face_size=36)


def test_a_good_face_has_no_issue():
    face = make_face()
    quality = assess(IMAGE, face, [face], SHARP, CONFIG)
    assert quality.good
    assert quality.eye_distance == pytest.approx(0.42 * 160, abs=0.1)


@pytest.mark.parametrize(
    ("face", "issue"),
    [
        (make_face(x=-60), QualityIssue.CUT_OFF),
        (make_face(y=-40), QualityIssue.CUT_OFF),
        (make_face(x=540), QualityIssue.CUT_OFF),
        (make_face(300, 220, 36, 44), QualityIssue.TOO_SMALL),
        (make_face(150, 30, 340, 420), QualityIssue.TOO_CLOSE),
        (make_face(x=5, width=120), QualityIssue.OFF_CENTRE),
        (make_face(yaw=0.7), QualityIssue.TURNED_AWAY),
        (make_face(yaw=-0.7), QualityIssue.TURNED_AWAY),
    ],
)
def test_issues_of_size_place_and_pose(face, issue):
    found = issues(face)
    assert found[0] == issue
    assert set(found[1:]) <= {QualityIssue.OFF_CENTRE}


@pytest.mark.parametrize(
    ("degrees", "found"),
    [
        (0, ()),
        (30, ()),
        (50, ("tilted",)),
        (-50, ("tilted",)),
        (90, ("tilted",)),
        (180, ("tilted",)),
    ],
)
def test_a_head_may_be_tilted_a_little(degrees, found):
    face = make_face()
    turn = np.deg2rad(degrees)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]], np.float32)
    middle = face.landmarks.mean(axis=0)
    face.landmarks[:] = (face.landmarks - middle) @ matrix + middle
    assert tuple(issue.value for issue in issues(face)) == found


@pytest.mark.parametrize(
    ("crop", "issue"),
    [
        (SHARP // 4, QualityIssue.TOO_DARK),
        (np.clip(SHARP.astype(int) + 110, 0, 255).astype(np.uint8), QualityIssue.TOO_BRIGHT),
        (cv2.GaussianBlur(SHARP, (0, 0), 4), QualityIssue.BLURRED),
    ],
)
def test_issues_of_light_and_sharpness(crop, issue):
    assert issues(make_face(), crop=crop) == (issue,)


def test_only_a_comparable_second_face_counts():
    main = make_face(width=160)
    assert issues(main, make_face(x=450, width=90)) == ()
    assert issues(main, make_face(x=450, width=100)) == (QualityIssue.SEVERAL_FACES,)


def test_issues_come_in_order_of_importance():
    face = make_face(x=-8, y=300, width=16, height=20, yaw=0.9)
    found = issues(face, make_face(width=160), crop=np.zeros((112, 112, 3), np.uint8))
    assert found == (
        QualityIssue.SEVERAL_FACES,
        QualityIssue.CUT_OFF,
        QualityIssue.TOO_SMALL,
        QualityIssue.OFF_CENTRE,
        QualityIssue.TURNED_AWAY,
        QualityIssue.TOO_DARK,
        QualityIssue.BLURRED,
    )


def test_a_turned_face_is_not_too_small():
    config = replace(CONFIG, max_yaw=1.0, min_eye_distance=60.0)
    turned = make_face(yaw=0.6)
    turned.landmarks[:2, 0] = turned.centre[0] + np.array(
        [-26, 26]
    )  # 52 px apart, as 65 px turned this far
    turned.landmarks[2, 0] = turned.centre[0] + 0.6 * 26
    assert QualityIssue.TOO_SMALL not in assess(IMAGE, turned, [turned], SHARP, config).issues


@given(
    yaw=st.floats(-0.9, 0.9),
    pitch=st.floats(-0.9, 0.9),
    degrees=st.floats(-40, 40),
    scale=st.floats(0.2, 5),
)
def test_the_pose_does_not_depend_on_place_size_and_roll(yaw, pitch, degrees, scale):
    points = make_face(yaw=yaw, pitch=pitch).landmarks
    turn = np.radians(degrees)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    moved = (points @ matrix.T * scale + (31, -7)).astype(np.float32)
    got = estimate_pose(moved)
    assert got == pytest.approx((yaw, pitch, degrees), abs=0.02)


@pytest.mark.parametrize(
    "points", [np.zeros((5, 2)), np.full((5, 2), np.nan), make_face().landmarks[[0, 1, 2, 0, 1]]]
)
def test_unusable_landmarks_count_as_a_face_turned_away(points):
    assert estimate_pose(points.astype(np.float32))[0] == 1.0


def test_sharpness_hardly_depends_on_the_crop_size():
    smooth = cv2.GaussianBlur(
        np.random.default_rng(1).integers(0, 255, (160, 160, 3), dtype=np.uint8), (0, 0), 3
    )
    values = [
        measure_sharpness(cv2.resize(smooth, (side, side), interpolation=cv2.INTER_AREA))
        for side in (112, 128, 150, 160)
    ]
    assert max(values) < 1.5 * min(values)


def test_brightness_ignores_the_background():
    crop = np.full((100, 100, 3), 255, np.uint8)
    crop[20:80, 20:80] = 50
    assert measure_brightness(crop) == pytest.approx(50)


@pytest.mark.parametrize("axis", ["yaw", "pitch"])
def test_the_estimate_follows_a_drawn_head(detector, axis):
    """Means over the first five of the cast rise with the angle, signed as in ``Quality``."""
    angles = (-0.45, -0.2, 0.0, 0.2, 0.45) if axis == "yaw" else (-0.3, -0.15, 0.0, 0.15, 0.3)
    means = []
    for angle in angles:
        poses = []
        for actor in CAST[:5]:
            found = detector.detect(draw_person(actor.looks, height=190, **{axis: angle}))
            poses.append(estimate_pose(found[0].landmarks))
        means.append(float(np.mean([pose[0 if axis == "yaw" else 1] for pose in poses])))
        assert all(abs(pose[2]) < 8 for pose in poses)
    assert means == sorted(means)
    steps = np.diff(means)
    assert steps.min() > 0.01 and means[-1] - means[0] > (0.6 if axis == "yaw" else 0.25)
    if axis == "yaw":
        assert abs(means[2]) < 0.08


@pytest.mark.data
@needs_data
@pytest.mark.parametrize("clip", ["person-a-2", "person-b-1", "person-d-2"])
def test_frontal_clips_are_good_and_degraded_ones_are_not(detector, clip):
    capture = cv2.VideoCapture(str(DATA / "videos" / f"{clip}.mkv"))
    good = blurred = dark = frames = 0
    while True:
        got, image = capture.read()
        if not got:
            break
        if int(capture.get(cv2.CAP_PROP_POS_FRAMES)) % 6:
            continue
        faces = detector.detect(image)
        face = faces[0]
        frames += 1
        for kind, spoilt in (
            ("good", image),
            ("blurred", cv2.GaussianBlur(image, (0, 0), 3)),
            ("dark", (image * 0.25).astype(np.uint8)),
        ):
            quality = assess(
                spoilt, face, faces, align(spoilt, face.landmarks, "dlib_150", 150), CONFIG
            )
            good += kind == "good" and quality.good and abs(quality.yaw) < 0.35
            blurred += kind == "blurred" and QualityIssue.BLURRED in quality.issues
            dark += kind == "dark" and QualityIssue.TOO_DARK in quality.issues
    assert frames >= 6
    assert good >= 0.9 * frames and blurred == frames and dark == frames
