"""Photographs that lie on their side or upside down are not enrolled."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.app.bootstrap.pipeline_factory import build_photograph_pipeline
from kiosk.core.config import Config
from kiosk.core.frames import Frame, Observation, QualityIssue
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.vision.photograph_pipeline import PhotographPipeline

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pipeline() -> PhotographPipeline:
    return build_photograph_pipeline(Config())


def seen(pipeline: PhotographPipeline, actor: int, quarters: int, size: int = 1) -> Observation:
    picture = draw_person(CAST[actor].looks)
    picture = np.repeat(np.repeat(picture, size, axis=0), size, axis=1)
    return pipeline.observe(Frame(np.ascontiguousarray(np.rot90(picture, quarters)), 0.0, 0))


@pytest.mark.parametrize("actor", range(3))
def test_only_upright_photographs_are_embedded(pipeline, actor):
    assert seen(pipeline, actor, 0).embedding is not None
    for quarters in (1, 2, 3):
        turned = seen(pipeline, actor, quarters)
        assert turned.embedding is None and turned.quality is not None
        assert turned.quality.issues[0] is QualityIssue.TILTED


def test_a_large_photograph_is_judged_alike(pipeline):
    assert seen(pipeline, 0, 0, size=3).embedding is not None
    assert seen(pipeline, 0, 2, size=3).quality.issues[0] is QualityIssue.TILTED


def test_the_turns_are_compared_at_one_size(pipeline):
    """Reduced, the upright face looks less sure than the larger one upside down."""
    picture = draw_person(CAST[0].looks, size=(640, 480), height=200)
    found = pipeline.observe(Frame(np.ascontiguousarray(np.rot90(picture, 2)), 0.0, 0))
    assert found.embedding is None and found.quality.issues[0] is QualityIssue.TILTED


def test_a_picture_of_nobody_is_not_turned(pipeline):
    nothing = pipeline.observe(Frame(np.full((400, 300, 3), 90, np.uint8), 0.0, 0))
    assert nothing.quality is None and nothing.main is None
