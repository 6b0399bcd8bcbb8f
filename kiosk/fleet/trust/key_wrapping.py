"""Keys sealed for one node by HPKE (RFC 9180): X25519, HKDF-SHA256, AES-256-GCM, base mode.

Base mode does not show who sealed: anybody can seal a key for a node. So a key counts only if its
digest is in a body that was signed (``key_digest``).
"""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from kiosk.core.fleet import WrappedKey
from kiosk.storage.crypto.aead import SealBroken, length_prefixed

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_MOST_SEALED = 100_000


def wrap_key(
    fleet: str, subject: str, generation: int, node: str, sealing: bytes, key: bytes
) -> WrappedKey:
    """Seal ``key`` for ``node``, whose public key is ``sealing``.

    Raise ``SealBroken`` if no key can be agreed with ``sealing`` (a point of small order).
    """
    info = _info(fleet, subject, generation, node)
    try:
        sealed = _SUITE.encrypt(key, X25519PublicKey.from_public_bytes(sealing), info=info)
    except ValueError:
        raise SealBroken("its public key cannot be used") from None
    return WrappedKey(subject, node, generation, sealed)


def unwrap_key(fleet: str, wrapped: WrappedKey, private: X25519PrivateKey) -> bytes:
    """Return the key that was sealed for this node.

    Raise ``SealBroken`` if it was sealed for another node, fleet, subject or generation.
    """
    info = _info(fleet, wrapped.subject, wrapped.generation, wrapped.node)
    if len(wrapped.sealed) > _MOST_SEALED:
        raise SealBroken("it is too long")
    try:
        return _SUITE.decrypt(wrapped.sealed, private, info=info)
    except (InvalidTag, ValueError):
        raise SealBroken("it was changed, or is not for this node") from None


def key_digest(fleet: str, subject: str, generation: int, key: bytes) -> bytes:
    """Return the digest (32 bytes) by which a signed body names the key that opens it."""
    named = length_prefixed("munjigi fleet key digest", fleet, subject, generation, key)
    return hashlib.sha256(named).digest()


def _info(fleet: str, subject: str, generation: int, node: str) -> bytes:
    return length_prefixed("munjigi fleet key 1", fleet, subject, generation, node)
