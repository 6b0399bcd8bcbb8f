"""A door controller behind a real broker: mosquitto, started here, with TLS and passwords."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

paho = pytest.importorskip("paho.mqtt.client")

from kiosk.access.door_monitor import DoorMonitor
from kiosk.access.drivers.mqtt import MqttConfig, MqttLock
from kiosk.access.lock_controller import LockController, LockControllerSettings
from kiosk.access.locks import Input, LockState
from kiosk.core.errors import LockError
from tests.helpers.broker import PROGRAM, USERS, Broker, DoorController, certificate
from tests.helpers.waiting import WAIT_S

pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="mosquitto is not installed: apt-get install mosquitto"
)
SECRET = b"a secret of the door and the kiosk"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    made = Broker(tmp_path_factory.mktemp("broker"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def config(broker: Broker, tmp_path: Path) -> MqttConfig:
    (tmp_path / "password").write_text(USERS["kiosk"] + "\n")
    (tmp_path / "secret").write_bytes(SECRET)
    return MqttConfig(
        host="127.0.0.1",
        port=broker.port,
        ca_file=str(broker.ca),
        user="kiosk",
        password_file=str(tmp_path / "password"),
        secret_file=str(tmp_path / "secret"),
        ack_s=0.6,
    )


@pytest.fixture
def make(config: MqttConfig) -> Iterator[Callable[..., MqttLock]]:
    made: list[MqttLock] = []

    def build(**changes: object) -> MqttLock:
        made.append(MqttLock(replace(config, **changes), paho))
        return made[-1]

    yield build
    for lock in made:
        with contextlib.suppress(LockError):
            lock.stop()


@pytest.fixture
def door(broker: Broker) -> Iterator[DoorController]:
    made = DoorController(broker, SECRET)
    yield made
    made.stop()


def test_the_door_opens_and_says_so(make: Callable[..., MqttLock], door: DoorController):
    lock = make()
    lock.check()
    lock.open(4.0, "match")
    assert lock.state() is LockState.OPEN and door.state == "open"
    said = door.commands[-1]
    assert (said["do"], said["seconds"], said["reason"]) == ("open", 4.0, "match")
    assert 0 < float(str(said["expires"])) - time.time() <= 0.6
    lock.close()
    assert lock.state() is LockState.LOCKED and door.state == "locked"
    assert (
        len({command["id"] for command in door.commands}) == 3
        and not any(door.retained)
        and door.refused == []
    )


def test_call_for_help_is_told_while_an_opening_waits(
    make: Callable[..., MqttLock], door: DoorController
):
    lock = make()
    with pytest.raises(LockError, match="not connected yet"):
        lock.call_for_help()
    lock.check()
    held = threading.Event()
    opening = threading.Thread(target=lambda: suppressed(lambda: lock.open(4.0, "match")))

    def answer(command: dict[str, object]) -> dict[str, object] | None:
        if command["do"] == "help":
            held.set()
        return None if command["do"] == "open" else {"id": command["id"], "state": "locked"}

    door.answers = answer
    opening.start()
    assert door.until(2)
    lock.call_for_help()
    assert held.is_set()
    opening.join()
    assert [(c["do"], c["reason"]) for c in door.commands[1:3]] == [
        ("open", "match"),
        ("help", "duress"),
    ]
    door.answers = lambda command: {"id": command["id"], "state": "unknown command"}
    with pytest.raises(LockError, match="refused the command: unknown command"):
        lock.call_for_help()


def suppressed(work: Callable[[], None]) -> None:
    with contextlib.suppress(LockError):
        work()


def test_nothing_is_kept_for_a_door_that_comes_later(make: Callable[..., MqttLock], broker: Broker):
    lock = make()
    with pytest.raises(LockError, match=r"did not answer within 0.6 s"):
        lock.open(4.0, "match")
    assert lock.state() is LockState.LOCKED
    late = DoorController(broker, SECRET)
    lock.check()
    assert (
        late.until(1)
        and [command["do"] for command in late.commands] == ["check"]
        and late.opened == []
    )
    late.stop()


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (lambda c: None, "did not answer"),
        (lambda c: {"id": "of another command", "state": "open"}, "did not answer"),
        (lambda c: {"id": c["id"]}, "did not answer"),
        (lambda c: "open", "did not answer"),
        (lambda c: {"id": c["id"], "state": "busy"}, "refused the command: busy"),
        (lambda c: {"id": c["id"], "state": "locked"}, "is locked after the command to open"),
    ],
)
def test_unconfirmed_answer_counts_as_locked(
    make: Callable[..., MqttLock], door: DoorController, said: Callable[..., object], says: str
):
    lock = make(ack_s=0.4)
    lock.check()
    door.answers = said
    with pytest.raises(LockError, match=says):
        lock.open(4.0, "match")
    assert lock.state() is LockState.LOCKED


def test_an_answer_that_was_retained_or_comes_too_late_opens_nothing(
    make: Callable[..., MqttLock], door: DoorController
):
    lock = make(ack_s=0.4)
    door.answers = lambda command: None
    with pytest.raises(LockError):
        lock.open(4.0, "match")
    door.publish("ack", {"id": door.commands[-1]["id"], "state": "open"}, retain=True)
    with pytest.raises(LockError):
        lock.check()
    assert lock.state() is LockState.LOCKED
    door.publish("ack", "", retain=True)


def test_a_command_with_another_secret_is_not_obeyed(
    make: Callable[..., MqttLock], door: DoorController
):
    door.secret = b"the secret of another door"
    door.ack_secret = SECRET
    with pytest.raises(LockError, match="is locked after"):
        make().open(4.0, "match")
    assert door.refused == ["signature"] and door.opened == []


def test_an_answer_that_another_signed_is_none(make: Callable[..., MqttLock], door: DoorController):
    door.ack_secret = b"the secret of another door"
    lock = make(ack_s=0.4)
    with pytest.raises(LockError, match="did not answer"):
        lock.open(4.0, "match")
    assert lock.state() is LockState.LOCKED


def test_inputs_arrive(make: Callable[..., MqttLock], door: DoorController):
    lock = make()
    lock.check()
    door.publish("inputs", {"contact": True, "tamper": False, "weather": "fine", "at": time.time()})
    until(lambda: bool(lock.inputs()))
    assert lock.inputs() == {Input.CONTACT: True, Input.TAMPER: False}
    door.tell(contact=False, fire=True)
    until(lambda: Input.FIRE in lock.inputs())
    assert lock.inputs() == {Input.CONTACT: False, Input.FIRE: True}


FIRE = '{"fire": true, "exit": true, "contact": true, "at": %r, "start": "START"}'


@pytest.mark.slow
def test_other_broker_clients_cannot_open_the_door(
    make: Callable[..., MqttLock], door: DoorController, caplog: pytest.LogCaptureFixture
):
    now = time.time()
    forged: dict[str, tuple[str, bytes]] = {
        "unsigned": (FIRE % now, b""),
        "another's": (FIRE % now, b"the secret of another door"),
        "no moment": ('{"fire": true}', SECRET),
        "old": (FIRE % (now - 3600), SECRET),
        "of tomorrow": (FIRE % (now + 3600), SECRET),
        "no number": (FIRE.replace("%r", "NaN"), SECRET),
        "huge": (FIRE.replace("%r", "1" + "0" * 400), SECRET),
        "a word": (FIRE.replace("%r", '"now"'), SECRET),
        "a list": ("[1]", SECRET),
        "long": (FIRE % now + " " * 5000, SECRET),
        "deep": ("[" * 4000, SECRET),
        "no start": (FIRE.replace("start", "stop") % now, SECRET),
        "another start": (FIRE.replace("START", "0" * 32) % now, SECRET),
    }
    lock = make()
    lock.check()
    for name, (said, secret) in forged.items():
        said = said.replace("START", door.start)
        door.publish_as("inputs", said, door.signed("inputs", said, secret))
        lock.check()  # its answer comes after what was said before
        assert lock.inputs() == {}, name
    refused = "it is not signed for this topic with the secret of mqtt.secret_file"
    assert [record.message.endswith(refused) for record in caplog.records].count(True) == 1
    door.tell(tamper=True)
    lock.check()
    assert lock.inputs() == {Input.TAMPER: True}


def test_signed_message_counts_once_and_never_when_retained(
    make: Callable[..., MqttLock], door: DoorController
):
    lock = make()
    lock.check()
    body = FIRE.replace("START", door.start) % time.time()
    signed = door.signed("inputs", body)
    door.publish_as("inputs", body, signed, retain=True)
    until(lambda: bool(lock.inputs()))
    later = make()  # is given what is retained
    later._start = lock._start
    later.check()
    assert later.inputs() == {}
    door.tell(fire=False, exit=False)
    until(lambda: not lock.inputs()[Input.FIRE])
    door.publish_as("inputs", body, signed)
    lock.check()
    assert lock.inputs() == {Input.FIRE: False, Input.EXIT: False}
    door.publish_as("inputs", "", "", retain=True)


@pytest.mark.parametrize("say", ["command", "inputs", "ack"])
def test_another_door_with_the_same_secret_is_not_this_one(
    make: Callable[..., MqttLock], broker: Broker, door: DoorController, say: str
):
    other = DoorController(broker, SECRET, topic="munjigi/other")
    lock = make()
    lock.open(4.0, "match")
    heard = lock.inputs()
    if say == "command":
        make(topic="munjigi/other").open(4.0, "match")
        door.publish_as("command", *other.heard[-1])
        assert door.until(2) and door.refused == ["signature"] and len(door.opened) == 1
    elif say == "inputs":
        body = FIRE.replace("START", door.start) % time.time()
        door.publish_as("inputs", body, other.signed("inputs", body))
        lock.check()
        assert lock.inputs() == heard == {}
    else:
        door.signed = other.signed
        with pytest.raises(LockError, match="did not answer"):
            lock.check()
    other.stop()


def test_inputs_that_were_signed_before_the_start_do_not_open(
    make: Callable[..., MqttLock], door: DoorController
):
    before = make()
    before.check()
    body = FIRE.replace("START", door.start) % (time.time() + 5)  # by a clock that is ahead
    signed = door.signed("inputs", body)
    before.stop()
    lock = make()
    lock.check()
    door.publish_as("inputs", body, signed)
    lock.check()
    assert lock.inputs() == {}
    door.tell(fire=True)
    lock.check()
    assert lock.inputs() == {Input.FIRE: True}


def test_without_a_secret_nothing_that_opens_is_heard(
    make: Callable[..., MqttLock], broker: Broker
):
    door = DoorController(broker)
    lock = make(secret_file="")
    lock.open(4.0, "match")
    door.publish(
        "inputs", {"fire": True, "exit": True, "contact": True, "tamper": True}, retain=True
    )
    until(lambda: bool(lock.inputs()))
    assert lock.inputs() == {Input.CONTACT: True, Input.TAMPER: True}
    door.publish("inputs", "", retain=True)
    door.stop()


def test_a_false_alarm_on_the_broker_holds_no_door_open(
    make: Callable[..., MqttLock], door: DoorController
):
    door.publish_as("inputs", '{"fire": true}', "", retain=True)
    lock = make()
    looks = []
    lock.inputs = lambda inputs=lock.inputs: looks.append(1) or inputs()
    controller = LockController(
        lock, LockControllerSettings(), DoorMonitor(0), lambda event, words: None
    )
    controller.start()
    until(lambda: len(looks) > 5)
    held = controller.held_for
    controller.stop()
    assert door.opened == [] and held == "" and door.commands[0]["do"] == "close"
    door.publish_as("inputs", "", "", retain=True)


def until(condition: Callable[[], bool]) -> None:
    """Wait a little, at most ten seconds, for what another thread is told."""
    for _ in range(500):
        if condition():
            return
        threading.Event().wait(0.02)
    raise AssertionError("it did not happen")


@pytest.mark.slow
def test_a_broker_that_goes_and_comes_back(tmp_path: Path, make: Callable[..., MqttLock]):
    broker = Broker(tmp_path)
    broker.start()
    lock = make(port=broker.port, ca_file=str(broker.ca), ack_s=0.4)
    door = DoorController(broker, SECRET)
    lock.open(4.0, "match")
    broker.stop()
    until(lambda: refused(lock))
    assert lock.state() is LockState.LOCKED
    broker.start()
    until(lambda: not refused(lock))
    assert door.opened == [door.opened[0]], "what was refused meanwhile is not done later"
    lock.open(4.0, "match")
    assert lock.state() is LockState.OPEN
    lock.stop()
    door.stop()
    broker.stop()


def refused(lock: MqttLock) -> bool:
    try:
        lock.close()
    except LockError:
        return True
    return False


def test_a_wrong_password_is_said(make: Callable[..., MqttLock], tmp_path: Path):
    (tmp_path / "wrong").write_text("not the password of the kiosk")
    with pytest.raises(LockError, match=r"Not authorized|Bad user name.*mqtt.user"):
        make(password_file=str(tmp_path / "wrong")).check()


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # paho leaves the refused socket to the collector
def test_a_certificate_of_somebody_else_is_not_trusted(
    make: Callable[..., MqttLock], tmp_path: Path
):
    with pytest.raises(LockError, match=r"not trusted.*mqtt.ca_file"):
        make(ca_file=str(certificate(tmp_path, "other")[0])).check()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # as above
def test_a_broker_that_does_not_encrypt_is_named(make: Callable[..., MqttLock]):
    def answer() -> None:
        client, _ = server.accept()
        with client:
            client.recv(4096)
            client.sendall(b"\x20\x03\x00\x84\x00")  # refused, in plain MQTT

    with socket.create_server(("127.0.0.1", 0)) as server:
        plain = threading.Thread(target=answer, daemon=True)
        plain.start()
        with pytest.raises(LockError, match=r"does not encrypt.*mqtt\.tls"):
            make(port=server.getsockname()[1]).check()
        plain.join(WAIT_S)


def test_mqtt_without_a_listener(make: Callable[..., MqttLock]):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(LockError, match=r"cannot be reached.*mqtt.port"):
        make(port=port).check()


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"host": "broker.local", "tls": False}, "mqtt.tls must be true"),
        ({"topic": ""}, "mqtt.topic"),
        ({"topic": "door/#"}, "mqtt.topic"),
        ({"topic": "door\n/a"}, "mqtt.topic"),
        ({"ca_file": "/nowhere/ca.pem"}, "mqtt.ca_file"),
        ({"user": "kiosk", "password_file": "/nowhere"}, "mqtt.password_file"),
        ({"secret_file": "/nowhere"}, "mqtt.secret_file"),
    ],
)
def test_settings_that_cannot_work(
    make: Callable[..., MqttLock], table: dict[str, object], says: str
):
    with pytest.raises(LockError, match=says):
        make(**table)


@pytest.mark.slow
def test_stopping_without_the_broker_does_not_say_locked_after_an_opening(
    tmp_path: Path, make: Callable[..., MqttLock]
):
    broker = Broker(tmp_path)
    broker.start()
    lock = make(port=broker.port, ca_file=str(broker.ca), ack_s=0.4)
    door = DoorController(broker, SECRET)
    lock.open(4.0, "match")
    broker.stop()
    until(lambda: lock._connected is not True)
    with pytest.raises(LockError):
        lock.stop()
    door.stop()
