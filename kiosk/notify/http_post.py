"""One POST over HTTP(S): bounded in time and size, without redirects, proxies or cookies."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from kiosk.core.addresses import shown_address
from kiosk.notify.message import DeliveryError, NotifySettingError

if TYPE_CHECKING:  # imported where they are used: every start imports this module
    import http.client
    import ssl

LOCAL = ("localhost", "127.0.0.1", "::1")
LONGEST_ANSWER = 65_536
"""Bytes of an answer that are read; what it says does not matter."""

LONGEST_PAUSE_S = 3600.0
"""Longest wait that a receiver may ask for."""

REFUSED = frozenset({400, 406, 409, 410, 413, 414, 415, 422})
"""Answers that mean this very message."""


def checked_address(text: str, key: str, *, allow_http: bool = False) -> SplitResult:
    """Return the parts of an address; ``NotifySettingError`` for one that may not be used."""
    try:
        url = urlsplit(text)
        fine = url.port is None or url.port > 0
    except ValueError:
        url, fine = urlsplit(""), False
    if any(not "!" <= sign <= "~" for sign in text) or "#" in text or "@" in url.netloc:
        fine = False
    if not fine or url.scheme not in ("http", "https") or not url.hostname:
        raise NotifySettingError(
            f"{key} must be an address such as https://example.org/hook, not"
            f" {shown_address(text)!r}; correct it.",
            key="error.notify_address",
            setting=key,
        )
    if url.scheme == "http" and url.hostname not in LOCAL and not allow_http:
        raise NotifySettingError(
            f"{key} must begin with https:// for another machine; correct it.",
            key="error.notify_https",
            setting=key,
        )
    return url


def tls_context(ca_file: str, key: str) -> ssl.SSLContext:
    """Return a context that verifies; ``ca_file``: "" trusts the system's authorities."""
    import ssl

    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise NotifySettingError(
            f"{key} names no certificate that can be read ({error}); correct it.",
            key="error.notify_certificate",
            setting=key,
        ) from None


def post(
    url: SplitResult,
    body: bytes,
    headers: Mapping[str, str],
    timeout_s: float,
    context: ssl.SSLContext | None,
) -> None:
    """Send ``body`` and return once it was answered with 2xx within ``timeout_s``.

    Raises ``DeliveryError`` for any other answer, redirects included: what is told goes only where
    the settings say.
    """
    import http.client
    import ssl

    connection = _connection(url, timeout_s, context)
    timer = threading.Timer(timeout_s, _hang_up)
    timer.daemon = True
    try:
        connection.connect()
        timer.args = [connection.sock]
        timer.start()  # an answer that comes byte by byte meets no time-out of the socket
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request("POST", target, body, {**headers, "Connection": "close"})
        with connection.getresponse() as answer:
            _check(answer)
            answer.read(LONGEST_ANSWER)
    except ssl.SSLCertVerificationError as error:
        raise DeliveryError(
            f"The certificate of {url.hostname} is not trusted ({error.verify_message}).",
            key="error.delivery_tls",
            host=url.hostname,
        ) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = str(error) or type(error).__name__
        raise DeliveryError(
            f"{url.hostname} did not take the message ({why}).",
            key="error.delivery_unreachable",
            host=url.hostname,
        ) from error
    finally:
        timer.cancel()
        connection.close()


def _connection(
    url: SplitResult, timeout_s: float, context: ssl.SSLContext | None
) -> http.client.HTTPConnection:
    import http.client

    host = url.hostname or ""
    if url.scheme == "https":
        return http.client.HTTPSConnection(host, url.port, timeout=timeout_s, context=context)
    return http.client.HTTPConnection(host, url.port, timeout=timeout_s)


def _hang_up(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):  # already closed
        sock.shutdown(socket.SHUT_RDWR)


def _check(answer: http.client.HTTPResponse) -> None:
    """Raise ``DeliveryError`` unless the answer is a 2xx."""
    status = answer.status
    if 200 <= status < 300:
        return
    why = " (redirects are not followed)" if 300 <= status < 400 else ""
    raise DeliveryError(
        f"The receiver answered with status {status}{why}.",
        retry_after=_pause(answer.getheader("Retry-After", "")),
        refused=status in REFUSED,
        key="error.delivery_status",
        status=status,
    )


def _pause(text: str) -> float:
    """Return the seconds of a Retry-After, which may be a date; 0 for none or nonsense."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            at = parsedate_to_datetime(text)
        except (ValueError, TypeError, OverflowError):
            return 0.0
        now = datetime.now(UTC)
        seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    return max(0.0, min(seconds, LONGEST_PAUSE_S)) if seconds == seconds else 0.0
