"""Still and frozen webcams on the real OpenCV backend and stand-in devices."""

from __future__ import annotations

import numpy as np
import pytest

from tests.helpers.video_devices import MJPG, YUYV, VideoDevices, noisy_picture

WATCH = """
from kiosk.core.config import CameraConfig
from kiosk.core.frames import PictureFacts
from kiosk.vision.camera.frozen_detector import FrozenDetector
from kiosk.vision.camera.sources import try_source
camera = try_source("/dev/video0", CameraConfig())
detector = FrozenDetector(0.4)
stamps, found, last = [], [], None
for number in range(60):
    image = camera.read()
    if image is None:
        continue
    stamps.append(camera.stamp)
    last = image if number < 30 else last
    shown = last if {freezes} and number >= 30 else image
    found.append(detector(shown, number / 30, PictureFacts(camera.stamp)))
camera.close()
tell({{"stamps": stamps, "frozen": found}})
"""


@pytest.fixture
def devices(tmp_path) -> VideoDevices:
    return VideoDevices(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [YUYV, MJPG])
def test_a_still_scene_of_a_webcam_that_removes_noise_is_alive(devices, mode):
    devices.plug_in(0, [mode], pictures=[np.full((480, 640, 3), (90, 120, 150), np.uint8)])
    seen = devices.run(WATCH.format(freezes=False))
    assert not any(seen["frozen"]) and len(seen["frozen"]) > 50
    assert seen["stamps"] == sorted(set(seen["stamps"])), "each picture has a time of its own"


@pytest.mark.slow
def test_a_webcam_with_noise_that_repeats_its_picture_is_found(devices):
    pictures = [noisy_picture(640, 480, seed) for seed in range(7)]
    devices.plug_in(0, [YUYV], pictures=pictures)
    seen = devices.run(WATCH.format(freezes=True))
    assert not any(seen["frozen"][:40]) and all(seen["frozen"][45:])
