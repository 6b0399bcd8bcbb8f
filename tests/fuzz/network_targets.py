"""Messages of the door controller, and requests to the health port."""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

from kiosk.access.drivers.mqtt import MqttConfig, MqttLock
from kiosk.access.drivers.webhook import HttpConfig, Webhook, _TryAgain
from kiosk.access.signed_command import DoorCommand, MessageKind, signature
from kiosk.app.health import Health, _Handler
from kiosk.core.errors import KioskError
from tests.fuzz.document_targets import written
from tests.fuzz.target import FuzzTarget

SECRET = b"a secret of the door and the kiosk"
URL = "http://127.0.0.1:9/open"


@cache
def _mqtt_lock(signed: bool) -> MqttLock:
    file = str(written("secret", SECRET)) if signed else ""
    config = MqttConfig(host="127.0.0.1", secret_file=file)
    return MqttLock(config, MagicMock())


def _mqtt(data: bytes) -> None:
    """Hear ``data`` on both topics, unsigned and signed with the secret."""
    for signed, (name, kind) in (
        (signed, each)
        for signed in (False, True)
        for each in (("ack", MessageKind.ANSWER), ("inputs", MessageKind.INPUTS))
    ):
        topic = f"munjigi/door/{name}"
        given = signature(SECRET, kind, topic, data) if signed else data.decode("latin-1")[:64]
        message = SimpleNamespace(
            topic=topic,
            payload=data,
            retain=False,
            properties=SimpleNamespace(UserProperty=[("signature", given)]),
        )
        lock = _mqtt_lock(signed)
        lock._on_message(None, None, message)
        assert not signed or lock.inputs() == {}


class _Answering:
    """A socket that has received ``data`` and nothing else."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, *_: Any, **__: Any) -> io.BytesIO:
        return io.BytesIO(self._data)

    def sendall(self, data: Any) -> None:
        pass

    def shutdown(self, how: int) -> None:
        pass

    def close(self) -> None:
        pass


class _Lock(Webhook):
    """Gets its answer from ``data``."""

    data = b""

    def _connection(self) -> http.client.HTTPConnection:
        made = http.client.HTTPConnection("127.0.0.1", 9)
        made.connect = lambda: setattr(made, "sock", _Answering(self.data))  # type: ignore
        return made


@cache
def _http_lock() -> _Lock:
    secret = str(written("secret", SECRET))
    return _Lock(HttpConfig(url=URL, secret_file=secret))


def _http_answer(data: bytes) -> None:
    """Take ``data`` as an answer; after a brace, as the signed body of a whole one."""
    if data[:1] == b"{":
        signed = signature(SECRET, MessageKind.ANSWER, URL, data).encode()
        data = (
            b"HTTP/1.1 200 OK\r\nX-Munjigi-Signature: sha256=" + signed
            + b"\r\nContent-Length: %d\r\n\r\n" % len(data) + data
        )  # fmt: skip
    lock = _http_lock()
    lock.data = data
    with contextlib.suppress(KioskError, _TryAgain):
        lock._once(DoorCommand("1", "2", "check", 0.0, "check", 3.0))


class _HealthHandler(_Handler):
    tell_health = staticmethod(lambda: Health({"camera": True}))
    tell_metrics = staticmethod(lambda: "munjigi_people 3\n")


def _http_request(data: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            _HealthHandler(ours, ("127.0.0.1", 1), None)  # type: ignore[arg-type]


NETWORK = (
    FuzzTarget("mqtt", _mqtt, (b'"id":', b'"state":', b'"exit": true', b'"at":', b'"start":')),
    FuzzTarget(
        "http_answer",
        _http_answer,
        (
            b"HTTP/1.1 200 OK\r\n",
            b"Content-Length: ",
            b"Transfer-Encoding: chunked\r\n",
            b"\r\n\r\n",
        ),
    ),
    FuzzTarget(
        "http_request", _http_request, (b"GET /healthz", b" HTTP/1.1\r\n", b"Host: ", b"\r\n\r\n")
    ),
)
