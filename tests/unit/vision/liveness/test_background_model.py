"""The background beside a head: unchanged behind a person, foreign around a print."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

from kiosk.core import paths
from kiosk.core.frames import BGRImage, Face
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_corridor, draw_person
from kiosk.demo.synthetic_faces.printed_photo import paint_photograph
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.liveness.background_model import BackgroundModel
from kiosk.vision.models.manifest import Manifest


@cache
def detector():
    return load_mtcnn(Manifest.load(paths.MANIFEST), min_face_size=40)


def face_of(image: BGRImage) -> Face:
    return max(detector().detect(image), key=lambda face: face.width)


def known_view(light: float = 1.0) -> BackgroundModel:
    model = BackgroundModel()
    for number in range(12):
        model.learn(
            np.clip(draw_corridor(noise_seed=number) * light, 0, 255).astype(np.uint8), number * 0.3
        )
    return model


def photograph(who: int = 0, lean: float = 0.03) -> BGRImage:
    image = draw_corridor(noise_seed=3)
    paint_photograph(
        image, CAST[who].looks, centre=(320, 240), height=370, tilt=0.03, lean=lean, turn=0.02
    )
    return image


@pytest.mark.parametrize("who", range(4))
@pytest.mark.parametrize("light", [0.85, 1.0, 1.1])
def test_the_background_of_a_person_is_the_known_one(who, light):
    image = draw_person(CAST[who].looks, height=190, yaw=0.1, noise_seed=5)
    surround = known_view(light).beside(image, face_of(image))
    assert surround is not None and surround.foreign < 0.08 and surround.known > 0.8, surround


@pytest.mark.parametrize("who", range(4))
def test_a_photograph_shows_a_foreign_background(who):
    image = photograph(who)
    surround = known_view().beside(image, face_of(image))
    assert surround is not None and surround.foreign > 0.3, surround


def test_an_unknown_or_entirely_changed_view_gives_no_answer():
    image = draw_person(CAST[0].looks, height=190)
    face = face_of(image)
    model = BackgroundModel()
    assert model.beside(image, face) is None
    model.learn(draw_corridor(), 0.0)
    assert model.beside(image, face) is None and model.empty is None
    other = BackgroundModel()
    for number in range(12):
        other.learn(np.roll(draw_corridor(noise_seed=number), 150, axis=1), number * 0.3)
    assert other.beside(image, face) is None


@pytest.mark.slow
def test_a_passer_by_hardly_changes_the_view():
    model = known_view()
    known = model.empty
    model.learn(draw_person(CAST[1].looks, height=300), 4.0)
    assert known is not None and model.empty is not None
    assert np.abs(model.empty.astype(int) - known.astype(int)).max() <= 8


def test_a_picture_of_another_size_starts_learning_again():
    model = known_view()
    model.learn(cv2.resize(draw_corridor(), (640, 360)), 9.0)
    assert not model.ready
