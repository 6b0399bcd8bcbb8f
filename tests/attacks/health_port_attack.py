"""Programs on the same machine that crowd the port of health and metrics."""

from __future__ import annotations

import http.client
import socket
import threading
from pathlib import Path

from kiosk.app.health import Health, HealthServer
from tests.attacks.table import Outcome, attack

MOST_THREADS = 10
REFUSALS = 3
"""After as many connections without a place in a row, no more are tried."""


@attack("E26", "crowd the health port until the kiosk has no threads left", tries=300, short=40)
def crowd(folder: Path, tries: int) -> Outcome:
    """Open connections that send a byte and no more; count threads, then ask for the health."""
    server = HealthServer(0, lambda: Health({"camera": True}), lambda: "")
    before = threading.active_count()
    over = 0
    clients: list[socket.socket] = []
    try:
        refused = 0
        while len(clients) < tries and refused < REFUSALS:
            client = socket.socket()
            client.settimeout(0.1)
            clients.append(client)
            try:
                client.connect(("127.0.0.1", server.port))
                client.send(b"G")
                refused = 0
            except OSError:  # no place is left
                refused += 1
            over += threading.active_count() - before > MOST_THREADS
        tried = len(clients)
        for client in clients:
            client.close()
        answered = _answered(server.port)
    finally:
        for client in clients:
            client.close()
        server.stop()
    return tried, over + (not answered), "" if answered else "the port answers no more"


def _answered(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
