"""An HTTP server that clients can neither exhaust nor keep waiting."""

from __future__ import annotations

import logging
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DEADLINE_S = 5.0
"""Seconds within which a client must have asked, and within which it must take each answer."""

CONNECTIONS = 4
"""How many clients are answered at once, each by a thread; others wait in the system's queue."""

WAIT_S = 1.0
"""Seconds that a client waits for its turn before its connection is closed."""

LONGEST_HEAD = 8_192
"""Maximum size of a request in bytes; Prometheus sends about 300."""

log = logging.getLogger(__name__)


class BoundedServer(ThreadingHTTPServer):
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
        log.debug("a client was given up", exc_info=True)


def request_head(connection: socket.socket) -> bytes:
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
