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
from PIL import Image

from kiosk.core.errors import LearningError
from kiosk.learning.data.face_dataset import distinct_pairs, split
from kiosk.learning.data.one_person import split_for
from kiosk.learning.networks.weight_files import NAME, load_network, save_network
from kiosk.learning.training import run_folder, trainer
from kiosk.learning.training.epoch_lines import HEADER, epoch_line
from kiosk.learning.training.epoch_validation import EpochFigures, validate_epoch
from kiosk.learning.training.objectives import LOSSES, objective, paired
from kiosk.learning.training.run_folder import Run
from kiosk.learning.training.sweep import Grid, name_of, sweep
from kiosk.learning.training.trainer import Trainer, TrainSettings, embed
from kiosk.learning.training.written_threshold import (
    PEOPLE_PAIRS_NEEDED,
    choose_threshold,
    distance_at,
    impostor_gaps,
    pairs_of_people,
)
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
        summary["epochs"][1:], key=lambda r: (-r["type_1"], r["sensitivity"], -r["epoch"])
    )
    vectors = embed(load_network(tmp_path / "run"), DATA.validation)
    again = validate_epoch(vectors, trainer.validation_pairs(DATA.validation, 0), 1.0).row()
    assert again.pop("val_loss") is None and summary["best"]["val_loss"] > 0
    assert again == pytest.approx({key: summary["best"][key] for key in again})


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
        tmp_path, say=lambda line: full.__setitem__(0, line.startswith("  1"))
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


def test_pairs_to_judge_by_are_distinct_and_all_that_there_are():
    people = np.repeat(np.arange(4), [5, 3, 1, 1])
    for most in (3000, 7):
        pairs = distinct_pairs(people, most, np.random.default_rng(0))
        found = {frozenset(pair) for pair in zip(pairs.first, pairs.second, strict=True)}
        assert len(found) == len(pairs) and all(len(pair) == 2 for pair in found)
        assert pairs.same.sum() == min(most, 10 + 3) and (~pairs.same).sum() == min(most, 32)
        assert ((people[pairs.first] == people[pairs.second]) == pairs.same).all()


def test_pairs_of_many_pictures_are_drawn_without_listing_all():
    people = np.repeat(np.arange(500), 20)  # fifty million pairs
    pairs = distinct_pairs(people, 3000, np.random.default_rng(0))
    codes = np.minimum(pairs.first, pairs.second) * len(people) + np.maximum(
        pairs.first, pairs.second
    )
    assert len(np.unique(codes)) == len(pairs) == 6000
    assert ((people[pairs.first] == people[pairs.second]) == pairs.same).all()
    again = distinct_pairs(people, 3000, np.random.default_rng(0))
    assert (again.first == pairs.first).all() and (again.second == pairs.second).all()


def test_an_epochs_line_has_every_figure_and_fits_80_columns(tmp_path):
    said: list[str] = []
    make_trainer(tmp_path, epochs=1, say=said.append).train()
    first, last = Run.open(tmp_path).summary()["epochs"]
    assert said[-3:] == [HEADER, epoch_line(first), epoch_line(last)]
    large = dict.fromkeys(last, 1.0) | {"tp": 3000, "tn": 3000, "loss": 12.34, "epoch": 100}
    assert max(map(len, (HEADER, epoch_line(last), epoch_line(large)))) <= 80
    assert len(epoch_line(last)) == len(HEADER) == len(epoch_line(large))
    assert epoch_line(dict.fromkeys(last, 0.5) | {"ppv": None, "loss": None}).count(" -") == 2


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


