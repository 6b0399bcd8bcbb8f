"""A network camera that delivers one picture for each request, read as a camera.

Nothing that such a camera sends may stop the door: answers are bounded in size and time, only the
kinds of picture that cameras send are decoded, and a picture that is damaged is only missing.
"""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable
from http.client import HTTPException, HTTPMessage
from typing import IO, Protocol
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit, urlunsplit

from kiosk.core.config import CameraConfig
from kiosk.core.errors import CameraError, KioskError
from kiosk.core.frames import BGRImage
from kiosk.vision.camera.picture_decoder import decode_picture
from kiosk.vision.camera.picture_header import (
    PictureKind,
    begins_like_a_picture,
    picture_header,
)
from kiosk.vision.camera.recordings import Pace

MOST_A_SECOND = 10.0
"""Most requests a second; few cameras answer faster."""

MAX_BYTES = 20_000_000
"""Largest answer that is read."""

CHUNK = 65_536

ASKING_S = 5.0
"""Seconds in which an address must say what kind of source it is."""

REPEATED_S = 1.0
"""The same picture as before is delivered at most so often: many cameras renew it once a second,
and one that stands still is a still scene."""

KINDS = ("image/jpeg", "image/jpg", "image/pjpeg", "image/png", "image/bmp", "image/webp")

STREAMS = ("multipart/x-mixed-replace",)

DECODED = frozenset({PictureKind.JPEG, PictureKind.PNG, PictureKind.BMP, PictureKind.WEBP})
"""What is decoded, whatever the answer is called: these pictures are decoded in the kiosk's own
process, where the decoders of other kinds have no business.
"""


class HttpAnswer(Protocol):
    """What an HTTP server answers; as ``http.client.HTTPResponse``."""

    def read1(self, amount: int, /) -> bytes: ...


def is_snapshot(address: str) -> bool:
    """Return whether ``address`` (http or https) answers with one picture.

    False also where it does not answer or wants another password: the stream says why.
    """
    try:
        return _Requests(address, ASKING_S).asks_for_picture()
    except (OSError, HTTPException, ValueError):
        return False


class SnapshotCamera:
    """Asks a network camera for one picture after another.

    ``address``: http or https, with user and password if the camera wants them. ``shown``: the
    address for people, without these. Raises ``CameraError`` where no first picture comes.
    """

    live = True
    demo = False
    fps = MOST_A_SECOND
    stamp: float | None = None

    def __init__(
        self,
        address: str,
        shown: str,
        config: CameraConfig,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.title = shown
        self._clock = clock
        self._requests: _Requests | None = _Requests(address, config.stall_s, clock)
        self._pace = Pace(min(MOST_A_SECOND, config.fps), clock, sleep)
        self._data = b""
        self._delivered_at = float("-inf")
        self._first = self._next_picture()
        if self._first is None:
            raise CameraError(
                f"The address {shown} gives no picture that can be read; open it in a browser, "
                "check the password, and prefer the camera's rtsp:// address."
            )

    def read(self) -> BGRImage | None:
        """Return the next picture; ``None`` where none came in time, or none that is new."""
        first = self._first
        self._first = None
        if first is not None:
            return first
        if self._requests is None:
            return None
        self._pace.wait()
        return self._next_picture()

    def skip(self) -> bool:
        """Wait as long as for a picture, without asking for it; return false after ``close``."""
        self._first = None
        self._pace.wait()
        return self._requests is not None

    def close(self) -> None:
        """Ask for nothing more."""
        self._requests = None

    def _next_picture(self) -> BGRImage | None:
        assert self._requests is not None
        try:
            data = self._requests.picture()
        except (OSError, HTTPException, ValueError):
            return None
        now = self._clock()
        if not data or (data == self._data and now - self._delivered_at < REPEATED_S):
            return None
        header = picture_header(data)
        if header is None or header.kind not in DECODED:
            return None
        try:
            image = decode_picture(data, self.title)
        except KioskError:
            return None
        self._data = data
        self._delivered_at = now
        return image


class _Requests:
    """Requests to one address. Each takes ``limit_s`` seconds at most, however slow the answer."""

    def __init__(
        self, address: str, limit_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit_s = limit_s
        self._clock = clock
        self._address, user, password = _split(address)
        self._opener = _opener(self._address, user, password)

    def asks_for_picture(self) -> bool:
        """Return whether the address answers with one picture.

        Some cameras call it application/octet-stream, or nothing: then its first bytes count, in an
        answer that says how long it is, which no stream does.
        """
        with self._opener.open(self._address, timeout=self._limit_s) as answer:
            kind = str(answer.headers.get_content_type()).lower()
            if kind in KINDS or kind in STREAMS or answer.headers.get("Content-Length") is None:
                return kind in KINDS
            return begins_like_a_picture(answer.read1(CHUNK))

    def picture(self) -> bytes:
        """Return the bytes of one answer; empty where it is too long or too slow."""
        until = self._clock() + self._limit_s
        with self._opener.open(self._address, timeout=self._limit_s) as answer:
            return _bounded(answer, lambda: self._clock() > until)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect to http or https, never from https to http."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        fp.close()  # the base class reads the rest of the answer, however long it is
        if urlsplit(newurl).scheme not in ("https", req.type):
            raise HTTPError(req.full_url, code, msg, headers, None)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _bounded(answer: HttpAnswer, late: Callable[[], bool]) -> bytes:
    data = bytearray()
    while chunk := answer.read1(CHUNK):
        data += chunk
        if len(data) > MAX_BYTES or late():
            return b""
    return bytes(data)


def _split(address: str) -> tuple[str, str, str]:
    """Return ``address`` without user and password, and these."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    plain = urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
    return plain, unquote(parts.username or ""), unquote(parts.password or "")


def _opener(address: str, user: str, password: str) -> urllib.request.OpenerDirector:
    """Return what opens ``address``: HTTP alone, through no proxy, with the camera's password."""
    opener = urllib.request.OpenerDirector()
    handlers: list[urllib.request.BaseHandler] = [
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        _Redirects(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ]
    if user:
        known = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        known.add_password(None, address, user, password)
        handlers += [
            urllib.request.HTTPBasicAuthHandler(known),
            urllib.request.HTTPDigestAuthHandler(known),
        ]
    for handler in handlers:
        opener.add_handler(handler)
    return opener
