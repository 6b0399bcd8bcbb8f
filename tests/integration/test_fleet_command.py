"""An administrator's way from nothing to two nodes, by commands against a real PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.app.bootstrap.fleet_factory import build_fleet_store
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.cli import main
from tests.helpers.postgres import PostgresServer

ROOT = Path(__file__).resolve().parents[2]


class Site:
    """Data folders of nodes beside one server."""

    def __init__(self, server: PostgresServer, folder: Path, capsys) -> None:
        self.server = server
        self.folder = folder
        self.capsys = capsys
        self.admin = server.admin_url(server.database())

    def fleet(self, node: str, *words: str) -> tuple[int, str, str]:
        """Run a command of ``node``; return exit code, output and errors."""
        code = main(["fleet", *words, "--data-dir", str(self.folder / node)])
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def done(self, node: str, *words: str) -> str:
        code, out, err = self.fleet(node, *words)
        assert code == 0, err
        return out

    def refused(self, node: str, *words: str) -> str:
        """Return the one sentence with which a command is refused."""
        code, _, err = self.fleet(node, *words)
        assert code == 2
        assert err.count("\n") == 1
        return err

    def begin(self) -> None:
        self.done("desk", "init", self.admin, "--name", "desk", "--kind", "desk")

    def join(self, node: str) -> tuple[int, str]:
        """Join in a process of its own while the desk approves."""
        url = self.done("desk", "login", node, self.admin).strip()
        command = [sys.executable, "run_kiosk.py", "fleet", "join", url, "--name", node]
        process = subprocess.Popen(
            [*command, "--data-dir", str(self.folder / node)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            shown = process.stdout.readline().rpartition(": ")[2].strip()
            process.stdout.readline()
            self.done("desk", "approve", node, "--code", shown.lower().replace(" ", "-"))
            out, err = process.communicate(f"{shown}\n", timeout=60)
        return process.returncode, out + err


@pytest.fixture
def site(postgres: PostgresServer, tmp_path: Path, capsys) -> Site:
    return Site(postgres, tmp_path, capsys)


def member_of(folder: Path):
    with open_store(folder) as storage:
        return build_fleet_store(storage).membership()


def test_two_nodes_see_each_other_lock_down_and_part(site):
    site.begin()
    assert "postgresql://" not in site.done("desk", "status")
    assert "up to date" in site.done("desk", "init", site.admin)
    code, said = site.join("door")
    assert code == 0, said
    site.done("desk", "sync")
    site.done("door", "sync")
    status = site.done("door", "status")
    assert "desk\tdesk\tseen" in status
    assert "door (this one)\tdoor" in status
    assert "h left" in status
    site.done("desk", "lockdown", "door")
    site.done("desk", "end-lockdown")
    assert "Everything is as it was signed." in site.done("door", "verify")
    assert "There is no node 'nobody'" in site.refused("desk", "revoke", "nobody")
    assert "door is revoked" in site.done("desk", "revoke", "door")
    site.fleet("door", "sync")
    assert member_of(site.folder / "door").revoked
    site.done("desk", "drop-login", "door", site.admin)
    assert "dropped: 0." in site.done("desk", "drop-month", "2020-01-31", site.admin)
    assert "such as 2026-01-31" in site.refused("desk", "drop-month", "January", site.admin)
    assert "left the fleet" in site.done("door", "leave")
    assert member_of(site.folder / "door") is None
    assert list(site.folder.rglob("fleet-signing-*")) == [
        next(site.folder.rglob("fleet-signing-*"))
    ]


BAD_URLS = {
    "mysql://a@b/c": "is no database address",
    "postgresql://a@db.example/munjigi?sslmode=disable": "sslmode",
    "postgresql://a:secret@127.0.0.1:1/munjigi": "cannot be reached",
    "": "is no database address",
}


@pytest.mark.parametrize("url", BAD_URLS)
def test_an_address_that_cannot_be_used_changes_nothing(site, url):
    said = site.refused("desk", "init", url, "--name", "desk")
    assert BAD_URLS[url] in said
    assert "secret" not in said
    assert member_of(site.folder / "desk") is None
    assert not (site.folder / "desk" / "config.toml").exists()
    assert "secret" not in site.refused("desk", "join", url, "--name", "desk")


def test_what_is_missing_or_taken_is_said_in_one_sentence(site):
    foreign = site.server.database()
    site.server.sql("CREATE SCHEMA munjigi", foreign)
    assert "another program" in site.refused(
        "desk", "init", site.server.admin_url(foreign), "--name", "desk"
    )
    assert "fleet join" in site.refused("desk", "status")
    site.begin()
    assert "No node asks" in site.refused("desk", "approve")
    assert "belongs to a fleet already" in site.refused("desk", "join", "--name", "x")
    url = site.done("desk", "login", "two", site.admin).strip()
    assert "holds a fleet already" in site.refused("two", "init", site.admin, "--name", "three")
    assert member_of(site.folder / "two") is None
    assert "has a login 'two' already" in site.refused("desk", "login", "two", site.admin)
    assert "name" in site.refused("two", "join", url, "--name", "desk", "--minutes", "0")
