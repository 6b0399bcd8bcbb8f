"""``log verify`` and ``log confirm``, and what doctor says of a log that lost its end."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kiosk.app.doctor.storage_checks import log_check
from kiosk.cli import main
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.view_models import Check, CheckLevel
from kiosk.storage.store import Store
from tests.unit.storage.samples import decision


def command(data: Path, *words: str) -> int:
    return main([*words, "--data-dir", str(data)])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder whose database is the one of a row ago."""
    data = tmp_path / "data"
    file = paths.database_file(data)
    for row in ("first", "second"):
        with Store.open(file) as store:
            store.access_log.append(decision(person_name=row))
        if row == "first":
            shutil.copyfile(file, data / "copy")
    (data / "copy").replace(file)
    return data


def checked(data: Path) -> Check:
    check = log_check(Config(), data)
    assert isinstance(check, Check)
    return check


def test_an_older_database_is_named_until_it_is_confirmed(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(data, "log", "verify") == 2
    said = capsys.readouterr().out
    assert "link 2" in said and "log confirm" in said and said.count("\n") == 1
    assert checked(data).level is CheckLevel.PROBLEM and "log confirm" in checked(data).advice
    assert command(data, "log", "confirm") == 0
    assert "may open again" in capsys.readouterr().out
    assert command(data, "log", "verify") == 0
    assert checked(data).level is CheckLevel.OK
    assert command(data, "log", "confirm") == 0
    assert "nothing was to be confirmed" in capsys.readouterr().out


def test_doctor_says_where_nothing_can_be_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checked(tmp_path / "data").level is CheckLevel.OK  # no database yet
    with monkeypatch.context() as patch:
        patch.setattr("kiosk.storage.audit.head_anchor._Writer.write", lambda *values: None)
        Store.open(paths.database_file(tmp_path / "data")).close()
        assert checked(tmp_path / "data").level is CheckLevel.WARNING
    assert checked(tmp_path / "data").level is CheckLevel.OK
