"""Training gets better, repeats itself, goes on where it was stopped, and says what is wrong."""

from __future__ import annotations

import csv
import errno
import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from kiosk.core.errors import LearningError
from kiosk.learning.data.face_dataset import split
from kiosk.learning.networks.weight_files import NAME, load_network, save_network
from kiosk.learning.training import run_folder, trainer
from kiosk.learning.training.epoch_validation import EpochFigures, threshold_for, validate_epoch
from kiosk.learning.training.objectives import LOSSES, paired
from kiosk.learning.training.run_folder import Run
from kiosk.learning.training.sweep import Grid, name_of, sweep
from kiosk.learning.training.trainer import Trainer, TrainSettings, embed
from tests.helpers.textures import faces

pytestmark = pytest.mark.usefixtures("quick")
DATA = split(faces(8, 4, 32), 0.25)
QUICK = {
    "images": "here",
    "head": "16-8",
    "size": 32,
    "epochs": 2,
    "batch": 16,
    "pairs": 24,
    "lr": 0.002,
    "augment": False,
}


def make_trainer(folder: Path, *, make=None, say=lambda line: None, **values) -> Trainer:
    settings = TrainSettings(**(QUICK | values))
    run = (
        Run.open(folder)
        if (folder / "config.toml").exists()
        else Run.create(folder, "train", settings)
    )
    return Trainer(run, settings, DATA, shown=False, make=make, say=say)


def test_training_separates_people_it_has_never_seen(tmp_path):
    best = make_trainer(tmp_path / "run", epochs=8, pairs=96, patience=0).train()
    rows = list(csv.DictReader((tmp_path / "run/metrics.csv").read_text().splitlines()))
    assert [int(row["epoch"]) for row in rows] == list(range(9))
    assert float(rows[-1]["loss"]) < float(rows[1]["loss"]) / 2
    assert best.neg_m - best.pos_m > 0.5
    made = {path.name for path in (tmp_path / "run").iterdir()}
    assert made == {
        "config.toml",
        "checkpoint.pt",
        "metrics.csv",
        "metrics.json",
        NAME,
        NAME + ".sha256",
        "siamese.onnx",
        "network.toml",
        "curve.png",
        "scatter.png",
    }
    summary = json.loads((tmp_path / "run/metrics.json").read_text())
    assert summary["finished"] and summary["best"] == max(
        summary["epochs"], key=lambda r: (-r["type_1"], r["sensitivity"], -r["epoch"])
    )
    vectors = embed(load_network(tmp_path / "run"), DATA.validation)
    again = validate_epoch(vectors, trainer.validation_pairs(DATA.validation, 0), 1.0)
    assert again.row() == pytest.approx({key: summary["best"][key] for key in again.row()})


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains(loss, tmp_path):
    make_trainer(tmp_path, loss=loss, epochs=1).train()
    assert Run.open(tmp_path).summary()["epochs"][1]["loss"] > 0


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return Run.open(folder).load()["network"]


def same(first: dict, second: dict) -> bool:
    return first.keys() == second.keys() and all(
        torch.equal(first[key], second[key]) for key in first
    )


def test_the_same_seed_gives_the_same_weights_and_another_others(tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        make_trainer(tmp_path / name, seed=seed, augment=True, epochs=1).train()
    assert same(weights(tmp_path / "a"), weights(tmp_path / "b"))
    assert not same(weights(tmp_path / "a"), weights(tmp_path / "c"))


def interrupt_after(steps: int, monkeypatch) -> None:
    """Ctrl-C arrives while a step is under way."""
    done = [0]
    step = Trainer._step

    def counted(self, batch):
        done[0] += 1
        if done[0] == steps:
            signal.raise_signal(signal.SIGINT)
        return step(self, batch)

    monkeypatch.setattr(Trainer, "_step", counted)


def test_a_stopped_run_goes_on_as_if_nothing_had_been(tmp_path, monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    make_trainer(tmp_path / "whole", augment=True).train()
    with monkeypatch.context() as patch:
        interrupt_after(5, patch)
        with pytest.raises(KeyboardInterrupt):
            make_trainer(tmp_path / "stopped", augment=True).train()
    stopped = Run.open(tmp_path / "stopped").load()
    assert stopped["state"]["epoch"] == 1 and stopped["state"]["step"] == 2
    assert (tmp_path / "stopped/siamese.onnx").exists(), "what there is can be measured"
    assert signal.getsignal(signal.SIGINT) is before
    make_trainer(tmp_path / "stopped", augment=True).train()
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "stopped"))
    for name in ("metrics.csv", "metrics.json", "network.toml"):
        assert (tmp_path / "whole" / name).read_text() == (tmp_path / "stopped" / name).read_text()


