"""Webcams as people have them, on the real OpenCV backend and stand-in devices."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from kiosk.vision.camera.device_users import programs_using
from tests.helpers.video_devices import GREY, MJPG, YUYV, VideoDevices

OPEN = """
import time
from kiosk.core.config import CameraConfig
from kiosk.core.errors import CameraError
from kiosk.vision.camera.sources import open_camera, try_source
from kiosk.vision.camera.webcam_finder import webcams
config = CameraConfig(width={width}, height={height})
def opened(source="auto", most_s=10.0):
    began = time.monotonic()
    try:
        camera = try_source(source, config, most_s)
    except CameraError as error:
        return {{"error": error.key, "says": str(error)}}
    image = camera.read()
    found = {{
        "path": camera.path,
        "title": camera.title,
        "mode": str(camera.mode),
        "shape": image.shape,
        "after_s": time.monotonic() - began,
    }}
    camera.close()
    return found
"""


def script(code: str, width: int = 640, height: int = 480) -> str:
    return OPEN.format(width=width, height=height) + code


@pytest.fixture
def devices(tmp_path) -> VideoDevices:
    return VideoDevices(tmp_path)


@pytest.mark.slow
def test_format_size_and_rate_are_chosen_together(devices):
    modes = [YUYV, ("YUYV", 1280, 720, 10), ("MJPG", 1280, 720, 30)]
    devices.plug_in(0, modes, card="HD Webcam")
    found = devices.run(script("tell(opened())", 1280, 720))
    assert found["mode"] == "1280×720 MJPG, 30/s" and found["shape"] == [720, 1280, 3]
    assert found["title"] == "HD Webcam"
    assert devices.log()[-2:] == ["stream MJPG 1280x720 30", "close"]


@pytest.mark.slow
def test_a_driver_that_lists_no_sizes_is_tried(devices):
    modes = [("YUYV", 1280, 720, 10), YUYV, ("MJPG", 1280, 720, 30)]
    devices.plug_in(0, modes, lists="no")
    assert devices.run(script("tell(opened())", 1280, 720))["mode"] == "1280×720 MJPG, 30/s"


@pytest.mark.slow
def test_metadata_is_skipped_and_infrared_comes_last(devices):
    devices.plug_in(0, [GREY], card="Infrared")
    devices.plug_in(1, [], kind="metadata")
    devices.plug_in(2, [YUYV], card="Colour", by_id="usb-Maker_Colour-video-index0")
    devices.plug_in(4, [YUYV], kind="output")
    devices.plug_in(13, [YUYV], driver="bcm2835-isp")
    code = "tell([[[w.path, w.title, w.link, w.colour] for w in webcams()], opened()])"
    found, camera = devices.run(script(code))
    assert found == [
        ["/dev/video2", "Colour", "/dev/v4l/by-id/usb-Maker_Colour-video-index0", True],
        ["/dev/video0", "Infrared", "", False],
    ]
    assert camera["path"] == "/dev/video2"


@pytest.mark.slow
def test_a_stable_name_opens_the_camera_and_an_infrared_one_alone_is_used(devices):
    devices.plug_in(3, [GREY], by_id="usb-IR-video-index0")
    code = "tell([opened('/dev/v4l/by-id/usb-IR-video-index0'), opened()])"
    named, found = devices.run(script(code))
    assert named["shape"] == found["shape"] == [480, 640, 3]
    assert found["path"] == "/dev/video3"


@pytest.mark.slow
def test_a_camera_in_use_is_told_and_opened_once_it_is_free(devices):
    devices.plug_in(0, [YUYV, MJPG])
    devices.use_elsewhere(0)
    code = f"""
import pathlib
first = opened()
pathlib.Path({str(devices.folder / "video0.busy")!r}).unlink()
tell([first, opened()])
"""
    refused, found = devices.run(script(code))
    assert refused["error"] == "error.camera_busy" and "Another program uses" in refused["says"]
    assert found["path"] == "/dev/video0"


@pytest.mark.slow
def test_the_program_that_uses_the_camera_is_named(devices):
    node = devices.plug_in(0)
    devices.use_elsewhere(0)
    hold = "import sys; f = open(sys.argv[1]); print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(node)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        other.stdout.readline()
        refused = devices.run(script("tell(opened())"))
        name = f"{programs_using(str(node))[0]}"
        other.stdin.close()
    assert refused["error"] == "error.camera_used_by" and f"({name})" in refused["says"]
    assert programs_using(str(node)) == [] and programs_using("/no/such/device") == []


@pytest.mark.slow
def test_a_late_first_picture_is_waited_for_and_a_missing_one_is_not(devices):
    devices.plug_in(0, first_ms=1300)
    devices.plug_in(1, first_ms=60_000)
    late, never = devices.run(script("tell([opened('0'), opened('1', 0.5)])"))
    assert late["shape"] == [480, 640, 3] and late["after_s"] > 1.2
    assert never["error"] == "error.camera_silent"


@pytest.mark.slow
def test_an_unplugged_camera_is_noticed_and_found_under_its_new_number(devices):
    node = devices.plug_in(0)
    code = f"""
import pathlib
from kiosk.vision.camera.first_webcam import FirstWebcam
finder = FirstWebcam(config)
camera = finder.open()
while camera.read() is None: pass
node = pathlib.Path({str(node)!r})
node.unlink()
try:
    while True: camera.read()
except CameraError as error:
    lost = error.key
camera.close()
try:
    finder.open()
except CameraError as error:
    gone = error.key
node.with_name("video1").touch()
tell([lost, gone, finder.open().path])
"""
    conf = devices.folder / "video0.conf"
    (devices.folder / "video1.conf").write_text(conf.read_text())
    told = devices.run(script(code))
    assert told == ["error.camera_unplugged", "error.no_camera", "/dev/video1"]


@pytest.mark.slow
def test_a_device_that_is_no_camera_or_may_not_be_used_is_refused(devices):
    devices.plug_in(0, [], kind="metadata")
    node = devices.plug_in(1)
    found = devices.run(script("tell([opened('/dev/video0'), opened('7'), opened()])"))
    assert [one.get("error") for one in found] == [
        "error.camera_no_camera",
        "error.camera_missing",
        None,
    ]
    if os.geteuid() != 0:  # root may use everything
        node.chmod(0)
        assert devices.run(script("tell(opened())"))["error"] == "error.camera_forbidden"


@pytest.mark.slow
def test_damaged_pictures_are_left_out(devices):
    devices.plug_in(0, [MJPG], cut_every=3)
    code = """
camera = open_camera("0", config)
tell([getattr(camera.read(), "shape", None) for _ in range(6)])
"""
    shapes = devices.run(script(code))
    assert shapes.count([480, 640, 3]) >= 4
