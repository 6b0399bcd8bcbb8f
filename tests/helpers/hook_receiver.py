"""A receiver of webhooks on loopback that can delay, refuse, redirect and talk without end."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class HookReceiver:
    """``answer``: returns status and headers for the request of that number, from 1."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.answer: Callable[[int], tuple[int, dict[str, str]]] = lambda number: (200, {})
        self.body = b""
        self.hang = threading.Event()
        self.hangs = False
        self.url = ""
        self._came = threading.Condition()

    def until(self, number: int) -> bool:
        """Wait until so many requests have come."""
        with self._came:
            return self._came.wait_for(lambda: len(self.bodies) >= number, 20)

    def take(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        """Take in a request; return the answer."""
        with self._came:
            self.bodies.append(body)
            self.headers.append(headers)
            self._came.notify_all()
            number = len(self.bodies)
        return self.answer(number)


@contextmanager
def receiving() -> Iterator[HookReceiver]:
    """Serve a receiver on a free port."""
    receiver = HookReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers = receiver.take(dict(self.headers), body)
            if receiver.hangs:
                receiver.hang.wait(20)
            with contextlib.suppress(OSError):  # the kiosk may be gone by now
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(receiver.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.hang.set()
        server.shutdown()
        server.server_close()
        thread.join()
