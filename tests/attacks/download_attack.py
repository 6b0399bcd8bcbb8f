"""Somebody on the network who guesses and crowds a download."""

from __future__ import annotations

import secrets
import socket
import ssl
import threading
import urllib.parse
from pathlib import Path

from kiosk.app.bounded_server import CONNECTIONS
from kiosk.app.download.download_server import DownloadServer
from kiosk.core.sticks import HandOut, Parcel
from kiosk.ui.i18n import language
from tests.attacks.table import Outcome, attack

MOST_THREADS = 2 * CONNECTIONS + 4
"""A thread and a timer for each connection, and some of the client's."""


@attack("E29", "guess and crowd a download on the local network", tries=300, short=40)
def guess_and_crowd(folder: Path, tries: int) -> Outcome:
    """Ask for random addresses, each with a silent connection beside it; count what comes back."""
    language()  # of the main thread, as in the kiosk: the server's threads only read it
    taken: list[str] = []
    parcel = Parcel("x", (HandOut("x.txt", content=b"own data"),))
    server = DownloadServer("127.0.0.1", 0, parcel, lambda file, client: taken.append(client))
    port = urllib.parse.urlsplit(server.url).port
    assert port is not None
    before = threading.active_count()
    won = 0
    try:
        for _ in range(tries):
            with socket.socket() as silent:
                silent.settimeout(0.1)
                try:
                    silent.connect(("127.0.0.1", port))
                    silent.send(b"\x16")
                except OSError:
                    pass
                won += b"own data" in _asked(port, secrets.token_urlsafe(16))
                won += threading.active_count() - before > MOST_THREADS
    finally:
        server.stop()
    return tries, won + len(taken), "" if not taken else "the file was taken"


def _asked(port: int, token: str) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection(("127.0.0.1", port), 5) as plain,
            context.wrap_socket(plain) as client,
        ):
            client.sendall(f"POST /{token}/0 HTTP/1.0\r\n\r\n".encode())
            return client.recv(10_000)
    except OSError:
        return b""
