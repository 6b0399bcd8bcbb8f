"""Signed requests to an HTTP server on loopback that delays, refuses, repeats and lies."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kiosk.access.drivers.webhook import HttpConfig, Webhook
from kiosk.access.locks import LockState
from kiosk.core.errors import LockError

SECRET = "a secret of the door and the kiosk"


class Controller:
    """A door controller: opens once for each id, within its time, if the signature is right."""

    def __init__(self) -> None:
        self.requests: list[dict[str, object]] = []
        self.opened: list[str] = []
        self.state = "locked"
        self.before: Callable[[int], int | None] = lambda number: None
        self.answer: Callable[[dict[str, object]], bytes] = lambda command: json.dumps(
            {"id": command["id"], "state": self.state}
        ).encode()
        self.release = threading.Event()

    def obey(self, key: str, body: bytes, said: str) -> tuple[int, bytes]:
        command = json.loads(body)
        self.requests.append(command)
        if said != "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest():
            return 403, b""
        status = self.before(len(self.requests))
        if status is not None:
            return status, b""
        assert key == command["id"] and time.time() < command["expires"]
        if command["do"] == "open" and key not in self.opened:
            self.opened.append(key)
        if command["do"] in ("open", "close"):
            self.state = "open" if command["do"] == "open" else "locked"
        return 200, self.answer(command)


@pytest.fixture
def controller() -> Controller:
    return Controller()


@pytest.fixture
def lock(controller: Controller, tmp_path: Path) -> Iterator[Webhook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = controller.obey(
                self.headers["Idempotency-Key"], body, self.headers["X-Munjigi-Signature"]
            )
            try:
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                self.end_headers()
                self.wfile.write(answer)
            except OSError:
                pass  # the kiosk did not wait

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    (tmp_path / "secret").write_text(SECRET + "\n")
    yield Webhook(
        HttpConfig(
            url=f"http://127.0.0.1:{server.server_port}/door",
            secret_file=str(tmp_path / "secret"),
            try_s=0.3,
            tries=3,
        )
    )
    controller.release.set()
    server.shutdown()
    server.server_close()


def test_it_opens_and_locks(lock: Webhook, controller: Controller):
    lock.check()
    lock.open(4.0, "match")
    assert lock.state() is LockState.OPEN
    assert [(r["do"], r["seconds"], r["reason"]) for r in controller.requests] == [
        ("check", 0.0, "check"),
        ("open", 4.0, "match"),
    ]
    lock.close()
    assert lock.state() is LockState.LOCKED
    assert len({r["id"] for r in controller.requests}) == 3, "no id is used twice"


def test_call_for_help_is_told_and_changes_nothing_at_the_door(
    lock: Webhook, controller: Controller
):
    lock.open(4.0, "match")
    controller.before = lambda number: 503 if number < 3 else None
    lock.call_for_help()
    assert lock.state() is LockState.OPEN and controller.state == "open"
    told = [(r["do"], r["seconds"], r["reason"]) for r in controller.requests]
    assert told[1:] == [("help", 0.0, "duress")] * 2, "told again until it is answered"
    controller.before = lambda number: 400
    with pytest.raises(LockError, match="status 400"):
        lock.call_for_help()


def test_a_busy_controller_is_asked_again_with_the_same_id(lock: Webhook, controller: Controller):
    controller.before = lambda number: 503 if number < 3 else None
    lock.open(4.0, "match")
    assert len(controller.requests) == 3 and len({r["id"] for r in controller.requests}) == 1


def test_an_answer_that_gets_lost_opens_once(lock: Webhook, controller: Controller):
    def slow_once(command: dict[str, object]) -> bytes:
        if len(controller.requests) == 1:
            controller.release.wait(5)
        return json.dumps({"id": command["id"], "state": "open"}).encode()

    controller.answer = slow_once
    lock.open(4.0, "match")
    assert len(controller.requests) == 2 and len(controller.opened) == 1


@pytest.mark.slow
def test_a_controller_that_never_answers_is_a_locked_door_in_bounded_time(
    lock: Webhook, controller: Controller
):
    controller.before = lambda number: controller.release.wait(10) and None
    began = time.monotonic()
    with pytest.raises(LockError, match="in 3 tries"):
        lock.open(4.0, "match")
    assert time.monotonic() - began < 3 * 0.3 + 1.5 and lock.state() is LockState.LOCKED


def test_an_answer_that_drips_in_is_not_waited_for(tmp_path: Path):
    """One byte at a time, each sooner than the time-out of a read."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                for byte in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100:
                    if stop.wait(0.1):
                        return
                    try:
                        connection.send(bytes((byte,)))
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        (tmp_path / "secret").write_text(SECRET)
        lock = Webhook(
            HttpConfig(
                url=f"http://127.0.0.1:{server.getsockname()[1]}/",
                secret_file=str(tmp_path / "secret"),
                try_s=0.3,
                tries=1,
            )
        )
        began = time.monotonic()
        with pytest.raises(LockError, match="in 1 tries"):
            lock.open(4.0, "match")
        assert time.monotonic() - began < 2.0
        stop.set()
        thread.join(5)


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404])
def test_a_refusal_is_final_and_a_redirect_is_not_followed(
    lock: Webhook, controller: Controller, status: int
):
    controller.before = lambda number: status
    with pytest.raises(LockError, match=f"status {status}"):
        lock.open(4.0, "match")
    assert len(controller.requests) == 1 and lock.state() is LockState.LOCKED


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"", "not understood"),
        (b"OK", "not understood"),
        (b"[1]", "not understood"),
        (b'{"id": 3}', "another command"),
        (b'{"id": "stale", "state": "open"}', "another command"),
    ],
)
def test_an_answer_that_means_nothing_is_a_locked_door(
    lock: Webhook, controller: Controller, answer: bytes, says: str
):
    controller.answer = lambda command: answer
    with pytest.raises(LockError, match=says):
        lock.open(4.0, "match")
    assert lock.state() is LockState.LOCKED


