"""``/healthz`` and ``/metrics`` on loopback, off unless ``health.port`` is set."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

from kiosk.app.bounded_server import DEADLINE_S, BoundedServer, request_head
from kiosk.core.errors import ConfigError

LOCAL = ("127.0.0.1", "localhost", "[::1]")
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
            self._server = BoundedServer(("127.0.0.1", port), Handler)
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
        self.rfile = io.BytesIO(request_head(self.connection))

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
