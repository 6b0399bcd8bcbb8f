"""The centre with many writers, and with a server that stops, hangs or turns read-only."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from kiosk.core.errors import CentreAway
from kiosk.core.fleet import StaleBase
from kiosk.fleet.centre.postgres_centre import PostgresCentre
from kiosk.fleet.trust.feed_lines import link_of
from tests.helpers.centre_nodes import FLEET, FleetNode, event, found, person, subject
from tests.helpers.postgres import FleetDatabase

WRITERS = 8
LINES = 12


@pytest.mark.slow
def test_numbers_stand_in_the_order_of_commit(fleet_database: FleetDatabase) -> None:
    """A reader that saw number n never misses a smaller one: it reads while eight others write."""
    founder = found(fleet_database)
    nodes = [founder.admit(FleetNode(fleet_database, f"door{n}")) for n in range(WRITERS)]
    shared = subject()
    reader = founder.centre
    start = reader.head().number
    done = threading.Event()
    seen: list[int] = []

    def read() -> None:
        while True:
            last = done.is_set()
            page = reader.facts_after(seen[-1] if seen else start, 50)
            seen.extend(fact.number for fact in page)
            if last and not page:
                return

    def write(node: FleetNode) -> int:
        stale = 0
        for _ in range(LINES):
            node.write(person(subject()))
            try:
                node.write(person(shared))
            except StaleBase:
                stale += 1
        return stale

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        reading = pool.submit(read)
        stale = sum(pool.map(write, nodes))
        done.set()
        reading.result()
    assert stale == WRITERS * LINES - 1  # one of them made the first version
    assert seen == list(range(start + 1, start + WRITERS * LINES + 2))
    lines = reader.facts_after(0, 1000)
    for before, after in pairwise(lines):
        assert after.previous == link_of(FLEET, before)
    assert reader.head().link == link_of(FLEET, lines[-1])


@pytest.mark.slow
def test_a_server_that_restarts_loses_and_doubles_nothing(fleet_database: FleetDatabase) -> None:
    founder = found(fleet_database)
    anna = subject()
    founder.write(person(anna))
    founder.centre.push_events([event(1)])
    fleet_database.server.restart("immediate")
    with pytest.raises(CentreAway):
        founder.centre.head()
    assert founder.centre.head().number == 2
    assert founder.centre.push_events([event(1), event(2)]) == 2
    assert fleet_database.sql("SELECT count(*) FROM munjigi.events") == [(2,)]
    with pytest.raises(StaleBase):
        founder.write(person(anna))


def test_a_read_only_server_is_away(fleet_database: FleetDatabase) -> None:
    founder = found(fleet_database)
    fleet_database.sql(
        f"ALTER DATABASE {fleet_database.name} SET default_transaction_read_only = on"
    )
    founder.centre.close()
    with pytest.raises(CentreAway, match="standby"):
        founder.write(person(subject()))
    with pytest.raises(CentreAway, match="standby"):
        founder.centre.push_events([event(1)])
    assert founder.centre.head().number == 1


def test_a_server_that_hangs_holds_no_caller(fleet_database: FleetDatabase) -> None:
    founder = found(fleet_database)
    with founder.centre._link.calling() as connection:
        (pid,) = connection.execute("SELECT pg_backend_pid()").fetchone() or (0,)
    impatient = founder.centre
    impatient._link._limit_s = 0.3
    assert Path(f"/proc/{pid}/stat").exists()
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(CentreAway):
            impatient.head()
    finally:
        os.kill(pid, signal.SIGCONT)
    impatient._link._limit_s = 60
    assert impatient.head().number == 1


def test_nobody_there_is_away() -> None:
    centre = PostgresCentre("postgresql://a:b@127.0.0.1:1/doors")
    with pytest.raises(CentreAway, match="cannot be reached"):
        centre.head()


def test_a_writer_that_fails_leaves_nothing_and_locks_nobody_out(
    fleet_database: FleetDatabase,
) -> None:
    founder = found(fleet_database)
    before = founder.centre.head()

    def broken(*_: object) -> list[object]:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError):
        founder.centre.append([person(subject())], broken)  # type: ignore[arg-type]
    assert founder.centre.head() == before
    founder.write(person(subject()))
