"""Attacks on data at rest: what killed processes leave, and what survives a deletion."""

from __future__ import annotations

from pathlib import Path

from tests.attacks.table import Outcome, attack
from tests.helpers import killed_at_work


@attack("D19", "read names or the badge key where backups lie, after a kill", tries=240, short=12)
def read_after_a_kill(folder: Path, tries: int) -> Outcome:
    """Kill backups, their verification and restores everywhere, then search the disks."""
    start = folder / "site"
    killed_at_work.prepare(start)
    found = [
        row
        for work in killed_at_work.WORK
        for row in killed_at_work.killed(work, start, tries // len(killed_at_work.WORK))
    ]
    read = [row for row in found if row["plain"] or row["badge"] or row["left"]]
    note = f"killed {len(found)} times" + (f"; found {read[0]}" if read else "")
    return len(found), len(read), note
