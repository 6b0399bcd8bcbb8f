"""Attacks on what kiosk and door controller say to each other: crossed doors and old messages."""

from __future__ import annotations

import contextlib
import importlib.util
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kiosk.access.drivers.mqtt import MqttConfig, MqttLock
from kiosk.access.drivers.webhook import HttpConfig, Webhook
from kiosk.access.locks import Input, LockState
from kiosk.core.errors import LockError
from tests.attacks.table import Outcome, attack
from tests.helpers.broker import PROGRAM, USERS, Broker, DoorController
from tests.helpers.web_controller import SECRET, WebController, serving

FIRE = '{"fire": true, "exit": true, "at": %r, "start": "%s"}'


@dataclass
class Site:
    """Two doors behind one broker that share a secret, and the kiosk of the first one."""

    folder: Path
    broker: Broker
    first: DoorController
    second: DoorController

    def kiosk(self, topic: str = "munjigi/door") -> MqttLock:
        """Return the lock of a kiosk that was started just now."""
        import paho.mqtt.client as paho

        config = MqttConfig(
            host="127.0.0.1",
            port=self.broker.port,
            ca_file=str(self.broker.ca),
            user="kiosk",
            password_file=str(self.folder / "password"),
            secret_file=str(self.folder / "secret"),
            topic=topic,
            ack_s=1.0,
        )
        return MqttLock(config, paho)

    def inputs_after(self, lock: MqttLock, body: str, signed: str) -> bool:
        """Return whether ``lock`` hears the inputs in ``body``, sent to its door."""
        lock.check()
        self.first.publish_as("inputs", body, signed)
        with contextlib.suppress(LockError):
            lock.check()  # its answer comes after what was said before
        return any(lock.inputs().get(kind, False) for kind in (Input.EXIT, Input.FIRE))


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """Start broker and controllers."""
    (folder / "password").write_text(USERS["kiosk"], encoding="utf-8")
    (folder / "secret").write_text(SECRET, encoding="utf-8")
    broker = Broker(folder)
    broker.start()
    first = DoorController(broker, SECRET.encode())
    second = DoorController(broker, SECRET.encode(), topic="munjigi/other")
    try:
        yield Site(folder, broker, first, second)
    finally:
        first.stop()
        second.stop()
        broker.stop()


def impossible() -> str:
    """Return why there is no broker here; empty if there is one."""
    if PROGRAM is None:
        return "not tried: mosquitto is not installed"
    return "" if importlib.util.find_spec("paho") else "not tried: paho-mqtt is not installed"


@attack("A5", "cross two doors that share a secret (MQTT, real broker)", tries=30, short=3)
def cross_doors(folder: Path, tries: int) -> Outcome:
    """Send the other door's signed inputs, commands and answers to this one in turn."""
    if why := impossible():
        return 0, 0, why
    succeeded = 0
    with site(folder) as doors:
        lock, other = doors.kiosk(), doors.kiosk("munjigi/other")
        lock.check()
        for number in range(tries):
            if number % 3 == 0:
                body = FIRE % (time.time(), doors.first.start)
                succeeded += doors.inputs_after(lock, body, doors.second.signed("inputs", body))
            elif number % 3 == 1:
                other.open(4.0, "match")
                body, signed = doors.second.heard[-1]
                opened, told = len(doors.first.opened), len(doors.first.commands)
                doors.first.publish_as("command", body, signed)
                assert doors.first.until(told + 1)
                succeeded += len(doors.first.opened) > opened
            else:
                succeeded += hears_the_answers_of(doors, lock)
        lock.stop()
        other.stop()
    return tries, succeeded, "inputs, commands and answers in turn"


def hears_the_answers_of(doors: Site, lock: MqttLock) -> bool:
    """Return whether an opening counts as done where the other door's signature confirms it."""
    sign = doors.first.signed
    doors.first.signed = doors.second.signed  # type: ignore[method-assign]
    try:
        lock.open(4.0, "match")
    except LockError:
        return False
    finally:
        doors.first.signed = sign  # type: ignore[method-assign]
    return lock.state() is LockState.OPEN


@attack("A5", "an exit signed seconds before a restart is heard after it", tries=15, short=2)
def replay_over_a_restart(folder: Path, tries: int) -> Outcome:
    """Record signed inputs, start the kiosk again, and replay them within their ten seconds."""
    if why := impossible():
        return 0, 0, why
    heard = 0
    with site(folder) as doors:
        for number in range(tries):
            before = doors.kiosk()
            before.check()
            body = FIRE % (time.time() + number % 10, doors.first.start)
            signed = doors.first.signed("inputs", body)
            before.stop()
            lock = doors.kiosk()
            heard += doors.inputs_after(lock, body, signed)
            lock.stop()
    return tries, heard, "by clocks up to 9 s ahead"


@attack("A5", "another door's signed answer confirms an opening (HTTP)", tries=100, short=10)
def cross_answers(folder: Path, tries: int) -> Outcome:
    """Give the kiosk of one address the answers that one with another query signed."""
    (folder / "secret").write_text(SECRET, encoding="utf-8")
    confirmed = 0
    controller = WebController()
    with serving(controller, "/door?gate=2") as url:
        secret_file = str(folder / "secret")
        lock = Webhook(HttpConfig(url=url, secret_file=secret_file, try_s=2.0, tries=1))
        lock.open(4.0, "match")
        if controller.paths != ["/door?gate=2"]:
            return 1, 1, "the query of http.url is lost"
        other = WebController()
        other.url = url.replace("gate=2", "gate=1")
        controller.sign = other.sign
        for _ in range(tries):
            with contextlib.suppress(LockError):
                lock.open(4.0, "match")
                confirmed += 1
    return tries, confirmed, "the address differs in its query only"
