"""Garbage of every thread is collected on the main thread."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.app.garbage_collection import MainThreadCollector
from tests.helpers.fakes import FakeClock

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import threading
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget
from kiosk.app import qt_application

class Screen(QWidget):
    def __init__(self):
        super().__init__()
        self.me = self
    def __del__(self):
        print("deleted on", threading.current_thread().name, flush=True)
        application.quit()

def allocate():
    while not ended.is_set():
        kept = [[] for _ in range(5000)]
        for one in kept:
            one.append(one)

def leave_garbage():
    Screen()
    worker.start()

qt_application.SETTLED_MS = 0
application = qt_application.qt_application()
ended = threading.Event()
worker = threading.Thread(target=allocate, name="worker")
QTimer.singleShot(100, leave_garbage)
qt_application.run_event_loop(application, ended.set)
worker.join()
"""


@pytest.mark.slow
def test_a_widget_in_a_cycle_is_deleted_on_the_main_thread():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "deleted on MainThread\n" and done.returncode == 0, done.stderr


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Return the generations that are collected; the counts are those of ``counts_are``."""
    found: list[int] = []
    monkeypatch.setattr(gc, "collect", found.append)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    yield found
    gc.enable()


def counts_are(monkeypatch: pytest.MonkeyPatch, *counts: int) -> None:
    monkeypatch.setattr(gc, "get_count", lambda: counts)
    monkeypatch.setattr(gc, "get_threshold", lambda: (700, 10, 10))


def test_automatic_collection_is_off_until_it_stops(collected: list[int]):
    gc.enable()
    collector = MainThreadCollector()
    assert not gc.isenabled()
    collector.stop()
    assert gc.isenabled()


def test_nothing_is_collected_before_the_start_is_over(
    collected: list[int], monkeypatch: pytest.MonkeyPatch
):
    collector = MainThreadCollector()
    counts_are(monkeypatch, 9000, 11, 11)
    assert collector.collect_due() is None and not collected
    collector.settle()
    assert collector.collect_due() == 2 and collected == [2]


@pytest.mark.parametrize(
    ("counts", "generation"),
    [((700, 11, 11), None), ((701, 10, 10), 0), ((701, 11, 10), 1), ((701, 11, 11), 2)],
)
def test_the_oldest_generation_that_is_due_is_collected(
    collected: list[int],
    monkeypatch: pytest.MonkeyPatch,
    counts: tuple[int, int, int],
    generation: int | None,
):
    collector = MainThreadCollector()
    collector.settle()
    counts_are(monkeypatch, *counts)
    assert collector.collect_due() == generation
    assert collected == ([] if generation is None else [generation])


def test_a_long_full_collection_is_not_repeated_soon(
    collected: list[int], monkeypatch: pytest.MonkeyPatch
):
    clock = FakeClock()
    collector = MainThreadCollector(clock)
    collector.settle()
    counts_are(monkeypatch, 701, 11, 11)
    monkeypatch.setattr(gc, "collect", lambda generation: clock.advance(0.07 * (generation == 2)))
    assert collector.collect_due() == 2
    clock.advance(69.0)
    assert collector.collect_due() == 1
    clock.advance(1.5)
    assert collector.collect_due() == 2
