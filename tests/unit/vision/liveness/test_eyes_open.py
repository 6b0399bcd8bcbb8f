"""Open eyes: what the network sees, and what the check makes of it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from kiosk.core import paths
from kiosk.core.errors import WeightsError
from kiosk.core.frames import Points
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.vision.liveness.checks.eyes_open import EyesOpenCheck
from kiosk.vision.liveness.eye_openness import (
    HEIGHT,
    NETWORK,
    WIDTH,
    OnnxEyes,
    eye_patches,
    load_eye_network,
)
from kiosk.vision.models.manifest import Manifest

DRAWN_POINTS: Points = np.array(
    [(129, 138), (193, 138), (161, 176), (132, 206), (189, 208)], np.float32
)
KEPT = (6, 7)
"""Drawn people whom the network was not trained on."""


@cache
def network() -> OnnxEyes:
    return load_eye_network(Manifest.load(paths.MANIFEST))


def openness(who: int, blink: float, background: int = 200) -> float:
    image = draw_person(
        CAST[who].looks, size=(320, 320), blink=blink, background=(background,) * 3, noise_seed=who
    )
    return network().openness(image, DRAWN_POINTS)


@pytest.mark.parametrize("who", KEPT)
def test_open_eyes_look_open_and_shut_ones_shut(who):
    assert openness(who, 0.0) > 0.8 and openness(who, 1.0) < 0.2


def test_without_places_of_the_eyes_they_count_as_shut():
    image = np.zeros((64, 64, 3), np.uint8)
    for landmarks in (np.zeros((5, 2), np.float32), np.full((5, 2), np.nan, np.float32)):
        assert eye_patches(image, landmarks) is None
        assert network().openness(image, landmarks) == 0.0


def test_patches_are_upright_and_alike_for_both_eyes_of_a_mirrored_face():
    image = draw_person(CAST[1].looks, size=(320, 320), background=(200, 200, 200))
    found = eye_patches(image, DRAWN_POINTS)
    assert found is not None and found.shape == (2, HEIGHT, WIDTH)
    mirrored = DRAWN_POINTS * np.float32((-1, 1)) + np.float32((319, 0))
    other = eye_patches(np.ascontiguousarray(image[:, ::-1]), mirrored[[1, 0, 2, 4, 3]])
    assert other is not None
    assert np.allclose(found, other[::-1], atol=0.2)
    brighter = eye_patches(np.clip(image * 0.7 + 10, 0, 255).astype(np.uint8), DRAWN_POINTS)
    assert brighter is not None and np.abs(found - brighter).max() < 0.4


def test_a_network_that_judges_something_else_is_refused():
    manifest = Manifest.load(paths.MANIFEST)
    wrong = replace(manifest.entry("onet"), id=NETWORK)
    with pytest.raises(WeightsError, match="judges eyes"):
        OnnxEyes(wrong)


class Scripted:
    def __init__(self) -> None:
        self.next = 1.0

    def openness(self, image: np.ndarray, landmarks: Points) -> float:
        return self.next


@pytest.mark.parametrize(
    ("seen", "ready"),
    [
        ([1.0] * 3, True),
        ([1.0] * 2, False),
        ([0.0] * 8, False),
        ([0.0, 1.0, 1.0, 0.0, 1.0], True),
        ([0.0, 1.0, 0.0, 0.0, 1.0], False),
        ([0.5] * 3, True),
        ([0.49] * 3, False),
    ],
)
def test_most_frames_must_show_open_eyes(track_frame, seen, ready):
    eyes = Scripted()
    check = EyesOpenCheck(eyes)
    for number, value in enumerate(seen):
        eyes.next = value
        check.observe(track_frame(), 7, number * 0.125)
    assert check.ready(7, len(seen) * 0.125) is ready
    assert check.refusal(1.0) is None, "narrow eyes are no reason to refuse"


def test_only_recent_frames_of_a_recognised_person_count(track_frame):
    eyes = Scripted()
    check = EyesOpenCheck(eyes)
    for number in range(8):
        check.observe(track_frame(), None, number * 0.125)
    assert not check.ready(7, 1.0)
    for number in range(4):
        check.observe(track_frame(), 7, 1.0 + number * 0.125)
    assert check.ready(7, 1.5) and not check.ready(7, 3.5)
    check.reset(new_face=True)
    assert not check.ready(7, 1.5)
