"""Alignment of faces by their five landmarks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.frames import Face
from kiosk.learning.networks.torchvision_compat import ensure_torchvision
from kiosk.vision.detection.alignment import TEMPLATES, align, crop_for, similarity


@given(st.floats(-3, 3), st.floats(0.2, 5), st.floats(-200, 200), st.floats(-200, 200))
def test_a_similarity_is_recovered_exactly(angle, scale, x, y):
    points = TEMPLATES["arcface_112"][1]
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = points @ turn.T + [x, y]
    matrix = similarity(points, moved)
    assert np.allclose(matrix, np.concatenate([turn, [[x], [y]]], axis=1), atol=1e-3)


@pytest.mark.parametrize("name", list(TEMPLATES))
def test_marked_landmarks_come_out_at_the_template(name):
    size, template = TEMPLATES[name]
    landmarks = (template * 1.7 + [90, 60]).astype(np.float32)
    image = np.zeros((400, 500, 3), np.uint8)
    for x, y in landmarks:
        image[round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3] = 255
    crop = align(image, landmarks, name, size)
    assert crop.shape == (size, size, 3)
    for x, y in template:
        assert crop[round(y), round(x)].min() > 200


def test_coinciding_landmarks_give_a_black_crop():
    crop = align(
        np.full((50, 50, 3), 9, np.uint8), np.full((5, 2), 20, np.float32), "dlib_150", 150
    )
    assert crop.shape == (150, 150, 3) and not crop.any()


@pytest.mark.parametrize("box", [[-40, -40, 20, 20], [90, 90, 300, 300], [200, 200, 260, 260]])
def test_a_box_beyond_the_edge_is_cut_there(box):
    face = Face(np.array(box, np.float32), np.zeros((5, 2), np.float32), 1.0)
    assert crop_for(np.full((100, 100, 3), 80, np.uint8), face, "box", 160).shape == (160, 160, 3)


@pytest.mark.slow
@pytest.mark.parametrize(
    "box", [[120.4, 80.7, 300.2, 310.9], [-12, -8, 90, 130], [400, 300, 520.5, 420.5]]
)
def test_the_box_crop_equals_that_of_facenet_pytorch(box):
    ensure_torchvision()
    from facenet_pytorch import extract_face

    image = np.random.default_rng(2).integers(0, 256, (400, 500, 3), dtype=np.uint8)
    ours = crop_for(
        image, Face(np.array(box, np.float32), np.zeros((5, 2), np.float32), 1.0), "box", 160
    )
    theirs = extract_face(image, np.array(box, np.float32), image_size=160, margin=14)
    assert np.array_equal(ours, theirs.numpy().transpose(1, 2, 0))


def test_non_finite_landmarks_give_a_black_crop():
    assert not align(
        np.full((50, 50, 3), 9, np.uint8), np.full((5, 2), np.nan, np.float32), "arcface_112", 112
    ).any()
