"""The kiosk's own log file."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.app.log_file import log_to_file


@pytest.fixture
def kiosk_log() -> Iterator[logging.Logger]:
    logger = logging.getLogger("kiosk")
    handlers, level = list(logger.handlers), logger.level
    yield logger
    for handler in set(logger.handlers) - set(handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.setLevel(level)


@pytest.mark.parametrize("managed", [False, True])
def test_a_name_that_is_no_text_is_logged_all_the_same(
    kiosk_log: logging.Logger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, managed: bool
) -> None:
    if managed:
        monkeypatch.setenv("LOGS_DIRECTORY", str(tmp_path))
    else:
        monkeypatch.delenv("LOGS_DIRECTORY", raising=False)
    log_to_file(tmp_path)
    (handler,) = (one for one in kiosk_log.handlers if isinstance(one, logging.FileHandler))
    # to this handler alone: pytest cannot send such a name between its processes
    message = "the file " + os.fsdecode(b"\xff.mjb") + " is damaged"
    handler.handle(logging.makeLogRecord({"msg": message, "levelname": "WARNING"}))
    file = tmp_path / "munjigi.log"
    assert "the file \\udcff.mjb is damaged" in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0
