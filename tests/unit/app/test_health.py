"""``/healthz`` and ``/metrics``."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from kiosk.app import bounded_server
from kiosk.app.health import Health, HealthServer
from kiosk.core.errors import ConfigError


class Machine:
    def __init__(self) -> None:
        self.parts = {"camera": True, "lock": True}
        self.server = HealthServer(0, lambda: Health(self.parts), lambda: "munjigi_people 3\n")

    def get(self, path: str, host: str = "", method: str = "GET") -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=5)
        connection.request(method, path, headers={"Host": host} if host else {})
        answer = connection.getresponse()
        said = answer.read().decode()
        connection.close()
        return answer.status, said


@pytest.fixture
def machine() -> Iterator[Machine]:
    made = Machine()
    yield made
    made.server.stop()


def test_health_names_the_failing_part(machine: Machine):
    status, said = machine.get("/healthz")
    assert status == 200 and json.loads(said) == {"well": True, "camera": True, "lock": True}
    machine.parts["lock"] = False
    status, said = machine.get("/healthz")
    assert status == 503 and json.loads(said) == {"well": False, "camera": True, "lock": False}


def test_only_health_and_metrics_are_served(machine: Machine):
    assert machine.get("/metrics") == (200, "munjigi_people 3\n")
    assert machine.get("/")[0] == machine.get("/metrics/../etc/passwd")[0] == 404
    assert machine.get("/healthz", method="POST")[0] == 501


def test_foreign_host_header_is_refused(machine: Machine):
    assert machine.get("/healthz", host="evil.example")[0] == 403
    assert machine.get("/healthz", host=f"localhost:{machine.server.port}")[0] == 200


def test_only_loopback_is_served(machine: Machine):
    assert machine.server._server.server_address[0] == "127.0.0.1"


def test_taken_port_is_one_sentence(machine: Machine):
    with pytest.raises(
        ConfigError, match=rf"Port {machine.server.port} .*health\.port.*choose another"
    ):
        HealthServer(machine.server.port, lambda: Health({}), lambda: "")


def test_a_client_that_asks_too_slowly_or_too_much_is_given_up(machine: Machine, monkeypatch):
    monkeypatch.setattr(bounded_server, "DEADLINE_S", 0.1)
    with connected(machine) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: loc")
        assert slow.recv(100) == b""
    with connected(machine) as long:
        long.sendall(b"GET /" + b"a" * (2 * bounded_server.LONGEST_HEAD))
        assert ended(long)


@pytest.mark.slow
def test_many_clients_never_make_more_threads_than_are_allowed(machine: Machine, monkeypatch):
    monkeypatch.setattr(bounded_server, "DEADLINE_S", 0.3)
    before = threading.active_count()
    clients = [connected(machine) for _ in range(bounded_server.CONNECTIONS + 4)]
    for client in clients:
        client.send(b"GET ")
    assert threading.active_count() <= before + bounded_server.CONNECTIONS
    for client in clients:
        client.close()
    assert machine.get("/healthz")[0] == 200


def test_a_thread_that_cannot_start_costs_no_place(machine: Machine, monkeypatch):
    def refused(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refused)
        for _ in range(2 * bounded_server.CONNECTIONS):
            with connected(machine) as client:
                assert ended(client)
    assert machine.get("/healthz")[0] == 200


@pytest.mark.parametrize("said", [b"\r\n\r\n", b"GET\n\n", b"GET /healthz\r\n\r\n", b"\xff" * 9])
def test_what_is_no_request_is_answered_or_closed(machine: Machine, said: bytes):
    with connected(machine) as client:
        client.sendall(said)
        client.shutdown(socket.SHUT_WR)
        assert ended(client)
    assert machine.get("/healthz")[0] == 200


def connected(machine: Machine) -> socket.socket:
    return socket.create_connection(("127.0.0.1", machine.server.port), timeout=10)


def ended(client: socket.socket) -> bool:
    """Read until the server closes the connection."""
    try:
        while client.recv(1000):
            pass
    except ConnectionResetError:
        pass
    return True
