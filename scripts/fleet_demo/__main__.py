"""``make fleet-demo``: PostgreSQL, a desk and three doors, with drawn people; prints each step.

Everything runs in a temporary folder and ends with it; the pictures stay.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from kiosk.demo.synthetic_faces.cast import CAST
from scripts.fleet_demo.cuttable_proxy import CuttableProxy
from tests.helpers.postgres import FleetDatabase, PostgresServer

PATIENCE_S = 60.0
LEASE_S = 20.0
ANNA, BORA = 0, 1
"""The people of the story, by their place in the cast."""


class Node:
    """The process of one node."""

    def __init__(self, name: str, kind: str, folder: Path, url: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "scripts.fleet_demo.node_process",
                name,
                kind,
                str(folder),
                url,
                str(LEASE_S),
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ready = False

    def ask(self, do: str, **values: Any) -> dict[str, Any]:
        """Request something and return the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if not self.ready:
            json.loads(self._process.stdout.readline())
            self.ready = True
        print(json.dumps({"do": do, **values}), file=self._process.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise SystemExit(f"{self.name}: {do} failed: {answer['error']}")
        return answer

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)


class Story:
    """The steps of the demonstration; every one of them must hold."""

    def __init__(self, desk: Node, doors: list[Node], proxy: CuttableProxy, folder: Path) -> None:
        self.desk = desk
        self.doors = doors
        self.proxy = proxy
        self.folder = folder
        self._step = 0

    def tell(self) -> None:
        """Play it."""
        last = self.doors[-1]
        self.desk.ask("found")
        self.say("the desk has begun the fleet")
        for door in self.doors:
            wish = door.ask("ask")
            self.desk.ask("admit", node=wish["node"], code=wish["code"])
            door.ask("enter")
            self.say(f"{door.name} is admitted; both screens showed {wish['code']}")
        for who in (ANNA, BORA):
            self.desk.ask("enrol", who=who)
            self.wait(
                f"{CAST[who].name}, enrolled at the desk, is known at every door",
                lambda who=who: all(knows(door, who) for door in self.doors),
            )
        for door in self.doors:
            self.visit(door, ANNA, "match")
        self.proxy.cut()
        self.say(f"{last.name} is cut off")
        self.desk.ask("take_away", who=ANNA)
        self.desk.ask("delete", who=BORA)
        for door in self.doors[:-1]:
            self.wait(
                f"{door.name} knows that {CAST[ANNA].name} may not enter any more",
                lambda door=door: not knows(door, ANNA) and not knows(door, BORA),
            )
            self.visit(door, ANNA, "disabled")
        self.wait(f"the lease of {last.name} has run out", lambda: stale(last))
        self.visit(last, ANNA, "fleet_faces_off")
        waiting = self.desk.ask("pending")["pending"]
        self.check(
            f"the deletion of {CAST[BORA].name} waits for {last.name} alone",
            set(waiting) == {last.name},
        )
        self.proxy.mend()
        self.wait(
            f"{last.name} is back, and has carried out what it missed",
            lambda: not knows(last, ANNA) and not stale(last),
        )
        self.visit(last, ANNA, "disabled")
        self.wait(
            "every node has confirmed the deletion", lambda: not self.desk.ask("pending")["pending"]
        )
        check = self.desk.ask("verify")
        self.check(
            f"the {check['lines']} lines of the feed are as they were signed", not check["findings"]
        )

    def visit(self, door: Node, who: int, wanted: str) -> None:
        """Let somebody come to a door, and keep the picture."""
        file = self.folder / f"{self._step + 1:02}-{door.name.replace(' ', '-')}-{wanted}.png"
        reason = door.ask("visit", who=who, picture=str(file))["reason"]
        self.check(f"{CAST[who].name} comes to {door.name}: {reason}", reason == wanted)

    def wait(self, words: str, true: Callable[[], bool]) -> None:
        """Wait until ``true`` and say how long that took."""
        began = time.monotonic()
        while not true():
            if time.monotonic() - began > PATIENCE_S:
                self.check(words, False)
            time.sleep(0.2)
        self.say(f"{words} ({time.monotonic() - began:.1f} s)")

    def check(self, words: str, true: bool) -> None:
        """Say a step; end the demonstration if it does not hold."""
        if not true:
            raise SystemExit(f"not so: {words}")
        self.say(words)

    def say(self, words: str) -> None:
        """Print a step."""
        self._step += 1
        print(f"{self._step:2}. {words}", flush=True)


def knows(node: Node, who: int) -> bool:
    """Return whether a node has a person who may enter."""
    return bool(node.ask("state")["people"].get(CAST[who].number, False))


def stale(node: Node) -> bool:
    """Return whether a node's lease has run out."""
    return bool(node.ask("state")["lease_over"])


def through(url: str, port: int, proxy: CuttableProxy) -> str:
    """Return ``url`` by way of the proxy; the certificate is for the same host."""
    return url.replace(f":{port}/", f":{proxy.port}/")


def main() -> None:
    """Run the demonstration."""
    parser = argparse.ArgumentParser(description="A desk and three doors with one list.")
    parser.add_argument("--doors", type=int, default=3)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "fleet-demo")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="munjigi-fleet-")))
        server = PostgresServer()
        ending.callback(server.remove)
        server.start()
        database: FleetDatabase = server.fleet()
        ending.callback(database.close)
        proxy = CuttableProxy(server.port)
        ending.callback(proxy.close)
        desk = Node("desk", "desk", folder / "desk", database.login("desk"))
        ending.callback(desk.close)
        doors = []
        for number in range(1, args.doors + 1):
            url = database.login(f"door{number}")
            if number == args.doors:
                url = through(url, server.port, proxy)
            doors.append(Node(f"door {number}", "door", folder / f"door{number}", url))
            ending.callback(doors[-1].close)
        Story(desk, doors, proxy, args.out).tell()
    print(f"The pictures are in {args.out}.")


if __name__ == "__main__":
    main()
