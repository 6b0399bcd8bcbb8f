"""Signed webhooks to a receiver on loopback that delays, refuses, redirects and lies."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from kiosk.core.config import NotifyWebhookConfig
from kiosk.core.site_events import EventKind, SiteEvent
from kiosk.notify.channels.webhook_channel import (
    WebhookChannel,
    new_secret,
    secret_bytes,
    signature,
)
from kiosk.notify.message import DeliveryError, Message, NotifySettingError
from tests.helpers.broker import certificate
from tests.helpers.hook_receiver import HookReceiver, receiving

EVENT = SiteEvent(
    EventKind.DOOR_FORCED, datetime(2026, 3, 2, 9, 0, tzinfo=UTC), {"person": "김*수"}, "a" * 32
)
MESSAGE = Message(EVENT, "301호", more=37, sequence=5)
SECRET = new_secret()


@pytest.fixture
def receiver() -> Iterator[HookReceiver]:
    with receiving() as made:
        yield made


def channel(url: str, timeout_s: float = 10.0, **values: object) -> WebhookChannel:
    config = NotifyWebhookConfig(url=url, timeout_s=timeout_s, **values)  # type: ignore[arg-type]
    return WebhookChannel(config, lambda name: SECRET, lambda: 1_772_442_000.9)


def test_the_signature_is_the_one_of_the_standard():
    # the example of the specification's own libraries
    key = secret_bytes("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    assert (
        signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_a_message_is_signed_with_its_time(receiver: HookReceiver):
    channel(receiver.url).send(MESSAGE)
    [body], [headers] = receiver.bodies, receiver.headers
    assert json.loads(body) == {
        "id": "a" * 32,
        "type": "door_forced",
        "timestamp": "2026-03-02T09:00:00+00:00",
        "site": "301호",
        "sequence": 5,
        "more": 37,
        "data": {"person": "김*수"},
    }
    assert headers["webhook-id"] == "a" * 32
    assert headers["webhook-timestamp"] == "1772442000"
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = hmac.new(key, f"{'a' * 32}.1772442000.".encode() + body, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(signed).decode()}"


@pytest.mark.parametrize(
    ("status", "headers", "refused", "pause"),
    [
        (500, {}, False, 0),
        (503, {"Retry-After": "120"}, False, 120),
        (429, {"Retry-After": "99999999"}, False, 3600),
        (429, {"Retry-After": "nan"}, False, 0),
        (429, {"Retry-After": "soon"}, False, 0),
        (429, {"Retry-After": f"Mon, {'9' * 30} Jan 2026 00:00:00 GMT"}, False, 0),
        (401, {}, False, 0),
        (422, {}, True, 0),
        (302, {"Location": "http://127.0.0.1:1/"}, False, 0),
    ],
)
def test_any_other_answer_is_a_failure(
    receiver: HookReceiver, status: int, headers: dict[str, str], refused: bool, pause: float
):
    receiver.answer = lambda number: (status, headers)
    with pytest.raises(DeliveryError, match=f"status {status}") as failed:
        channel(receiver.url).send(MESSAGE)
    assert (failed.value.refused, failed.value.retry_after) == (refused, pause)
    assert len(receiver.bodies) == 1, "redirects are not followed"


def test_a_date_in_retry_after_counts(receiver: HookReceiver):
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=100))
    receiver.answer = lambda number: (503, {"Retry-After": at})
    with pytest.raises(DeliveryError) as failed:
        channel(receiver.url).send(MESSAGE)
    assert 60 < failed.value.retry_after <= 100


def test_a_huge_answer_is_not_read(receiver: HookReceiver):
    receiver.body = b"x" * 50_000_000
    channel(receiver.url).send(MESSAGE)


def test_a_receiver_that_hangs_is_left(receiver: HookReceiver):
    receiver.hangs = True
    with pytest.raises(DeliveryError, match="did not take"):
        channel(receiver.url, timeout_s=0.2).send(MESSAGE)


def test_an_answer_byte_by_byte_ends_in_time():
    stop = threading.Event()

    def drip(server: socket.socket) -> None:
        with server.accept()[0] as connection:
            while not stop.wait(0.05):
                try:
                    connection.sendall(b"H")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=[server])
        thread.start()
        try:
            with pytest.raises(DeliveryError):
                channel(f"http://127.0.0.1:{server.getsockname()[1]}/", timeout_s=0.4).send(MESSAGE)
        finally:
            stop.set()
            thread.join()


def test_nobody_there_is_a_failure():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(DeliveryError, match="did not take"):
        channel(f"http://127.0.0.1:{port}/").send(MESSAGE)


def test_a_certificate_that_nobody_trusts_is_refused(tmp_path: Path):
    pem, key = certificate(tmp_path, "hook")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}/"

        def shake() -> None:
            for _ in range(2):
                with server.accept()[0] as plain, plain:
                    try:
                        with context.wrap_socket(plain, server_side=True) as secure:
                            secure.recv(65536)
                            secure.sendall(b"HTTP/1.1 204 Done\r\n\r\n")
                    except OSError:
                        pass

        thread = threading.Thread(target=shake)
        thread.start()
        try:
            with pytest.raises(DeliveryError, match="not trusted"):
                channel(url).send(MESSAGE)
            channel(url, ca_file=str(pem)).send(MESSAGE)
        finally:
            thread.join()


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "http://127.0.0.1.example.org/",
        "ftp://example.org/",
        "https://",
        "https://user:secret@example.org/",
        "https://example.org/a b",
        "https://example.org/#part",
        "https://example.org:99999/",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_may_not_be_used_is_refused(url: str):
    with pytest.raises(NotifySettingError) as refused:
        channel(url)
    assert "secret" not in str(refused.value)


def test_plain_http_elsewhere_must_be_allowed():
    channel("http://example.org/", allow_http=True)


@pytest.mark.parametrize("text", ["", "short", "whsec_", "whsec_!!!", "whsec_" + "QUJD" * 40])
def test_a_secret_that_is_none_is_refused(text: str):
    with pytest.raises(NotifySettingError, match="whsec_"):
        secret_bytes(text)
