"""Camera sources: every one delivers the same kind of picture, or one clear error."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
import pytest

from kiosk.core.config import CameraConfig
from kiosk.core.errors import CameraError
from kiosk.demo.demo_camera import DemoCamera
from kiosk.vision.camera import first_webcam, webcam_finder
from kiosk.vision.camera.first_webcam import FirstWebcam
from kiosk.vision.camera.frame_conversion import as_bgr
from kiosk.vision.camera.recordings import PAUSE_S, SHOWN_S, PictureFolder, VideoFile
from kiosk.vision.camera.sources import (
    VideoDevice,
    check_source,
    is_webcam,
    open_camera,
    read_pictures,
    shown_source,
)
from kiosk.vision.camera.webcam_finder import WebcamInfo
from tests.helpers.fakes import FakeCamera, FakeClock, picture

CONFIG = CameraConfig()


def save(path: Path, image: np.ndarray) -> Path:
    assert cv2.imwrite(str(path), image)
    return path


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Return ten frames at 20 per second; frame i has the grey value 20 i + 20."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(
        str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 20.0, (64, 48)
    )
    for i in range(10):
        writer.write(picture(20 * i + 20))
    writer.release()
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    directory = tmp_path / "pictures"
    directory.mkdir()
    save(directory / "10.png", picture(100))
    save(directory / "2.png", picture(20))
    save(directory / "1.png", np.full((30, 40), 10, np.uint8))
    (directory / "3.jpg").write_bytes(b"not a picture")
    (directory / "notes.txt").write_text("not looked at")
    return directory


def assert_bgr(image: np.ndarray | None) -> None:
    assert image is not None
    assert (
        image.ndim == 3
        and image.shape[2] == 3
        and image.dtype == np.uint8
        and image.flags.c_contiguous
    )


@pytest.mark.parametrize(
    "odd",
    [
        np.full((5, 7), 9, np.uint8),
        np.full((5, 7, 1), 9, np.uint8),
        np.full((5, 7, 4), 255, np.uint8),
        np.full((5, 7), 9 << 8, np.uint16),
        np.zeros((5, 14, 3), np.uint8)[:, ::2],
    ],
)
def test_unusual_picture_formats_are_converted(odd):
    image = as_bgr(odd)
    assert_bgr(image)
    assert image.shape == (5, 7, 3)


def test_grey_keeps_its_value_and_alpha_is_blended_with_white():
    assert (as_bgr(np.full((2, 2), 9, np.uint8)) == 9).all()
    assert (as_bgr(np.zeros((2, 2, 4), np.uint8)) == 255).all()


@pytest.mark.parametrize(
    "useless",
    [
        None,
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros(4, np.uint8),
    ],
)
def test_unusable_pictures_give_none(useless):
    assert as_bgr(useless) is None


@pytest.mark.parametrize("source", ["no/such/file.mp4", "", "/dev/video99", "99", "nonsense"])
def test_a_missing_source_gives_one_sentence_and_nothing_on_stderr(source, capfd):
    for call in (lambda: open_camera(source, CONFIG), lambda: check_source(source)):
        with pytest.raises(CameraError) as caught:
            call()
        message = str(caught.value)
        assert message.endswith(".") and ";" in message and "\n" not in message
    assert capfd.readouterr().err == ""


def test_a_file_that_is_not_a_video_is_refused_quietly(tmp_path, capfd):
    fake = tmp_path / "film.mp4"
    fake.write_bytes(b"not a film" * 100)
    with pytest.raises(CameraError, match="cannot be read as a video"):
        open_camera(str(fake), CONFIG)
    assert capfd.readouterr().err == ""


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(CameraError, match="no readable picture"):
        open_camera(str(tmp_path), CONFIG)


def test_auto_without_a_webcam_is_no_camera_and_never_the_demo(monkeypatch):
    monkeypatch.setattr(webcam_finder, "webcams", list)
    check_source("auto")  # one may appear later
    with pytest.raises(CameraError, match="plug one in") as caught:
        open_camera("auto", CONFIG)
    assert caught.value.key == "error.no_camera"
    with pytest.raises(CameraError, match="not a camera source"):
        open_camera("demo", CONFIG)


def test_the_demo_camera_delivers_like_the_others():
    camera = DemoCamera(fps=CONFIG.fps)
    assert camera.demo and camera.live
    assert_bgr(camera.read())
    camera.close()
    assert camera.read() is None


class ScriptedWebcam:
    """Opens unless its path is in ``refused``; ``delivered`` is set by the test."""

    refused: ClassVar[set[str]] = set()

    def __init__(self, path, config):
        if path in self.refused:
            raise CameraError(f"{path} is refused.")
        self.path = path
        self.delivered = False


@pytest.fixture
def two_webcams(monkeypatch):
    found = [WebcamInfo("/dev/video0", "a"), WebcamInfo("/dev/video2", "b")]
    monkeypatch.setattr(webcam_finder, "webcams", lambda: found)
    monkeypatch.setattr(first_webcam, "Webcam", ScriptedWebcam)
    monkeypatch.setattr(ScriptedWebcam, "refused", set())
    return FirstWebcam(CONFIG)


def test_auto_takes_the_first_webcam_that_opens(two_webcams):
    ScriptedWebcam.refused = {"/dev/video0"}
    assert two_webcams.open().path == "/dev/video2"
    ScriptedWebcam.refused = {"/dev/video0", "/dev/video2"}
    with pytest.raises(CameraError, match="/dev/video0"):
        two_webcams.open()


def test_an_infrared_camera_does_not_stand_in_for_one_in_use(two_webcams, monkeypatch):
    infrared = WebcamInfo("/dev/video9", "IR", colour=False)
    found = [*webcam_finder.webcams(), infrared]
    monkeypatch.setattr(webcam_finder, "webcams", lambda: found)
    ScriptedWebcam.refused = {"/dev/video0", "/dev/video2"}
    with pytest.raises(CameraError, match="/dev/video0"):
        two_webcams.open()
    found[:] = [infrared]
    assert two_webcams.open().path == "/dev/video9"


def test_auto_tries_a_webcam_that_stayed_silent_after_the_others(two_webcams):
    first = two_webcams.open()
    second = two_webcams.open()  # the first one gave no picture
    assert (first.path, second.path) == ("/dev/video0", "/dev/video2")
    second.delivered = True
    assert two_webcams.open().path == "/dev/video2"
    assert two_webcams.open().path == "/dev/video0"  # both were silent: from the beginning


def test_a_video_is_played_at_its_rate_and_starts_again_after_a_pause(clip):
    clock = FakeClock()
    video = VideoFile(clip, clock, clock.sleep)
    began = clock.now
    shown = [video.read() for _ in range(10)]
    assert video.fps == 20.0 and not video.live and not video.demo
    assert clock.now - began == pytest.approx(9 / 20)
    for i, image in enumerate(shown):
        assert_bgr(image)
        assert abs(float(image.mean()) - (20 * i + 20)) < 4
    assert video.read() is None and video.read() is None
    clock.advance(PAUSE_S)
    again = video.read()
    assert again is not None and abs(float(again.mean()) - 20) < 4
    video.close()
    assert video.read() is None


def test_a_slow_reader_misses_frames_instead_of_falling_behind(clip):
    clock = FakeClock()
    video = VideoFile(clip, clock, clock.sleep)
    video.read()
    clock.advance(0.21)
    image = video.read()
    assert abs(float(image.mean()) - 100) < 4  # frame 4 is due at 0.2 s


def test_skipped_pictures_take_their_time_and_are_not_returned(clip):
    clock = FakeClock()
    video = VideoFile(clip, clock, clock.sleep)
    began = clock.now
    seen = []
    for _ in range(5):
        assert video.skip()
        seen.append(video.read())
    assert clock.now - began == pytest.approx(9 / 20)
    assert [abs(float(image.mean()) - (40 * i + 40)) < 4 for i, image in enumerate(seen)] == [
        True
    ] * 5
    assert not video.skip() and video.read() is None and not video.skip()
    clock.advance(PAUSE_S)
    assert video.skip() and abs(float(video.read().mean()) - 40) < 4


def test_a_damaged_video_returns_only_intact_pictures(clip):
    data = bytearray(clip.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 300] = bytes(300)
    clip.write_bytes(bytes(data))
    images = list(read_pictures(clip))
    assert images
    for image in images:
        assert_bgr(image)


def test_a_folder_is_shown_in_natural_order_and_bad_files_are_reported(folder, caplog):
    clock = FakeClock()
    pictures = PictureFolder(folder, clock, clock.sleep)
    seen = []
    began = clock.now
    while clock.now - began < 3 * SHOWN_S + 0.5:
        image = pictures.read()
        assert_bgr(image)
        if not seen or seen[-1][0] != int(image.mean()):
            seen.append((int(image.mean()), clock.now - began))
    assert [value for value, _ in seen] == [10, 20, 100, 10]
    assert seen[1][1] == pytest.approx(SHOWN_S, abs=0.11)
    assert [path.name for path in pictures.skipped] == ["3.jpg"]
    assert sum("3.jpg" in record.message for record in caplog.records) == 1


def test_a_single_picture_is_a_source(folder):
    camera = open_camera(str(folder / "2.png"), CONFIG)
    assert int(camera.read().mean()) == 20


def test_read_pictures_reads_everything_without_waiting(folder, clip):
    assert [int(image.mean()) for image in read_pictures(folder)] == [10, 20, 100]
    assert len(list(read_pictures(clip))) == 10
    with pytest.raises(CameraError, match="There is no"):
        next(read_pictures(folder / "absent"))


def test_hangul_in_a_path_is_allowed(tmp_path):
    directory = tmp_path / "연구실 사진"
    directory.mkdir()
    (directory / "얼굴.png").write_bytes(cv2.imencode(".png", picture(77))[1].tobytes())
    assert int(open_camera(str(directory), CONFIG).read().mean()) == 77


def test_an_unreachable_stream_is_reported_without_its_password(capfd):
    with pytest.raises(CameraError) as caught:
        open_camera("http://me:secret@127.0.0.1:9/video", CONFIG)
    assert "secret" not in str(caught.value) and "127.0.0.1:9/video" in str(caught.value)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://u:p@cam.lab:554/1?token=x", "rtsp://cam.lab:554/1"),
        ("http://[::1]:80/a", "http://[::1]:80/a"),
        ("rtsp://u:p@host:bad/", "rtsp://***"),
        ("/dev/video0", "/dev/video0"),
    ],
)
def test_addresses_are_shown_without_secrets(address, shown):
    assert shown_source(address) == shown


class FakeCapture:
    """Delivers scripted results like OpenCV: pictures, grey ones, other sizes, errors."""

    def __init__(self, results):
        self.results = list(results)
        self.released = False

    def isOpened(self):
        return not self.released

    def read(self):
        result = self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result is not None, result

    def grab(self):
        return self.read()[0]

    def get(self, _):
        return 0.0

    def release(self):
        self.released = True


def test_a_device_converts_whatever_the_driver_delivers():
    capture = FakeCapture(
        [
            picture(1),
            np.full((10, 12), 5, np.uint8),
            None,
            cv2.error("damaged"),
            picture(9, (32, 16)),
        ]
    )
    device = VideoDevice(capture, "Webcam", "refused.")
    images = [device.read() for _ in range(5)]
    assert [None if i is None else i.shape for i in images] == [
        (48, 64, 3),
        (10, 12, 3),
        None,
        None,
        (16, 32, 3),
    ]
    assert device.fps == 30.0
    device.close()
    assert capture.released and device.read() is None


def test_a_device_skips_pictures_without_decoding_them():
    device = VideoDevice(
        FakeCapture([picture(1), picture(2), None, cv2.error("damaged"), picture(3), picture(4)]),
        "Webcam",
        "refused.",
    )
    assert [device.skip() for _ in range(5)] == [True, True, False, False, True]
    assert int(device.read().max()) == 4


def test_a_device_without_a_first_picture_is_refused_and_released():
    capture = FakeCapture([None])
    with pytest.raises(CameraError, match=r"refused\."):
        VideoDevice(capture, "Webcam", "refused.")
    assert capture.released


@pytest.mark.parametrize("fault", ["stall", "unplug", "freeze", "go_dark"])
def test_the_fake_camera_fails_as_requested(fault):
    camera = FakeCamera()
    first = camera.read()
    getattr(camera, fault)()
    if fault == "unplug":
        with pytest.raises(CameraError):
            camera.read()
    else:
        second = camera.read()
        assert {
            "stall": second is None,
            "freeze": second is not None and (second == first).all(),
            "go_dark": second is not None and not second.any(),
        }[fault]
    camera.recover()
    assert camera.read() is not None
    camera.change_size(20, 10)
    assert camera.read().shape == (10, 20, 3)


@pytest.mark.parametrize(
    ("source", "webcam"),
    [
        ("auto", True),
        (" 0 ", True),
        ("/dev/video2", True),
        ("demo", False),
        ("rtsp://camera.local/door", False),
        ("visits.mkv", False),
    ],
)
def test_webcams_are_told_from_streams_files_and_drawn_people(source, webcam):
    assert is_webcam(source) is webcam
