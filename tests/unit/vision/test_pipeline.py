"""The pipeline of one frame: which faces count, which is the main one, what is kept."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from kiosk.core.config import QualityConfig
from kiosk.core.frames import Face, Frame, Quality
from kiosk.vision.pipeline import FacePipeline, main_face, people_among

IMAGE = np.zeros((48, 64, 3), np.uint8)


def face(x: float = 24, width: float = 16, probability: float = 0.999) -> Face:
    box = np.array([x, 10, x + width, 30], np.float32)
    return Face(box, np.zeros((5, 2), np.float32), probability)


class Embedder:
    info = SimpleNamespace(id="net@1")

    def crop(self, image, face):
        return image[:8, :8]

    def embed(self, crops):
        return np.ones((len(crops), 4), np.float32)


def pipeline(faces: list[Face], quality: Quality | None = None) -> FacePipeline:
    return FacePipeline(
        SimpleNamespace(detect=lambda image: faces),
        Embedder(),
        lambda *_: quality or Quality(20, 200, 120, 0, 0, 0),
        QualityConfig(),
        scene_changed=lambda image: bool(image.any()),
    )


@pytest.mark.parametrize("faces", [[], [face()]])
def test_all_planes_of_the_frame_are_in_the_observation(faces):
    frame = Frame(IMAGE, 3.0, 1, np.zeros((48, 64), np.uint8), np.ones((48, 64), np.float32))
    seen = pipeline(faces).observe(frame)
    assert seen.image is frame.image and seen.sized == (64, 48) and seen.captured_at == 3.0
    assert seen.infrared is frame.infrared and seen.depth is frame.depth


def test_the_main_face_is_embedded_on_request_only():
    frame = Frame(IMAGE, 3.0, 1)
    seen = pipeline([face()]).observe(frame)
    assert seen.embedding is not None and seen.embedder_id == "net@1"
    assert pipeline([face()]).observe(frame, embed=False).embedding is None


def test_a_doubtful_face_counts_only_without_a_certain_one():
    certain = face(probability=0.995)
    doubtful = face(probability=0.95)
    assert people_among([doubtful, certain], 0.9) == [certain]
    assert people_among([doubtful], 0.9) == [doubtful]
    assert people_among([doubtful], 0.96) == []


def test_the_main_face_is_large_and_central():
    middle = face(x=24, width=16)
    side = face(x=0, width=18)
    assert main_face([side, middle], (64, 48)) is middle
    assert main_face([], (64, 48)) is None


def test_whether_the_scene_changed_is_left_to_the_detector():
    frame = Frame(IMAGE, 0.0, 0)
    assert not pipeline([]).scene_changed(frame)
    assert pipeline([]).scene_changed(Frame(IMAGE + 1, 0.0, 0))
