"""``door open`` says why, as on screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.cli import door_command, main


def test_the_door_is_not_opened_without_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(door_command, "_open_once", lambda *_args: pytest.fail("asked the kiosk"))
    assert main(["door", "open", "--data-dir", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "--reason" in said and "visitor" in said and len(said.splitlines()) == 1
