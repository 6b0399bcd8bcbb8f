"""Photographs as phones and messengers make them: every kind, upright, told by content."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image

from kiosk.core.errors import CameraError
from kiosk.vision.camera import picture_decoder
from kiosk.vision.camera.picture_decoder import decode_picture
from kiosk.vision.camera.picture_files import is_picture, load_picture
from kiosk.vision.camera.picture_header import PictureKind, picture_header

pillow_heif.register_heif_opener()
UPRIGHT = np.zeros((64, 48, 3), np.uint8)
UPRIGHT[:32, :24] = (255, 255, 255)  # the corner by which a turn is told
UPRIGHT[32:, :24] = (0, 0, 255)
TURNS = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a),
    7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
    8: lambda a: np.rot90(a, -1),
}
"""What a phone that was held otherwise stores of ``UPRIGHT``, by Exif orientation."""


def photograph(kind: str, orientation: int = 1, **options: object) -> bytes:
    """Return ``UPRIGHT`` as a file that says how it is turned."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(TURNS[orientation](UPRIGHT)[..., ::-1])
    data = io.BytesIO()
    extra = {} if kind == "GIF" else {"exif": exif.tobytes()}
    Image.fromarray(stored).save(data, kind, **extra, **options)
    return data.getvalue()


def is_upright(image: np.ndarray) -> bool:
    return image.shape == UPRIGHT.shape and float(cv2.absdiff(image, UPRIGHT).mean()) < 12


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_a_photograph_is_upright_however_the_phone_was_held(kind, orientation):
    assert is_upright(decode_picture(photograph(kind, orientation), "a"))


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("HEIF", "a.HEIC", PictureKind.HEIC),
        ("HEIF", "a.jpg", PictureKind.HEIC),
        ("JPEG", "a.jfif", PictureKind.JPEG),
        ("JPEG", "a", PictureKind.JPEG),
        ("GIF", "a.gif", PictureKind.GIF),
        ("AVIF", "a.avif", PictureKind.AVIF),
        ("WEBP", "a.png", PictureKind.WEBP),
    ],
)
def test_every_kind_is_read_whatever_it_is_called(tmp_path: Path, kind, name, expected):
    file = tmp_path / name
    file.write_bytes(photograph(kind))
    header = picture_header(file.read_bytes())
    assert header is not None and header.kind is expected
    assert is_picture(file) and is_upright(load_picture(file))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.jpg", b"", "a.jpg is empty"),
        ("a.jpg", b"hello", "a.jpg is not a readable picture"),
        ("a.pdf", b"%PDF-1.7", "a.pdf is a PDF file, which is not read"),
        ("a.jxl", b"\xff\x0a" + bytes(20), "a.jxl is a JPEG XL file"),
        ("a.heic", b"\0\0\0\x18ftypqt  " + bytes(20), "a.heic is a video file"),
        ("a.heic", b"\0\0\0\x18ftypheic" + bytes(20), "a.heic is damaged"),
        ("a.jpg", photograph("JPEG", quality=95)[:-400], "a.jpg is damaged or cut off"),
        ("a.png", photograph("PNG")[:-20], "a.png is damaged or cut off"),
        ("a.heic", photograph("HEIF")[:-100], "a.heic is damaged or cut off"),
        ("a.avif", photograph("AVIF")[:-100], "a.avif is damaged or cut off"),
        ("a.gif", photograph("GIF")[:-60], "a.gif is damaged or cut off"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(name, content, says):
    with pytest.raises(CameraError, match=says):
        decode_picture(content, name)


def test_a_cut_photograph_is_not_saved_by_its_thumbnail():
    whole = photograph("JPEG", quality=95)
    thumbnail = b"\xff\xe1" + (2 + len(whole)).to_bytes(2, "big") + whole
    assert is_upright(decode_picture(whole[:2] + thumbnail + whole[2:], "a"))
    with pytest.raises(CameraError, match="cut off"):
        decode_picture(whole[:2] + thumbnail + whole[2:-300], "a")


def test_a_heic_of_too_many_pixels_is_told_by_them(monkeypatch):
    monkeypatch.setattr(picture_decoder, "MAX_HEIC", 1_000)
    with pytest.raises(CameraError, match="has 48 x 64 pixels"):
        decode_picture(photograph("HEIF"), "a.heic")


def test_a_heic_that_needs_too_much_memory_is_not_called_damaged(monkeypatch):
    def short_of_memory(*_: object, **__: object) -> None:
        raise RuntimeError("Memory allocation error: Unspecified: Allocating 24470223 bytes failed")

    monkeypatch.setattr(pillow_heif, "open_heif", short_of_memory)
    with pytest.raises(MemoryError):
        decode_picture(photograph("HEIF"), "a.heic")


def test_other_files_are_no_pictures(tmp_path: Path):
    (tmp_path / "a.txt").write_text("2026-1")
    (tmp_path / "a.jpg").mkdir()
    assert not is_picture(tmp_path / "a.txt") and not is_picture(tmp_path / "a.jpg")
    assert not is_picture(tmp_path / "nothing")
