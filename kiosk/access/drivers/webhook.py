"""A door controller that takes signed HTTP requests.

POST with a JSON body (``DoorCommand``), ``Idempotency-Key`` (the id, the same in every retry) and
``X-Munjigi-Signature: sha256=…``, HMAC-SHA-256 of the address and the body. Success is a 2xx answer
that is signed likewise, and whose JSON repeats the id and names the state.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from kiosk.access.lock_driver import LockDriver, secret_from, tls_context, wrong_setting
from kiosk.access.locks import Input, LockState, check_seconds
from kiosk.access.signed_command import (
    DoorCommand,
    MessageKind,
    genuine,
    new_id,
    signature,
)
from kiosk.core.addresses import shown_address
from kiosk.core.config import lock_setting
from kiosk.core.errors import LockError
from kiosk.core.parsed_json import parse_json

if TYPE_CHECKING:  # imported where they are used: every start imports this module
    import http.client
    import socket

LONGEST_ANSWER = 4096
SIGNATURE = "X-Munjigi-Signature"
PAUSE_S = 0.1
LOCAL = ("localhost", "127.0.0.1", "::1")


class _TryAgain(Exception):
    """An attempt failed in a way that may succeed on retry."""


@dataclass(frozen=True, slots=True)
class HttpConfig:
    """A door controller that takes signed HTTP requests (door.lock = "http")."""

    url: str = lock_setting(
        "",
        "Address that commands are posted to; https:// unless it is this machine",
        "명령을 보내는 주소. 이 컴퓨터가 아니면 https://",
        weakens_security="any",
    )
    secret_file: str = lock_setting(
        "",
        "File with the secret that signs each request (HMAC-SHA-256)",
        "요청마다 서명하는 비밀이 든 파일(HMAC-SHA-256)",
        weakens_security="any",
    )
    ca_file: str = lock_setting(
        "",
        "Certificate of the authority that signed the controller's; empty takes the system's",
        "제어기 인증서를 서명한 기관의 인증서. 비워 두면 시스템의 것",
        weakens_security="any",
    )
    try_s: float = lock_setting(
        0.6,
        "Longest wait for one try",
        "한 번 시도할 때 기다리는 시간",
        unit="s",
        low=0.1,
        high=5,
    )
    tries: int = lock_setting(
        3,
        "How often a command is sent, with the same id, until it is answered",
        "응답이 올 때까지 같은 명령을 보내는 횟수",
        unit="tries",
        low=1,
        high=5,
    )


def make(config: HttpConfig, clock: Callable[[], float]) -> Webhook:
    """Return the driver; ``LockError`` if the address, secret or certificate cannot be used."""
    return Webhook(config)


DRIVER = LockDriver("http", "HTTP lock", "HTTP 잠금", HttpConfig, make, order=4)


class Webhook:
    """One controller. An unanswered request is sent again with the same id, so it counts once."""

    def __init__(self, config: HttpConfig) -> None:
        self._config = config
        self._url = _checked_url(config.url)
        self._secret = secret_from(config.secret_file, "http.secret_file")
        self._tls = (
            tls_context(config.ca_file, "http.ca_file") if self._url.scheme == "https" else None
        )
        self._state = LockState.LOCKED
        self._start = new_id()

    def open(self, seconds: float, reason: str) -> None:
        """Tell the controller to open; it locks by itself after ``seconds``."""
        check_seconds(seconds)
        self._state = LockState.LOCKED
        self._send("open", seconds, reason)

    def close(self) -> None:
        """Tell the controller to lock."""
        self._state = LockState.LOCKED
        self._send("close", 0.0, "close")

    def call_for_help(self) -> None:
        """Tell the controller to call for help; what the door does is not changed by it."""
        self._answer(self._command("help", 0.0, "duress"))

    def state(self) -> LockState:
        """Return the state that the controller reported last."""
        return self._state

    def check(self) -> None:
        """Ask the controller for its state."""
        self._send("check", 0.0, "check")

    def inputs(self) -> Mapping[Input, bool]:
        """Return no inputs: HTTP is not polled at that rate."""
        return {}

    def stop(self) -> None:
        """Lock."""
        self.close()

    def _send(self, do: str, seconds: float, reason: str) -> None:
        self._state = self._answer(self._command(do, seconds, reason))
        if do != "check" and (self._state is LockState.OPEN) is not (do == "open"):
            raise LockError(
                f"The door controller says that the door is {self._state.value} after the "
                f"command to {do}; check it."
            )

    def _command(self, do: str, seconds: float, reason: str) -> DoorCommand:
        lives_s = self._config.try_s * (self._config.tries + 1)
        return DoorCommand.new(self._start, do, seconds, reason, lives_s)

    def _answer(self, command: DoorCommand) -> LockState:
        """Send ``command`` until it is answered; ``LockError`` if it is not, or is refused."""
        tries = self._config.tries
        problem = ""
        for _ in range(tries):
            try:
                return self._once(command)
            except _TryAgain as error:
                problem = str(error)
                time.sleep(PAUSE_S)
        raise LockError(
            f"The door controller at {self._url.netloc} did not confirm the command in {tries} "
            f"tries ({problem}); check it and the network."
        )

    def _once(self, command: DoorCommand) -> LockState:
        import http.client
        import ssl

        body = command.body()
        connection = self._connection()
        timer = threading.Timer(self._config.try_s, _hang_up)
        timer.daemon = True
        try:
            connection.connect()
            timer.args = [connection.sock]
            # reads have their own time-out; this one ends an answer that arrives byte by byte
            timer.start()
            connection.request(
                "POST",
                _target(self._url),
                body,
                {
                    "Content-Type": "application/json",
                    "Idempotency-Key": command.id,
                    "Connection": "close",
                    SIGNATURE: f"sha256={self._signature(MessageKind.COMMAND, body)}",
                },
            )
            answer = connection.getresponse()
            said = answer.read(LONGEST_ANSWER)
        except ssl.SSLCertVerificationError as error:
            raise LockError(
                f"The certificate of {self._url.netloc} is not trusted ({error.verify_message}); "
                "set http.ca_file."
            ) from error
        except (OSError, http.client.HTTPException) as error:
            raise _TryAgain(str(error) or type(error).__name__) from error
        finally:
            timer.cancel()
            connection.close()
        return self._understood(answer, said, command)

    def _understood(
        self, answer: http.client.HTTPResponse, said: bytes, command: DoorCommand
    ) -> LockState:
        """Return the state that the answer names; ``LockError`` for any that does not count."""
        _check_status(answer.status)
        given = answer.getheader(SIGNATURE, "").removeprefix("sha256=")
        if not genuine(self._secret, MessageKind.ANSWER, self._config.url, said, given):
            raise LockError(
                "The door controller's answer is not signed for http.url with the secret of "
                "http.secret_file; check both, and that the controller signs its answers."
            )
        return _state_in(said, command)

    def _signature(self, kind: MessageKind, body: bytes) -> str:
        return signature(self._secret, kind, self._config.url, body)

    def _connection(self) -> http.client.HTTPConnection:
        import http.client

        host = self._url.hostname or ""
        port = self._url.port
        patience = self._config.try_s
        if self._tls is not None:
            return http.client.HTTPSConnection(host, port, timeout=patience, context=self._tls)
        return http.client.HTTPConnection(host, port, timeout=patience)


def _check_status(status: int) -> None:
    if status in (408, 425, 429) or status >= 500:
        raise _TryAgain(f"status {status}")
    if not 200 <= status < 300:  # includes redirects: commands go only where the settings say
        raise LockError(
            f"The door controller refused the command with status {status}; check http.url and "
            "http.secret_file."
        )


def _state_in(said: bytes, command: DoorCommand) -> LockState:
    try:
        answer = parse_json(said)
        if answer["id"] != command.id:
            raise LockError(
                "The door controller answered another command than the one it was given; check it."
            )
        return LockState(answer["state"])
    except (ValueError, KeyError, TypeError):
        raise LockError(
            "The door controller's answer is not understood; it must be JSON with id and state "
            "(open or locked)."
        ) from None


def _hang_up(sock: socket.socket) -> None:
    import socket

    with contextlib.suppress(OSError):  # already closed
        sock.shutdown(socket.SHUT_RDWR)


def _target(url: SplitResult) -> str:
    """Return what is requested: the path with the query."""
    return (url.path or "/") + (f"?{url.query}" if url.query else "")


def _checked_url(text: str) -> SplitResult:
    if any(not "!" <= sign <= "~" for sign in text) or "#" in text:
        raise wrong_setting(
            "http.url", "must be ASCII without spaces and #; escape them, such as a space as %20"
        )
    try:
        url = urlsplit(text)
        port_fine = url.port is None or url.port > 0
    except ValueError:
        port_fine = False
        url = urlsplit("")
    if (
        url.scheme not in ("http", "https")
        or not url.hostname
        or not port_fine
        or "@" in url.netloc
    ):
        raise wrong_setting(
            "http.url",
            f"must be an address such as https://door.local/open, not {shown_address(text)!r}",
        )
    if url.scheme == "http" and url.hostname not in LOCAL:
        raise wrong_setting("http.url", "must begin with https:// for another machine")
    return url
