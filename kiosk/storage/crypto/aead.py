"""Authenticated encryption: AES-256-GCM, with what a ciphertext belongs to as associated data.

NIST SP 800-38D: a 96-bit random nonce for each message, at most 2**32 messages a key. Each person has a key of
their own, and each purpose one derived by HKDF (RFC 5869), so that no key comes near that.
"""

from __future__ import annotations

import secrets
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12
TAG = 16
OVERHEAD = NONCE + TAG
"""Bytes that a sealed message is longer than the plain one."""

WRAPPED = 32 + OVERHEAD
"""Bytes of a key sealed by another one."""


class SealBroken(Exception):
    """A ciphertext was changed, belongs to something else, or was made with another key."""


def bound(*parts: str | int | float | bytes) -> bytes:
    """``parts`` as one row of bytes: each with its kind and length, so that no two lists give the same."""
    made = bytearray()
    for part in parts:
        kind, content = _written(part)
        made += kind + len(content).to_bytes(4, "big") + content
    return bytes(made)


def _written(part: str | int | float | bytes) -> tuple[bytes, bytes]:
    if isinstance(part, bytes):
        return b"b", part
    if isinstance(part, str):
        return b"s", part.encode("utf-8", "surrogatepass")
    return (b"i", b"%d" % part) if isinstance(part, int) else (b"f", struct.pack(">d", part))


def seal(key: bytes, plain: bytes, belongs_to: bytes) -> bytes:
    """``plain`` encrypted: nonce, ciphertext, tag. It opens only with the same ``belongs_to``."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, belongs_to)


def unseal(key: bytes, sealed: bytes, belongs_to: bytes) -> bytes:
    """What ``seal`` was given; ``SealBroken`` where a bit of it, the key or ``belongs_to`` differs."""
    if len(sealed) < OVERHEAD:
        raise SealBroken("it is too short")
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], belongs_to)
    except InvalidTag:
        raise SealBroken("it does not belong here, or was changed") from None


def derive(key: bytes, purpose: str, salt: bytes = b"") -> bytes:
    """A key for one ``purpose`` alone, by HKDF-SHA256."""
    return HKDF(SHA256(), 32, salt or None, f"munjigi {purpose}".encode()).derive(key)
