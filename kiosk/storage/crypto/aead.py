"""Authenticated encryption: AES-256-GCM with associated data.

NIST SP 800-38D: a random 96-bit nonce per message, at most 2**32 messages per key. Each person has
a key of their own, and keys for each purpose are derived by HKDF (RFC 5869), so that no key comes
near that limit.
"""

from __future__ import annotations

import secrets
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12
"""Length of a nonce in bytes."""

TAG = 16
"""Length of an authentication tag in bytes."""

OVERHEAD = NONCE + TAG
"""Bytes by which a sealed message is longer than the plaintext."""

WRAPPED = 32 + OVERHEAD
"""Length in bytes of a key sealed by another key."""


class SealBroken(Exception):
    """A sealed message was changed, was made with another key, or for other associated data."""


def length_prefixed(*parts: str | int | float | bytes) -> bytes:
    """Encode ``parts``, each with its type and length; different parts give different bytes."""
    encoded: list[bytes] = []
    for part in parts:
        kind, content = _encode(part)
        encoded += (kind, len(content).to_bytes(4, "big"), content)
    return b"".join(encoded)


def _encode(part: str | int | float | bytes) -> tuple[bytes, bytes]:
    if isinstance(part, str):
        return b"s", part.encode("utf-8", "surrogatepass")
    if isinstance(part, bytes):
        return b"b", part
    return (b"i", b"%d" % part) if isinstance(part, int) else (b"f", struct.pack(">d", part))


def seal(key: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
    """Encrypt and authenticate ``plaintext``; return nonce, ciphertext and tag."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, associated_data)


def unseal(key: bytes, sealed: bytes, associated_data: bytes) -> bytes:
    """Return the plaintext given to ``seal``.

    Raise ``SealBroken`` if a bit of ``sealed``, the key or ``associated_data`` differs.
    """
    if len(sealed) < OVERHEAD:
        raise SealBroken("it is too short")
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], associated_data)
    except InvalidTag:
        raise SealBroken("it was changed, or the key or its associated data differ") from None


def derive(key: bytes, purpose: str, salt: bytes = b"") -> bytes:
    """Derive a 32-byte key for one ``purpose`` by HKDF-SHA256."""
    return HKDF(SHA256(), 32, salt or None, f"munjigi {purpose}".encode()).derive(key)
