"""Frames with further planes beside the picture."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.core.frames import Frame

IMAGE = np.zeros((6, 8, 3), np.uint8)


def test_a_frame_has_no_further_planes_by_default():
    frame = Frame(IMAGE, 1.0, 0)
    assert frame.infrared is None and frame.depth is None


def test_planes_of_the_picture_size_are_kept_as_they_are():
    infrared = np.zeros((6, 8), np.uint8)
    depth = np.ones((6, 8), np.float32)
    frame = Frame(IMAGE, 1.0, 0, infrared, depth)
    assert frame.infrared is infrared and frame.depth is depth


@pytest.mark.parametrize(
    "planes",
    [
        {"infrared": np.zeros((8, 6), np.uint8)},
        {"infrared": np.zeros((6, 8, 1), np.uint8)},
        {"infrared": np.zeros((6, 8), np.float32)},
        {"depth": np.zeros((3, 4), np.float32)},
        {"depth": np.zeros((6, 8), np.float64)},
    ],
)
def test_planes_of_another_size_or_type_are_refused(planes):
    with pytest.raises(ValueError, match=next(iter(planes))):
        Frame(IMAGE, 1.0, 0, **planes)
