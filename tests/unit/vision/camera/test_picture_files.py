"""Pictures are read within bounds, upright, and never larger than the networks need."""

from __future__ import annotations

import os

import cv2
import numpy as np
import pytest

from kiosk.core.errors import CameraError, KioskError
from kiosk.vision.camera.picture_decoder import LONGEST_SIDE, decode_picture
from kiosk.vision.camera.picture_files import load_picture
from kiosk.vision.camera.picture_header import PictureKind, picture_header
from kiosk.vision.camera.recordings import PictureFolder, VideoFile, read_pictures
from tests.helpers.hostile_pictures import hostile_pictures, jpeg, png

TURNED = (
    b"\xff\xd8\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08"
    b"\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
)
"""The beginning of a JPEG of a phone that was held upright."""


@pytest.mark.parametrize(("width", "height"), [(400, 300), (4000, 3000), (8000, 6000)])
def test_a_phone_photograph_is_reduced_and_upright(tmp_path, width, height):
    data = jpeg(width, height)
    (tmp_path / "a.jpg").write_bytes(data)
    (tmp_path / "b.jpg").write_bytes(TURNED + data[2:])
    long, short = min(width, LONGEST_SIDE), min(height, LONGEST_SIDE * 3 // 4)
    assert load_picture(tmp_path / "a.jpg").shape == (short, long, 3)
    assert load_picture(tmp_path / "b.jpg").shape == (long, short, 3)


@pytest.mark.slow
def test_a_picture_of_108_megapixels_is_read(tmp_path):
    (tmp_path / "a.jpg").write_bytes(jpeg(12_000, 9_000))
    assert load_picture(tmp_path / "a.jpg").shape == (1200, 1600, 3)


def test_the_content_decides_and_not_the_name(tmp_path):
    (tmp_path / "a.png").write_bytes(TURNED + jpeg(400, 300)[2:])
    assert load_picture(tmp_path / "a.png").shape == (400, 300, 3)


def test_the_picture_can_be_drawn_into(tmp_path):
    (tmp_path / "a.png").write_bytes(png(64, 48))
    image = load_picture(tmp_path / "a.png")
    image[:] = 7
    assert image.flags.c_contiguous and image.shape == (48, 64, 3)


def test_hostile_pictures_are_refused_with_one_sentence(tmp_path):
    for name, content in hostile_pictures(full=False):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(KioskError) as caught:
            load_picture(tmp_path / name)
        assert str(caught.value).startswith(name) and str(caught.value).endswith(".")


@pytest.mark.slow
def test_large_ones_are_told_by_their_pixels():
    with pytest.raises(CameraError, match="has 12000 x 12000 pixels, more than the 40 million"):
        decode_picture(png(12_000, 12_000), "a.png")
    with pytest.raises(CameraError, match="has 12000 x 9000 pixels, more than the 40 million"):
        decode_picture(jpeg(12_000, 9_000, progressive=True), "a.jpg")


def test_a_pipe_and_a_missing_file_are_no_pictures(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    for name in ("pipe.jpg", "nothing.jpg", "."):
        with pytest.raises(CameraError, match="not a readable picture"):
            load_picture(tmp_path / name)


def test_a_refused_picture_says_why_alone_and_is_skipped_among_others(tmp_path, caplog):
    (tmp_path / "1.png").write_bytes(png(65_000, 2))
    with pytest.raises(CameraError, match="65000 x 2 pixels"):
        PictureFolder(tmp_path / "1.png")
    with pytest.raises(CameraError, match="65000 x 2 pixels"):
        list(read_pictures(tmp_path / "1.png"))
    (tmp_path / "2.png").write_bytes(png(64, 48))
    assert len(list(read_pictures(tmp_path))) == 1
    assert "65000 x 2 pixels" in caplog.text


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (".jpg", PictureKind.JPEG),
        (".png", PictureKind.PNG),
        (".bmp", PictureKind.BMP),
        (".webp", PictureKind.WEBP),
        (".tiff", PictureKind.TIFF),
        (".ppm", PictureKind.PNM),
        (".pgm", PictureKind.PNM),
    ],
)
def test_headers_of_what_is_written_here(kind, expected):
    image = np.arange(48 * 64 * 3, dtype=np.uint8).reshape(48, 64, 3)
    data = cv2.imencode(kind, image[..., 0] if kind == ".pgm" else image)[1].tobytes()
    header = picture_header(data)
    assert header is not None and header.kind is expected
    assert (header.width, header.height) in ((64, 48), (0, 0))
    assert decode_picture(data, "a").shape == (48, 64, 3)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xda\xff\xff" + bytes(99),
        b"GIF89a",
        png(0, 5),
        b"RIFF",
        b"\0\0\0\x18ftypmp42",
    ],
)
def test_no_header_is_no_picture(data):
    assert picture_header(data) is None


def test_a_video_with_gigantic_frames_is_refused(tmp_path):
    file = str(tmp_path / "a.avi")
    writer = cv2.VideoWriter(file, cv2.VideoWriter.fourcc(*"MJPG"), 5, (6000, 3000))
    writer.write(np.zeros((3000, 6000, 3), np.uint8))
    writer.release()
    with pytest.raises(CameraError, match="more than 16 million pixels; give a smaller video"):
        VideoFile(tmp_path / "a.avi")
