"""The kept inputs, some changes of them, and a driver that finds what it looks for."""

from __future__ import annotations

import os
import time

import pytest

from tests.fuzz.driver import fuzz
from tests.fuzz.mutator import LONGEST, Mutator
from tests.fuzz.target import CORPUS, FuzzTarget
from tests.fuzz.targets import TARGETS


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_kept_and_changed_inputs_are_read_or_refused(name, tmp_path):
    target = TARGETS[name]
    for data in target.corpus():
        target.run(data)
    result = fuzz(target, 300, seed=1, keep=tmp_path)
    assert (result.done, result.crashes, result.over) == (300, 0, 0), list(tmp_path.rglob("*"))


def test_every_target_has_kept_inputs_and_they_are_small():
    assert {folder.name for folder in CORPUS.iterdir()} == set(TARGETS)
    files = [file for folder in CORPUS.iterdir() for file in folder.iterdir()]
    assert all(file.stat().st_size <= LONGEST for file in files)


def test_the_same_seed_gives_the_same_inputs():
    one, same, other = (Mutator([b"abc", b"{}"], [b"x"], seed) for seed in (1, 1, 2))
    inputs = list(one.inputs(200))
    assert inputs == list(same.inputs(200)) != list(other.inputs(200))
    assert len(set(inputs)) > 100


def broken(data: bytes) -> None:
    """Bear little."""
    if data.startswith(b"a"):
        raise ZeroDivisionError
    if data.startswith(b"b"):
        os.kill(os.getpid(), 11)
    if data.startswith(b"c"):
        end = time.process_time() + 60
        while time.process_time() < end:
            pass
    if data.startswith(b"d"):
        bytearray(500_000_000)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("letter", "found"), [("a", "crashes"), ("b", "crashes"), ("d", "crashes")]
)
def test_an_input_that_is_not_borne_is_counted_and_kept(letter, found, tmp_path, monkeypatch):
    target = FuzzTarget("broken", broken)
    monkeypatch.setattr(FuzzTarget, "corpus", lambda self: [letter.encode() * 30])
    result = fuzz(target, 6, keep=tmp_path)
    assert result.done == 6 and getattr(result, found) >= 1
    kept = [file.read_bytes() for file in (tmp_path / "broken").iterdir()]
    assert kept and all(data.startswith(letter.encode()) for data in kept)


@pytest.mark.slow
def test_an_input_that_takes_too_long_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.fuzz.driver.SECONDS", 0.1)
    monkeypatch.setattr(FuzzTarget, "corpus", lambda self: [b"c" * 30])
    result = fuzz(FuzzTarget("broken", broken), 2, keep=tmp_path)
    assert result.done == 2 and result.over >= 1
