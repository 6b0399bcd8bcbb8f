"""A door controller behind an MQTT broker (MQTT 5), through paho-mqtt.

A command goes to TOPIC/command, never retained, with its own id and an expiry in Unix time, after
which the broker drops it too. The controller answers on TOPIC/ack with the id and the state, and
may report its inputs on TOPIC/inputs: ``{"contact": true, "at": 1772412060.5, "start": "…"}``. With
a shared secret, the user property ``signature`` of each message, in both directions, holds
HMAC-SHA-256 of its topic and exact bytes, and unsigned messages are ignored, as are inputs that
were signed before this start of the kiosk. Without one, everybody on the broker may speak for the
door, so inputs that open it are ignored.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kiosk.access.lock_driver import LockDriver, needed, secret_from, tls_context, wrong_setting
from kiosk.access.locks import Input, LockState, check_seconds
from kiosk.access.signed_command import (
    DoorCommand,
    MessageKind,
    genuine,
    new_id,
    signature,
)
from kiosk.core.config import lock_setting
from kiosk.core.errors import LockError
from kiosk.core.parsed_json import parse_json

LOCAL = ("localhost", "127.0.0.1", "::1")
KEEP_ALIVE_S = 10
LONGEST_PAYLOAD = 4096
FRESH_S = 10.0
"""Signed inputs older than this, by the controller's clock, are ignored."""
REMARK_S = 60.0
OPENING = frozenset({Input.EXIT, Input.FIRE})
"""Inputs that open the door."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MqttConfig:
    """A door controller behind an MQTT broker (door.lock = "mqtt")."""

    host: str = lock_setting(
        "localhost",
        "Name or address of the broker",
        "브로커의 이름이나 주소",
        weakens_security="any",
    )
    port: int = lock_setting(
        8883,
        "Port of the broker",
        "브로커의 포트",
        unit="port",
        low=1,
        high=65535,
        weakens_security="any",
        file_only=True,
    )
    tls: bool = lock_setting(
        True,
        "Encrypt the connection; may be false only for a broker on this machine",
        "암호화합니다. 이 컴퓨터의 브로커일 때만 끌 수 있습니다",
        weakens_security="off",
        file_only=True,
    )
    ca_file: str = lock_setting(
        "",
        "Certificate of the authority that signed the broker's; empty takes the system's",
        "브로커 인증서를 서명한 기관의 인증서. 비워 두면 시스템의 것",
        weakens_security="any",
    )
    user: str = lock_setting(
        "", "User name at the broker; empty: none", "브로커의 사용자 이름. 비워 두면 없음"
    )
    password_file: str = lock_setting(
        "", "File with the user's password", "사용자 비밀번호가 든 파일"
    )
    secret_file: str = lock_setting(
        "",
        "File with a secret shared with the door controller, with which both sign their messages; "
        "empty: no signatures, and exit and fire inputs are ignored",
        "문 제어기와 나눠 가진 비밀이 든 파일. 서로 보내는 말마다 서명합니다. 비워 두면 서명이 "
        "없고, 나가기 버튼과 화재 신호를 받지 않습니다",
        weakens_security="any",
    )
    topic: str = lock_setting(
        "munjigi/door",
        "Prefix of the topics: commands go to TOPIC/command, answers come on TOPIC/ack, inputs on "
        "TOPIC/inputs",
        "토픽의 앞부분: 명령은 TOPIC/command, 답은 TOPIC/ack, 입력은 TOPIC/inputs",
        weakens_security="any",
    )
    ack_s: float = lock_setting(
        1.5,
        "Longest wait for the controller's answer; the command expires after that",
        "제어기의 답을 기다리는 시간. 그 뒤의 명령은 무효입니다",
        unit="s",
        low=0.2,
        high=10,
    )


def make(config: MqttConfig, clock: Callable[[], float]) -> MqttLock:
    """Return the driver, not connected yet; ``LockError`` for unusable settings."""
    return MqttLock(config, needed("paho.mqtt.client", "mqtt", "paho-mqtt", "munjigi[mqtt]"))


DRIVER = LockDriver("mqtt", "MQTT lock", "MQTT 잠금", MqttConfig, make, order=3)


class MqttLock:
    """One controller. Reconnects automatically; commands are never queued while disconnected."""

    def __init__(self, config: MqttConfig, paho: Any) -> None:
        self._config = config
        self._secret = (
            secret_from(config.secret_file, "mqtt.secret_file") if config.secret_file else b""
        )
        _check(config)
        self._paho = paho
        self._client = self._made()
        self._running = False
        self._state_changed = threading.Condition()
        self._connected: bool | str = False  # a text is the broker's reason for refusing
        self._answers: dict[str, str] = {}
        self._wanted: set[str] = set()
        self._inputs: dict[Input, bool] = {}
        self._inputs_at = 0.0
        self._start = new_id()
        self._remarked_at = float("-inf")
        self._state = LockState.LOCKED
        self._owes_locking = False

    def open(self, seconds: float, reason: str) -> None:
        """Tell the controller to open; it locks by itself after ``seconds``."""
        check_seconds(seconds)
        self._owes_locking = True
        self._command("open", seconds, reason)

    def close(self) -> None:
        """Tell the controller to lock."""
        self._command("close", 0.0, "close")
        self._owes_locking = False

    def call_for_help(self) -> None:
        """Tell the controller to call for help; what the door does is not changed by it."""
        if not self._running:  # the lock's thread connects
            raise LockError("The MQTT broker is not connected yet.")
        _understood(self._answer("help", 0.0, "duress"))

    def state(self) -> LockState:
        """Return the state that the controller reported last."""
        return self._state

    def check(self) -> None:
        """Connect if necessary, and ask the controller for its state."""
        self._command("check", 0.0, "check")

    def inputs(self) -> Mapping[Input, bool]:
        """Return the inputs that the controller reported last."""
        with self._state_changed:
            return dict(self._inputs)

    def stop(self) -> None:
        """Lock and disconnect."""
        try:
            if self._owes_locking or (self._running and self._connected is True):
                self.close()
        finally:
            self._client.disconnect()
            self._client.loop_stop()
            self._running = False

    def _command(self, do: str, seconds: float, reason: str) -> None:
        if do != "check":
            self._state = LockState.LOCKED  # until confirmed
        said = self._answer(do, seconds, reason)
        self._state = _understood(said)
        if do != "check" and (self._state is LockState.OPEN) is not (do == "open"):
            raise LockError(
                f"The door controller says that the door is {said} after the command to {do}; "
                "check it."
            )

    def _answer(self, do: str, seconds: float, reason: str) -> str:
        """Send a command and return the controller's answer; callable from several threads."""
        self._connect()
        command = DoorCommand.new(self._start, do, seconds, reason, self._config.ack_s)
        with self._state_changed:
            self._wanted.add(command.id)
        try:
            self._publish(command)
            with self._state_changed:
                answered = self._state_changed.wait_for(
                    lambda: command.id in self._answers, self._config.ack_s
                )
                if not answered:
                    raise LockError(
                        f"The door controller did not answer within {self._config.ack_s:g} s; "
                        "check that it is on and connected."
                    )
                return self._answers[command.id]
        finally:
            with self._state_changed:
                self._wanted.discard(command.id)
                self._answers.pop(command.id, None)

    def _publish(self, command: DoorCommand) -> None:
        body = command.body()
        topic = f"{self._config.topic}/command"
        properties = self._paho.Properties(self._paho.PacketTypes.PUBLISH)
        properties.MessageExpiryInterval = max(1, math.ceil(self._config.ack_s))
        if self._secret:
            signed = signature(self._secret, MessageKind.COMMAND, topic, body)
            properties.UserProperty = [("signature", signed)]
        sent = self._client.publish(topic, body, qos=1, retain=False, properties=properties)
        if sent.rc != self._paho.MQTT_ERR_SUCCESS:
            raise LockError(
                "The connection to the MQTT broker was lost just now; the command was not sent."
            )

    def _connect(self) -> None:
        """Connect, or raise ``LockError`` within ``ack_s`` or a network time-out."""
        if not self._running:
            self._begin()
        with self._state_changed:
            self._state_changed.wait_for(lambda: self._connected is not False, self._config.ack_s)
            if self._connected is not True:
                why = self._connected or "no answer"
                raise LockError(
                    f"The MQTT broker {self._config.host} cannot be used ({why}); check it, the "
                    "network, mqtt.user and the password."
                )

    def _begin(self) -> None:
        import ssl  # not at the top: every start imports this module

        where = f"{self._config.host}:{self._config.port}"
        try:
            self._client.connect(
                self._config.host, self._config.port, KEEP_ALIVE_S, clean_start=True
            )
        except ssl.SSLCertVerificationError as error:
            raise LockError(
                f"The certificate of the MQTT broker {where} is not trusted "
                f"({error.verify_message}); set mqtt.ca_file."
            ) from error
        except (OSError, ValueError) as error:
            plain = self._config.tls and isinstance(error, (ssl.SSLError, ConnectionResetError))
            raise LockError(
                f"The MQTT broker {where} does not encrypt there ({error}); check mqtt.port, which "
                "is 8883 as a rule, and mqtt.tls."
                if plain
                else f"The MQTT broker {where} cannot be reached ({error}); check it, the network "
                "and mqtt.port."
            ) from error
        self._client.loop_start()
        self._running = True

    def _made(self) -> Any:
        config = self._config
        paho = self._paho
        client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        client.connect_timeout = config.ack_s
        client.reconnect_delay_set(1, 5)
        if config.user:
            client.username_pw_set(
                config.user, secret_from(config.password_file, "mqtt.password_file").decode()
            )
        if config.tls:
            client.tls_set_context(tls_context(config.ca_file, "mqtt.ca_file"))
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    # below: called in paho's thread

    def _on_connect(
        self, client: Any, _data: object, _flags: object, code: Any, _properties: object
    ) -> None:
        if not code.is_failure:  # subscribed before the first command, so that no answer is missed
            client.subscribe(
                [
                    (f"{self._config.topic}/{name}", self._paho.SubscribeOptions(qos=1))
                    for name in ("ack", "inputs")
                ]
            )
        with self._state_changed:
            self._connected = str(code) if code.is_failure else True
            self._state_changed.notify_all()

    def _on_disconnect(
        self, _client: object, _data: object, _flags: object, code: object, _properties: object
    ) -> None:
        log.warning("the MQTT broker is gone: %s", code)
        with self._state_changed:
            self._connected = self._connected if self._connected is not True else False
            self._inputs = {}

    def _on_message(self, _client: object, _data: object, message: Any) -> None:
        inputs = message.topic.endswith("/inputs")
        try:
            if len(message.payload) > LONGEST_PAYLOAD:
                raise ValueError("it is too long")
            if self._secret:
                self._check_signed(message, MessageKind.INPUTS if inputs else MessageKind.ANSWER)
            said = parse_json(message.payload)
            if inputs:
                self._take_inputs(said, kept=message.retain)
            elif not message.retain:
                self._take_answer(str(said["id"]), str(said["state"]))
        except (
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            OverflowError,
            RecursionError,
        ) as error:
            self._remark(f"a message on {message.topic} does not count: {error}")

    def _check_signed(self, message: Any, kind: MessageKind) -> None:
        """Raise ``ValueError`` unless the shared secret signed exactly this for this door."""
        given = dict(getattr(message.properties, "UserProperty", [])).get("signature", "")
        if not genuine(self._secret, kind, message.topic, message.payload, given):
            raise ValueError("it is not signed for this topic with the secret of mqtt.secret_file")

    def _remark(self, text: str) -> None:
        """Log at most once in ``REMARK_S``: a sender could otherwise fill the disk."""
        now = time.monotonic()
        if now - self._remarked_at >= REMARK_S:
            self._remarked_at = now
            log.warning("%s", text[:200])

    def _take_answer(self, number: str, state: str) -> None:
        with self._state_changed:
            if number in self._wanted:
                self._answers[number] = state
                self._state_changed.notify_all()

    def _take_inputs(self, said: dict[str, object], kept: bool) -> None:
        """``kept``: retained by the broker, so its age is unknown."""
        heard = {kind: bool(said[kind.value]) for kind in Input if kind.value in said}
        if not self._secret:
            if OPENING & {kind for kind, on in heard.items() if on}:
                self._remark("exit and fire over MQTT do not count without mqtt.secret_file")
            heard = {kind: on for kind, on in heard.items() if kind not in OPENING}
        elif kept:
            return
        else:
            if said["start"] != self._start:
                raise ValueError("it was signed for another start of the kiosk")
            self._inputs_at = _fresh(said["at"], self._inputs_at)
        with self._state_changed:
            self._inputs = heard


def _understood(said: str) -> LockState:
    try:
        return LockState(said)
    except ValueError:
        raise LockError(f"The door controller refused the command: {said[:80]}.") from None


def _fresh(at: object, before: float) -> float:
    """Return the time of signed inputs.

    ``ValueError`` unless it is recent and later than ``before``.
    """
    moment = float(at) if isinstance(at, int | float) else math.nan
    if not abs(moment - time.time()) <= FRESH_S:  # also refuses NaN
        raise ValueError(f"its moment (at) is not of the last {FRESH_S:g} s")
    if moment <= before:
        raise ValueError("it, or a later one, was heard before")
    return moment


def _check(config: MqttConfig) -> None:
    if not config.tls and config.host not in LOCAL:
        raise wrong_setting("mqtt.tls", "must be true for a broker on another machine")
    if not config.topic.isprintable() or not config.topic or set("+#") & set(config.topic):
        raise wrong_setting(
            "mqtt.topic", f"must be a plain topic without wildcards, not {config.topic!r}"
        )
