"""An HTTP server on the loopback that answers as network cameras do."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import cv2

from tests.helpers.fakes import picture

BOUNDARY = b"--picture"
NONCE = "a1b2c3"
REALM = "camera"


def jpeg(noise: int | None = None, value: int = 120) -> bytes:
    """The bytes of a small picture; another one for each ``noise``."""
    return bytes(cv2.imencode(".jpg", picture(value, (160, 120), noise=noise))[1])


class PictureServer:
    """``body``: called for each answer to /snap.jpg. ``login``: wanted, if any, as basic or digest
    authentication. ``asked``: paths in the order of the requests that were answered. ``moved_to``:
    where requests for /moved are sent, with an answer that does not end.
    """

    def __init__(self, body: Callable[[], bytes] | None = None) -> None:
        numbers = count()
        self.body = body or (lambda: jpeg(next(numbers)))
        self.kind = "image/jpeg"
        self.login: tuple[str, str] | None = None
        self.digest = False
        self.status = 200
        self.moved_to = ""
        self.asked: list[str] = []
        self.ended = threading.Event()
        self.address = ""

    def allows(self, header: str, path: str) -> bool:
        """Return whether the Authorization header holds the login."""
        if self.login is None:
            return True
        user, password = self.login
        if not self.digest:
            return header == "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        one = hashlib.md5(f"{user}:{REALM}:{password}".encode()).hexdigest()
        two = hashlib.md5(f"GET:{path}".encode()).hexdigest()
        right = hashlib.md5(f"{one}:{NONCE}:{two}".encode()).hexdigest()
        return header.startswith("Digest ") and f'response="{right}"' in header

    @property
    def challenge(self) -> str:
        """The header that asks for the login."""
        way = (
            f'Digest realm="{REALM}", nonce="{NONCE}"' if self.digest else f'Basic realm="{REALM}"'
        )
        return way


@contextmanager
def served(server: PictureServer) -> Iterator[PictureServer]:
    """Run ``server`` until the end of the block; its ``address`` is then known."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            if not server.allows(self.headers.get("Authorization", ""), self.path):
                self.send_response(401)
                self.send_header("WWW-Authenticate", server.challenge)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            server.asked.append(self.path)
            if self.path.startswith("/stream"):
                self._stream()
                return
            if self.path.startswith("/moved"):
                self._moved()
                return
            body = server.body()
            self.send_response(server.status)
            self.send_header("Content-Type", server.kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _stream(self) -> None:
            self.send_response(200)
            self.send_header(
                "Content-Type", "multipart/x-mixed-replace; boundary=" + BOUNDARY[2:].decode()
            )
            self.end_headers()
            while not server.ended.wait(0.02):
                body = server.body()
                head = BOUNDARY + b"\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
                self.wfile.write(head % len(body) + body + b"\r\n")

        def _moved(self) -> None:
            self.send_response(302)
            self.send_header("Location", server.moved_to)
            self.end_headers()
            while not server.ended.wait(0.005):
                self.wfile.write(b"." * 1000)

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:  # the client has gone
                self.close_connection = True

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.address = f"http://127.0.0.1:{running.server_port}"
    try:
        yield server
    finally:
        server.ended.set()
        running.shutdown()
        running.server_close()
        thread.join()