def test_a_controller_that_stays_locked_is_believed(lock: Webhook, controller: Controller):
    controller.answer = lambda command: json.dumps(
        {"id": command["id"], "state": "locked"}
    ).encode()
    with pytest.raises(LockError, match="is locked after the command to open"):
        lock.open(4.0, "match")


def test_a_wrong_secret_is_refused(lock: Webhook, controller: Controller, tmp_path: Path):
    (tmp_path / "other").write_text("another secret, just as long as that")
    wrong = Webhook(replace(lock._config, secret_file=str(tmp_path / "other")))
    with pytest.raises(LockError, match=r"status 403.*secret"):
        wrong.open(4.0, "match")
    assert controller.opened == []


def test_webhook_unreachable_address(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    (tmp_path / "secret").write_text(SECRET)
    lock = Webhook(
        HttpConfig(
            url=f"http://127.0.0.1:{port}/",
            secret_file=str(tmp_path / "secret"),
            try_s=0.3,
            tries=2,
        )
    )
    with pytest.raises(LockError, match=r"in 2 tries.*refused"):
        lock.check()


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"url": ""}, "http.url"),
        ({"url": "door.local"}, "http.url"),
        ({"url": "ftp://door.local"}, "http.url"),
        ({"url": "http://door.local/open"}, "https://"),
        ({"url": "https://u:p@door.local/"}, "http.url"),
        ({"url": "https://door:99999/"}, "http.url"),
        ({"secret_file": "/nowhere/secret"}, "http.secret_file"),
        ({"ca_file": "/nowhere/ca.pem"}, "http.ca_file"),
    ],
)
def test_settings_that_cannot_work(tmp_path: Path, table: dict[str, str], says: str):
    (tmp_path / "secret").write_text(SECRET)
    good = HttpConfig(url="https://door.local/open", secret_file=str(tmp_path / "secret"))
    with pytest.raises(LockError, match=says):
        Webhook(replace(good, **table))


def test_a_short_secret_is_refused(tmp_path: Path):
    (tmp_path / "secret").write_text("short")
    with pytest.raises(LockError, match="fewer than 16"):
        Webhook(HttpConfig(url="https://door.local/open", secret_file=str(tmp_path / "secret")))
