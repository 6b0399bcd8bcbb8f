"""A door controller that takes signed HTTP requests on loopback, and can delay, refuse and lie."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "a secret of the door and the kiosk"


class WebController:
    """Opens once for each id, within its time, if the signature is right for its address.

    ``before`` returns a status to answer with; ``answer`` and ``sign`` replace what it answers.
    """

    def __init__(self) -> None:
        self.requests: list[dict[str, object]] = []
        self.opened: list[str] = []
        self.state = "locked"
        self.before: Callable[[int], int | None] = lambda number: None
        self.answer: Callable[[dict[str, object]], bytes] = lambda command: json.dumps(
            {"id": command["id"], "state": self.state}
        ).encode()
        self.release = threading.Event()
        self.url = ""
        self.paths: list[str] = []
        self.sign: Callable[[bytes], str] = lambda body: self.signature("answer", body)

    def signature(self, kind: str, body: bytes) -> str:
        """Return the signature of ``body`` by the rule of docs/locks.md."""
        signed = f"munjigi 2 {kind}\n{self.url}\n".encode() + body
        return "sha256=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()

    def obey(self, key: str, body: bytes, said: str) -> tuple[int, bytes]:
        """Return status and answer."""
        command = json.loads(body)
        self.requests.append(command)
        if said != self.signature("command", body):
            return 403, b""
        status = self.before(len(self.requests))
        if status is not None:
            return status, b""
        assert key == command["id"] and time.time() < command["expires"]
        if command["do"] == "open" and key not in self.opened:
            self.opened.append(key)
        if command["do"] in ("open", "close"):
            self.state = "open" if command["do"] == "open" else "locked"
        return 200, self.answer(command)


@contextmanager
def serving(controller: WebController, target: str = "/door") -> Iterator[str]:
    """Serve ``controller`` on a free port and yield its address, which ends with ``target``."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = controller.obey(
                self.headers["Idempotency-Key"], body, self.headers["X-Munjigi-Signature"]
            )
            controller.paths.append(self.path)
            try:
                self.send_response(status)
                self.send_header("X-Munjigi-Signature", controller.sign(answer))
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                self.end_headers()
                self.wfile.write(answer)
            except OSError:
                pass  # the kiosk did not wait

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    controller.url = f"http://127.0.0.1:{server.server_port}{target}"
    yield controller.url
    controller.release.set()
    server.shutdown()
    server.server_close()
