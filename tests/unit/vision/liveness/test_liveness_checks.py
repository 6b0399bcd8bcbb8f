"""The list of checks: each can refuse or withhold, and a new one takes part once listed."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest

from kiosk.core.config import LivenessConfig
from kiosk.core.decisions import Reason
from kiosk.core.frames import Face, Observation, Quality
from kiosk.vision.liveness.liveness_check import RecentLooks, TrackFrame
from kiosk.vision.liveness.liveness_decision import Liveness

LANDMARKS = np.array([(24, 20), (40, 20), (32, 29), (25, 38), (39, 38)], np.float32)
SEEN = Observation(
    0.0,
    (64, 64),
    main=Face(np.array([16, 8, 48, 48], np.float32), LANDMARKS, 0.999),
    quality=Quality(16, 200, 120, 0, 0, 0),
    image=np.zeros((64, 64, 3), np.uint8),
    infrared=np.zeros((64, 64), np.uint8),
    depth=np.ones((64, 64), np.float32),
)


class ScriptedCheck:
    """Answers as scripted and records what it is given."""

    def __init__(self, reason: Reason | None = None, *, is_ready: bool = True) -> None:
        self.reason = reason
        self.is_ready = is_ready
        self.frames: list[tuple[TrackFrame, int | None, float]] = []
        self.resets: list[bool] = []

    def reset(self, *, new_face: bool) -> None:
        self.resets.append(new_face)

    def observe(self, seen, person, now):
        self.frames.append((seen, person, now))

    def refusal(self, now):
        return self.reason

    def ready(self, person, now):
        return self.is_ready


def liveness_with(*checks: ScriptedCheck, **settings: object) -> Liveness:
    liveness = Liveness(replace(LivenessConfig(), **settings), random.Random(1), max_jump=1.0)
    liveness.checks = list(checks)
    return liveness


def test_a_new_check_sees_every_plane_of_the_frames_and_every_reset():
    check = ScriptedCheck()
    liveness = liveness_with(check)
    liveness.observe(SEEN, 7, 1.0)
    liveness.reset()
    liveness.reset(elsewhere=False)
    seen, person, now = check.frames[0]
    assert (person, now) == (7, 1.0)
    assert seen.infrared is SEEN.infrared and seen.depth is SEEN.depth
    assert check.resets == [True, False]


@pytest.mark.parametrize("missing", ["main", "quality", "image"])
def test_frames_without_a_face_or_picture_reach_no_check(missing):
    check = ScriptedCheck()
    assert not liveness_with(check).observe(replace(SEEN, **{missing: None}), 7, 1.0)
    assert check.frames == []


def test_every_check_must_be_ready_and_none_may_refuse():
    assert liveness_with(ScriptedCheck(), ScriptedCheck()).passed(7, 1.0)
    assert not liveness_with(ScriptedCheck(), ScriptedCheck(is_ready=False)).passed(7, 1.0)
    assert not liveness_with(ScriptedCheck(), ScriptedCheck(Reason.FLAT_PICTURE)).passed(7, 1.0)
    assert not liveness_with(ScriptedCheck(), challenge="always").passed(7, 1.0)


def test_the_first_refusal_in_the_list_counts():
    checks = (
        ScriptedCheck(),
        ScriptedCheck(Reason.FROZEN_PICTURE),
        ScriptedCheck(Reason.FLAT_PICTURE),
    )
    assert liveness_with(*checks).refusal(1.0) is Reason.FROZEN_PICTURE
    assert liveness_with(ScriptedCheck()).refusal(1.0) is None


def test_looks_are_taken_at_an_interval_and_forgotten_with_age():
    looks: RecentLooks[int] = RecentLooks()
    taken = []
    for number in range(60):
        now = number / 30
        if looks.due(now):
            looks.add(number, now)
            taken.append(now)
    assert min(b - a for a, b in itertools.pairwise(taken)) >= 0.1
    assert all(2.0 - at <= 1.5 for at, _ in looks.recent(2.0))
    assert len(looks.recent(2.0)) >= 12
    looks.clear()
    assert looks.due(2.0) and looks.recent(2.0) == []
