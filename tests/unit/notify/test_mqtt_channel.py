"""A real broker (mosquitto) with TLS and passwords: events, state, last will, discovery."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest

from kiosk.core.config import NotifyMqttConfig
from kiosk.core.site_events import EventKind, SiteEvent
from kiosk.notify.channels import mqtt_channel
from kiosk.notify.channels.mqtt_channel import NotifyMqttChannel
from kiosk.notify.message import DeliveryError, Message, NotifySettingError
from kiosk.notify.state_publisher import StatePublisher
from kiosk.ui.catalogue import tr_in
from tests.helpers.broker import PROGRAM, USERS, Broker

pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="mosquitto is not installed: apt-get install mosquitto"
)
EVENT = SiteEvent(EventKind.DOOR_FORCED, datetime(2026, 3, 2, 9, 0, tzinfo=UTC), {}, "d" * 32)
STATE = {"door": "open", "unlocked": False, "alert": "forced", "camera": True, "service": True}


class Listener:
    """Hears everything on the broker."""

    def __init__(self, broker: Broker) -> None:
        self.heard: list[tuple[str, str, bool]] = []
        self._came = threading.Condition()
        ready = threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.username_pw_set("door", USERS["door"])
        self._client.tls_set_context(ssl.create_default_context(cafile=str(broker.ca)))
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        assert ready.wait(10)

    def _take(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        with self._came:
            self.heard.append((message.topic, message.payload.decode(), message.retain))
            self._came.notify_all()

    def until(self, wanted: Callable[[str, str], bool]) -> str:
        """Wait for a message; return its payload."""
        with self._came:
            found = lambda: [text for topic, text, _ in self.heard if wanted(topic, text)]  # noqa: E731
            assert self._came.wait_for(found, 10), self.heard
            return found()[-1]

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_channel, "FIRST_RECONNECT_S", 0.05)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    made = Broker(tmp_path_factory.mktemp("broker"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def listener(broker: Broker) -> Iterator[Listener]:
    made = Listener(broker)
    yield made
    made.stop()


def channel(broker: Broker, topic: str, password: str = USERS["kiosk"], **values: Any) -> Any:
    config = NotifyMqttConfig(
        host="127.0.0.1",
        port=broker.port,
        ca_file=values.pop("ca_file", str(broker.ca)),
        user="kiosk",
        topic=topic,
        **values,
    )
    return NotifyMqttChannel(config, lambda name: password, partial(tr_in, "en"), "Lab 301")


def test_events_state_and_decisions_are_published(broker: Broker, listener: Listener):
    lab = channel(broker, "lab/door")
    publisher = StatePublisher(lab)
    publisher.see(STATE)
    publisher.gather()
    try:
        lab.send(Message(EVENT, "Lab 301", more=2, sequence=9))
        event = json.loads(listener.until(lambda topic, text: topic == "lab/door/event"))
        assert event["event_type"] == event["type"] == "door_forced"
        assert (event["id"], event["more"], event["sequence"]) == ("d" * 32, 2, 9)
        state = listener.until(lambda topic, text: topic == "lab/door/state")
        assert json.loads(state) == STATE
        publisher.see(STATE | {"alert": ""})
        publisher.decided({"event_type": "accept", "reason": "match"})
        publisher.gather()
        listener.until(lambda topic, text: topic.endswith("state") and '"alert": ""' in text)
        decision = listener.until(lambda topic, text: topic == "lab/door/decision")
        assert json.loads(decision)["event_type"] == "accept"
        announced = json.loads(
            listener.until(lambda topic, text: topic == "homeassistant/device/lab_door/config")
        )
        assert announced["availability_topic"] == "lab/door/status"
        assert announced["device"]["name"] == "Lab 301"
        parts = announced["components"]
        assert {part["platform"] for part in parts.values()} == {"binary_sensor", "event"}
        assert len({part["unique_id"] for part in parts.values()}) == len(parts)
        assert "command_topic" not in json.dumps(announced), "nothing opens the door"
        listener.until(lambda topic, text: (topic, text) == ("lab/door/status", "online"))
    finally:
        lab.close()
    listener.until(lambda topic, text: (topic, text) == ("lab/door/status", "offline"))
    late = Listener(broker)
    try:
        late.until(lambda topic, text: topic == "lab/door/state")
        kept = {topic for topic, _, retained in late.heard if retained}
    finally:
        late.stop()
    assert "lab/door/event" not in kept and "lab/door/decision" not in kept, "nobody learns later"


@pytest.mark.slow
def test_a_kiosk_that_is_gone_is_reported_by_the_broker(broker: Broker, listener: Listener):
    gone = channel(broker, "gone")
    gone.send(Message(EVENT))
    gone._client._sock_close()  # as if its power was cut
    gone._client.loop_stop()
    listener.until(lambda topic, text: (topic, text) == ("gone/status", "offline"))


@pytest.mark.slow
# paho leaves the socket of a failed handshake to the garbage collector
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("values", "said"),
    [({"password": "wrong"}, "Not authorized|Bad user name"), ({"ca_file": ""}, "not trusted")],
    ids=["password", "certificate"],
)
def test_what_is_wrong_is_named(broker: Broker, values: dict[str, str], said: str):
    wrong = channel(broker, "wrong", **values)
    with pytest.raises(DeliveryError, match=said):
        wrong.send(Message(EVENT))


@pytest.mark.slow
def test_it_sends_again_once_the_broker_is_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    broker = Broker(tmp_path)
    away = channel(broker, "away")
    try:
        with pytest.raises(DeliveryError):
            away.send(Message(EVENT))
        broker.start()
        away.send(Message(EVENT))
        broker.stop()
        monkeypatch.setattr(mqtt_channel, "WAIT_S", 0.5)
        with pytest.raises(DeliveryError):
            away.send(Message(EVENT))
    finally:
        away.close()
        broker.stop()


@pytest.mark.parametrize(
    "values",
    [{"tls": False, "host": "broker.example.org"}, {"topic": "lab/#"}, {"topic": ""}],
    ids=str,
)
def test_settings_that_cannot_be_used_are_refused(values: dict[str, Any]):
    with pytest.raises(NotifySettingError):
        NotifyMqttChannel(NotifyMqttConfig(**({"host": "h"} | values)), str, partial(tr_in, "en"))
