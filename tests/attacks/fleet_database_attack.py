"""Somebody who can write everything into a fleet's database, without keys or with a stolen door."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

from tests.attacks.table import Outcome, attack
from tests.helpers.hostile_fleet import TRIES, Site
from tests.helpers.stolen_door import STOLEN


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what the doors say of each forgery out of the table."""
    logger = logging.getLogger("kiosk.fleet")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)


@attack("C30", "write everything into a fleet's database", tries=20 * len(TRIES), short=4)
def write_the_database(folder: Path, tries: int) -> Outcome:
    """Try every way in turn; one succeeds if a door then believes what no admitted node wrote."""
    succeeded = []
    with quiet():
        for name in islice(cycle(TRIES), tries):
            site = Site.opened()
            if TRIES[name](site) or site.gained():
                succeeded.append(name)
    return tries, len(succeeded), "; ".join(sorted(set(succeeded))) or f"{len(TRIES)} ways"


@attack(
    "C31",
    "steal a door without staff and own the fleet's database",
    tries=20 * len(STOLEN),
    short=2,
)
def steal_a_door(folder: Path, tries: int) -> Outcome:
    """Use a door's admitted keys for more than the people of that door."""
    succeeded = []
    with quiet():
        for name in islice(cycle(STOLEN), tries):
            site = Site.opened(staff=False)
            if STOLEN[name](site) or site.gained():
                succeeded.append(name)
    return tries, len(succeeded), "; ".join(sorted(set(succeeded))) or f"{len(STOLEN)} ways"