def crowd(people: int) -> tuple[np.ndarray, int]:
    """Impostor distances of so many people with two pictures each, and their pairs of people."""
    vectors = np.random.default_rng(0).normal(size=(2 * people, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    who = np.repeat(np.arange(people), 2)
    gaps = impostor_gaps(vectors, who)
    assert len(gaps) == 2 * people * (2 * people - 1) // 2 - people
    return gaps, pairs_of_people(who)


def test_the_measured_threshold_accepts_no_more_strangers_than_it_may():
    gaps, pairs = crowd(78)
    written = choose_threshold(gaps, pairs, start=0.97, unchanged=False)
    assert pairs >= PEOPLE_PAIRS_NEEDED and written.value == distance_at(gaps)
    assert sum(gaps < written.value) <= len(gaps) * 1e-3 < sum(gaps < written.value + 0.01)


@pytest.mark.parametrize("people", [2, 6, 77])
def test_few_people_never_change_a_threshold(people):
    """Six people of a small laboratory once made 0.97 into 1.25 for an unchanged network."""
    gaps, pairs = crowd(people)
    kept = choose_threshold(gaps, pairs, start=0.97, unchanged=False)
    assert kept.value == 0.97 and f"{pairs:,} pairs of people" in kept.why
    assert choose_threshold(gaps, pairs, start=None, unchanged=False).value is None


def test_a_network_as_it_began_keeps_its_threshold_whatever_the_people_say():
    gaps, pairs = crowd(78)
    assert choose_threshold(gaps, pairs, start=0.97, unchanged=True).value == 0.97
    assert choose_threshold(gaps, pairs, start=None, unchanged=True).value is not None
    useless = choose_threshold(gaps, pairs, start=0.97, unchanged=True, useless="it fell")
    assert useless.value is None and useless.why == "No threshold is written: it fell."


def figures(genuine: list[float], impostor: list[float]) -> EpochFigures:
    """What is found where one number a picture is the embedding."""
    gaps = np.array([*genuine, *impostor], np.float32)
    first = np.arange(len(gaps)) * 2
    vectors = np.stack([np.zeros_like(gaps), gaps], axis=1).reshape(-1, 1)
    same = np.arange(len(gaps)) < len(genuine)
    return validate_epoch(vectors, trainer.TrainingPairs(first, first + 1, same), 1.0)


def test_a_network_that_tells_nobody_apart_is_noticed():
    assert figures([0.001, 0.004], [0.003, 0.009]).collapsed
    assert "same embedding" in figures([0.001, 0.004], [0.003, 0.009]).useless
    assert "equally far apart" in figures([0.5, 0.9], [0.5, 0.9]).useless
    assert figures([0.5, 0.9], [0.5, 0.9]).auc == 0.5
    assert figures([0.1, 0.2], [1.1, 1.2]).useless == "" and not figures([0.1], [0.2]).collapsed
    assert figures([0.1, 0.2, 0.9], [0.3, 1.0]).auc == pytest.approx(5 / 6)


def test_a_collapsed_network_is_warned_of_and_gets_no_threshold(tmp_path, monkeypatch):
    def collapse(self, batch):
        last = self._network.head[-1]
        torch.nn.init.zeros_(last.weight)
        torch.nn.init.ones_(last.bias)
        return 1.0

    monkeypatch.setattr(Trainer, "_step", collapse)
    warned: list[str] = []
    settings = TrainSettings(**QUICK)
    run = Run.create(tmp_path, "train", settings)
    assert Trainer(run, settings, DATA, shown=False, warn=warned.append).train().useless
    assert len(warned) == 1 and "After epoch 1 " in warned[0] and "random weights" in warned[0]
    assert run.summary()["threshold"] is None
    assert "threshold" not in (tmp_path / "network.toml").read_text()


def test_a_fine_tuning_that_ends_as_it_began_keeps_the_threshold_of_its_start(tmp_path):
    make_trainer(tmp_path / "first", epochs=8, pairs=96, patience=0).train()
    start = {"start": str(tmp_path / "first"), "start_threshold": 0.61}
    make_trainer(tmp_path / "second", **start, lr=0.5, epochs=1).train()
    summary = Run.open(tmp_path / "second").summary()
    assert summary["best"]["epoch"] == 0 and summary["threshold"] == 0.61
    assert "stays 0.61, that of the start" in summary["threshold_because"]
    assert "threshold = 0.61" in (tmp_path / "second/network.toml").read_text()


def test_an_untrained_head_is_never_the_best_epoch(tmp_path):
    make_trainer(tmp_path / "first", epochs=1).train()
    other = {"start": str(tmp_path / "first"), "head": "24-8", "start_threshold": 0.61}
    make_trainer(tmp_path / "second", **other, lr=0.5, epochs=1).train()
    summary = Run.open(tmp_path / "second").summary()
    assert summary["best"]["epoch"] == 1 and not summary["complete_start"]
    assert summary["threshold"] is None, "that of the start belongs to another network"


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


def test_a_sweep_shows_every_epoch_and_does_nothing_twice(tmp_path, monkeypatch):
    plan = Grid([0.002, 0.0001], ["16-8"], [1, 2]).of(TrainSettings(**QUICK))
    rows = sweep(tmp_path, plan, [1, 2], DATA, shown=False)
    assert [(r["lr"], r["epochs"], r["head"]) for r in rows] == [
        (0.002, 1, "16-8"),
        (0.002, 2, "16-8"),
        (0.0001, 1, "16-8"),
        (0.0001, 2, "16-8"),
    ]
    assert len(list(tmp_path.glob("head-*"))) == 2, "one epoch is the beginning of two"
    history = Run.open(tmp_path / name_of(plan[0])).summary()["epochs"]
    assert [rows[0]["pos_m"], rows[1]["pos_m"]] == [history[1]["pos_m"], history[2]["pos_m"]]
    listed = list(csv.DictReader((tmp_path / "comparison.csv").read_text().splitlines()))
    assert [float(r["sensitivity"]) for r in listed] == [r["sensitivity"] for r in rows]
    epochs = list(csv.DictReader((tmp_path / "epochs.csv").read_text().splitlines()))
    assert [(r["lr"], r["epoch"]) for r in epochs] == [
        (lr, str(epoch)) for lr in ("0.002", "0.0001") for epoch in range(3)
    ]
    assert (tmp_path / "comparison.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr(
        Trainer, "train", lambda self: pytest.fail("a finished run was trained again")
    )
    assert sweep(tmp_path, plan, [1, 2], DATA, shown=False) == rows


def test_a_sweep_over_heads_gives_each_a_new_one(tmp_path):
    make_trainer(tmp_path / "first", epochs=1).train()
    common = TrainSettings(**(QUICK | {"start": str(tmp_path / "first"), "pairs": 8}))
    plan = Grid([0.002], ["16-8", "24-8"], [1], [0, 1]).of(common)
    rows = sweep(tmp_path / "s", plan, [1], DATA, shown=False)
    assert [(r["head"], r["seed"]) for r in rows] == [
        (head, seed) for head in ("16-8", "24-8") for seed in (0, 1)
    ]
    heads = {load_network(tmp_path / "s" / name_of(run)).spec.head for run in plan}
    assert heads == {"16-8", "24-8"} and len({r["pos_m"] for r in rows}) == 4
    alone = Grid([0.002], ["16-8"], [1]).of(common)[0]
    assert trainer.start_for(alone).complete and not trainer.start_for(plan[0]).complete


def test_a_sweep_says_where_nothing_was_better_than_the_start(tmp_path):
    make_trainer(tmp_path / "first", epochs=8, pairs=96, patience=0).train()
    common = TrainSettings(**(QUICK | {"start": str(tmp_path / "first"), "pairs": 8}))
    rows = sweep(tmp_path / "s", Grid([0.5], ["16-8"], [1]).of(common), [1], DATA, shown=False)
    history = Run.open(next((tmp_path / "s").glob("head-*"))).summary()["epochs"]
    assert rows[0]["best_epoch"] == 0 and rows[0]["remark"]
    assert rows[0]["pos_m"] == history[1]["pos_m"] != history[0]["pos_m"]


def test_a_run_of_the_sweep_that_fails_is_a_row_with_its_sentence(tmp_path, monkeypatch):
    plan = Grid([0.002, 0.0001], ["16-8"], [1]).of(TrainSettings(**QUICK))
    train = Trainer.train

    def fails_once(self):
        if "0.0001" in str(self._run.folder):
            return train(self)
        raise LearningError("Broke; do X.")

    monkeypatch.setattr(Trainer, "train", fails_once)
    rows = sweep(tmp_path, plan, [1], DATA, shown=False)
    assert rows[0]["remark"] == "Broke; do X." and "type_1" not in rows[0]
    assert rows[1]["remark"] != "Broke; do X." and rows[1]["type_1"] is not None
    assert name_of(plan[0]) == "head-16-8_lr-0.002_seed-0"


def test_a_run_is_not_overwritten_and_other_folders_are_no_runs(tmp_path):
    Run.create(tmp_path / "run", "train", TrainSettings(**QUICK))
    with pytest.raises(LearningError, match="holds a run already"):
        Run.create(tmp_path / "run", "train", TrainSettings(**QUICK))
    with pytest.raises(LearningError, match="not a training run's folder"):
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
    network = trainer.start_for(TrainSettings(**QUICK)).network
    save_network(tmp_path / NAME, network)
    again = trainer.start_for(TrainSettings(**QUICK, start=str(tmp_path)))
    assert again.complete and same(again.network.state_dict(), network.state_dict())


def test_one_person_is_learned_against_everybody_else(tmp_path):
    everybody = faces(12, 4, 32)
    data = split_for(everybody, "p03", 0.25)
    own = {file for file in everybody.files if file.startswith("p03/")}
    learned = own & set(data.train.files)
    assert len(learned) == 3 and own <= set(data.validation.files)
    assert not (set(data.train.names) & set(data.validation.names)) - {"p03"}
    files = np.array(data.validation.files)
    for first, second, same in zip(
        data.pairs.first, data.pairs.second, data.pairs.same, strict=True
    ):
        assert files[first] in learned and files[second] not in learned
        assert same == files[second].startswith("p03/")
    settings = TrainSettings(**(QUICK | {"me": "p03", "epochs": 6, "pairs": 96, "patience": 0}))
    run = Run.create(tmp_path, "train", settings)
    best = Trainer(run, settings, data, shown=False).train()
    assert best.neg_m - best.pos_m > 0.3 and run.summary()["threshold"] is None
    batch = paired(torch.nn.Identity(), data.me).batches(data.train, 16, 48, trainer.generator(0))
    mine = data.train.people[batch[0].rows] == data.me
    assert (mine[:8]).all() and (mine[8:] == batch[0].targets).all()


def test_the_same_split_for_the_same_person_and_a_sentence_for_too_little():
    everybody = faces(12, 4, 32)
    assert split_for(everybody, "p03").train.files == split_for(everybody, "p03").train.files
    with pytest.raises(LearningError, match="no usable picture of kim; --me names a folder"):
        split_for(everybody, "kim")
    with pytest.raises(LearningError, match="p03 has 2 usable pictures"):
        split_for(faces(12, 2, 32), "p03")
    with pytest.raises(LearningError, match="pictures of 3 other people"):
        split_for(faces(4, 4, 32), "p03")
    with pytest.raises(LearningError, match="leave out --loss"):
        objective("triplet", 0.0, 4, 2, me=1)


def test_the_film_has_a_picture_of_every_epoch(tmp_path):
    make_trainer(tmp_path, film=True).train()
    shown = sorted(path.name for path in (tmp_path / "scatter").iterdir())
    assert shown == ["epoch-000.png", "epoch-001.png", "epoch-002.png"]
    with Image.open(tmp_path / "scatter.gif") as film:
        assert film.format == "GIF" and film.n_frames == 3


def test_swapped_labels_push_one_person_apart(tmp_path):
    right = make_trainer(tmp_path / "right", epochs=4, pairs=96, patience=0).train()
    make_trainer(tmp_path / "swapped", epochs=4, pairs=96, patience=0, swap_labels=True).train()
    last = EpochFigures.of(Run.open(tmp_path / "swapped").summary()["epochs"][-1])
    assert right.neg_m - right.pos_m > 0.3 > last.neg_m - last.pos_m
    with pytest.raises(LearningError, match="leave out --loss"):
        objective("triplet", 0.0, 4, 2, swapped=True)
