"""Signed statements: JSON with an Ed25519 signature (RFC 8032) that anybody can check with the public key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.storage.crypto.aead import bound
from kiosk.storage.crypto.key_store import key_id


class Signer:
    """A private key of Ed25519; ``seed``: its 32 bytes."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        """The 32 bytes of the public key."""
        self.fingerprint = key_id(self.public)
        """What a person compares: it names the public key."""

    @property
    def pem(self) -> str:
        """The public key as SubjectPublicKeyInfo in PEM (RFC 8410)."""
        return (
            self._key.public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            .decode("ascii")
        )

    def sign(self, purpose: str, message: bytes) -> bytes:
        """64 bytes; a signature for one ``purpose`` is none for another."""
        return self._key.sign(bound("munjigi", purpose) + message)


def genuine(public: bytes, purpose: str, message: bytes, signature: bytes) -> bool:
    """Whether the owner of ``public`` signed ``message`` for ``purpose``."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(
            signature, bound("munjigi", purpose) + message
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def canonical(statement: Mapping[str, Any]) -> bytes:
    """The one way in which a statement is written to be signed."""
    return json.dumps(
        statement, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def signed(signer: Signer, purpose: str, statement: Mapping[str, Any]) -> dict[str, Any]:
    """``statement`` with its signature, ready to be written as JSON."""
    return {
        "purpose": purpose,
        "statement": dict(statement),
        "fingerprint": signer.fingerprint,
        "public_key": signer.public.hex(),
        "signature": signer.sign(purpose, canonical(statement)).hex(),
    }


def check(document: Any, purpose: str) -> Mapping[str, Any] | None:
    """The statement in ``document`` where its signature is good; ``None`` where it is not, or is for something else.

    Whose key it is the reader compares: ``document["fingerprint"]``.
    """
    try:
        public = bytes.fromhex(document["public_key"])
        signature = bytes.fromhex(document["signature"])
        statement: Mapping[str, Any] = document["statement"]
        named = document["purpose"] == purpose and document["fingerprint"] == key_id(public)
        return (
            statement
            if named and genuine(public, purpose, canonical(statement), signature)
            else None
        )
    except (KeyError, TypeError, ValueError):
        return None
