"""``weights recommend``: what is measured, fetched and advised, against a loopback server."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from kiosk import cli
from kiosk.cli import weights_command
from kiosk.cli.network_recommendation import _choice
from kiosk.core import paths
from kiosk.core.errors import LearningError
from kiosk.learning.evaluation.network_comparison import ComparedNetwork, compare_networks
from kiosk.vision.models.manifest import Manifest, ModelEntry
from kiosk.vision.models.model_download import can_be_reached
from kiosk.vision.models.prepare.onnx_graph import Graph
from tests.helpers.drawn import draw_folder, tiny_network
from tests.unit.vision.models.test_model_download import Server

REAL = Manifest.load(paths.MANIFEST)


def blind_network() -> bytes:
    """An ONNX network that gives everybody the same embedding."""
    g = Graph("blind")
    flat = g.node("Flatten", g.node("GlobalAveragePool", "face"), axis=1)
    same = g.dense(flat, np.zeros((3, 3), np.float32), np.full(3, 0.1, np.float32))
    g.node("Identity", same, output="embedding")
    return g.build({"face": ["n", 3, 112, 112]}, {"embedding": ["n", 3]})


@pytest.fixture
def server():
    running = Server()
    running.content = tiny_network()
    yield running
    running.stop()


@pytest.fixture
def manifest(tmp_path, server, monkeypatch) -> Manifest:
    """A blind network is here and the default; one that sees colours is on the server."""
    (tmp_path / "blind.onnx").write_bytes(blind_network())
    blind = ModelEntry(
        "blind",
        "embedder",
        "blind.onnx",
        sha256=hashlib.sha256(blind_network()).hexdigest(),
        licence="Apache-2.0",
        dimension=3,
        measured={"rank": 0.5},
        root=tmp_path,
    )
    seeing = replace(
        blind,
        id="seeing",
        title="Seeing",
        file="seeing.onnx",
        sha256=hashlib.sha256(server.content).hexdigest(),
        source="loopback",
        url=server.url,
        download_bytes=2_000_000,
        measured={},
    )
    research = replace(seeing, id="research", file="research.onnx", licence="research only")
    detectors = tuple(entry for entry in REAL.entries if entry.kind == "detector")
    made = Manifest((*detectors, blind, seeing, research))
    monkeypatch.setattr(weights_command.Manifest, "load", lambda _: made)
    return made


@pytest.fixture
def recommend(manifest, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cli, "_log_to_stderr", lambda level: None)

    def run(*words: object) -> tuple[int, str, str]:
        given = ["weights", "recommend", "--data-dir", str(tmp_path / "data"), *map(str, words)]
        return cli.main(given), *capsys.readouterr()

    return run


def test_what_is_not_here_is_offered_with_its_size(recommend, server):
    code, out, _ = recommend()
    assert code == 0
    assert "The door uses blind" in out
    assert "seeing, Seeing, Apache-2.0, 2 MB; `" in out and "weights fetch seeing` gets it" in out
    assert "research, " not in out, "a network for research only is never offered"
    assert "give --images DIR" in out
    assert server.asked == ["bytes=0-0"], "one byte is enough to know"


def test_without_a_connection_it_says_where_the_file_must_lie(recommend, server, tmp_path):
    server.stop()
    code, out, _ = recommend()
    assert code == 0 and "cannot be reached from here" in out
    assert server.url in out and str(tmp_path / "seeing.onnx") in out


def test_a_server_that_refuses_is_out_of_reach(manifest, server):
    server.status = 503
    assert not can_be_reached(manifest.entry("seeing"))
    assert not can_be_reached(replace(manifest.entry("seeing"), url="http://[::bad"))


def test_a_broken_download_is_one_sentence_and_goes_on_the_next_time(recommend, server, tmp_path):
    server.cut = 100
    code, _, err = recommend("--fetch")
    assert code == 2 and err.count("\n") == 1 and "seeing cannot be fetched" in err
    code, out, _ = recommend("--fetch")
    assert code == 0 and "bytes=100-" in server.asked
    assert (tmp_path / "seeing.onnx").read_bytes() == server.content
    assert "Not here" not in out


@pytest.mark.slow
def test_a_better_network_is_recommended_with_the_steps_of_re_enrolment(recommend, tmp_path):
    photos = draw_folder(tmp_path / "photos", dict.fromkeys("abcdef", 2))
    for number, day in enumerate(("mon", "tue")):
        for name in "abcdef":
            (photos / name / day).mkdir()
            (photos / name / f"{number}.png").rename(photos / name / day / "0.png")
    code, out, err = recommend("--fetch", "--images", photos)
    assert code == 0, err
    assert "6 people, 12 pictures; 6 genuine comparisons between sessions" in out
    steps = out[out.index("Use seeing") :]
    for word in (
        "templates of one network mean nothing to another",
        f"evaluate seeing --images {photos} --reference",
        'embedder = "seeing"',
        str(tmp_path / "data/config.toml"),
        "people re-enrolment",
        "people import",
        "doctor",
    ):
        assert word in steps
    code, _, err = recommend("--images", tmp_path / "nowhere")
    assert code == 2 and err.count("\n") == 1 and "There is no folder" in err


def compared(name: str, eer: float, draws) -> ComparedNetwork:
    return ComparedNetwork(name, eer, 0.5, np.asarray(draws, float), 5.0)


def test_a_difference_that_the_people_do_not_show_changes_nothing():
    current = REAL.entry("siamese")
    hard = np.linspace(0.05, 0.25, 100)
    now = compared("siamese", 0.15, hard)
    assert _choice([compared("sface", 0.14, hard[::-1]), now], current, REAL) is None
    better = compared("sface", 0.10, hard - 0.03)
    assert _choice([better, now], current, REAL) == REAL.entry("sface")
    assert better.interval == pytest.approx((0.025, 0.215), abs=1e-3)
    research = compared("facenet", 0.01, hard - 0.04)
    assert _choice([research, now], current, REAL) is None, "data for research only"
    assert _choice([now, compared("dlib", 0.3, hard + 0.1)], current, REAL) is None


def test_draws_without_both_kinds_of_comparison_are_left_out():
    few = compared("few", 0.1, [np.nan] * 3 + [0.1, 0.2])
    assert few.interval is None
    assert not few.better_than(compared("now", 0.5, [0.5] * 5))


def test_one_person_or_one_picture_is_one_sentence(tmp_path):
    for folders, words in (({"kim": 2}, "one person only"), ({"kim": 1, "lee": 1}, "two pictures")):
        root = draw_folder(tmp_path / words.replace(" ", "-"), folders)
        with pytest.raises(LearningError, match=words):
            compare_networks(root, [], None, None)


def test_options_of_recommend_are_refused_elsewhere(manifest, capsys, tmp_path):
    assert cli.main(["weights", "list", "--images", str(tmp_path)]) == 2
    assert "of `weights recommend`" in capsys.readouterr().err


def test_the_networks_that_every_site_may_use_are_pinned():
    for name in ("sface", "auraface"):
        entry = REAL.entry(name)
        assert entry.free_to_use and len(entry.sha256) == 64 and entry.download_bytes > 30_000_000
        assert entry.url.startswith("https://") and not entry.needs_export
    assert not REAL.entry("facenet").free_to_use
