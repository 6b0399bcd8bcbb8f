"""Badges: signed codes with an expiry time that reveal nothing about their owner.

The text is ``MNJ1.`` followed by base32 (RFC 4648) of: expiry as Unix time (4 bytes, big-endian), a
random serial (10 bytes), and the first 16 bytes of HMAC-SHA-256 over ``MNJ1.`` and these (RFC 2104,
section 5). The verifier is the signer, so a shared secret suffices. The QR code then has 29 modules
a side instead of 45 with a public-key signature, and is readable from farther away. The database
maps serials to people.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kiosk.core.decisions import Reason

PREFIX = "MNJ1."
SERIAL_BYTES = 10
_BODY = 4 + SERIAL_BYTES
_TAG = 16
LENGTH = len(PREFIX) + (_BODY + _TAG) * 8 // 5
FOR_EVER = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Badge:
    """The content of a genuine badge. ``expires``: zone-aware, UTC."""

    serial: bytes
    expires: datetime


class BadgeKey:
    """Signs badges and keys the hashes of card codes, with the site's 32-byte secret."""

    def __init__(self, secret: bytes) -> None:
        self._signing = HKDF(hashes.SHA256(), 32, None, b"munjigi badges").derive(secret)
        self.pepper = HKDF(hashes.SHA256(), 32, None, b"munjigi cards").derive(secret)

    def issue(self, expires: datetime, serial: bytes = b"") -> tuple[str, bytes]:
        """Return (text, serial) of a new badge that expires at ``expires``."""
        serial = serial or secrets.token_bytes(SERIAL_BYTES)
        body = min(FOR_EVER, int(expires.timestamp())).to_bytes(4, "big") + serial
        return PREFIX + base64.b32encode(body + self._tag(body)).decode(), serial

    def read(self, text: str, now: datetime) -> Badge | Reason:
        """Return the badge, or why it is refused.

        ``BAD_CODE``: not signed by this kiosk. ``OLD_CODE``: expired.
        """
        signed = _decoded(text)
        body = signed[:_BODY]
        if not hmac.compare_digest(signed[_BODY:], self._tag(body)):
            return Reason.BAD_CODE
        expires = datetime.fromtimestamp(int.from_bytes(body[:4], "big"), UTC)
        return Badge(body[4:], expires) if now < expires else Reason.OLD_CODE

    def _tag(self, body: bytes) -> bytes:
        return hmac.digest(self._signing, PREFIX.encode() + body, "sha256")[:_TAG]


def is_badge(text: str) -> bool:
    """Return whether ``text`` claims to be a badge; other codes held to the camera are ignored."""
    return text.startswith(PREFIX)


def _decoded(text: str) -> bytes:
    """Return the signed bytes; empty if ``text`` cannot be a badge."""
    if not is_badge(text) or len(text) != LENGTH:
        return b""
    try:
        return base64.b32decode(text[len(PREFIX) :])
    except ValueError:
        return b""
