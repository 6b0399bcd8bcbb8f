"""Signals that end a command let it clean up first."""

from __future__ import annotations

import argparse
import signal
import threading

import pytest

from kiosk.cli import door_command, main


@pytest.mark.usefixtures("heeded_hangup")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_command_like_ctrl_c(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: signal.Signals
):
    cleaned = []

    def call(args: argparse.Namespace) -> int:
        try:
            signal.raise_signal(number)
            threading.Event().wait(10)
        finally:
            cleaned.append(number)
        return 0

    monkeypatch.setattr(door_command, "call", call)
    assert main(["door"]) == 128 + number and cleaned == [number]
    assert capsys.readouterr().err == "munjigi: stopped.\n"
    assert signal.getsignal(number) is signal.SIG_DFL


def test_an_ignored_signal_stays_ignored(monkeypatch: pytest.MonkeyPatch):
    def call(args: argparse.Namespace) -> int:
        signal.raise_signal(signal.SIGHUP)
        return 0

    monkeypatch.setattr(door_command, "call", call)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert main(["door"]) == 0
    finally:
        signal.signal(signal.SIGHUP, before)
