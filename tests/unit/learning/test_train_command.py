"""``train`` as a person runs it: a run's folder for good input, one sentence and exit code 2 for
bad.
"""

from __future__ import annotations

import tomllib

import pytest
import torch

from kiosk.cli import main
from kiosk.learning.networks.weight_files import NAME, load_network
from kiosk.learning.training.epoch_validation import EpochFigures
from kiosk.learning.training.run_folder import Run
from kiosk.vision.detection import mtcnn
from tests.helpers.textures import WholePicture, folder

QUICK = [
    "--head",
    "16-8",
    "--size",
    "32",
    "--batch",
    "16",
    "--pairs",
    "16",
    "--no-augment",
    "--start",
    "random",
    "--quiet",
    "--threads",
    "1",
]

WITHOUT_START = QUICK[4:9] + QUICK[11:]

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture(autouse=True)
def detector(monkeypatch):
    monkeypatch.setattr(mtcnn, "load_mtcnn", lambda *_: WholePicture())


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    root = folder(tmp_path_factory.mktemp("images"), people=6, each=3, size=48)
    (root / "p00" / "broken.jpg").write_bytes(b"nothing")
    return root


def train(*words: object) -> int:
    return main(["train", *map(str, words)])


def test_train_then_finetune_leave_runs_that_a_kiosk_can_use(images, tmp_path, capsys):
    first = tmp_path / "first"
    second = tmp_path / "second"
    assert train(images, *QUICK, "--epochs", 1, "--lr", 0.002, "--out", first) == 0
    said = capsys.readouterr()
    assert (
        "p00/broken.jpg is not a readable picture" in said.err
        and str(first) in said.out
        and "\n  1 " in said.out
    )
    assert "p00/broken.jpg,unreadable" in (first / "unusable.csv").read_text()
    assert tomllib.loads((first / "config.toml").read_text())["head"] == "16-8"
    assert (
        train("finetune", images, "--start", first, *WITHOUT_START, "--epochs", 1, "--out", second)
        == 0
    )
    settings = tomllib.loads((second / "config.toml").read_text())
    assert (settings["head"], settings["size"], settings["lr"]) == ("16-8", 32, 0.0001)
    assert load_network(second / NAME).spec.head == "16-8"
    assert train("--resume", second, "--quiet") == 0, "a finished run is finished again"


def test_a_sweep_takes_several_values(images, tmp_path, capsys):
    assert (
        train(
            "sweep", images, *QUICK, "--epochs", "1", "--lr", "0.01,0.001", "--out", tmp_path / "s"
        )
        == 0
    )
    lines = (tmp_path / "s" / "comparison.csv").read_text().splitlines()
    assert (
        len(lines) == 3
        and lines[1].startswith("16-8,0.01,0,1,")
        and lines[2].startswith("16-8,0.001,0,1,")
    )
    assert Run.open(tmp_path / "s" / "head-16-8_lr-0.01_seed-0").summary()["finished"]


def test_bad_input_is_one_sentence_and_exit_code_2(images, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    one = folder(tmp_path / "one", 1, 3, 32)
    single = folder(tmp_path / "single", 5, 1, 32)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.toml").write_text('command = "train"\n')
    (tmp_path / "corrupt" / "kim").mkdir(parents=True)
    (tmp_path / "corrupt" / "kim" / "1.jpg").write_bytes(b"nothing")
    out = ["--out", tmp_path / "out"]
    cases = [
        ([], "Name one folder"),
        (["sweep"], "Name one folder"),
        ([images, images], "Name one folder"),
        ([tmp_path / "nowhere", *out], "There is no folder"),
        ([tmp_path / "empty", *out], "holds no pictures"),
        ([one, *out], "one person only"),
        ([single, *out], "two usable pictures"),
        ([tmp_path / "corrupt", *out], "No face was found"),
        ([images, "--out", tmp_path / "run"], "holds a run already"),
        ([images, "--epochs", "5,10", *out], "one value"),
        ([images, "--epochs", "many", *out], "numbers separated"),
        ([images, "--lr", "0", *out], "--lr above 0"),
        ([images, "--loss", "hinge", "--size", "32", *out], "There is no loss"),
        ([images, "--head", "x", *out], "write it as"),
        ([images, "--backbone", "vgg", *out], "There is no backbone"),
        ([images, "--stages", "32:1", *out], "--stages cannot be used"),
        ([images, "--margin", "3", "--size", "32", "--out", tmp_path / "margin"], "margin"),
        ([images, "--threads", "0", *out], "--threads"),
        (["sweep", images, "--lr", ",", *out], "at least one learning rate"),
        (["sweep", images, "--patience", "3,4"], "--patience takes a whole number"),
        (["finetune", images, "--start", tmp_path / "nothing", *out], "There are no weights"),
        (["finetune", images, "--start", tmp_path / "file", *out], "damaged"),
        (["distil", tmp_path / "empty", *out], "holds no pool"),
        (["distil", tmp_path, "--loss", "triplet", *out], "--loss cannot be used"),
        (["--resume", tmp_path / "empty"], "training run's folder"),
        (["--resume", tmp_path / "run"], "lacks or misstates"),
        (["--resume", tmp_path / "run", "--epochs", "3"], "its own settings"),
        ([images, "--out", tmp_path / "file" / "run"], "cannot be"),
    ]
    for words, sentence in cases:
        assert train(*words) == 2, words
        said = capsys.readouterr().err
        assert sentence in said and said.count("munjigi:") == 1 and "Traceback" not in said, (
            words,
            said,
        )
    for name in ("out", "margin"):
        assert not (tmp_path / name / "config.toml").exists(), (
            "what is wrong is found before a folder says that a run has begun"
        )


def test_a_network_that_is_of_no_use_ends_with_exit_code_1(images, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(EpochFigures, "useless", "it sees nothing")
    assert train(images, *QUICK, "--epochs", 1, "--out", tmp_path / "run") == 1
    said = capsys.readouterr()
    assert "After epoch 1 it sees nothing. The likely cause are random weights" in said.err
    assert "The network is of no use: it sees nothing." in said.err
    assert "No threshold is written: it sees nothing." in said.out


def test_a_new_head_keeps_the_trunk_of_a_run_and_its_backbone(images, tmp_path, capsys):
    first, second = tmp_path / "first", tmp_path / "second"
    train(images, *QUICK, "--epochs", 1, "--out", first)
    assert (
        train(
            images,
            "--start",
            first,
            "--head",
            "24-8",
            *WITHOUT_START,
            "--epochs",
            1,
            "--lr",
            1e-9,
            "--out",
            second,
        )
        == 0
    )
    assert "the head 24-8 is new" in capsys.readouterr().out
    one, other = load_network(first), load_network(second)
    assert other.spec.head == "24-8" and one.spec.backbone == other.spec.backbone
    for name, value in one.trunk.named_parameters():
        assert torch.allclose(value, other.trunk.get_parameter(name), atol=1e-5), name
