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


def sized(size: tuple[int, int], seed: int = 0) -> BGRImage:
    return cv2.resize(draw_corridor(noise_seed=seed), size)


@pytest.mark.parametrize("size", [(640, 360), (480, 640), (320, 200)])
def test_single_pictures_of_another_size_leave_the_view_known(size):
    model = known_view()
    known = model.empty
    for number in range(20):
        model.learn(sized(size), 10.0 + number)
        model.learn(draw_corridor(noise_seed=number), 10.5 + number)
    assert model.ready and model.empty is not None and model.empty.shape == known.shape
    image = draw_person(CAST[0].looks, height=190, yaw=0.1, noise_seed=5)
    assert model.beside(image, face_of(image)) is not None


def test_another_size_is_learned_once_enough_pictures_agree():
    model = known_view()
    shapes = []
    for number in range(8):
        model.learn(sized((640, 360), number), 10 + number * 0.3)
        assert model.ready
        shapes.append(model.empty.shape)
    assert shapes[4] == (180, 240, 3) and shapes[-1] == (135, 240, 3)


def test_a_few_pictures_of_another_size_at_once_are_not_enough():
    model = known_view()
    for number in range(8):
        model.learn(sized((640, 360), number), 10 + number * 0.01)
    assert model.empty.shape == (180, 240, 3)


def test_a_clock_that_goes_back_loses_nothing():
    model = known_view()
    known = model.empty
    model.learn(draw_corridor(noise_seed=1), -100.0)
    assert model.ready and np.abs(model.empty.astype(int) - known.astype(int)).max() <= 1


def test_the_successor_knows_the_place():
    successor = BackgroundModel()
    successor.take_over(known_view())
    assert successor.ready


def banded(image: BGRImage, phase: float, depth: float, axis: int) -> BGRImage:
    wave = np.sin(np.linspace(0, 9, image.shape[axis]) + phase)
    gain = 1 + depth * (wave[:, None] if axis == 0 else wave[None, :])
    return np.clip(image * gain[..., None], 0, 255).astype(np.uint8)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("phase", [0.0, 1.5, 4.0])
def test_bands_of_flicker_are_no_other_place(phase, axis):
    model = known_view(0.8)
    height = (190, 110)[axis]  # a column is measured above the head
    image = draw_person(CAST[1].looks, height=height, yaw=0.1, noise_seed=5, light=0.8)
    face = face_of(image)
    steady = model.beside(image, face)
    surround = model.beside(banded(image, phase, 0.18, axis), face)
    assert surround is not None and surround.foreign < steady.foreign + 0.05, (surround, steady)


@pytest.mark.parametrize("phase", [0.0, 1.5, 4.0])
def test_a_photograph_is_foreign_under_flicker_too(phase):
    image = photograph(1)
    face = face_of(image)
    surround = known_view().beside(banded(image, phase, 0.15, 0), face)
    assert surround is None or surround.foreign > 0.3, surround
