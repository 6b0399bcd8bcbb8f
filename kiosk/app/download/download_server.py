"""Serves one parcel, each file once, over HTTPS on the local network."""

from __future__ import annotations

import contextlib
import fcntl
import hmac
import io
import logging
import secrets
import socket
import sys
import termios
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, BinaryIO
from urllib.parse import quote

from kiosk.app.bounded_server import DEADLINE_S, BoundedServer, request_head
from kiosk.app.download.certificate import make_certificate
from kiosk.app.download.download_page import download_page, plain_page
from kiosk.core.errors import ConfigError
from kiosk.core.sticks import HandOut, Parcel

TOKEN_BYTES = 16
"""128 random bits, which nobody guesses in five minutes."""

WRONG_TRIES = 10
"""Wrong addresses after which a client is not heard any more."""

PLACES_EACH = 2
"""Connections that one client may have at once, so that two clients find a place."""

TURN_S = 2.0
"""How long a client waits until another file was delivered."""

PIECE = 1 << 16
SEND_S = 10.0
"""Seconds within which a client must take a piece."""

log = logging.getLogger(__name__)


class DownloadServer:
    """Listens until ``stop``. ``taken`` is called, on a thread of the server's, with a file and the
    client's address once that file was delivered whole.

    ``address``: IP address to listen on; ``port``: 0 for any that is free. Raises ``ConfigError``
    if it cannot be used.
    """

    def __init__(
        self,
        address: str,
        port: int,
        parcel: Parcel,
        taken: Callable[[HandOut, str], object],
    ) -> None:
        certificate = make_certificate(address)
        self.fingerprint = certificate.fingerprint
        self._offer = _Offer(parcel, secrets.token_urlsafe(TOKEN_BYTES), taken)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET

        class Handler(_Handler):
            offer = self._offer

        class Server(_SecureServer):
            address_family = family

        try:
            self._server = Server((address, port), Handler, certificate.context)
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or error
            raise ConfigError(
                f"Port {port} of {address} cannot be used for downloads ({why}); change "
                "exports.address or exports.port.",
                key="error.download_port",
            ) from None
        host = f"[{address}]" if ":" in address else address
        self.url = f"https://{host}:{self._server.server_address[1]}/{self._offer.token}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.2,), name="download", daemon=True
        )
        self._thread.start()

    @property
    def finished(self) -> bool:
        """Whether every file was delivered."""
        return all(self._offer.taken)

    @property
    def busy(self) -> bool:
        """Whether a file is being delivered."""
        return self._offer.delivering

    def stop(self) -> None:
        """Close the port and every connection; what is being delivered is cut off."""
        self._server.shutdown()
        self._server.server_close()
        self._server.cut_off()


class _Offer:
    """What is offered, and how much of it was taken; safe from any thread."""

    def __init__(self, parcel: Parcel, token: str, told: Callable[[HandOut, str], object]) -> None:
        self.files = parcel.files
        self.token = token
        self.taken = [False] * len(parcel.files)
        self.wrong: Counter[str] = Counter()
        self._told = told
        self._busy = threading.Lock()

    @property
    def delivering(self) -> bool:
        return self._busy.locked()

    def fits(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self.token.encode())

    def deliver(self, number: int, client: str, send: Callable[[HandOut, BinaryIO], None]) -> int:
        """Call ``send`` with a file that was not taken yet; return the HTTP status if not."""
        if not self._busy.acquire(timeout=TURN_S):
            return 409
        try:
            if self.taken[number]:
                return 410
            file = self.files[number]
            try:
                source = io.BytesIO(file.content) if file.path is None else file.path.open("rb")
            except OSError:
                return 410
            with source:
                send(file, source)
            self.taken[number] = True
        finally:
            self._busy.release()
        self._told(file, client)
        return 200


class _SecureServer(BoundedServer):
    """TLS begins on the connection's own thread, so that no client holds up the others."""

    def __init__(self, address: tuple[str, int], handler: Any, context: Any) -> None:
        self._context = context
        self._clients: Counter[str] = Counter()
        self._open: set[socket.socket] = set()
        self._mutex = threading.Lock()
        super().__init__(address, handler)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        with self._mutex:
            if self._clients[client_address[0]] >= PLACES_EACH:
                return False
        return super().verify_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        client = client_address[0]
        with self._mutex:
            self._clients[client] += 1
            self._open.add(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._mutex:
                self._clients[client] -= 1
                self._open.discard(request)

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(DEADLINE_S)
        secure = self._context.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
        with self._mutex:
            self._open.add(secure)
        late = threading.Timer(DEADLINE_S, _shut, [secure])  # a client that dribbles its bytes
        late.daemon = True
        late.start()
        try:
            secure.do_handshake()
            late.cancel()
            super().finish_request(secure, client_address)
        finally:
            late.cancel()
            with self._mutex:
                self._open.discard(secure)
            self.shutdown_request(secure)

    def cut_off(self) -> None:
        """Close every connection."""
        with self._mutex:
            connections = list(self._open)
        for connection in connections:
            _shut(connection)


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        # not that of SSLSocket, which takes the state away from the thread that uses it
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _wait_taken(connection: socket.socket) -> None:
    """Wait until the client has acknowledged everything; raises ``TimeoutError`` if it does not."""
    until = time.monotonic() + SEND_S
    while int.from_bytes(fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)), sys.byteorder):
        if time.monotonic() > until:
            raise TimeoutError("the client takes nothing any more")
        time.sleep(0.02)


class _Handler(BaseHTTPRequestHandler):
    offer: _Offer
    server_version = "munjigi"
    sys_version = ""

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        # what follows reads from memory: no client can make it wait
        self.rfile = io.BytesIO(request_head(self.connection))

    def do_GET(self) -> None:
        if self._token_fits():
            names = [file.name for file in self.offer.files]
            self._page(200, download_page(self.offer.token, names, self.offer.taken))

    def do_POST(self) -> None:
        if not self._token_fits():
            return
        number = self.path.strip("/").partition("/")[2]
        if number not in map(str, range(len(self.offer.files))):
            self._page(404, plain_page("download.page.unknown"))
            return
        self.connection.settimeout(SEND_S)
        status = self.offer.deliver(int(number), self.client_address[0], self._send)
        if status != 200:
            self._page(status, plain_page(f"download.page.status_{status}"))

    def _token_fits(self) -> bool:
        """Whether the address holds the token; a client that guesses is soon not heard."""
        client = self.client_address[0]
        if self.offer.wrong[client] >= WRONG_TRIES:
            self.close_connection = True
            return False
        if self.offer.fits(self.path.strip("/").partition("/")[0]):
            return True
        self.offer.wrong[client] += 1
        if self.offer.wrong[client] == WRONG_TRIES:
            log.warning("%s asked for downloads that do not exist and is not heard", client)
        self._page(404, plain_page("download.page.unknown"))
        return False

    def _send(self, file: HandOut, source: BinaryIO) -> None:
        self.send_response(200)
        self._headers("application/octet-stream", file.size)
        self.send_header(
            "Content-Disposition", f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
        )
        self.end_headers()
        while piece := source.read(PIECE):
            self.wfile.write(piece)
        _wait_taken(self.connection)

    def _page(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self._headers("text/html; charset=utf-8", len(body))
        self.send_header(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
        )
        self.end_headers()
        self.wfile.write(body)

    def _headers(self, kind: str, size: int) -> None:
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(size))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")

    def log_message(self, format: str, *args: object) -> None:
        log.debug("a download was asked for")  # never the address: the token is in it