def test_a_loss_that_is_no_number_ends_in_a_sentence_and_the_run_still_opens(tmp_path):
    class Broken(torch.nn.Module):
        def forward(self, distance, label):
            return distance.sum() * float("nan")

    with pytest.raises(
        LearningError, match=r"no longer a number in epoch 1; start again with a smaller --lr"
    ):
        make_trainer(tmp_path, make=lambda: paired(Broken())).train()
    run = Run.open(tmp_path)
    assert run.settings(TrainSettings, "train").epochs == 2 and len(run.load()["history"]) == 1
    assert all(
        torch.isfinite(value).all() for value in load_network(tmp_path).state_dict().values()
    )
    assert run.summary()["finished"] is False and (tmp_path / "siamese.onnx").exists()


def test_a_full_disk_at_a_checkpoint_ends_in_a_sentence_and_the_run_goes_on_later(
    tmp_path, monkeypatch
):
    full = [False]
    fsync = os.fsync

    def limited(handle):
        if full[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", limited)
    work = make_trainer(
        tmp_path, say=lambda line: full.__setitem__(0, True)
    )  # full after the first epoch
    with pytest.raises(
        LearningError, match=r"cannot be written \(No space left on device\); make room"
    ):
        work.train()
    assert not list(tmp_path.glob("*.part"))
    assert len(Run.open(tmp_path).load()["history"]) == 2
    full[0] = False
    make_trainer(tmp_path).train()
    assert Run.open(tmp_path).summary()["finished"]


def test_it_ends_early_where_nothing_gets_better_and_keeps_the_best(tmp_path):
    make_trainer(tmp_path, lr=1e-12, epochs=9, patience=2).train()
    summary = Run.open(tmp_path).summary()
    assert [row["epoch"] for row in summary["epochs"]] == [0, 1, 2] or summary["best"]["epoch"] > 0
    assert summary["finished"] and summary["epochs"][-1]["epoch"] == summary["best"]["epoch"] + 2


def row(type_1: int, sensitivity: float) -> EpochFigures:
    return EpochFigures(type_1, 0, sensitivity, 0, 0, 0, 0)


def test_strangers_accepted_count_first_and_sensitivity_second():
    assert row(0, 0.1).better_than(row(1, 0.99))
    assert row(1, 0.9).better_than(row(1, 0.8))
    assert not row(1, 0.8).better_than(row(1, 0.8))


def test_judging_counts_what_a_plain_loop_counts():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(12, 4)).astype(np.float32)
    pairs = trainer.validation_pairs(faces(4, 3, 4), 0)
    found = validate_epoch(vectors, pairs, 2.5)
    gaps = [
        float(np.linalg.norm(vectors[a] - vectors[b]))
        for a, b in zip(pairs.first, pairs.second, strict=True)
    ]
    assert found.type_1 == sum(d < 2.5 and not s for d, s in zip(gaps, pairs.same, strict=True)) > 0
    assert found.type_2 == sum(d >= 2.5 and s for d, s in zip(gaps, pairs.same, strict=True)) > 0
    assert found.sensitivity == pytest.approx(1 - found.type_2 / pairs.same.sum())
    assert found.pos_m == pytest.approx(
        np.mean([d for d, s in zip(gaps, pairs.same, strict=True) if s])
    )


