"""A fleet whose centre or network fails: real PostgreSQL, two nodes' databases, a proxy between.

Each trial enrols two people at a desk, brings a fault about, takes one person's right away and
deletes the other meanwhile, ends the fault, and counts what is wrong once the door follows again.

    python -m tests.faults.fleet_faults [--only TEXT] [--json FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from kiosk.core.errors import FleetError
from kiosk.core.fleet import NodeKind
from kiosk.core.templates import Template
from tests.helpers.broker import certificate
from tests.helpers.consenting import consenting
from tests.helpers.loopback_proxy import LoopbackProxy
from tests.helpers.postgres import FleetDatabase, PostgresServer
from tests.integration.test_fleet_nodes import Node

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PATIENCE_S = 120.0


@dataclass
class FleetFault:
    """One row of the table.

    ``wrong_rights``: nodes where somebody still may enter who may not, once the nodes agree.
    ``resurrected``: deleted people who are at a node. ``recovered_s``: from the end of the fault
    until the door has read everything and the centre has its log; -1: never.
    """

    fault: str
    tried: int
    events_lost: int
    events_doubled: int
    wrong_rights: int
    resurrected: int
    recovered_s: float
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing was lost, doubled or wrong, and the door followed again."""
        wrong = self.events_lost, self.events_doubled, self.wrong_rights, self.resurrected
        return not any(wrong) and self.recovered_s >= 0


class Trial:
    """A server, its proxy, a desk that reaches the server itself, and a door behind the proxy."""

    def __init__(self, folder: Path, server: PostgresServer, standby: PostgresServer | None = None):
        self.server = server
        self.database = server.fleet()
        self.proxy = LoopbackProxy(server.port)
        self.desk = Node(folder / "desk", self._url("desk", server.port, standby), NodeKind.DESK)
        self.door = Node(
            folder / "door", self._url("door", self.proxy.port, standby), NodeKind.DOOR
        )
        self.desk.found()
        self.door.join(self.desk)
        self.said: set[str] = set()

    def _url(self, name: str, port: int, standby: PostgresServer | None) -> str:
        url = self.database.login(name).replace(f":{self.server.port}/", f":{port}/")
        if standby is None:
            return url
        authorities = self.server.folder / "both.pem"
        authorities.write_bytes(self.server.ca.read_bytes() + standby.ca.read_bytes())
        hosts = f"127.0.0.1:{port},127.0.0.1:{standby.port}"
        url = url.replace(f"127.0.0.1:{port}", hosts)
        return url.replace(str(self.server.ca), str(authorities))

    def enrol(self) -> None:
        """Enrol Anna and Ben at the desk, and let the door have them."""
        for number, name in enumerate(("Anna", "Ben")):
            vector = np.zeros(8, np.float32)
            vector[number] = 1.0
            person = consenting(f"2026-{number}", name, NOW)
            self.desk.storage.people.add_with_templates(person, [Template(0, "net", vector)])
        self.follow(lambda: self.door.names() == ["Anna", "Ben"])

    def change(self, rounds: int = 3) -> None:
        """Take Anna's right away at the desk, delete Ben there, and log something at the door."""
        anna, ben = self.desk.storage.people.search("", 10, 0)[0]
        self.desk.storage.people.update(replace(anna, enabled=False), by="kim")
        self.desk.storage.people.delete(ben.id, "kim", "left")
        self.door.storage.audit_log.record("sign_in", "kim", {})
        self.attempt(rounds)

    def attempt(self, rounds: int = 3) -> None:
        """Let both nodes try, whatever comes of it."""
        for _ in range(rounds):
            for node in (self.desk, self.door):
                try:
                    node.sync.round()
                except FleetError as error:
                    self.said.add(str(error))

    def follow(self, done: Callable[[], bool]) -> float:
        """Let both nodes go on until ``done``; return the seconds, -1 if it never is."""
        began = time.monotonic()
        while not done():
            if time.monotonic() - began > PATIENCE_S:
                return -1.0
            self.attempt(1)
        return time.monotonic() - began

    def right_again(self) -> bool:
        """Whether the door knows what the desk does, and the centre has all of its log."""
        people = self.door.storage.people.search("", 10, 0)[0]
        return (
            [(person.name, person.enabled) for person in people] == [("Anna", False)]
            and not self.door.sync.status.unsent
            and self.stored(self.door)[-1:] == self.logged(self.door)[-1:]
        )

    def logged(self, node: Node) -> list[int]:
        """Return the numbers of the rows of a node's own logs."""
        return [event.sequence for event in node.store.events_after(0, 100_000)]

    def stored(self, node: Node) -> list[int]:
        """Return the numbers of the rows that the centre has of a node."""
        member = node.store.membership()
        assert member is not None
        with contextlib.suppress(Exception):
            rows = self.database.sql(
                f"SELECT sequence FROM munjigi.events WHERE node = '{member.node}' ORDER BY 1"
            )
            return [row[0] for row in rows]
        return []

    def row(self, title: str, tried: int, recovered_s: float) -> FleetFault:
        """Count what is wrong."""
        nodes = self.desk, self.door
        people = [person for node in nodes for person in node.storage.people.search("", 10, 0)[0]]
        stored = {node.folder.name: self.stored(node) for node in nodes}
        lost = sum(len({*self.logged(node)} - {*stored[node.folder.name]}) for node in nodes)
        return FleetFault(
            title,
            tried,
            lost,
            sum(len(rows) - len(set(rows)) for rows in stored.values()),
            sum(person.enabled for person in people if person.name == "Anna"),
            sum(person.name == "Ben" for person in people),
            round(recovered_s, 2),
            "; ".join(sorted(self.said)),
        )

    def close(self) -> None:
        """Stop everything but the server."""
        self.desk.close()
        self.door.close()
        self.proxy.close()
        self.database.close()


