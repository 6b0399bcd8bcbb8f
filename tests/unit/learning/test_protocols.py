"""Lists of pairs, and all pairs of people."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.errors import LearningError
from kiosk.learning.data.face_folders import Picture
from kiosk.learning.evaluation.comparison_protocols import (
    PairList,
    all_pairs,
    check_people,
    compare,
    read_pairs,
    with_folds,
)

GOOD = "first,second,same\na/1.jpg,a/2.jpg,1\na/1.jpg,b/1.jpg,0\n"


@pytest.fixture
def root(tmp_path) -> Path:
    for name in ("a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg", "x.jpg", "y.jpg", "z.jpg"):
        file = tmp_path / "faces" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return tmp_path / "faces"


def read(root: Path, text: str | bytes):
    file = root.parent / "pairs.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_pairs(file, root)


def test_a_list_is_read(root):
    pictures, pairs = read(root, GOOD)
    assert pictures == [Picture("a/1.jpg", "a"), Picture("a/2.jpg", "a"), Picture("b/1.jpg", "b")]
    assert (
        pairs.first.tolist() == [0, 0]
        and pairs.second.tolist() == [1, 2]
        and pairs.same.tolist() == [True, False]
        and pairs.folds is None
    )


def test_folds_other_orders_and_excels_mark_are_read(root):
    _, pairs = read(
        root, "\ufefffold, same,second,first\r\n1,1,a/2.jpg,a/1.jpg\r\n2,0,b/1.jpg, a/1.jpg\r\n"
    )
    assert pairs.folds.tolist() == [1, 2] and pairs.same.tolist() == [True, False]


def test_people_of_a_flat_folder_are_what_the_list_links(root):
    pictures, _ = read(root, "first,second,same\nx.jpg,y.jpg,1\ny.jpg,z.jpg,0\n")
    x, y, z = (picture.person for picture in pictures)
    assert x == y != z


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"has the columns \(none\)"),
        ("first,second,same\n", "lists no pairs"),
        (
            "a,b,label\n1,2,3\n",
            "has the columns a, b, label; it needs first, second, same and may have fold",
        ),
        (
            "first,second,same,folds\na/1.jpg,a/2.jpg,1,1\n",
            "has the columns first, second, same, folds",
        ),
        ("first,second,same,same\na/1.jpg,a/2.jpg,1,1\n", "has the columns"),
        (GOOD + "a/1.jpg,a/2.jpg,yes\n", "line 4: same is 'yes'; write 1"),
        (GOOD + "a/1.jpg,a/2.jpg\n", "line 4: it must have 3 values"),
        (GOOD + "a/1.jpg,a/2.jpg,1,5\n", "line 4: it must have 3 values"),
        (GOOD + "a/1.jpg,a/1.jpg,1\n", "line 4: it compares a picture with itself"),
        (GOOD + "a/1.jpg,../secret.jpg,1\n", "line 4: second is '../secret.jpg'"),
        (GOOD + "/etc/passwd,a/1.jpg,1\n", "line 4: first is '/etc/passwd'"),
        (GOOD + ",a/1.jpg,1\n", "line 4: first is ''"),
        (GOOD + "a/9.jpg,b/2.jpg,0\n", "names a/9.jpg, which is not in"),
        (GOOD + "a/9.jpg,b/9.jpg,0\n", "names a/9.jpg and 1 more pictures, which are not in"),
        ("first,second,same\na/1.jpg,a/2.jpg,1\n", "lists only pairs of one person"),
        ("first,second,same\na/1.jpg,b/2.jpg,0\n", "lists only pairs of different people"),
        ("first,second,same,fold\na/1.jpg,a/2.jpg,1,one\n", "fold is 'one'; write a whole number"),
        (b"first,second,same\n\xff\xfe,b,1\n", "not a CSV file in UTF-8"),
        ('first,second,same\n"a/1.jpg,a/2.jpg,1\n', "not a CSV file in UTF-8"),
    ],
)
def test_anything_wrong_is_one_sentence(root, text, sentence):
    with pytest.raises(LearningError, match=sentence) as caught:
        read(root, text)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_a_missing_list_or_folder_is_one_sentence(root):
    with pytest.raises(LearningError, match=r"nothing\.csv cannot be read"):
        read_pairs(root / "nothing.csv", root)
    with pytest.raises(LearningError, match=r"There is no folder .*elsewhere"):
        read(root, GOOD)
        read_pairs(root.parent / "pairs.csv", root / "elsewhere")


def test_pairs_whose_picture_has_no_face_leave():
    pairs = PairList(
        np.array([0, 1, 2, 0]),
        np.array([1, 2, 3, 3]),
        np.array([True, False, True, False]),
        np.array([1, 2, 3, 4]),
    )
    left = pairs.among([0, 2, 3])
    assert (
        left.first.tolist() == [1, 0]
        and left.second.tolist() == [2, 2]
        and left.same.tolist() == [True, False]
        and left.folds.tolist() == [3, 4]
    )
    assert len(pairs.among([])) == 0 and len(pairs.among([2])) == 0


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=9))
def test_all_pairs_are_all_pairs(people):
    pairs = all_pairs(people, None)
    found = {
        (int(i), int(j)): bool(s)
        for i, j, s in zip(pairs.first, pairs.second, pairs.same, strict=True)
    }
    assert found == {
        (i, j): people[i] == people[j] for i, j in combinations(range(len(people)), 2)
    } and len(found) == len(pairs)


@pytest.mark.parametrize("pictures", [300, 4400], ids=["enumerated", "too many to enumerate"])
def test_of_many_pairs_a_seeded_sample_is_taken(pictures):
    people = [str(i // 2) for i in range(pictures)]
    pairs = all_pairs(people, 1000, seed=1)
    assert pairs.same.sum() == min(pictures // 2, 1000) and (~pairs.same).sum() == 1000
    codes = pairs.first * pictures + pairs.second
    assert len(np.unique(codes)) == len(codes) and (pairs.first < pairs.second).all()
    assert all(
        (people[i] == people[j]) == s
        for i, j, s in zip(pairs.first, pairs.second, pairs.same, strict=True)
    )
    again = all_pairs(people, 1000, seed=1)
    other = all_pairs(people, 1000, seed=2)
    assert np.array_equal(pairs.second, again.second) and not np.array_equal(
        pairs.second, other.second
    )
    spread = np.bincount(pairs.first[~pairs.same] * 4 // pictures, minlength=4) / 1000
    assert spread == pytest.approx([7 / 16, 5 / 16, 3 / 16, 1 / 16], abs=0.06), (
        "the sample is not spread evenly"
    )


def test_one_person_or_single_pictures_are_one_sentence():
    with pytest.raises(LearningError, match=r"one person only \(kim\); add"):
        check_people([Picture("kim/1.jpg", "kim"), Picture("kim/2.jpg", "kim")], Path("faces"))
    with pytest.raises(LearningError, match="Nobody in faces has two pictures"):
        check_people([Picture("kim/1.jpg", "kim"), Picture("lee/1.jpg", "lee")], Path("faces"))


def test_distances_and_groups_by_hand():
    pictures = [
        Picture("e/a/1", "e/a"),
        Picture("e/a/2", "e/a"),
        Picture("e/b/1", "e/b"),
        Picture("w/c/1", "w/c"),
        Picture("d/1", "d"),
    ]
    vectors = np.array([[0, 0], [3, 4], [0, 1], [6, 8], [0, 2]], np.float32)
    found = compare(vectors, pictures, all_pairs([p.person for p in pictures], None))
    assert found.distances[0] == 5 and found.same.tolist() == [True] + [False] * 9
    assert sorted(found.groups) == ["e", "w"]
    assert found.groups["e"].sum() == 3 and found.groups["w"].sum() == 0
    part = found.part(found.groups["e"])
    assert sorted(part.distances.tolist()) == pytest.approx([1, np.sqrt(18), 5])
    assert set(part.first.tolist()) | set(part.second.tolist()) == {0, 1}, "people are renumbered"


def test_a_list_without_folds_gets_ten_with_both_kinds_in_each():
    same = np.arange(77) < 31
    pairs = with_folds(PairList(np.zeros(77, np.int64), np.ones(77, np.int64), same), seed=4)
    counts = np.array(
        [
            [(pairs.folds[same == kind] == fold).sum() for fold in range(10)]
            for kind in (True, False)
        ]
    )
    assert counts.min(axis=1).tolist() == [3, 4] and counts.max(axis=1).tolist() == [4, 5]
    assert np.array_equal(
        with_folds(PairList(pairs.first, pairs.second, same), seed=4).folds, pairs.folds
    )
    assert (
        with_folds(PairList(pairs.first, pairs.second, np.arange(77) < 19), seed=4).folds is None
    ), "too few to be divided"
    given = PairList(pairs.first, pairs.second, same, np.zeros(77, np.int64))
    assert with_folds(given, seed=4) is given
