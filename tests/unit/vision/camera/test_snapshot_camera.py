"""A network camera of single pictures is asked again and again, and never believed too much."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from kiosk.core.config import CameraConfig
from kiosk.core.errors import CameraError
from kiosk.vision.camera import snapshot_camera
from kiosk.vision.camera.snapshot_camera import SnapshotCamera, is_snapshot
from kiosk.vision.camera.sources import open_camera, try_source
from tests.helpers.fakes import FakeClock, picture
from tests.helpers.picture_server import PictureServer, jpeg, served

CONFIG = CameraConfig(stall_s=1.0)


def tiff(noise: int) -> bytes:
    """A whole picture of a kind that no camera sends."""
    return bytes(cv2.imencode(".tiff", picture(120, (160, 120), noise=noise))[1])


@pytest.fixture
def server() -> Iterator[PictureServer]:
    with served(PictureServer()) as running:
        yield running


def opened(server: PictureServer, path: str = "/snap.jpg", login: str = "") -> SnapshotCamera:
    clock = FakeClock()
    address = server.address.replace("://", f"://{login}") + path
    return SnapshotCamera(address, "camera", CONFIG, clock, clock.sleep)


def test_a_snapshot_address_delivers_picture_after_picture(server):
    camera = open_camera(server.address + "/snap.jpg", CONFIG)
    seen = [camera.read() for _ in range(4)]
    assert isinstance(camera, SnapshotCamera) and camera.live and not camera.demo
    assert all(image is not None and image.shape == (120, 160, 3) for image in seen)
    assert len({image.tobytes() for image in seen}) == 4
    camera.close()
    assert camera.read() is None and not camera.skip()


def test_it_is_found_out_by_its_answer_and_not_by_its_name(server):
    assert is_snapshot(server.address + "/cgi-bin/picture?channel=1")
    assert not is_snapshot(server.address + "/stream.jpg")
    server.kind = "text/html; charset=utf-8"
    server.body = lambda: b"<html>Sign in</html>"
    assert not is_snapshot(server.address + "/snap.jpg")
    assert not is_snapshot("http://127.0.0.1:9/snap.jpg")


@pytest.mark.parametrize("kind", ["application/octet-stream", "text/plain", "image/jpg"])
def test_a_picture_under_another_name_is_one(server, kind):
    """Else the stream's reader takes one picture, and the camera is lost again and again."""
    server.kind = kind
    camera = open_camera(server.address + "/cgi-bin/snapshot.cgi", CONFIG)
    assert isinstance(camera, SnapshotCamera)
    assert all(camera.read() is not None for _ in range(3))
    camera.close()
    server.kind = "application/octet-stream"
    server.body = lambda: b"\0\0\0\x18ftypmp42" + bytes(100)
    assert not is_snapshot(server.address + "/video.cgi")


def test_a_stream_of_jpegs_stays_a_stream(server):
    camera = open_camera(server.address + "/stream", CONFIG)
    assert not isinstance(camera, SnapshotCamera)
    assert all(camera.read() is not None for _ in range(3)) and camera.stamp is None
    camera.close()


@pytest.mark.parametrize("digest", [False, True])
def test_the_password_is_given_as_the_camera_wants_it(server, digest):
    server.login = ("door", "p@ss/word")
    server.digest = digest
    assert is_snapshot(server.address.replace("://", "://door:p%40ss%2Fword@") + "/snap.jpg")
    camera = opened(server, login="door:p%40ss%2Fword@")
    assert all(camera.read() is not None for _ in range(8))


def test_a_wrong_password_is_refused_without_showing_it(server):
    server.login = ("door", "right")
    address = server.address.replace("://", "://door:wrong@") + "/snap.jpg"
    with pytest.raises(CameraError) as caught:
        try_source(address, CONFIG)
    assert "wrong" not in str(caught.value) and "password" in str(caught.value)


def test_the_same_picture_is_delivered_once_a_second():
    still = jpeg(1)
    with served(PictureServer(lambda: still)) as server:
        camera = opened(server)
        seen = [camera.read() is not None for _ in range(34)]
        assert sum(seen) in (3, 4) and camera._clock.now - 100.0 > 3.0


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"no picture",
        jpeg(1)[:300],
        b"\xff\xd8" + bytes(500),
        b"\x89PNG\r\n\x1a\n" + bytes(90),
        tiff(1),
    ],
)
def test_a_damaged_answer_is_a_missing_picture(damaged):
    answers = [jpeg(1), damaged, jpeg(2)]
    with served(PictureServer(lambda: answers.pop(0))) as server:
        camera = opened(server)
        first, missing, last = (camera.read() for _ in range(3))
        assert first is not None and missing is None and last is not None
        assert not np.array_equal(first, last)


def test_an_answer_without_end_is_given_up(server, monkeypatch):
    monkeypatch.setattr(snapshot_camera, "MAX_BYTES", 100)
    with pytest.raises(CameraError, match="gives no picture that can be read"):
        opened(server)


def test_a_redirect_is_followed_without_reading_what_comes_with_it(server):
    server.moved_to = "/snap.jpg"
    assert is_snapshot(server.address + "/moved")
    assert opened(server, "/moved").read() is not None


@pytest.mark.parametrize("elsewhere", ["ftp://127.0.0.1/snap.jpg", "file:///etc/hostname"])
def test_a_redirect_to_another_protocol_is_not_followed(server, elsewhere):
    server.moved_to = elsewhere
    assert not is_snapshot(server.address + "/moved")
    with pytest.raises(CameraError, match="gives no picture that can be read"):
        opened(server, "/moved")


def test_an_answer_that_trickles_is_given_up():
    class Trickle:
        def read1(self, amount: int) -> bytes:
            clock.advance(0.4)
            return b"."

    clock = FakeClock()
    assert snapshot_camera._bounded(Trickle(), lambda: clock.now > 102.0) == b""
    assert clock.now < 103


def test_errors_of_the_server_are_missing_pictures(server):
    camera = opened(server)
    assert camera.read() is not None
    server.status = 503
    assert camera.read() is None
    server.status = 200
    assert camera.read() is not None


def test_skipping_asks_for_nothing(server):
    camera = opened(server)
    asked = len(server.asked)
    assert camera.skip() and len(server.asked) == asked
    assert camera.read() is not None
