"""Thresholds in force."""

from __future__ import annotations

import math

import pytest

from kiosk.core.decisions import Mode
from kiosk.core.thresholds import Thresholds


def test_a_claimed_identity_is_decided_by_its_own_distance():
    thresholds = Thresholds(identify=0.4, verify=0.6)
    assert (thresholds.of(Mode.IDENTIFY), thresholds.of(Mode.VERIFY)) == (0.4, 0.6)
    assert Thresholds.same(0.5) == Thresholds(0.5, 0.5, 0.0)


@pytest.mark.parametrize("distance", [-0.1, math.nan, math.inf])
@pytest.mark.parametrize("place", range(3))
def test_invalid_distance_is_refused(distance: float, place: int):
    values = [0.5, 0.5, 0.5]
    values[place] = distance
    with pytest.raises(ValueError, match="not a distance"):
        Thresholds(*values)
