"""A door that has lost its webcam waits for it; it never shows drawn people instead."""

from __future__ import annotations

import pytest

from kiosk.app import start
from kiosk.core.config import CameraConfig
from kiosk.core.errors import CameraError


def test_a_webcam_that_is_gone_is_not_replaced_by_the_demo(monkeypatch):
    monkeypatch.setattr(start, "resolve_source", lambda source: "demo")
    with pytest.raises(CameraError, match="plug it in again"):
        start.webcam_opener(CameraConfig())()


def test_a_webcam_that_is_back_under_another_name_is_opened(monkeypatch):
    opened = []
    monkeypatch.setattr(start, "resolve_source", lambda source: "/dev/video1")
    monkeypatch.setattr(start, "open_camera", lambda source, config: opened.append(source))
    start.webcam_opener(CameraConfig())()
    assert opened == ["/dev/video1"]
