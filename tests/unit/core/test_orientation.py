"""Turning pictures of cameras that hang on their side or mirror by themselves."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from kiosk.core.orientation import ANGLES, Orientation

PICTURE = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)

EVERY = [Orientation(turned, mirrored) for turned in ANGLES for mirrored in (False, True)]


def test_a_quarter_turn_is_clockwise():
    turned = Orientation(90)(PICTURE)
    assert turned.shape == (3, 2, 3) and turned.flags.c_contiguous
    assert (turned[0, 1] == PICTURE[0, 0]).all()  # the left upper corner is at the right now


def test_mirroring_comes_after_turning():
    assert (Orientation(90, mirrored=True)(PICTURE)[0, 0] == PICTURE[0, 0]).all()
    assert Orientation()(PICTURE) is PICTURE


@pytest.mark.parametrize("plane", [PICTURE, PICTURE[..., 0].copy()])
def test_two_orientations_one_after_the_other_are_one(plane):
    for first, second in itertools.product(EVERY, EVERY):
        both = first.and_then(second.turned, second.mirrored)
        assert (both(plane) == second(first(plane))).all(), (first, second)


def test_other_angles_are_refused():
    with pytest.raises(ValueError, match="45"):
        Orientation(45)
