"""An MQTT broker: events, the door's state, and discovery by Home Assistant.

The kiosk subscribes to nothing: a broker, and everybody who may write to it, cannot open the door.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import re
import threading
from collections.abc import Mapping
from typing import Any

from kiosk.core.config import NotifyMqttConfig
from kiosk.notify.channels.home_assistant import device
from kiosk.notify.http_post import LOCAL, tls_context
from kiosk.notify.message import DeliveryError, Message, NotifySettingError, SecretOf, Words

KEEP_ALIVE_S = 30
FIRST_RECONNECT_S = 1.0
WAIT_S = 10.0
"""Longest wait for the connection, and for the broker's confirmation."""


class NotifyMqttChannel:
    """Publishes to TOPIC/event and, retained, TOPIC/state and TOPIC/status (online, offline).

    ``site``: what Home Assistant calls the device.
    """

    def __init__(
        self, config: NotifyMqttConfig, secret_of: SecretOf, words: Words, site: str = ""
    ) -> None:
        _check(config)
        self._config = config
        self._secret_of = secret_of
        self._context = tls_context(config.ca_file, "notify_mqtt.ca_file") if config.tls else None
        try:
            self._paho = importlib.import_module("paho.mqtt.client")
        except ImportError:
            raise NotifySettingError(
                "MQTT needs the package paho-mqtt; install it with: pip install 'munjigi[mqtt]'.",
                key="error.notify_package",
            ) from None
        self._announced = device(config, words, site)
        self._mutex = threading.Lock()
        self._client: Any = None
        self._changed = threading.Condition()
        self._connected: bool | str = False  # a text is the broker's reason for refusing
        self._state: dict[str, object] = {}

    def send(self, message: Message) -> None:
        """Publish an event and wait for the broker's confirmation."""
        document = message.document() | {"event_type": message.event.kind.value}
        client = self._ready()
        with self._changed:
            self._changed.wait_for(lambda: self._connected is not False, WAIT_S)
            connected = self._connected
        if connected is not True:
            self._drop_client()
            raise DeliveryError(
                f"The MQTT broker {self._config.host} cannot be used ({connected or 'no answer'}).",
                key="error.delivery_broker",
                host=self._config.host,
            )
        sent = client.publish(f"{self._config.topic}/event", _json(document), qos=1)
        if not _confirmed(sent):
            self._drop_client()  # with what it would send again by itself
            raise DeliveryError(
                f"The MQTT broker {self._config.host} did not confirm the message.",
                key="error.delivery_unreachable",
                host=self._config.host,
            )

    def show(self, state: Mapping[str, object]) -> None:
        """Publish the door's state if it changed; returns at once, and keeps the connection."""
        changed = dict(state) != self._state
        self._state = dict(state)
        client = self._ready()
        if changed and self._connected is True:
            client.publish(f"{self._config.topic}/state", _json(state), qos=1, retain=True)

    def decided(self, decision: Mapping[str, object]) -> None:
        """Publish a decision, not retained: nobody learns later who was there last."""
        client = self._ready()
        if self._connected is True:
            client.publish(f"{self._config.topic}/decision", _json(decision), qos=0)

    def close(self) -> None:
        """Say that the kiosk is offline, and disconnect."""
        client = self._client
        if client is not None and self._connected is True:
            said = client.publish(f"{self._config.topic}/status", "offline", qos=1, retain=True)
            with contextlib.suppress(RuntimeError, ValueError):
                said.wait_for_publish(1.0)
        self._drop_client()

    def _ready(self) -> Any:
        """Return the client, which connects in the background."""
        with self._mutex:
            if self._client is None:
                self._client = self._made()
                self._client.connect_async(
                    self._config.host, self._config.port, KEEP_ALIVE_S, clean_start=True
                )
                self._client.loop_start()
            return self._client

    def _made(self) -> Any:
        paho = self._paho
        client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        client.connect_timeout = WAIT_S
        client.reconnect_delay_set(FIRST_RECONNECT_S, 60)
        if self._config.user:
            client.username_pw_set(self._config.user, self._secret_of("mqtt"))
        if self._context is not None:
            client.tls_set_context(self._context)
        client.will_set(f"{self._config.topic}/status", "offline", qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        return client

    def _drop_client(self) -> None:
        with self._mutex:
            client, self._client = self._client, None
            if client is not None:
                client.on_connect = client.on_connect_fail = client.on_disconnect = None
                client.disconnect()
                client.loop_stop()
            self._tell(False)  # after the old client's last word, before a new one's first

    def _tell(self, connected: bool | str) -> None:
        with self._changed:
            self._connected = connected
            self._changed.notify_all()

    # below: called in paho's thread

    def _on_connect(
        self, client: Any, _data: object, _flags: object, code: Any, _properties: object
    ) -> None:
        if code.is_failure:
            self._tell(str(code))
            return
        topic = self._config.topic
        if self._config.discovery:
            place = f"{self._config.discovery}/device/{_object_id(topic)}/config"
            client.publish(place, _json(self._announced), qos=1, retain=True)
        client.publish(f"{topic}/status", "online", qos=1, retain=True)
        if self._state:
            client.publish(f"{topic}/state", _json(self._state), qos=1, retain=True)
        self._tell(True)

    def _on_connect_fail(self, _client: object, _data: object) -> None:
        self._tell("it cannot be reached, or its certificate is not trusted")

    def _on_disconnect(
        self, _client: object, _data: object, _flags: object, code: object, _properties: object
    ) -> None:
        if self._connected is True:
            self._tell(False)


def _confirmed(sent: Any) -> bool:
    """Return whether the broker confirmed a message in time."""
    try:
        sent.wait_for_publish(WAIT_S)
        return bool(sent.is_published())
    except (RuntimeError, ValueError):  # not connected any more
        return False


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False)


def _object_id(topic: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", topic)


def _check(config: NotifyMqttConfig) -> None:
    if not config.tls and config.host not in LOCAL:
        raise NotifySettingError(
            "notify_mqtt.tls must be true for a broker on another machine.", key="error.notify_tls"
        )
    for name in ("topic", "discovery"):
        text = getattr(config, name)
        if not text.isprintable() or set("+#") & set(text) or (name == "topic" and not text):
            raise NotifySettingError(
                f"notify_mqtt.{name} must be a plain topic without wildcards, not {text!r}.",
                key="error.notify_topic",
                setting=f"notify_mqtt.{name}",
            )
