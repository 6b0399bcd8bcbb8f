"""Pictures in folders, and faces out of them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk.core.errors import LearningError
from kiosk.core.frames import Face
from kiosk.learning.data.face_folders import Aligner, Picture, align_all, find_people
from kiosk.vision.detection.alignment import TEMPLATES


class Finder:
    """A detector that finds one face in every picture that is not black, and counts how often it
    looks.
    """

    def __init__(self) -> None:
        self.looked = 0

    def detect(self, image):
        self.looked += 1
        if image.max() == 0:
            return []
        border = np.float32((len(image) - 112) / 2)
        points = TEMPLATES["arcface_112"][1] + border
        return [
            Face(np.array([10, 10, 100, 100], np.float32) + border, points, 0.99),
            Face(np.array([0, 0, 112, 112], np.float32) + border, points + 9, 0.5),
        ]  # larger, but hardly a face


def put(root: Path, name: str, value: int | None) -> None:
    """A picture of one value with a mark, or a file that is none."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if value is None:
        path.write_bytes(b"this is text")
        return
    image = np.full((112, 112, 3), value, np.uint8)
    image[:10, :10] = value // 2
    path.write_bytes(cv2.imencode(".png", image)[1].tobytes())


def test_people_groups_and_nothing_else_are_found(tmp_path):
    for name in (
        "나/2.png",
        "나/1.JPG",
        "east/kim/a.png",
        "east/kim/b.jpeg",
        ".hidden/x/a.png",
        "loose.png",
        "가/.thumb.png",
        "가/notes.txt",
    ):
        put(tmp_path, name, 9)
    found = find_people(tmp_path)
    assert [(p.path, p.person, p.group) for p in found] == [
        ("east/kim/a.png", "east/kim", "east"),
        ("east/kim/b.jpeg", "east/kim", "east"),
        ("나/1.JPG", "나", ""),
        ("나/2.png", "나", ""),
    ]


def test_a_link_back_ends(tmp_path):
    put(tmp_path, "kim/a.png", 9)
    (tmp_path / "kim/again").symlink_to(tmp_path)
    assert find_people(tmp_path) == [Picture("kim/a.png", "kim")]


@pytest.mark.parametrize(
    "make",
    [None, "", "loose.png", "kim/notes.txt"],
    ids=["missing", "empty", "no folder", "no picture"],
)
def test_a_folder_without_people_is_one_sentence(tmp_path, make):
    root = tmp_path / "people"
    if make is not None:
        root.mkdir()
    if make:
        put(root, make, 9)
    with pytest.raises(LearningError, match=r"people.*; (give|put) .*\.$"):
        find_people(root)


def test_unusable_pictures_are_listed_and_the_rest_cut_out(tmp_path):
    for name, value in {
        "a/1.png": 100,
        "a/2.png": 100,
        "b/1.png": None,
        "b/2.png": 0,
        "b/3.png": 50,
    }.items():
        put(tmp_path, name, value)
    (tmp_path / "c").mkdir()
    (tmp_path / "c/0.png").touch()
    seen = []
    crops = align_all(
        tmp_path,
        [*find_people(tmp_path), Picture("c/gone.png", "c")],
        Finder(),
        "arcface_112",
        112,
        progress=lambda *done: seen.append(done),
    )
    assert [p.path for p in crops.pictures] == ["a/1.png", "b/3.png"]
    assert {p.path: p.kind for p in crops.problems} == {
        "a/2.png": "duplicate",
        "b/1.png": "unreadable",
        "b/2.png": "no_face",
        "c/0.png": "unreadable",
        "c/gone.png": "unreadable",
    }
    assert all(p.path in p.sentence and p.sentence.endswith(".") for p in crops.problems)
    assert crops.crops.shape == (2, 112, 112, 3) and crops.crops.dtype == np.uint8
    assert (
        crops.crops[0, 60, 60].tolist() == [100] * 3 and crops.crops[1, 60, 60].tolist() == [50] * 3
    )
    assert crops.crops[0, 2, 2].tolist() == [50] * 3, (
        "the sure face is cut out, which lies on the template already"
    )
    assert seen[-1] == (7, 7)


def test_duplicates_can_be_kept(tmp_path):
    put(tmp_path, "a/1.png", 100)
    put(tmp_path, "a/2.png", 100)
    crops = align_all(tmp_path, find_people(tmp_path), Finder(), "arcface_112", 64, duplicates=True)
    assert len(crops.crops) == 2 and [p.kind for p in crops.problems] == ["duplicate"]


def test_found_faces_are_cached_by_content_and_damaged_ones_made_again(tmp_path):
    root = tmp_path / "people"
    cache = tmp_path / "cache"
    for name, value in {"a/1.png": 100, "b/1.png": 0, "b/2.png": 7}.items():
        put(root, name, value)

    def run(size: int = 112):
        finder = Finder()
        return finder, align_all(root, find_people(root), finder, "arcface_112", size, cache)

    finder, first = run()
    assert finder.looked == 3
    (root / "a/1.png").rename(root / "a/renamed.png")
    finder, second = run()
    assert finder.looked == 0 and np.array_equal(first.crops, second.crops)
    assert [p.kind for p in second.problems] == ["no_face"]
    assert run(64)[0].looked == 3, "another size is another crop"
    for file in cache.rglob("*-112-*.face"):
        file.write_bytes(file.read_bytes()[:-9] + b"!" * 9)
    finder, third = run()
    assert finder.looked == 3 and np.array_equal(first.crops, third.crops)
    assert run()[0].looked == 0
    assert not list(cache.rglob("*.part"))


def test_a_cache_that_cannot_be_written_is_one_sentence(tmp_path):
    put(tmp_path, "a/1.png", 100)
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(LearningError, match=r"cache cannot be written .*; make room"):
        align_all(tmp_path, find_people(tmp_path), Finder(), "arcface_112", 112, tmp_path / "cache")


def test_a_broken_picture_is_unreadable_not_fatal():
    whole = cv2.imencode(".png", np.full((40, 40, 3), 9, np.uint8))[1].tobytes()
    assert Aligner(Finder(), "arcface_112", 112).face(whole[:30]) == "unreadable"
    assert Aligner(Finder(), "arcface_112", 112).face(b"") == "unreadable"
