"""Choosing format, size and rate from what a webcam lists."""

from __future__ import annotations

import pytest

from kiosk.vision.camera.camera_mode import CameraMode, best_mode

WANTED = CameraMode("", 1280, 720, 30.0)

USB2 = [
    CameraMode("YUYV", 640, 480, 30.0),
    CameraMode("YUYV", 1280, 720, 10.0),
    CameraMode("MJPG", 640, 480, 30.0),
    CameraMode("MJPG", 1280, 720, 30.0),
    CameraMode("MJPG", 1920, 1080, 30.0),
]
"""What a webcam on USB 2 offers: uncompressed pictures only as fast as the bus allows."""


@pytest.mark.parametrize(
    ("modes", "wanted", "chosen"),
    [
        (USB2, WANTED, "1280×720 MJPG, 30/s"),
        (USB2, CameraMode("", 640, 480, 30.0), "640×480 YUYV, 30/s"),
        (USB2, CameraMode("", 1280, 720, 10.0), "1280×720 YUYV, 10/s"),
        (USB2, CameraMode("", 3840, 2160, 30.0), "1920×1080 MJPG, 30/s"),
        (USB2[:2], WANTED, "640×480 YUYV, 30/s"),  # too slow in the wanted size
        (USB2[1:2], WANTED, "1280×720 YUYV, 10/s"),  # nothing else
        ([CameraMode("GREY", 1280, 720, 60.0), USB2[0]], WANTED, "640×480 YUYV, 30/s"),
        ([CameraMode("GREY", 640, 360, 30.0)], WANTED, "640×360 GREY, 30/s"),
        ([CameraMode("H264", 1280, 720, 30.0), USB2[3]], WANTED, "1280×720 MJPG, 30/s"),
        (
            [CameraMode("YUYV", 640, 480, rate) for rate in (60.0, 30.0, 15.0)],
            CameraMode("", 640, 480, 25.0),
            "640×480 YUYV, 30/s",
        ),
    ],
)
def test_best_mode(modes, wanted, chosen):
    assert str(best_mode(modes, wanted)) == chosen
    assert str(best_mode(list(reversed(modes)), wanted)) == chosen


def test_a_device_without_a_format_that_can_be_read_has_no_mode():
    assert best_mode([CameraMode("H264", 1280, 720, 30.0)], WANTED) is None
    assert best_mode([], WANTED) is None
