"""Commands reach the stores through services, which check the rights of who runs them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from kiosk.cli import main
from kiosk.core.decisions import LogFilter
from kiosk.core.people import AccountRole, Person
from kiosk.core.rights import Operator
from kiosk.storage.store import Store
from tests.unit.storage.samples import template

NUMBER = "9999-1"
TODAY = "2026-03-02"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a kiosk with one person; commands are run by staff."""
    data = tmp_path / "data"
    with Store.open(data / "munjigi.db") as store:
        store.people.add_with_templates(Person(NUMBER, "이산"), [template(1)])
    assert main(["backup", "now", "--data-dir", str(data)]) == 0
    (tmp_path / "people.csv").write_text("number,name\n9999-2,홍길동\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("kiosk.cli.shared.Operator", lambda name: Operator(name, AccountRole.STAFF))
    return data


def rows(data: Path) -> list[object]:
    """Return the events of the audit log and the people."""
    with Store.open(data / "munjigi.db") as store:
        actions = store.audit_log.query(LogFilter(), 100, 0)[0]
        people = store.people.search("", 10, 0)[0]
        return [[(row.event, row.actor) for row in actions], *map(dataclasses.asdict, people)]


@pytest.mark.parametrize(
    "words",
    [
        ["people", "receipts"],
        ["people", "disable", NUMBER],
        ["people", "delete", NUMBER, "--yes"],
        ["people", "withdraw", NUMBER],
        ["people", "export", NUMBER, "own.json"],
        ["people", "groups", NUMBER, "lab"],
        ["people", "change", NUMBER, "--role", "visitor"],
        ["people", "badge", NUMBER, "badge.pdf"],
        ["people", "card", NUMBER, "--forget"],
        ["people", "import", "people.csv"],
        ["log", "export", "log.csv"],
        ["log", "attendance", "hours.csv"],
        ["log", "remove", "--before", TODAY],
        ["log", "replay", "--threshold", "1"],
        ["backup", "list"],
        ["backup", "now"],
        ["backup", "verify"],
        ["backup", "restore", "--yes"],
        ["backup", "recovery-code"],
        ["keys", "rotate"],
        ["door", "state"],
        ["door", "lockdown"],
        ["door", "forget"],
        ["lock", "open", "--seconds", "0.1"],
        ["notify", "status"],
        ["notify", "test", "webhook"],
        ["notify", "flush"],
        ["notify", "secret", "webhook", "--new"],
    ],
    ids=" ".join,
)
def test_a_command_run_without_the_right_is_refused_and_changes_nothing(
    data: Path, capsys: pytest.CaptureFixture[str], words: list[str]
):
    before = rows(data)
    files = {file.name for file in data.parent.iterdir()}
    backups = {file.name: file.read_bytes() for file in (data / "backups").iterdir()}
    capsys.readouterr()
    assert main([*words, "--data-dir", str(data)]) == 2
    assert "Only an administrator may do that" in capsys.readouterr().err
    assert rows(data) == before
    assert {file.name for file in data.parent.iterdir()} == files
    assert {file.name: file.read_bytes() for file in (data / "backups").iterdir()} == backups
