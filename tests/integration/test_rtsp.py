"""A real RTSP stream: a still scene is alive by its times, and a server that ends is noticed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.core.config import CameraConfig
from kiosk.core.frames import PictureFacts
from kiosk.vision.camera.frozen_detector import FrozenDetector
from kiosk.vision.camera.sources import open_camera

SYSTEM_PYTHON = Path("/usr/bin/python3")
SERVER = Path(__file__).parents[1] / "helpers" / "rtsp_server.py"
CONFIG = CameraConfig(stall_s=0.5)


def missing() -> str:
    """Return what GStreamer's RTSP server needs and this machine lacks."""
    check = (
        "import gi; gi.require_version('GstRtspServer', '1.0'); "
        "from gi.repository import Gst, GstRtspServer; Gst.init(None); "
        "assert Gst.ElementFactory.find('x264enc') and Gst.ElementFactory.find('rtph264pay')"
    )
    if not SYSTEM_PYTHON.exists():
        return "no system Python"
    found = subprocess.run([SYSTEM_PYTHON, "-c", check], capture_output=True, timeout=60)
    return "" if found.returncode == 0 else "GStreamer's RTSP server or x264 is not installed"


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[subprocess.Popen[str], str]]:
    if lacking := missing():
        pytest.skip(lacking)
    with subprocess.Popen(
        [SYSTEM_PYTHON, SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            yield running, f"rtsp://127.0.0.1:{int(running.stdout.readline())}/still"
        finally:
            running.kill()


def test_a_still_stream_is_alive_by_its_times_until_its_server_ends(server):
    running, address = server
    camera = open_camera(address, CONFIG)
    detector = FrozenDetector(0.5)
    stamps = []
    pictures = set()
    for number in range(25):
        image = camera.read()
        assert image is not None and not detector(image, number / 15, PictureFacts(camera.stamp))
        stamps.append(camera.stamp)
        pictures.add(image[::12, ::12].tobytes())
    assert stamps == sorted(stamps) and len(set(stamps)) >= 22, "the first may have the same time"
    assert len(pictures) <= 5, "the scene is meant to be still"
    running.kill()
    running.wait()
    answers = [camera.read() is not None for _ in range(80)]
    assert not answers[-1], "only what was on its way comes"
    camera.close()
