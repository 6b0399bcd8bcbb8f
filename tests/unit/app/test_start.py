"""Opening the webcam: the demo camera never replaces a lost one."""

from __future__ import annotations

import pytest

from kiosk.app import start
from kiosk.core.config import CameraConfig
from kiosk.core.errors import CameraError


def test_lost_webcam_is_not_replaced_by_the_demo(monkeypatch):
    monkeypatch.setattr(start, "resolve_source", lambda source: "demo")
    with pytest.raises(CameraError, match="plug it in again"):
        start.webcam_opener(CameraConfig())()


def test_webcam_is_opened_under_its_new_name(monkeypatch):
    opened = []
    monkeypatch.setattr(start, "resolve_source", lambda source: "/dev/video1")
    monkeypatch.setattr(start, "open_camera", lambda source, config: opened.append(source))
    start.webcam_opener(CameraConfig())()
    assert opened == ["/dev/video1"]
