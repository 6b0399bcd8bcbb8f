"""Signed requests to an HTTP server on loopback that delays, refuses, repeats and lies."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.access.drivers.webhook import HttpConfig, Webhook
from kiosk.access.locks import LockState
from kiosk.core.errors import LockError
from tests.helpers.web_controller import SECRET, WebController, serving


@pytest.fixture
def controller() -> WebController:
    return WebController()


@pytest.fixture
def lock(controller: WebController, tmp_path: Path) -> Iterator[Webhook]:
    (tmp_path / "secret").write_text(SECRET + "\n")
    secret_file = str(tmp_path / "secret")
    with serving(controller, "/door?gate=2&open") as url:
        yield Webhook(HttpConfig(url=url, secret_file=secret_file, try_s=0.3, tries=3))


def test_it_opens_and_locks(lock: Webhook, controller: WebController):
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
    assert len({r["start"] for r in controller.requests}) == 1
    assert set(controller.paths) == {"/door?gate=2&open"}, "with its query"


def test_a_command_for_another_address_is_refused(lock: Webhook, controller: WebController):
    controller.url = controller.url.replace("gate=2", "gate=1")
    with pytest.raises(LockError, match="status 403"):
        lock.open(4.0, "match")
    assert controller.opened == []


def test_an_answer_that_is_not_signed_for_this_address_does_not_count(
    lock: Webhook, controller: WebController
):
    for sign in (
        lambda body: "",
        lambda body: controller.signature("command", body),
        lambda body: controller.signature("answer", body + b" "),
        lambda body: "sha256=\xe9",
    ):
        controller.sign = sign
        with pytest.raises(LockError, match="answer is not signed"):
            lock.open(4.0, "match")
        assert lock.state() is LockState.LOCKED


def test_call_for_help_is_told_and_changes_nothing_at_the_door(
    lock: Webhook, controller: WebController
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


def test_a_busy_controller_is_asked_again_with_the_same_id(
    lock: Webhook, controller: WebController
):
    controller.before = lambda number: 503 if number < 3 else None
    lock.open(4.0, "match")
    assert len(controller.requests) == 3 and len({r["id"] for r in controller.requests}) == 1


def test_an_answer_that_gets_lost_opens_once(lock: Webhook, controller: WebController):
    def slow_once(command: dict[str, object]) -> bytes:
        if len(controller.requests) == 1:
            controller.release.wait(5)
        return json.dumps({"id": command["id"], "state": "open"}).encode()

    controller.answer = slow_once
    lock.open(4.0, "match")
    assert len(controller.requests) == 2 and len(controller.opened) == 1


@pytest.mark.slow
def test_a_controller_that_never_answers_is_a_locked_door_in_bounded_time(
    lock: Webhook, controller: WebController
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
    lock: Webhook, controller: WebController, status: int
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
    lock: Webhook, controller: WebController, answer: bytes, says: str
):
    controller.answer = lambda command: answer
    with pytest.raises(LockError, match=says):
        lock.open(4.0, "match")
    assert lock.state() is LockState.LOCKED


def test_a_controller_that_stays_locked_is_believed(lock: Webhook, controller: WebController):
    controller.answer = lambda command: json.dumps(
        {"id": command["id"], "state": "locked"}
    ).encode()
    with pytest.raises(LockError, match="is locked after the command to open"):
        lock.open(4.0, "match")


def test_a_wrong_secret_is_refused(lock: Webhook, controller: WebController, tmp_path: Path):
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
        ({"url": "https://:p@door.local/"}, "http.url"),
        ({"url": "https://@door.local/"}, "http.url"),
        ({"url": "https://door:99999/"}, "http.url"),
        ({"url": "https://door.local/a b"}, "%20"),
        ({"url": "https://door.local/a\n"}, "%20"),
        ({"url": "https://door.local/a#b"}, "%20"),
        ({"url": "https://문.local/a"}, "%20"),
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
