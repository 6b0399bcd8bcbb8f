"""Frames for the checks of liveness, and a ``Liveness`` with scripted measurements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from kiosk.core.frames import Face, Quality
from kiosk.vision.liveness.liveness_check import TrackFrame
from tests.unit.vision.liveness.scripted_liveness import CONFIG, Bench


@pytest.fixture
def track_frame() -> Callable[..., TrackFrame]:
    """Return a frame of a face in a small dark picture; keywords are those of ``TrackFrame``."""

    def frame(**changes: object) -> TrackFrame:
        landmarks = np.array([(24, 20), (40, 20), (32, 29), (25, 38), (39, 38)], np.float32)
        parts: dict = {
            "image": np.zeros((64, 64, 3), np.uint8),
            "face": Face(np.array([16, 8, 48, 48], np.float32), landmarks, 0.999),
            "quality": Quality(16, 200, 120, 0, 0, 0),
        }
        return TrackFrame(**(parts | changes))

    return frame


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Bench]:
    """Return a function that makes a scripted ``Liveness`` with changed settings."""

    def made(**changed: object) -> Bench:
        return Bench(monkeypatch, replace(CONFIG, **changed))

    return made


@pytest.fixture
def bench(make: Callable[..., Bench]) -> Bench:
    """Return a scripted ``Liveness``."""
    return make()
