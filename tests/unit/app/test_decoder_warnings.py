"""libjpeg's warnings stay out of the standard error, and everything else arrives."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kiosk.app.decoder_warnings import PATTERN

BEGIN = """
import logging, os, sys
logging.basicConfig(handlers=[logging.StreamHandler()])
from kiosk.app.decoder_warnings import drop_decoder_warnings
"""
DAMAGED = """
import cv2, numpy as np
noise = np.random.default_rng(1).integers(0, 255, (240, 320, 3), dtype=np.uint8)
data = bytearray(cv2.imencode(".jpg", noise)[1])
for place in range(1000, 3000, 7):
    data[place] ^= 0x5A
cv2.imdecode(np.frombuffer(bytes(data), np.uint8), cv2.IMREAD_COLOR)
"""


def stderr_of(code: str) -> str:
    found = subprocess.run(
        [sys.executable, "-c", BEGIN + code], capture_output=True, text=True, timeout=60
    )
    return found.stderr


@pytest.mark.slow
def test_a_damaged_picture_leaves_no_line_and_other_libraries_are_heard():
    assert "Corrupt JPEG" in stderr_of(DAMAGED), "the picture is meant to be damaged"
    heard = stderr_of(
        "assert drop_decoder_warnings() and not drop_decoder_warnings()\n"
        + DAMAGED
        + "os.write(2, b'driver: cannot\\n'); print('calm', file=sys.stderr)\n"
        "logging.warning('late'); os.write(2, b'last words\\n'); os.abort()"
    )
    lines = set(heard.splitlines())
    assert {
        "driver: cannot",
        "calm",
        "WARNING:root:late",
        "last words",
    } <= lines and "JPEG" not in heard


@pytest.mark.parametrize(
    ("line", "dropped"),
    [
        ("Corrupt JPEG data: 9904 extraneous bytes before marker 0xd9", True),
        ("Corrupt JPEG data: premature end of data segment", True),
        ("Premature end of JPEG file", True),
        ("camera: Corrupt JPEG data", False),
        ("Traceback (most recent call last):", False),
        ("munjigi: the JPEG is damaged", False),
    ],
)
def test_only_whole_warnings_of_the_decoder_are_dropped(line, dropped):
    kept = subprocess.run(
        ["sed", "-E", f"/{PATTERN}/d"], input=line + "\n", capture_output=True, text=True
    ).stdout
    assert (kept == "") is dropped


def test_without_a_standard_error_nothing_changes():
    code = (
        "sys.stderr = None; os.close(2); open('/dev/null', 'w'); sys.exit(drop_decoder_warnings())"
    )
    assert subprocess.run([sys.executable, "-c", BEGIN + code], timeout=60).returncode == 0
