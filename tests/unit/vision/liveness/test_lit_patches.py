"""Patches of sun are the known place in another light; plain sheets and prints are not."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.core.frames import BGRImage
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_corridor, draw_person
from kiosk.vision.liveness.background_model import BackgroundModel
from kiosk.vision.liveness.lit_patches import relit
from tests.unit.vision.liveness.test_background_model import face_of, photograph

SUN = np.array([1.2, 1.45, 1.5])
EVERYWHERE = np.ones((120, 160), np.bool_)


def wall(textured: bool, seed: int = 1) -> np.ndarray:
    """A wall (120, 160, 3) with soft structure, or a plain one."""
    coarse = np.random.default_rng(seed).uniform(90, 150, (12, 16, 1))
    rough = np.kron(coarse, np.ones((10, 10, 1))) if textured else np.full((120, 160, 1), 120.0)
    return np.asarray(rough * np.array([0.95, 1.0, 1.0]), np.float32)


def explained(seen: np.ndarray, known: np.ndarray) -> float:
    """Return which share of the changed pixels is explained by light."""
    differs = (np.abs(seen - known) > 15).any(axis=2)
    _, lit = relit(seen, known, differs, EVERYWHERE)
    return float(lit[differs].mean())


def in_light(picture: np.ndarray, factor: np.ndarray, columns: slice) -> np.ndarray:
    lit = picture.copy()
    lit[30:100, columns] = np.clip(lit[30:100, columns] * factor, 0, 255)
    return lit.astype(np.float32)


@pytest.mark.parametrize("factor", [SUN, 1 / SUN, np.full(3, 0.6)])
def test_structure_that_goes_on_under_the_light_proves_it(factor):
    known = wall(True)
    seen = in_light(known, factor, slice(40, 100))
    assert explained(seen, known) > 0.95
    lit, _ = relit(seen, known, (np.abs(seen - known) > 15).any(axis=2), EVERYWHERE)
    assert np.abs(lit - seen)[40:90, 50:90].mean() < 2


def test_a_plain_part_alone_proves_nothing():
    known = wall(False)
    assert explained(in_light(known, SUN, slice(40, 100)), known) == 0


def test_a_light_that_left_one_plain_part_and_came_to_another_is_light():
    known = in_light(wall(False), SUN, slice(10, 70))
    seen = in_light(wall(False), SUN, slice(90, 150))
    assert explained(seen, known) > 0.95


def test_another_structure_is_no_light():
    known = wall(True)
    seen = known.copy()
    seen[30:100, 40:100] = 1.4 * wall(True, seed=2)[30:100, 40:100]
    assert explained(seen, known) == 0


def test_a_plain_sheet_before_a_wall_with_structure_is_no_light():
    known = wall(True)
    seen = known.copy()
    seen[30:100, 40:100] = 240
    assert explained(seen, known) == 0


def test_a_coloured_lamp_is_no_sun():
    known = wall(True)
    assert explained(in_light(known, np.array([0.6, 1.0, 1.9]), slice(40, 100)), known) == 0


def in_sun(image: BGRImage, columns: slice) -> BGRImage:
    lit = image.copy()
    lit[60:400, columns] = np.clip(lit[60:400, columns] * (SUN * 0.9), 0, 255)
    return lit


def lit_place(columns: slice) -> BackgroundModel:
    model = BackgroundModel()
    for number in range(12):
        place = (draw_corridor(noise_seed=number) * 0.8).astype(np.uint8)
        model.learn(in_sun(place, columns), number * 0.3)
    return model


def test_sun_that_wandered_beside_a_person_hides_nothing():
    image = draw_person(CAST[1].looks, height=150, yaw=0.1, noise_seed=5, light=0.8)
    face = face_of(image)
    surround = lit_place(slice(30, 130)).beside(in_sun(image, slice(400, 560)), face)
    assert surround is not None and surround.foreign < 0.1 and surround.known > 0.9, surround


def test_a_photograph_stays_foreign_in_the_sun():
    image = (photograph(1) * 0.8).astype(np.uint8)
    face = face_of(image)
    surround = lit_place(slice(30, 130)).beside(in_sun(image, slice(400, 560)), face)
    assert surround is None or surround.foreign > 0.3, surround
