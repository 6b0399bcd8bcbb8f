"""Untrusted input is read in a child process, within its memory and time."""

from __future__ import annotations

import ctypes
import os
import signal
import time

import pytest

from kiosk.core import bounded_worker
from kiosk.core.bounded_process import BoundedProcess
from kiosk.core.errors import CostlyInputError, KioskError, StorageError


def work(what: str, amount: int = 0):
    """Do what a reader of a hostile file might be made to do."""
    if what == "echo":
        print("a library that prints")
        return {"pid": os.getpid(), "text": "문"}, bytes(range(amount))
    if what == "memory":
        return len(bytearray(amount)), b""
    if what == "time":
        end = time.process_time() + amount
        while time.process_time() < end:
            pass
    if what == "crash":
        ctypes.string_at(0)
    if what == "exit":
        os._exit(3)
    if what == "refuse":
        raise StorageError("Not this; give another.", key="error.storage_busy", n=1, at=time)
    if what == "bug":
        raise ZeroDivisionError
    return None, b""


@pytest.fixture
def child():
    process = BoundedProcess(work)
    yield process
    process.close()


def test_the_answer_is_data_and_bytes_of_the_same_child(child):
    first, payload = child("x", "echo", 200)
    second, _ = child("x", "echo")
    assert payload == bytes(range(200)) and first["text"] == "문"
    assert first["pid"] == second["pid"] != os.getpid()


def test_errors_of_ours_come_back_as_they_were_raised(child):
    with pytest.raises(StorageError, match=r"Not this; give another\.") as caught:
        child("x", "refuse")
    assert caught.value.key == "error.storage_busy" and caught.value.values["n"] == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "amount"),
    [("memory", 300_000_000), ("time", 20), ("crash", 0), ("exit", 0), ("bug", 0)],
)
def test_too_much_is_one_sentence_and_the_next_input_is_read(child, what, amount, caplog):
    began = time.monotonic()
    with pytest.raises(CostlyInputError, match=r"^list\.xlsx is damaged, or takes more than 256"):
        child("list.xlsx", what, amount)
    assert time.monotonic() - began < 15
    assert child("x", "echo")[0]["text"] == "문"
    assert "list.xlsx was given up" in caplog.text


@pytest.mark.slow
def test_what_was_allowed_stays_allowed(child):
    for _ in range(5):
        assert child("x", "memory", 150_000_000)[0] == 150_000_000


def test_a_child_that_ended_for_idleness_is_replaced(child):
    first = child("x", "echo")[0]["pid"]
    os.kill(first, signal.SIGKILL)
    child._child.wait()
    assert child("x", "echo")[0]["pid"] != first


def test_a_child_that_cannot_start_is_one_sentence():
    def inner() -> None:
        """Not importable by its name."""

    process = BoundedProcess(inner)
    with pytest.raises(KioskError, match="is damaged"):
        process("x")


def test_only_known_errors_are_made_from_an_answer(monkeypatch):
    answers = []
    monkeypatch.setattr(bounded_worker, "_send", lambda *sent: answers.append(sent))
    assert bounded_worker._answer(work, ["bug"]) == ({"fault": "ZeroDivisionError: "}, b"")
    assert bounded_worker._answer(work, ["echo"])[0]["value"]["text"] == "문"
