"""Nobody is on both sides, pairs are balanced and repeatable, and what cannot be used is said."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.errors import LearningError
from kiosk.learning.data.augmentation import (
    ColourCast,
    Jpeg,
    LowLight,
    SmallFace,
    as_faces,
    augmentation,
    prepared,
)
from kiosk.learning.data.face_dataset import Faces, load_faces, sample_groups, sample_pairs, split
from kiosk.learning.networks.siamese import BACKBONES
from tests.helpers.textures import WholePicture, faces, folder


def with_counts(counts: list[int]) -> Faces:
    who = np.repeat(np.arange(len(counts)), counts)
    return Faces(
        np.zeros((len(who), 4, 4, 3), np.uint8),
        who,
        tuple(f"n{i}" for i in range(len(counts))),
        tuple(f"f{i}" for i in range(len(who))),
    )


counts = st.lists(st.integers(1, 6), min_size=4, max_size=30).filter(
    lambda c: sum(x >= 2 for x in c) >= 2
)


@given(counts, st.floats(0.05, 0.5), st.integers(0, 99))
def test_the_two_parts_share_nobody_and_both_can_make_both_kinds_of_pair(counts, share, seed):
    whole = with_counts(counts)
    parts = split(whole, share, seed)
    assert not set(parts.train.names) & set(parts.validation.names)
    assert sorted(parts.train.names + parts.validation.names) == sorted(whole.names)
    assert sorted(parts.train.files + parts.validation.files) == sorted(whole.files)
    for part in (parts.train, parts.validation):
        assert len(part.names) >= 2 and np.bincount(part.people).max() >= 2
        for row, file in enumerate(part.files):
            assert (
                part.names[part.people[row]] == whole.names[whole.people[whole.files.index(file)]]
            )
    again = split(whole, share, seed)
    assert again.validation.names == parts.validation.names


def test_another_seed_holds_other_people():
    whole = faces(20, 2)
    assert split(whole, 0.2, 0).validation.names != split(whole, 0.2, 1).validation.names
    assert len(split(whole, 0.2).validation.names) == 4


@given(counts, st.integers(2, 60), st.integers(0, 99))
def test_pairs_are_balanced_and_say_the_truth(counts, count, seed):
    people = with_counts(counts).people
    pairs = sample_pairs(people, count, np.random.default_rng(seed))
    assert len(pairs) == count and pairs.same.sum() == (count + 1) // 2
    assert ((people[pairs.first] == people[pairs.second]) == pairs.same).all()
    assert (pairs.first != pairs.second).all()
    again = sample_pairs(people, count, np.random.default_rng(seed))
    assert (again.first == pairs.first).all() and (again.second == pairs.second).all()


def test_person_with_one_picture_is_an_impostor_only():
    people = np.array([0, 0, 0, 1, 2])
    pairs = sample_pairs(people, 200, np.random.default_rng(0))
    rows = {*pairs.first[pairs.same], *pairs.second[pairs.same]}
    assert rows == {0, 1, 2}
    assert {3, 4} <= {*pairs.first[~pairs.same], *pairs.second[~pairs.same]}


def test_many_pictures_of_one_person_do_not_crowd_out_the_others():
    people = np.repeat([0, 1], [98, 2])
    pairs = sample_pairs(people, 400, np.random.default_rng(0))
    assert 70 < (people[pairs.first[pairs.same]] == 1).sum() < 130


def test_groups_have_several_pictures_of_several_people():
    people = with_counts([5, 1, 3, 4, 2]).people
    batches = sample_groups(people, 8, 4, np.random.default_rng(0))
    assert sum(len(set(people[rows])) for rows in batches) == 4, "the fifth alone makes no batch"
    for rows in batches:
        assert np.bincount(people[rows]).max() == 4


def test_a_folder_is_read_and_its_bad_files_are_listed(tmp_path):
    root = folder(tmp_path, people=4, each=2)
    (root / "p00" / "broken.jpg").write_bytes(b"\xff\xd8 no picture")
    (root / "p01" / "copy.png").write_bytes((root / "p01" / "0.png").read_bytes())
    found, problems = load_faces(root, WholePicture(), "arcface_112", 48)
    assert found.names == ("p00", "p01", "p02", "p03") and found.crops.shape == (8, 48, 48, 3)
    assert {p.path: p.kind for p in problems} == {
        "p00/broken.jpg": "unreadable",
        "p01/copy.png": "duplicate",
    }


def test_folders_that_nothing_can_be_learned_from_say_what_is_missing(tmp_path):
    cases = {
        "one person": (1, 4, "one person only"),
        "one picture each": (5, 1, "two usable pictures"),
        "three people": (3, 4, "at least four"),
    }
    for name, (people, each, sentence) in cases.items():
        with pytest.raises(LearningError, match=sentence):
            load_faces(folder(tmp_path / name, people, each, 32), WholePicture(), "arcface_112", 32)
    (tmp_path / "empty").mkdir()
    with pytest.raises(LearningError, match="holds no pictures"):
        load_faces(tmp_path / "empty", WholePicture(), "arcface_112", 32)

    class Blind:
        def detect(self, image):
            return []

    with pytest.raises(LearningError, match="No face was found"):
        load_faces(tmp_path / "three people", Blind(), "arcface_112", 32)


@pytest.mark.parametrize("share", [0.0, 0.6, -1.0])
def test_a_share_that_leaves_nothing_is_refused(share):
    with pytest.raises(LearningError, match="share"):
        split(faces(6, 2), share)


def test_crops_become_rgb_and_are_prepared_as_the_kiosk_does():
    crops = np.zeros((1, 2, 2, 3), np.uint8)
    crops[..., 0] = 255  # blue
    face = as_faces(crops)
    assert face[0, :, 0, 0].tolist() == [0, 0, 1]
    ready = prepared(face, BACKBONES["resnet29"])[0, :, 0, 0]
    assert ready.numpy() == pytest.approx(
        [-122.782 / 256, -117.001 / 256, (255 - 104.298) / 256], abs=1e-5
    )


@pytest.mark.parametrize("step", [LowLight(), ColourCast(), SmallFace(), Jpeg(), augmentation(40)])
def test_augmentation_changes_a_face_within_its_range_and_by_the_seed(step):
    face = as_faces(faces(1, 1, 40).crops)[0]
    torch.manual_seed(1)
    first = step(face)
    torch.manual_seed(1)
    again = step(face)
    torch.manual_seed(2)
    other = step(face)
    assert first.shape == face.shape and first.dtype == torch.float32
    assert first.min() >= 0 and first.max() <= 1
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert 0.001 < (first - face).abs().mean() < 0.6