@contextmanager
def restarted(trial: Trial) -> Iterator[None]:
    trial.server.stop("fast")
    yield
    trial.server.start()


@contextmanager
def killed(trial: Trial) -> Iterator[None]:
    trial.server.stop("immediate")
    yield
    trial.server.start()


@contextmanager
def read_only(trial: Trial) -> Iterator[None]:
    name = trial.database.name
    turn = f"ALTER DATABASE {name} SET default_transaction_read_only"
    drop = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    trial.server.sql(f"{turn} = on")
    trial.server.sql(drop)
    yield
    trial.server.sql(f"{turn} = off")
    trial.server.sql(drop)


@contextmanager
def promoted(trial: Trial) -> Iterator[None]:
    """The primary is killed for good; the standby, which had confirmed all, takes its place."""
    standby = trial.server.standby
    assert standby is not None
    trial.door.storage.audit_log.record("sign_in", "kim", {})
    trial.attempt()
    trial.server.stop("immediate")
    trial.attempt()
    standby.promote()
    trial.database = FleetDatabase(standby, trial.database.name)
    yield


@contextmanager
def expired(trial: Trial) -> Iterator[None]:
    """The server's certificate runs out, and is renewed."""
    files = trial.server.ca, trial.server.key
    before = [file.read_bytes() for file in files]
    past = datetime.now(UTC) - timedelta(days=30)
    with tempfile.TemporaryDirectory() as folder:
        made = certificate(Path(folder), trial.server.ca.stem, past)
        for file, content in zip(files, made, strict=True):
            file.write_bytes(content.read_bytes())
    trial.server.restart()
    yield
    for file, content in zip(files, before, strict=True):
        file.write_bytes(content)
    trial.server.restart()


@contextmanager
def slow(trial: Trial) -> Iterator[None]:
    trial.proxy.delay_s = 0.05
    yield
    trial.proxy.delay_s = 0.0


@contextmanager
def split(trial: Trial) -> Iterator[None]:
    trial.proxy.piece = 7
    yield
    trial.proxy.piece = 65536


@contextmanager
def cut(trial: Trial) -> Iterator[None]:
    """The door's connection is cut after ever more bytes: in the middle of every kind of call."""
    trial.proxy.cut_after = 200
    trial.door.sync.close()
    for _ in range(30):
        trial.door.storage.audit_log.record("sign_in", "kim", {})
        trial.attempt(1)
    yield
    trial.proxy.cut_after = None


Fault = Callable[[Trial], contextlib.AbstractContextManager[None]]

FAULTS: dict[str, Fault] = {
    "the server is restarted": restarted,
    "the server is killed": killed,
    "the server takes no changes": read_only,
    "the server's certificate expires": expired,
    "the network is slow": slow,
    "packets are split": split,
    "connections are cut in the middle": cut,
    "the primary is killed and a standby promoted": promoted,
}


def tried(title: str, server: PostgresServer, folder: Path) -> FleetFault:
    """Bring one fault about and return its row."""
    standby = server.standby if title.endswith("promoted") else None
    with closing(Trial(folder, server, standby)) as trial:
        trial.enrol()
        with FAULTS[title](trial):
            trial.change(0 if standby else 3)
        recovered = trial.follow(trial.right_again)
        return trial.row(title, max(1, trial.proxy.cuts), recovered)


def run(only: str, report: Callable[[FleetFault], None]) -> list[FleetFault]:
    """Return the rows of all faults whose title contains ``only``."""
    found = []
    for title in FAULTS:
        if only not in title:
            continue
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="munjigi-fleet-")))
            server = PostgresServer()
            stack.callback(server.remove)
            server.start()
            if title.endswith("promoted"):
                stack.callback(server.add_standby().remove)
            found.append(tried(title, server, folder))
            report(found[-1])
    return found


def line(fault: FleetFault) -> str:
    """Return one line of the table."""
    mark = "ok  " if fault.passed else "FAIL"
    return (
        f"{mark} {fault.fault:<46} {fault.tried:>5} {fault.events_lost:>6} "
        f"{fault.events_doubled:>7} {fault.wrong_rights:>6} {fault.resurrected:>11} "
        f"{fault.recovered_s:>11.2f}  {fault.note}"
    )


def main() -> int:
    """Print the table and write build/fleet-faults.json."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--only", default="", metavar="TEXT", help="faults with TEXT in the title")
    parser.add_argument("--json", type=Path, default=Path("build/fleet-faults.json"))
    given = parser.parse_args()
    found = run(given.only, lambda fault: print(line(fault), flush=True))
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n")
    return 0 if found and all(fault.passed for fault in found) else 1


if __name__ == "__main__":
    sys.exit(main())
