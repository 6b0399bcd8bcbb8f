"""Badges: a code with an end, signed by this kiosk, that says nothing about whoever carries it.

The text is ``MNJ1.`` and, in base32 (RFC 4648): the end as Unix time (4 bytes, big-endian), a random serial (10 bytes), and
16 bytes of the HMAC-SHA-256 of ``MNJ1.`` with these (RFC 2104, section 5). Whoever checks is whoever signs, so a shared secret
is enough, and the QR code has 29 modules a side, where a public-key signature would need 45: it is read
from farther away. The database knows whose serial it is.
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
    """What a genuine badge holds. ``expires``: zone-aware, UTC."""

    serial: bytes
    expires: datetime


class BadgeKey:
    """The site's secret (32 bytes, from the key store): signs badges, and hides the codes of cards in the database."""

    def __init__(self, secret: bytes) -> None:
        self._signing = HKDF(hashes.SHA256(), 32, None, b"munjigi badges").derive(secret)
        self.pepper = HKDF(hashes.SHA256(), 32, None, b"munjigi cards").derive(secret)

    def issue(self, expires: datetime, serial: bytes = b"") -> tuple[str, bytes]:
        """(text, serial) of a new badge that ends at ``expires``."""
        serial = serial or secrets.token_bytes(SERIAL_BYTES)
        body = min(FOR_EVER, int(expires.timestamp())).to_bytes(4, "big") + serial
        return PREFIX + base64.b32encode(body + self._tag(body)).decode(), serial

    def read(self, text: str, now: datetime) -> Badge | Reason:
        """The badge, or why it is none: ``BAD_CODE`` where this kiosk never signed it, ``OLD_CODE`` after its end."""
        signed = _decoded(text)
        body = signed[:_BODY]
        if not hmac.compare_digest(signed[_BODY:], self._tag(body)):
            return Reason.BAD_CODE
        expires = datetime.fromtimestamp(int.from_bytes(body[:4], "big"), UTC)
        return Badge(body[4:], expires) if now < expires else Reason.OLD_CODE

    def _tag(self, body: bytes) -> bytes:
        return hmac.digest(self._signing, PREFIX.encode() + body, "sha256")[:_TAG]


def is_badge(text: str) -> bool:
    """Whether ``text`` wants to be a badge at all; any other code held to the camera means nothing."""
    return text.startswith(PREFIX)


def _decoded(text: str) -> bytes:
    """The signed bytes; empty for what cannot be a badge."""
    if not is_badge(text) or len(text) != LENGTH:
        return b""
    try:
        return base64.b32decode(text[len(PREFIX) :])
    except ValueError:
        return b""
