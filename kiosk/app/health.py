"""``/healthz`` and ``/metrics`` on loopback, off unless ``health.port`` is set."""

from __future__ import annotations

import io
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from kiosk.core.errors import ConfigError

LOCAL = ("127.0.0.1", "localhost", "[::1]")
DEADLINE_S = 5.0
"""Seconds within which a client must have asked, and within which it must take each answer."""

CONNECTIONS = 4
"""How many clients are answered at once, each by a thread; others wait in the system's queue."""

WAIT_S = 1.0
"""Seconds that a client waits for its turn before its connection is closed."""

LONGEST_HEAD = 8_192
"""Maximum size of a request in bytes; Prometheus sends about 300."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Health:
    """Whether each part of the kiosk works, by its name."""

    parts: Mapping[str, bool]

    @property
    def well(self) -> bool:
        """Whether every part works."""
        return all(self.parts.values())


class HealthServer:
    """Answers on 127.0.0.1 until ``stop``; calls its two callables on its own threads."""

    def __init__(self, port: int, health: Callable[[], Health], metrics: Callable[[], str]) -> None:
        class Handler(_Handler):
            tell_health = staticmethod(health)
            tell_metrics = staticmethod(metrics)

        try:
            self._server = _BoundedServer(("127.0.0.1", port), Handler)
        except OSError as error:
            raise ConfigError(
                f"Port {port} of this machine cannot be used for health.port "
                f"({error.strerror}); choose another."
            ) from None
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.2,), name="health", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()


class _BoundedServer(ThreadingHTTPServer):
    """Has at most ``CONNECTIONS`` threads, and lets no client end it."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._free = threading.BoundedSemaphore(CONNECTIONS)
        super().__init__(address, handler)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        return self._free.acquire(timeout=WAIT_S)

    def process_request(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread could be started
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a client of the health port was given up", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    tell_health: Callable[[], Health]
    tell_metrics: Callable[[], str]
    server_version = "munjigi"
    sys_version = ""
    timeout = DEADLINE_S

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        # what follows reads from memory: no client can make it wait
        self.rfile = io.BytesIO(_head(self.connection))

    def do_GET(self) -> None:
        if (
            self.headers.get("Host", "").rsplit(":", 1)[0] not in LOCAL
        ):  # DNS rebinding: a web page that resolves its own name to this machine
            self._answer(403, "text/plain", "only for this machine\n")
        elif self.path == "/healthz":
            health = self.tell_health()
            self._answer(
                200 if health.well else 503,
                "application/json",
                json.dumps({"well": health.well, **health.parts}) + "\n",
            )
        elif self.path == "/metrics":
            self._answer(200, "text/plain; version=0.0.4", self.tell_metrics())
        else:
            self._answer(404, "text/plain", "there are /healthz and /metrics\n")

    def _answer(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        log.debug(format, *args)


def _head(connection: socket.socket) -> bytes:
    """Return what a client asks, up to the empty line; nothing if it is too long or too late."""
    head = b""
    until = time.monotonic() + DEADLINE_S
    while b"\r\n\r\n" not in head and b"\n\n" not in head:
        left = until - time.monotonic()
        if left <= 0 or len(head) > LONGEST_HEAD:
            return b""
        connection.settimeout(left)
        try:
            part = connection.recv(LONGEST_HEAD)
        except OSError:  # also for the time-out
            return b""
        if not part:
            break
        head += part
    connection.settimeout(DEADLINE_S)
    return head
