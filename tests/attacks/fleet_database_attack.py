"""Somebody who can write everything into a fleet's database, but holds no admitted key."""

from __future__ import annotations

from itertools import cycle, islice
from pathlib import Path

from tests.attacks.table import Outcome, attack
from tests.helpers.hostile_fleet import TRIES, Site


@attack("C30", "write everything into a fleet's database", tries=20 * len(TRIES), short=4)
def write_the_database(folder: Path, tries: int) -> Outcome:
    """Try every way in turn; one succeeds if a door then believes what no admitted node wrote."""
    succeeded = []
    for name in islice(cycle(TRIES), tries):
        site = Site.opened()
        if TRIES[name](site) or site.gained():
            succeeded.append(name)
    return tries, len(succeeded), "; ".join(sorted(set(succeeded))) or f"{len(TRIES)} ways"
