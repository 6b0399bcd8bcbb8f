"""``/healthz`` and ``/metrics``."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator

import pytest

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
