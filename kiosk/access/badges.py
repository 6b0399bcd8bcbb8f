"""Badges: a code with an end, signed by this kiosk (Ed25519, RFC 8032), that says nothing about whoever carries it.

The text is ``MNJ1.`` and, in URL-safe base64 without padding: the end as Unix time (4 bytes, big-endian), a random serial
(16 bytes), and the signature of ``MNJ1.`` with these (64 bytes). The database knows whose serial it is.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kiosk.errors import ConfigError
from kiosk.types import Reason

PREFIX = "MNJ1."
SERIAL_BYTES = 16
_BODY, _SIGNATURE = 4 + SERIAL_BYTES, 64
LONGEST = len(PREFIX) + -(-(_BODY + _SIGNATURE) * 8 // 6)
FOR_EVER = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Badge:
    """What a genuine badge holds. ``expires``: zone-aware, UTC."""

    serial: bytes
    expires: datetime


class BadgeKey:
    """The site's secret: signs badges, and hides the codes of cards in the database."""

    def __init__(self, secret: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(secret)
        self._public = self._private.public_key()
        self.pepper = HKDF(hashes.SHA256(), 32, None, b"munjigi cards").derive(secret)

    @classmethod
    def of(cls, file: Path) -> BadgeKey:
        """The key in ``file``, made there (mode 0600) where it is missing; ``ConfigError`` where it cannot be used."""
        try:
            secret = file.read_bytes() if file.exists() else _made(file)
        except OSError as error:
            raise ConfigError(f"The key of badges {file} cannot be used ({error.strerror}); correct its permissions.") from None
        if len(secret) != 32:
            raise ConfigError(f"The key of badges {file} is damaged; put a backup in its place, or delete it and print all badges anew.")
        return cls(secret)

    def issue(self, expires: datetime, serial: bytes = b"") -> tuple[str, bytes]:
        """(text, serial) of a new badge that ends at ``expires``."""
        serial = serial or secrets.token_bytes(SERIAL_BYTES)
        body = min(FOR_EVER, int(expires.timestamp())).to_bytes(4, "big") + serial
        signed = body + self._private.sign(PREFIX.encode() + body)
        return PREFIX + base64.urlsafe_b64encode(signed).decode().rstrip("="), serial

    def read(self, text: str, now: datetime) -> Badge | Reason:
        """The badge, or why it is none: ``BAD_CODE`` where this kiosk never signed it, ``OLD_CODE`` after its end."""
        signed = _decoded(text)
        body, signature = signed[:_BODY], signed[_BODY:]
        try:
            self._public.verify(signature, PREFIX.encode() + body)
        except InvalidSignature:
            return Reason.BAD_CODE
        expires = datetime.fromtimestamp(int.from_bytes(body[:4], "big"), UTC)
        return Badge(body[4:], expires) if now < expires else Reason.OLD_CODE


def is_badge(text: str) -> bool:
    """Whether ``text`` wants to be a badge at all; any other code held to the camera means nothing."""
    return text.startswith(PREFIX)


def _decoded(text: str) -> bytes:
    """The signed bytes; empty for what cannot be a badge. Only the one way of writing them counts."""
    coded = text[len(PREFIX):]
    if not is_badge(text) or len(text) != LONGEST:
        return b""
    try:
        signed = base64.b64decode(coded + "=" * (-len(coded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
    return signed if base64.urlsafe_b64encode(signed).decode().rstrip("=") == coded else b""


def _made(file: Path) -> bytes:
    file.parent.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_bytes(32)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(secret)
        out.flush()
        os.fsync(out.fileno())
    return secret
