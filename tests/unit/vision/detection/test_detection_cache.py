"""Following faces between searches of the whole frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from kiosk.core import paths
from kiosk.core.frames import BGRImage, Face
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_corridor, draw_person
from kiosk.vision.detection.detection_cache import DetectionCache
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.detection.tracker import overlap
from kiosk.vision.models.manifest import Manifest

FRAME = np.zeros((480, 640, 3), np.uint8)


def face(x: float = 100, probability: float = 0.999, width: float = 100) -> Face:
    points = np.array(
        [[x + 30, 40], [x + 70, 40], [x + 50, 60], [x + 35, 80], [x + 65, 80]], np.float32
    )
    return Face(np.array([x, 0, x + width, 120], np.float32), points, probability)


class Script:
    """A detector that returns scripted faces and records the calls: W whole frame, n near."""

    def __init__(self, whole: Sequence[Face] = (), near: Sequence[Face] = ()) -> None:
        self.whole = list(whole)
        self.near = list(near)
        self.asked = ""

    def detect(self, image: BGRImage) -> list[Face]:
        self.asked += "W"
        return self.whole

    def refind(self, image: BGRImage, faces: Sequence[Face]) -> list[Face]:
        self.asked += "n"
        return self.near


@pytest.mark.parametrize(
    ("max_followed", "asked"), [(0, "WWWWWWW"), (1, "WnWnWnW"), (3, "WnnnWnn")]
)
def test_the_whole_frame_is_searched_now_and_then(max_followed, asked):
    script = Script([face()], [face()])
    detector = DetectionCache(script, max_followed)
    assert all(len(detector.detect(FRAME)) == 1 for _ in range(7)) and script.asked == asked


@pytest.mark.parametrize(("max_followed", "asked"), [(0, 7), (2, 3)])
def test_an_unchanged_empty_scene_is_searched_now_and_then(max_followed, asked):
    script = Script()
    random = np.random.default_rng(0)
    detector = DetectionCache(script, max_followed)
    for _ in range(7):
        assert detector.detect(FRAME + random.integers(0, 6, FRAME.shape, dtype=np.uint8)) == []
    assert script.asked == "W" * asked


def test_a_face_entering_an_empty_scene_is_found_at_once(mtcnn):
    detector = DetectionCache(mtcnn, 4)
    empty = draw_corridor((640, 480), noise_seed=1)
    assert detector.detect(empty) == [] == detector.detect(draw_corridor((640, 480), noise_seed=2))
    small = draw_person(CAST[0].looks, height=90, noise_seed=3)
    assert len(detector.detect(small)) == 1


def test_a_small_face_changes_an_empty_scene_and_noise_does_not(mtcnn):
    detector = DetectionCache(mtcnn, 4)
    assert not detector.scene_changed(draw_corridor((640, 480))), "no search yet"
    detector.detect(draw_corridor((640, 480), noise_seed=1))
    noise = np.random.default_rng(0).normal(0, 8, (480, 640, 3))
    assert not detector.scene_changed(
        np.clip(draw_corridor((640, 480), noise_seed=2) + noise, 0, 255).astype(np.uint8)
    )
    small = draw_person(CAST[0].looks, height=90, noise_seed=3)
    assert detector.scene_changed(small) and not detector.scene_changed(small[:240])
    detector.detect(small)
    assert not detector.scene_changed(draw_corridor((640, 480))), "a face is there"


@pytest.mark.parametrize(
    "near",
    [[], [face(probability=0.9)], [face(x=160)], [face(), face(x=300)]],
    ids=["lost", "doubtful", "elsewhere", "one more"],
)
def test_a_face_that_may_be_another_is_searched_for_in_the_same_frame(near):
    script = Script([face()], near)
    detector = DetectionCache(script, 4)
    detector.detect(FRAME)
    assert detector.detect(FRAME) == script.whole and script.asked == "WnW"


def test_a_picture_of_another_size_is_searched():
    script = Script([face()], [face()])
    detector = DetectionCache(script, 4)
    detector.detect(FRAME)
    detector.detect(FRAME[:240])
    assert script.asked == "WW"


@pytest.fixture(scope="module")
def mtcnn():
    return load_mtcnn(Manifest.load(paths.MANIFEST), min_face_size=60)


def test_a_moving_head_is_followed_to_where_the_search_finds_it(mtcnn):
    detector = DetectionCache(mtcnn, 4)
    asked = []
    mtcnn_detect = mtcnn.detect
    mtcnn.detect = lambda image: asked.append(1) or mtcnn_detect(image)
    try:
        for step in range(10):
            image = np.roll(
                draw_person(CAST[1].looks, yaw=0.03 * step, noise_seed=step), 6 * step, axis=1
            )
            (followed,) = detector.detect(image)
            (searched,) = mtcnn_detect(image)
            eyes = np.linalg.norm(searched.landmarks[1] - searched.landmarks[0])
            assert (
                overlap(followed, searched) > 0.8
                and np.abs(followed.landmarks - searched.landmarks).max() < 0.1 * eyes
            )
    finally:
        mtcnn.detect = mtcnn_detect
    assert len(asked) == 2, "two of ten frames are searched"


def test_a_second_person_is_found_a_few_frames_later(mtcnn):
    one, two = (draw_person(CAST[i].looks, size=(400, 400)) for i in (0, 1))
    alone, pair = (
        np.ascontiguousarray(np.concatenate([one, right], axis=1))
        for right in (np.full_like(two, 90), two)
    )
    detector = DetectionCache(mtcnn, 3)
    assert len(detector.detect(alone)) == 1
    assert [len(detector.detect(pair)) for _ in range(4)][-1] == 2
