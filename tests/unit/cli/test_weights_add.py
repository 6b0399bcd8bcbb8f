"""``weights add``: what was trained here is copied, checked, measured and named."""

from __future__ import annotations

import hashlib

import pytest

from kiosk import cli
from kiosk.core import paths
from kiosk.core.errors import WeightsError
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.recognition.embedder import OnnxEmbedder
from tests.helpers.drawn import draw_folder, tiny_network


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MUNJIGI_DATA", str(tmp_path / "data"))
    return tmp_path / "data/networks"


@pytest.fixture
def run(tmp_path):
    """A training run's folder, with a threshold."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "siamese.onnx").write_bytes(tiny_network(64, 2))
    (folder / "network.toml").write_text(
        'input = 64\nalignment = "box"\nmean = [0, 0, 0]\nscale = 255.0\nchannels = "bgr"\n'
        "dimension = 2\nnormalise = true\nthreshold = 0.25\nfar = 1.6\n"
    )
    return folder


def weights(*words: object) -> int:
    return cli.main(["weights", *map(str, words)])


def test_an_added_network_is_one_that_the_door_can_load(run, own_folder, capsys):
    assert weights("add", run, "--id", "mine") == 0
    said = capsys.readouterr().out
    assert "Its threshold is 0.25" in said and "run --embedder mine" in said
    entry = Manifest.load(paths.MANIFEST).choose("mine")
    assert entry.path == own_folder / "mine.onnx" and entry.threshold == 0.25
    assert entry.sha256 == hashlib.sha256(tiny_network(64, 2)).hexdigest()
    assert OnnxEmbedder(entry).info.dimension == 2
    assert weights("add", run, "--id", "other") == 0
    assert weights("list") == 0
    shown = capsys.readouterr().out
    assert "mine" in shown and "other" in shown and "Trained here: run" in shown
    assert Manifest.load(paths.MANIFEST).best_embedder().id not in ("mine", "other")
    entry.path.write_bytes(b"changed")
    with pytest.raises(WeightsError, match="has the checksum"):
        OnnxEmbedder(entry)


def test_a_run_without_a_threshold_is_not_added(run, own_folder, tmp_path, capsys):
    facts = (run / "network.toml").read_text().split("threshold")[0]
    (run / "network.toml").write_text(facts)
    assert weights("add", run, "--id", "mine") == 2
    assert "has no threshold" in capsys.readouterr().err and not own_folder.exists()
    assert weights("add", run, "--id", "mine", "--threshold", "0.4") == 0
    assert Manifest.load(paths.MANIFEST).entry("mine").threshold == 0.4


@pytest.mark.slow
def test_pictures_measure_it_but_few_people_give_no_threshold(run, tmp_path, capsys):
    people = draw_folder(tmp_path / "people", {"kim": 2, "lee": 2})
    assert weights("add", run, "--id", "mine", "--images", people) == 0
    entry = Manifest.load(paths.MANIFEST).entry("mine")
    assert "own_eer" in entry.measured and entry.threshold == 0.25
    facts = (run / "network.toml").read_text().split("threshold")[0]
    (run / "network.toml").write_text(facts)
    assert weights("add", run, "--id", "other", "--images", people) == 2


def test_bad_input_is_one_sentence_and_nothing_is_added(run, own_folder, tmp_path, capsys):
    for words, sentence in (
        (["add"], "Name a training run's folder"),
        (["add", run], "with --id"),
        (["add", run, "--id", "Mine!"], "with --id"),
        (["add", run, "--id", "siamese"], "There is a network siamese already"),
        (["add", tmp_path / "nothing", "--id", "mine"], "There is no network"),
        (["add", run, "--id", "mine", "--threshold", "3"], "between 0 and 2"),
        (["list", "--id", "mine"], "options of `weights add`"),
        (["fetch", "sface", "--images", run], "is an option of `weights recommend`"),
    ):
        assert weights(*words) == 2, words
        said = capsys.readouterr().err
        assert sentence in said and said.count("munjigi:") == 1, (words, said)
    assert not own_folder.exists()


@pytest.mark.parametrize("text", ["nonsense", '[[network]]\nid = "siamese"\nkind = "embedder"\n'])
def test_a_damaged_list_of_own_networks_is_named(text, own_folder, capsys):
    own_folder.mkdir(parents=True)
    (own_folder / "MANIFEST.toml").write_text(text)
    assert weights("list") == 2
    assert str(own_folder / "MANIFEST.toml") in capsys.readouterr().err
