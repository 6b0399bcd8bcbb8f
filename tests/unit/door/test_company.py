"""Somebody who stands close behind a member is recorded, and nobody is refused for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kiosk.core.frames import Face, Observation
from kiosk.door.company import Company
from tests.helpers.door import Door, observation


def with_another(seen: Observation, share: float) -> Observation:
    """``seen`` with a second face of that share of the first one's width."""
    width = share * 160
    box = np.array([420, 80, 420 + width, 80 + 1.25 * width], np.float32)
    return replace(seen, faces=(*seen.faces, Face(box, np.zeros((5, 2), np.float32), 0.99)))


def watch(door: Door, shares: list[float]) -> None:
    for share in shares:
        door.now += 0.1
        seen = observation(door.now, 2)
        door.service.observe(with_another(seen, share) if share else seen, door.now)


@pytest.mark.parametrize(
    ("shares", "noted"),
    [
        ([0.5] * 6, True),
        ([0.5, 0.0, 0.5, 0.5], True),
        ([0.2] * 6, False),
        ([0.0, 0.5, 0.5, 0.0], False),
        ([0.0] * 6, False),
    ],
)
def test_an_accept_with_somebody_close_behind_is_told(shares, noted):
    door = Door()
    watch(door, shares)
    assert [decision.accepted for decision in door.decisions] == [True]
    assert door.accompanied == (door.decisions if noted else [])


def test_a_reject_is_not_told():
    door = Door()
    for _ in range(30):
        door.now += 0.1
        door.service.observe(with_another(observation(door.now, 6), 0.5), door.now)
    assert door.decisions and not door.last.accepted and not door.accompanied


def test_somebody_who_left_before_does_not_count():
    company = Company()
    for at in (0.0, 0.1, 0.2, 0.3):
        company.observe(with_another(observation(at, 1), 0.5), at)
    assert company.near(0.3) and company.near(1.5) and not company.near(1.65)
    for at in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3):
        company.observe(observation(at, 1), at)
    assert not company.near(1.3)


def test_another_visit_begins_without_company():
    company = Company()
    for at in (0.0, 0.1, 0.2):
        company.observe(with_another(observation(at, 1), 0.5), at)
    company.begin()
    assert not company.near(0.2)
