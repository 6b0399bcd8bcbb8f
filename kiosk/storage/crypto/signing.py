"""Signed statements: JSON with an Ed25519 signature (RFC 8032), verified with the public key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.storage.crypto.aead import length_prefixed
from kiosk.storage.crypto.key_store import key_id


class Signer:
    """An Ed25519 private key; ``seed``: its 32 bytes."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        """The 32 bytes of the public key."""
        self.fingerprint = key_id(self.public)
        """The id of the public key, for people to compare."""

    @property
    def pem(self) -> str:
        """The public key as SubjectPublicKeyInfo in PEM (RFC 8410)."""
        return (
            self._key.public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            .decode("ascii")
        )

    def sign(self, purpose: str, message: bytes) -> bytes:
        """Return the 64-byte signature, valid for this ``purpose`` only."""
        return self._key.sign(length_prefixed("munjigi", purpose) + message)


def genuine(public: bytes, purpose: str, message: bytes, signature: bytes) -> bool:
    """Return whether the owner of ``public`` signed ``message`` for ``purpose``."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(
            signature, length_prefixed("munjigi", purpose) + message
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def canonical(statement: Mapping[str, Any]) -> bytes:
    """Return the canonical JSON of a statement: the bytes that are signed."""
    return json.dumps(
        statement, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def signed(signer: Signer, purpose: str, statement: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON-compatible document of ``statement`` and its signature."""
    return {
        "purpose": purpose,
        "statement": dict(statement),
        "fingerprint": signer.fingerprint,
        "public_key": signer.public.hex(),
        "signature": signer.sign(purpose, canonical(statement)).hex(),
    }


def check(document: Any, purpose: str) -> Mapping[str, Any] | None:
    """Return the statement in ``document``; ``None`` unless it is signed for ``purpose``.

    Any key is accepted: the caller compares ``document["fingerprint"]``.
    """
    try:
        public = bytes.fromhex(document["public_key"])
        signature = bytes.fromhex(document["signature"])
        statement: Mapping[str, Any] = document["statement"]
        if (
            not isinstance(statement, dict)
            or document["purpose"] != purpose
            or document["fingerprint"] != key_id(public)
        ):
            return None
        valid = genuine(public, purpose, canonical(statement), signature)
        return statement if valid else None
    except (KeyError, TypeError, ValueError):
        return None
