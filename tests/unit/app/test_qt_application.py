"""Signals end the kiosk in order."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.lock_program import hear_ctrl_c

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import os, signal
from PySide6.QtCore import QTimer
from kiosk.app.qt_application import qt_application, run_event_loop
application = qt_application()
QTimer.singleShot(0, lambda: os.kill(os.getpid(), signal.{name}))
run_event_loop(application, lambda: print("stopped in order"))
"""


@pytest.mark.slow
@pytest.mark.usefixtures("heeded_hangup")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_stops_the_kiosk_in_order(name: str):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(name=name)],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=hear_ctrl_c,
    )
    assert (done.returncode, done.stdout) == (0, "stopped in order\n"), done.stderr
