"""Masks and hands drawn over aligned faces."""

from __future__ import annotations

import pytest
import torch

from kiosk.learning.data.occlusion import Coverer
from kiosk.vision.detection.alignment import TEMPLATES


@pytest.mark.parametrize(
    ("alignment", "side"),
    [("arcface_112", 112), ("reid_128", 128), ("dlib_150", 150), ("arcface_112", 64)],
)
def test_covering_lies_below_the_eyes(alignment, side):
    torch.manual_seed(0)
    faces = torch.full((60, 3, side, side), 0.5)
    covered = Coverer(alignment)(faces, 1.0)
    changed = (covered - faces).abs().amax(1) > 0.02
    drawn_for, points = TEMPLATES[alignment]
    eyes, mouth = (int(points[i : i + 2, 1].mean() * side / drawn_for) for i in (0, 3))
    assert changed.flatten(1).any(1).all() and covered.min() >= 0 and covered.max() <= 1
    assert changed[:, mouth].any(1).float().mean() > 0.75, "most cover the mouth's line"
    apart = float(points[1, 0] - points[0, 0]) * side / drawn_for
    assert changed[:, : max(0, int(eyes - 0.3 * apart))].float().mean() < 0.02, (
        "the eyes stay to be seen"
    )


def test_the_share_is_kept_and_chance_can_be_repeated():
    faces = torch.full((400, 3, 64, 64), 0.5)
    torch.manual_seed(3)
    first = Coverer("arcface_112")(faces, 0.25)
    torch.manual_seed(3)
    again = Coverer("arcface_112")(faces, 0.25)
    assert torch.equal(first, again)
    assert 0.18 < ((first - faces).abs().flatten(1).amax(1) > 0).float().mean() < 0.32
    assert Coverer("arcface_112")(faces, 0.0) is faces