def test_the_written_threshold_lets_no_stranger_in():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(20, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    people = np.repeat(np.arange(5), 4)
    nearest = min(
        float(np.linalg.norm(vectors[i] - vectors[j]))
        for i in range(20)
        for j in range(i)
        if people[i] != people[j]
    )
    assert nearest - 0.01 < threshold_for(vectors, people) <= nearest


def test_finetuning_never_ends_worse_than_it_began(tmp_path):
    make_trainer(tmp_path / "first", epochs=8, pairs=96, patience=0).train()
    start = tmp_path / "first" / NAME
    best = make_trainer(
        tmp_path / "second", start=str(start), lr=0.5, epochs=1
    ).train()  # a rate that ruins everything
    began = EpochFigures.of(Run.open(tmp_path / "second").summary()["epochs"][0])
    assert not began.better_than(best)
    assert began.row() == pytest.approx(
        {key: Run.open(tmp_path / "first").summary()["best"][key] for key in began.row()}
    )


def test_a_sweep_compares_and_does_nothing_twice(tmp_path, monkeypatch):
    plan = Grid([0.002, 0.0001], ["16-8"], [1]).of(TrainSettings(**QUICK))
    rows = sweep(tmp_path, plan, DATA, shown=False)
    assert [(r["lr"], r["epochs"], r["head"]) for r in rows] == [
        (0.002, 1, "16-8"),
        (0.0001, 1, "16-8"),
    ]
    listed = list(csv.DictReader((tmp_path / "comparison.csv").read_text().splitlines()))
    assert [float(r["sensitivity"]) for r in listed] == [r["sensitivity"] for r in rows]
    assert (tmp_path / "comparison.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr(
        Trainer, "train", lambda self: pytest.fail("a finished run was trained again")
    )
    assert sweep(tmp_path, plan, DATA, shown=False) == rows


def test_a_run_of_the_sweep_that_fails_is_a_row_with_its_sentence(tmp_path, monkeypatch):
    plan = Grid([0.002, 0.0001], ["16-8"], [1]).of(TrainSettings(**QUICK))
    train = Trainer.train
    monkeypatch.setattr(
        Trainer,
        "train",
        lambda self: (
            train(self)
            if "0.0001" in str(self._run.folder)
            else exec("raise LearningError('Broke; do X.')", globals())
        ),
    )
    rows = sweep(tmp_path, plan, DATA, shown=False)
    assert (
        rows[0]["remark"] == "Broke; do X." and rows[0]["type_1"] == "" and rows[1]["remark"] == ""
    )
    assert name_of(plan[0]) == "head-16-8_epochs-1_lr-0.002"


def test_a_run_is_not_overwritten_and_other_folders_are_no_runs(tmp_path):
    Run.create(tmp_path / "run", "train", TrainSettings(**QUICK))
    with pytest.raises(LearningError, match="holds a run already"):
        Run.create(tmp_path / "run", "train", TrainSettings(**QUICK))
    with pytest.raises(LearningError, match="no run's folder"):
        Run.open(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "epochs = ",
        'command = "train"\n',
        'command = "train"\nepochs = "many"\n',
        'command = "distil"\n',
    ],
)
def test_damaged_settings_are_said(text, tmp_path):
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(LearningError):
        Run.open(tmp_path).settings(TrainSettings, "train")


def test_settings_come_back_as_they_were(tmp_path):
    settings = TrainSettings(**(QUICK | {"images": 'C:\\"홍길동"\t', "lr": 1e-6}))
    assert Run.create(tmp_path, "train", settings).settings(TrainSettings, "train") == settings


@pytest.mark.parametrize("content", [b"", b"nothing", b"\x80\x04N."])
def test_a_damaged_checkpoint_is_said(content, tmp_path):
    Run.create(tmp_path, "train", TrainSettings(**QUICK))
    (tmp_path / run_folder.CHECKPOINT).write_bytes(content)
    with pytest.raises(LearningError, match=r"checkpoint.pt is damaged; delete it"):
        Run.open(tmp_path).load()


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"batch": 1},
        {"lr": 0.0},
        {"lr": float("nan")},
        {"threshold": 2.0},
        {"size": 8},
        {"head": "x"},
        {"backbone": "y"},
        {"seed": -1},
    ],
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(LearningError):
        TrainSettings(**(QUICK | wrong))


def test_weights_of_a_run_are_used_by_their_folder(tmp_path):
    network = trainer.network_for(TrainSettings(**QUICK))
    save_network(tmp_path / NAME, network)
    assert same(
        trainer.network_for(TrainSettings(**QUICK, start=str(tmp_path))).state_dict(),
        network.state_dict(),
    )
