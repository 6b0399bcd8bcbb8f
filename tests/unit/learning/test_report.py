"""The page, its pictures, reference distances, and clips, on made-up distances."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from kiosk.core import paths
from kiosk.core.errors import LearningError
from kiosk.core.templates import EmbedderInfo
from kiosk.learning.data.face_folders import Problem
from kiosk.learning.evaluation import clip_evaluation
from kiosk.learning.evaluation.clip_evaluation import Clip, person_of, template
from kiosk.learning.evaluation.comparison_protocols import Comparisons
from kiosk.learning.evaluation.evaluator import (
    Embedded,
    Evaluation,
    Settings,
    evaluate_scores,
    plain,
)
from kiosk.learning.evaluation.figures_table import EXTRA, LABELS, as_text
from kiosk.learning.evaluation.html_report import as_json, write_report
from kiosk.learning.evaluation.plots import pictures
from kiosk.learning.evaluation.reference_writer import MOST, read_reference, write_reference
from kiosk.learning.evaluation.verification_metrics import Scores

EVIL = "<script>alert('x')</script>&\"한글"


def made(
    distances,
    same,
    first=None,
    second=None,
    *,
    threshold: float | None = 0.5,
    groups=None,
    problems=(),
    source="people",
) -> Evaluation:
    """An evaluation of given distances."""
    same = np.asarray(same, bool)
    first = np.zeros(len(same), np.int64) if first is None else np.asarray(first)
    second = np.where(same, first, first + 1) if second is None else np.asarray(second)
    info = EmbedderInfo("net", EVIL, 8, 0.5, 1.0)
    network = SimpleNamespace(
        embedder=SimpleNamespace(info=info), sha256="ab" * 32, threshold=threshold
    )
    embedded = Embedded(
        [], np.zeros((0, 8), np.float32), list(problems), {"a": (1, 4), "b": (0, 6)}
    )
    compared = Comparisons(np.asarray(distances, float), same, first, second, None, groups or {})
    return evaluate_scores(
        compared,
        embedded,
        network,
        Settings(resamples=20),
        protocol="made up",
        source=source,
        listed=len(same),
    )


@pytest.fixture
def evaluation() -> Evaluation:
    rng = np.random.default_rng(0)
    first = rng.integers(0, 9, 300)
    second = rng.integers(0, 9, 300)
    same = first == second
    return made(
        np.where(same, rng.normal(0.4, 0.1, 300), rng.normal(0.9, 0.1, 300)).clip(0),
        same,
        first,
        second,
        problems=[Problem(f"{EVIL}.jpg", "no_face", f"{EVIL}.jpg shows no face.")],
        source=EVIL,
        groups={EVIL: (first < 5) & (second < 5)},
    )


def test_the_page_needs_nothing_from_outside_and_escapes_every_text(evaluation, tmp_path):
    page = write_report(tmp_path / "a/b", evaluation).read_text(encoding="utf-8")
    assert "<script" not in page and "&lt;script&gt;" in page and "한글" in page
    assert (
        not re.search(r'(src|href)=(?!"data:)', page) and "http" not in page and "url(" not in page
    )
    for word in ("accuracy", "95 % interval", "EER", "shows no face", "ab" * 32, "Group "):
        assert word in page, word
    assert json.loads((tmp_path / "a/b/figures.json").read_text())["n_pairs"] == 300


def test_the_pictures_are_pictures(evaluation):
    found = pictures(evaluation)
    assert sorted(found) == ["confusion", "det", "histogram", "roc", "scatter"]
    for name, content in found.items():
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        assert image.shape[0] > 300 and image.std() > 10, name
    scatter = cv2.imdecode(np.frombuffer(found["scatter"], np.uint8), cv2.IMREAD_COLOR).astype(int)
    blueness = scatter[..., 0] - scatter[..., 2]
    blue = (blueness > 60).nonzero()[0].mean()
    orange = (blueness < -60).nonzero()[0].mean()
    assert orange < blue, "others (orange) lie above the same person (blue)"


@pytest.mark.parametrize(
    ("distances", "same"),
    [([0.1, 0.9], [1, 0]), ([0.5] * 4, [1, 0, 1, 0]), ([0, 0, 1], [1, 0, 0])],
    ids=["two", "equal", "zero"],
)
def test_the_smallest_experiments_can_be_drawn(distances, same):
    assert len(pictures(made(distances, same))) == 5


def test_a_perfect_network_is_told_what_that_proves():
    evaluation = made(
        [0.1] * 30 + [0.9] * 60,
        [1] * 30 + [0] * 60,
        np.arange(90) % 30,
        np.append(np.arange(30), np.arange(60) % 30 + 30),
    )
    found = evaluation.to_json()
    assert found["far_at_most_95"] == pytest.approx(0.1) and found["sensitivity@fa=0"] == 1.0
    text = as_text(evaluation)
    assert (
        "No impostor pair of 60 was accepted; of 30 pairs of people that proves no more than a FAR "
        "of at most 0.1 ("
        in text
        and "not measurable" in text
    )
    assert re.search(r"failure to enrol +10\.000 %", text) and re.search(
        r"same person +30 +0\n +different people +0 +60", text
    )


def test_a_threshold_that_nobody_says_is_chosen_and_said():
    rng = np.random.default_rng(1)
    evaluation = made(
        [*rng.normal(0.4, 0.1, 500), *rng.normal(0.9, 0.1, 2000)],
        [1] * 500 + [0] * 2000,
        threshold=None,
    )
    assert (
        evaluation.threshold_from == "FAR 0.001 on these pictures"
        and evaluation.whole.confusion.fp == 2
    )
    assert "flatter" in as_text(evaluation)
    assert made([1, 2], [1, 0], threshold=None).threshold_from == "best accuracy on these pictures"


def test_a_group_without_one_kind_of_pair_has_counts_only():
    evaluation = made([0.1, 0.9, 0.2], [1, 0, 1], groups={"g": np.array([True, False, True])})
    assert evaluation.to_json()["groups"]["g"] == {
        "n_people": 1,
        "n_pairs": 2,
        "n_genuine": 2,
        "n_impostor": 0,
        "n_people_pairs": 0,
        "intervals": {},
    }
    assert "group g: 1 people, 2 genuine, 0 impostor" in as_text(evaluation)


def test_json_never_holds_nan():
    assert plain(
        {"a": np.float32("nan"), "b": (np.int64(1), float("inf")), "c": {"d": np.bool_(True)}}
    ) == {"a": None, "b": [1, None], "c": {"d": True}}
    assert json.loads(as_json({"ä": None})) == {"ä": None}


def test_reference_distances_come_back_and_others_stay(tmp_path):
    file = tmp_path / "reference.npz"
    rng = np.random.default_rng(0)
    many = Scores.of(rng.uniform(0.2, 1.4, 50_000), rng.random(50_000) < 0.1)
    write_reference(file, "one", "aa", many)
    write_reference(file, "two", "bb", Scores.of([0.25, 1.5], [1, 0]))
    genuine, impostor = read_reference(file, "one", "aa")
    assert (
        len(impostor) == MOST
        and genuine.dtype == np.float16
        and (np.diff(impostor.astype(float)) >= 0).all()
    )
    distances = many.distances[~many.same]
    assert impostor[[0, -1]] == pytest.approx(distances[[0, -1]], abs=1e-3)
    assert np.quantile(impostor.astype(float), 0.01) == pytest.approx(
        np.quantile(distances, 0.01), abs=2e-3
    )
    assert [d.tolist() for d in read_reference(file, "two", "bb")] == [[0.25], [1.5]]
    for name, checksum, sentence in (
        ("two", "cc", "another two"),
        ("three", "aa", "knows no distances of three"),
    ):
        with pytest.raises(LearningError, match=sentence):
            read_reference(file, name, checksum)
    file.write_bytes(b"junk")
    with pytest.raises(LearningError, match="cannot be read as reference"):
        write_reference(file, "one", "aa", many)
    assert file.read_bytes() == b"junk"


def test_clips_are_named_by_person_and_number():
    assert person_of("person-a-12.mkv") == "person-a" and person_of("kim-1.mp4") == "kim"
    assert person_of("one-by-one-person-detection.mp4") == "" and person_of("7.mkv") == ""


def test_the_template_is_the_mean_on_the_circle():
    assert template(np.array([[1, 0], [0, 1]], np.float32), True) == pytest.approx(
        [np.sqrt(0.5)] * 2
    )
    assert template(np.array([[1, 0], [0, 1]], np.float32), False) == pytest.approx([0.5, 0.5])


def test_clips_by_hand(tmp_path, monkeypatch):
    """Two people on a line: the other clip of a is nearer than anybody else's but for one frame."""

    def clip(name: str, frames: int, *places: float) -> Clip:
        return Clip(
            name,
            person_of(name),
            frames,
            np.array([[p, 0] for p in places], np.float32).reshape(-1, 2),
        )

    known = [
        clip("a-1.mkv", 2, 0.0, 0.0),
        clip("a-2.mkv", 4, 1.0, 2.0, 9.0),
        clip("b-1.mkv", 1, 8.0),
        clip("crowd.mkv", 1, 5.0),
    ]
    monkeypatch.setattr(clip_evaluation, "read_clips", lambda *_: (known, []))
    network = SimpleNamespace(
        embedder=SimpleNamespace(
            info=EmbedderInfo("net", "", 2, 1.0, 2.0), entry=SimpleNamespace(normalise=False)
        ),
        sha256="",
        threshold=1.5,
    )
    found = clip_evaluation.evaluate_clips(
        tmp_path, network, None, Settings(resamples=10)
    ).to_json()
    # from a-1 (at 0): genuine 1 2 9, impostor 8; from a-2 (at 4): genuine 4 4, impostor 4; from b-1
    # (at 8): impostor 8 8 7 6 1
    assert (found["n_genuine"], found["n_impostor"]) == (5, 7)
    assert found["least_impostor_distance"] == 1.0 and found["sensitivity@fa=0"] == 0.0
    assert found["confusion"] == {"tp": 1, "fp": 1, "tn": 6, "fn": 4}
    assert [row["sensitivity@fa=0"] for row in found["enrolments"]] == [
        pytest.approx(2 / 3),
        0.0,
        None,
    ]
    assert found["fte"] == pytest.approx(1 / 7) and found[
        "sensitivity@fa=0_mean_of_enrolments"
    ] == pytest.approx(1 / 3)
    assert (
        found["strangers"]["least_distance"] == 1.0
        and found["strangers"]["comparisons"] == 3
        and found["strangers"]["false_accepts"] == 1
    )


def test_every_figure_is_explained(evaluation):
    page = (paths.ROOT / "docs/evaluation.md").read_text(encoding="utf-8")
    found = evaluation.to_json()
    assert set(LABELS) <= found.keys()
    for name in (*found, *EXTRA):
        words = (
            (f"`{name}`", f"`{name.split('=')[-1]}`")
            if name.startswith(("tar@", "threshold@"))
            else (f"`{name}`",)
        )
        assert any(word in page for word in words), name
