"""Attacks by somebody who can write the database, not the keys: they put an earlier state back."""

from __future__ import annotations

import contextlib
import io
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from kiosk.cli import main
from tests.attacks.table import Outcome, attack
from tests.faults.room import MEMBERS, Room

Head = tuple[int, bytes, str, bytes]
"""A signed head as it lay in the write-ahead log."""


def head_of(data: Path) -> Head:
    """Return the newest head, as an attacker copies it."""
    with closing(sqlite3.connect(data / "munjigi.db")) as raw:
        head: Head = raw.execute("SELECT seq, link, signer, signature FROM chain_head").fetchone()
        return head


def cut(data: Path, head: Head) -> None:
    """Remove everything that was written after ``head``, and put that head back."""
    with closing(sqlite3.connect(data / "munjigi.db")) as raw, raw:
        for number, table in enumerate(("log", "actions")):
            raw.execute(
                f"DELETE FROM {table} WHERE id IN"
                " (SELECT row_id FROM chain WHERE kind = ? AND seq > ?)",
                [number, head[0]],
            )
        raw.execute("DELETE FROM chain WHERE seq > ?", [head[0]])
        raw.execute("DELETE FROM checkpoints WHERE seq > ?", [head[0]])
        raw.execute("UPDATE chain_head SET seq = ?, link = ?, signer = ?, signature = ?", head)


def verified(data: Path) -> bool:
    """Return whether ``log verify`` on the kiosk finds nothing."""
    with contextlib.redirect_stdout(io.StringIO()):
        return main(["log", "verify", "--data-dir", str(data)]) == 0


@contextlib.contextmanager
def room(data: Path, opened: list[str]) -> Iterator[Room]:
    """Run a door, whose openings go into ``opened``, on the database of ``data``."""
    door = Room(data, lambda line: opened.append(line) if line.startswith("open") else None)
    try:
        yield door
    finally:
        door.shut()


@attack("C15", "the log's end is cut and an earlier signed head put back", tries=40, short=2)
def cut_end(folder: Path, tries: int) -> Outcome:
    """Cut the log of a kiosk that is off, or of one that runs, and come to its door."""
    chance = random.Random(15)
    succeeded = 0
    for n in range(tries):
        data = folder / f"cut{n}"
        opened: list[str] = []
        with room(data, opened) as door:
            door.visit(chance.choice(MEMBERS))
            head = head_of(data)
            for _ in range(chance.randint(1, 4)):
                door.visit(chance.choice(MEMBERS))
            if running := bool(n % 2):
                cut(data, head)
                opened.clear()
                door.visit(chance.choice(MEMBERS))
        if not running:
            cut(data, head)
            opened.clear()
            with room(data, opened) as door:
                door.visit(chance.choice(MEMBERS))
        succeeded += bool(opened) or verified(data)
    return tries, succeeded, "half of them while the kiosk ran"


@attack("C15", "yesterday's database brings a disabled person back", tries=20, short=1)
def old_database(folder: Path, tries: int) -> Outcome:
    """Put a copy of before somebody was disabled in the place of the database."""
    succeeded = 0
    for n in range(tries):
        data = folder / f"old{n}"
        opened: list[str] = []
        with room(data, opened) as door:
            door.visit(1)
        copy = folder / f"copy{n}"
        shutil.copytree(data, copy)
        with room(data, opened) as door:
            member = door.people.by_number("M-1")
            door.people.set_enabled(member.id, False)
        shutil.rmtree(data)
        copy.rename(data)
        opened.clear()
        for _ in range(2):  # a restart makes nothing good
            with room(data, opened) as door:
                door.visit(1)
        succeeded += bool(opened) or verified(data)
    return tries, succeeded, ""
