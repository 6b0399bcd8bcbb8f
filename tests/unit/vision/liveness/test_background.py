"""The place beside a head, and straight edges around it: a person leaves both as they were, a print does not."""

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
from kiosk.vision.liveness.straight_edges import edge_support
from kiosk.vision.models.manifest import Manifest


@cache
def detector():
    return load_mtcnn(Manifest.load(paths.MANIFEST), min_face_size=40)


def face_of(image: BGRImage) -> Face:
    return max(detector().detect(image), key=lambda face: face.width)


def known_place(light: float = 1.0) -> BackgroundModel:
    scene = BackgroundModel()
    for number in range(12):
        scene.learn(
            np.clip(draw_corridor(noise_seed=number) * light, 0, 255).astype(np.uint8), number * 0.3
        )
    return scene


def photograph(who: int = 0, lean: float = 0.03) -> BGRImage:
    image = draw_corridor(noise_seed=3)
    paint_photograph(
        image, CAST[who].looks, centre=(320, 240), height=370, tilt=0.03, lean=lean, turn=0.02
    )
    return image


@pytest.mark.parametrize("who", range(4))
@pytest.mark.parametrize("light", [0.85, 1.0, 1.1])
def test_behind_a_person_the_place_is_the_known_one(who, light):
    image = draw_person(CAST[who].looks, height=190, yaw=0.1, noise_seed=5)
    beside = known_place(light).beside(image, face_of(image))
    assert beside is not None and beside.foreign < 0.08 and beside.known > 0.8, beside


@pytest.mark.parametrize("who", range(4))
def test_a_photograph_brings_a_wall_of_its_own(who):
    image = photograph(who)
    beside = known_place().beside(image, face_of(image))
    assert beside is not None and beside.foreign > 0.3, beside


def test_nothing_is_said_of_a_place_that_is_not_known_or_all_changed():
    image = draw_person(CAST[0].looks, height=190)
    face = face_of(image)
    scene = BackgroundModel()
    assert scene.beside(image, face) is None
    scene.learn(draw_corridor(), 0.0)
    assert scene.beside(image, face) is None and scene.empty is None
    other = BackgroundModel()
    for number in range(12):
        other.learn(np.roll(draw_corridor(noise_seed=number), 150, axis=1), number * 0.3)
    assert other.beside(image, face) is None


@pytest.mark.slow
def test_somebody_who_passes_leaves_little_behind():
    scene = known_place()
    before = scene.empty
    scene.learn(draw_person(CAST[1].looks, height=300), 4.0)
    assert before is not None and scene.empty is not None
    assert np.abs(scene.empty.astype(int) - before.astype(int)).max() <= 8


def test_a_picture_of_another_size_begins_anew():
    scene = known_place()
    scene.learn(cv2.resize(draw_corridor(), (640, 360)), 9.0)
    assert not scene.ready


@pytest.mark.slow
@pytest.mark.parametrize("who", range(4))
def test_the_border_of_a_print_is_seen_and_none_around_a_person(who):
    empty = known_place().empty
    held = photograph(who)
    assert edge_support(held, face_of(held), empty) > 0.9
    for yaw in (0.0, 0.2):
        person = draw_person(CAST[who].looks, height=190, yaw=yaw, noise_seed=2)
        assert edge_support(person, face_of(person), empty) < 0.8


def test_without_the_empty_place_no_border_is_claimed():
    held = photograph()
    assert edge_support(held, face_of(held), None) == 0.0
