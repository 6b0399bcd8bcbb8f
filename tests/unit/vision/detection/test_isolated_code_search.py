"""The search for codes in a process of its own: what it finds, and that nothing stops it."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk.vision.detection import isolated_code_search
from kiosk.vision.detection.code_reader import qr_code
from kiosk.vision.detection.code_search import MAX_TEXT, NO_CODES, Codes, ZXingCodeSearch
from kiosk.vision.detection.isolated_code_search import (
    LONGEST_SIDE,
    IsolatedCodeSearch,
    _codes,
    reduced,
)
from tests.helpers.hostile_sheets import sheets
from tests.unit.vision.detection.test_code_reader import ean13, scene

TEXT = "MNJ1.NGSV7IEM6HW7Y5HZWYGPC7AKELDGJYQAPBJZ6CKU3CH7Q4FG"
"""The form of a badge, the same in each run."""

CPU_S = 0.5
"""Enough for a badge on a machine that is busy with other tests."""


@pytest.fixture
def search() -> Iterator[IsolatedCodeSearch]:
    made = IsolatedCodeSearch(True, CPU_S)
    yield made
    made.close()


def finders(side: int) -> np.ndarray:
    """A page of finder patterns, (1280, 1280), on which a search takes a quarter of a second."""
    dark = np.zeros((9, 9), np.uint8)
    dark[1:8, 1:8] = 1
    dark[2:7, 2:7] = 0
    dark[3:6, 3:6] = 1
    tile = np.kron(255 - 255 * dark, np.ones((side, side), np.uint8))
    return np.tile(tile, (1280 // len(tile) + 1,) * 2)[:1280, :1280]


def card(side: int = 8) -> np.ndarray:
    """The code of ``TEXT`` with modules of ``side`` pixels."""
    return np.kron(np.where(qr_code(TEXT), 0, 255), np.ones((side, side))).astype(np.uint8)


def badges() -> Iterator[np.ndarray]:
    """Badges turned, slanted, small, blurred and noisy."""
    rng = np.random.default_rng(5)
    for number in range(12):
        modules = card()
        scale = rng.uniform(3.2, 6) / 8
        small = cv2.resize(modules, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        turn = rng.uniform(-3.14, 3.14) if number % 3 == 0 else rng.uniform(-0.5, 0.5)
        yield scene(small, turn, rng.uniform(0, 0.3), rng.uniform(0.4, 1), rng.uniform(2, 8))


@pytest.mark.slow
def test_badges_are_read_as_without_a_process(search: IsolatedCodeSearch):
    here = ZXingCodeSearch(True)
    expected = [here.look(picture) for picture in badges()]
    assert [search.look(picture) for picture in badges()] == expected
    assert sum(codes.qr == (TEXT,) for codes in expected) >= 10
    assert search.look(scene(ean13("2026123400013"), blur=0.5, noise=3)).bar == ("2026123400013",)


@pytest.mark.slow
def test_a_page_of_finder_patterns_is_cut_short_and_the_next_badge_is_read():
    search = IsolatedCodeSearch(False, cpu_s=0.03)
    try:
        assert search.look(np.zeros((48, 64), np.uint8)) == NO_CODES
        pid = search.pid
        assert [search.look(finders(1)), search.look(finders(2))] == [None, None]
        assert search.pid == pid, "only a copy was ended"
        assert search.look(scene(card(6))).qr == (TEXT,)
    finally:
        search.close()


@pytest.mark.slow
def test_hostile_sheets_of_every_kind_get_an_answer():
    search = IsolatedCodeSearch(True, cpu_s=0.05)
    try:
        for sheet in sheets(14, seed=3):
            search.look(sheet)  # raises where the process is gone
        assert search.look(np.zeros((48, 64), np.uint8)) == NO_CODES
    finally:
        search.close()


@pytest.mark.slow
def test_a_search_that_sleeps_is_ended_too_and_another_process_goes_on(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(isolated_code_search, "STARTING_S", 0.1)
    search = IsolatedCodeSearch(False, CPU_S, wall_s=0.0)
    asleep = [sys.executable, "-c", "import time; time.sleep(3600)"]
    started = isolated_code_search.subprocess.Popen
    monkeypatch.setattr(
        isolated_code_search.subprocess,
        "Popen",
        lambda words, **options: started(asleep, **options),
    )
    with pytest.raises(OSError, match="without an answer"):
        search.look(np.zeros((48, 64), np.uint8))
    assert search.pid == 0
    monkeypatch.undo()
    search._wall_s = 10.0
    assert search.look(np.zeros((48, 64), np.uint8)) == NO_CODES
    search.close()


@pytest.mark.slow
def test_a_process_that_is_killed_is_started_again(search: IsolatedCodeSearch):
    search.look(np.zeros((48, 64), np.uint8))
    os.killpg(search.pid, signal.SIGKILL)
    with pytest.raises(OSError):
        search.look(np.zeros((48, 64), np.uint8))
    assert search.look(scene(card(6))).qr == (TEXT,)


@pytest.mark.slow
def test_nothing_is_left_of_a_closed_search(search: IsolatedCodeSearch):
    search.look(np.zeros((48, 64), np.uint8))
    pid = search.pid
    search.close()
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(OSError, match="closed"):
        search.look(np.zeros((48, 64), np.uint8))


def test_an_answer_is_read_as_texts_that_are_not_too_long():
    said = {"qr": ["x" * MAX_TEXT, "y" * (MAX_TEXT + 1), ""], "bar": ["123"]}
    assert _codes(json.dumps(said).encode()) == Codes(("x" * MAX_TEXT,), ("123",))
    assert _codes(b"null\n") is None


@pytest.mark.parametrize(
    "answer", [b"\n", b"{}\n", b"[1]\n", b"7\n", b'{"qr": 1, "bar": []}\n', b"[" * 8000]
)
def test_an_answer_that_is_not_ours_is_an_error(answer: bytes):
    with pytest.raises(OSError, match="no valid answer"):
        _codes(answer)


def test_pictures_are_searched_in_grey_and_large_ones_reduced():
    assert reduced(np.zeros((480, 640, 3), np.uint8)).shape == (480, 640)
    assert reduced(np.zeros((1080, 1920, 3), np.uint8)).shape == (720, LONGEST_SIDE)
    assert reduced(np.zeros((720, 1280), np.uint8)).shape == (720, 1280)
