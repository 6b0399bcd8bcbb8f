"""Padding for faces that fill a picture, and faces printed on a shirt."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.core import paths
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.vision.detection.detector_padding import PaddedDetector
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.pipeline import main_face, people_among
from tests.helpers.fakes import FakeDetector, make_face

BLANK = np.full((200, 300, 3), 120, np.uint8)


@pytest.fixture(scope="module")
def detector():
    return load_mtcnn(Manifest.load(paths.MANIFEST))


def test_faces_are_returned_in_pixels_of_the_unpadded_picture():
    shapes = []

    class Shifted(FakeDetector):
        def detect(self, image):
            shapes.append(image.shape)
            return super().detect(image)

    found = PaddedDetector(Shifted([make_face(x=100, y=90)]), share=0.1).detect(BLANK)
    assert shapes == [(260, 360, 3)]
    assert found[0].box[:2].tolist() == [70, 60]
    assert np.allclose(found[0].landmarks, make_face(x=70, y=60).landmarks)


@pytest.mark.parametrize("who", [0, 1, 2])
def test_padding_corrects_the_landmarks_of_a_face_that_fills_its_picture(detector, who):
    picture = draw_person(CAST[who].looks)
    wide = detector.detect(picture)[0]
    left, top, right, bottom = (wide.box + np.array([10, 10, -10, -10])).round().astype(int)
    close = picture[top:bottom, left:right]
    corner = np.array([left, top], np.float32)

    def error(finder) -> float:
        return (
            float(np.abs(finder.detect(close)[0].landmarks + corner - wide.landmarks).max())
            / wide.width
        )

    assert error(PaddedDetector(detector)) < 0.05
    assert error(detector) > max(0.06, 2 * error(PaddedDetector(detector))), (
        "without padding the networks see a stretched face"
    )


def test_a_large_print_on_a_shirt_is_not_the_main_face():
    shirt = make_face(200, 200, 190, 220, probability=0.96)
    wearer = make_face(280, 40, 70, 90, probability=0.9999)
    assert main_face(people_among([shirt, wearer], 0.95), (640, 480)) is wearer
    assert people_among([shirt], 0.95) == [shirt], "it counts when alone"
    assert people_among([shirt], 0.97) == []


def test_a_slightly_less_certain_face_still_counts_as_a_person():
    hidden = make_face(200, 100, 150, 180, probability=0.98)
    clear = make_face(420, 100, 100, 120, probability=0.9999)
    assert main_face(people_among([hidden, clear], 0.95), (640, 480)) is hidden
    assert len(people_among([hidden, clear], 0.95)) == 2
