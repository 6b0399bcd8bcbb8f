"""``compare``: the same comparisons for every network, and differences that are shown or not."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from kiosk import cli
from kiosk.core.errors import LearningError
from kiosk.core.templates import EmbedderInfo
from kiosk.learning.data.face_folders import Picture
from kiosk.learning.evaluation.comparison_page import (
    comparison_text,
    names_of,
    write_comparison,
)
from kiosk.learning.evaluation.comparison_protocols import all_pairs, compare
from kiosk.learning.evaluation.evaluator import Embedded, Settings, evaluate_scores
from kiosk.learning.evaluation.paired_differences import COMPARED, paired_differences
from tests.helpers.drawn import draw_folder, tiny_network

PEOPLE, EACH = 12, 4


class Known:
    """An embedder of which only its description is asked for."""

    def __init__(self, name: str) -> None:
        self.info = EmbedderInfo(name, f"<{name}>", 4, 1.0, 2.0)


class Measured:
    """A network without a file."""

    def __init__(self, name: str) -> None:
        self.embedder = Known(name)
        self.sha256 = "0" * 64
        self.threshold = 1.0


def evaluation(name: str, noise: float, pictures: int = PEOPLE * EACH):
    """An evaluation of drawn embeddings: each person's place with ``noise`` around it."""
    places = np.random.default_rng(1).normal(size=(PEOPLE, 8))
    moves = np.random.default_rng(2).normal(size=(PEOPLE * EACH, 8)) * noise
    vectors = np.repeat(places, EACH, axis=0) + moves
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    shown = [Picture(f"p{i // EACH}/{i}.png", f"p{i // EACH}") for i in range(pictures)]
    embedded = Embedded(shown, vectors[:pictures].astype(np.float32), [], {"p0": (0, EACH)})
    pairs = all_pairs([p.person for p in shown], None, 0)
    made = compare(embedded.vectors, shown, pairs)
    settings = Settings(resamples=10)
    return evaluate_scores(
        made, embedded, Measured(name), settings, protocol="all", source="here", listed=len(pairs)
    )


@pytest.fixture(scope="module")
def three():
    return [evaluation("good", 0.3), evaluation("same", 0.3), evaluation("bad", 1.2)]


def test_a_worse_network_is_shown_to_be_worse_and_an_equal_one_is_not(three):
    found = paired_differences(three, resamples=60)
    by = {(one.network, one.figure): one for one in found}
    assert {figure for _, figure in by} <= set(COMPARED)
    assert by[2, "eer"].value > 0 and by[2, "eer"].verdict == "worse"
    assert by[2, "tar@far=1e-2"].value < 0 and by[2, "tar@far=1e-2"].verdict == "worse"
    assert all(one.value == 0 and one.verdict == "not shown" for one in found if one.network == 1)
    turned = paired_differences([three[2], three[0]], resamples=60)
    assert {one.figure: one.verdict for one in turned}["eer"] == "better"


def test_without_draws_no_difference_is_shown(three):
    assert {one.verdict for one in paired_differences(three, resamples=0)} == {"not shown"}


def test_other_pictures_are_no_comparison(three):
    with pytest.raises(LearningError, match="could not use the same pictures"):
        paired_differences([three[0], evaluation("few", 0.3, 40)], resamples=1)


def test_the_page_opens_offline_and_hides_no_name(three, tmp_path):
    names = names_of(three, ["a", "b", "c"])
    assert names == ["good", "same", "bad"]
    twice = [three[0], replace(three[1], info=three[0].info)]
    assert names_of(twice, ["runs/1", "runs/2"]) == ["runs/1", "runs/2"]
    differences = paired_differences(three, resamples=20)
    page = write_comparison(tmp_path / "out", three, names, differences).read_text()
    assert "http" not in page and page.count("data:image/png") == 5
    assert "&lt;bad&gt;" in page and "<bad>" not in page
    figures = json.loads((tmp_path / "out/figures.json").read_text())
    assert figures["networks"]["bad"]["eer"] > figures["networks"]["good"]["eer"]
    assert {row["less"] for row in figures["differences"]} == {"good"}
    text = comparison_text(three, names, differences)
    assert "less good" in text and "bad: EER" in text and "worse" in text


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    return draw_folder(tmp_path_factory.mktemp("people"), {"kim": 2, "lee": 2, "ann": 2})


@pytest.mark.slow
def test_the_command_compares_files_and_complains_in_one_sentence(people, tmp_path, capsys):
    for name in ("one", "two"):
        (tmp_path / f"{name}.onnx").write_bytes(tiny_network())
    one, two = str(tmp_path / "one.onnx"), str(tmp_path / "two.onnx")
    rest = ["--images", str(people), "--resamples", "5", "--cache", str(tmp_path / "cache")]
    assert cli.main(["compare", one, two, *rest, "--report", str(tmp_path / "page")]) == 0
    said = capsys.readouterr().out
    assert "3 people; 3 genuine and 12 impostor" in said and "not shown" in said
    assert (tmp_path / "page/index.html").is_file()
    for words, sentence in (
        ([one, *rest], "at least two networks"),
        ([one, one, *rest], "is named twice"),
        ([one, "nothing", *rest], "There is no network"),
        ([one, two, *rest, "--report", one], "is a file; name a folder"),
    ):
        assert cli.main(["compare", *words]) == 2
        assert sentence in capsys.readouterr().err
    assert cli.main(["evaluate", "siamese", "dlib", "--images", str(people)]) == 2
    assert "compare siamese dlib --images DIR" in capsys.readouterr().err
