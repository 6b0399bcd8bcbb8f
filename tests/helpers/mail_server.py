"""A mail server (SMTP) on loopback with STARTTLS and AUTH PLAIN, which can refuse and hang."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.helpers.broker import certificate


@dataclass
class MailServer:
    """``replies``: what is answered to a command in place of the usual; ``mails``: what came.

    ``secure``: the certificate's file; ``tls_first``: encrypted from the start.
    """

    port: int
    secure: Path
    replies: dict[str, str] = field(default_factory=dict)
    mails: list[tuple[list[str], str, bool]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    starttls: bool = True
    tls_first: bool = False
    hang: threading.Event = field(default_factory=threading.Event)

    def talk(self, plain: socket.socket, context: ssl.SSLContext) -> None:
        """Serve one connection."""
        connection = context.wrap_socket(plain, server_side=True) if self.tls_first else plain
        encrypted = self.tls_first
        lines = connection.makefile("rb")
        recipients: list[str] = []
        self._say(connection, self.replies.get("greeting", "220 test"))
        while line := lines.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            verb = verb.upper()
            if verb in self.replies:
                if self.replies[verb] == "hang":
                    self.hang.wait(20)
                    break
                self._say(connection, self.replies[verb])
            elif verb == "EHLO":
                offers = ["STARTTLS"] if self.starttls and not encrypted else []
                offers += ["AUTH PLAIN"] if encrypted else []
                whole = ["test", *offers, "8BITMIME"]
                for offer in whole[:-1]:
                    self._say(connection, f"250-{offer}")
                self._say(connection, f"250 {whole[-1]}")
            elif verb == "STARTTLS":
                self._say(connection, "220 go")
                lines.close()
                connection = context.wrap_socket(connection, server_side=True)
                lines, encrypted = connection.makefile("rb"), True
            elif verb == "AUTH":
                self.logins.append(base64.b64decode(rest.split()[1]).decode())
                self._say(connection, "235 welcome")
            elif verb == "RCPT":
                recipients.append(rest.partition("<")[2].partition(">")[0])
                self._say(connection, "250 fine")
            elif verb == "DATA":
                self._say(connection, "354 go")
                text = b""
                while (part := lines.readline()) != b".\r\n":
                    text += part
                self.mails.append((recipients, text.decode(), encrypted))
                self._say(connection, self.replies.get("END", "250 taken"))
            elif verb == "QUIT":
                self._say(connection, "221 bye")
                break
            else:
                self._say(connection, "250 fine")
        lines.close()
        connection.close()

    @staticmethod
    def _say(connection: socket.socket, line: str) -> None:
        connection.sendall(f"{line}\r\n".encode())


@contextmanager
def serving_mail(folder: Path) -> Iterator[MailServer]:
    """Serve on a free port, one connection after the other."""
    pem, key = certificate(folder, "mail")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = MailServer(listening.getsockname()[1], pem)

        def serve() -> None:
            while True:
                try:
                    plain = listening.accept()[0]
                except OSError:
                    return
                with plain, contextlib.suppress(OSError, ValueError):
                    server.talk(plain, context)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.hang.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(10)
