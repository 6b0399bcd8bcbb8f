"""Straight new edges around a head: a print has them, a person does not."""

from __future__ import annotations

from functools import cache

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


@pytest.mark.slow
@pytest.mark.parametrize("who", range(4))
def test_the_border_of_a_print_is_found_and_none_around_a_person(who):
    empty = known_view().empty
    held = photograph(who)
    assert edge_support(held, face_of(held), empty) > 0.9
    for yaw in (0.0, 0.2):
        person = draw_person(CAST[who].looks, height=190, yaw=yaw, noise_seed=2)
        assert edge_support(person, face_of(person), empty) < 0.8


def test_without_a_known_view_no_border_is_found():
    held = photograph()
    assert edge_support(held, face_of(held), None) == 0.0
