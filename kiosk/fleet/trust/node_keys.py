"""This node's own keys: the one it signs with, and the one that keys are sealed for."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk.core.errors import FleetError
from kiosk.core.fleet import JoinRequest, NodeKind, WrappedKey
from kiosk.fleet.trust.key_wrapping import unwrap_key
from kiosk.fleet.trust.node_documents import node_id, signed_request
from kiosk.storage.crypto.aead import SealBroken
from kiosk.storage.crypto.key_store import SIZE, KeyStore, new_key
from kiosk.storage.crypto.signing import Signer


class NodeKeys:
    """The private keys of the node with the id ``node``, kept in a ``KeyStore``.

    A replaced sealing key stays until ``forget_replaced``, so that what was wrapped before opens.
    """

    def __init__(self, store: KeyStore, seed: bytes, sealing: bytes, replaced: bytes = b"") -> None:
        self._store = store
        self.signer = Signer(seed)
        self.node = node_id(self.signer.public)
        self._sealing = X25519PrivateKey.from_private_bytes(sealing)
        self._replaced = X25519PrivateKey.from_private_bytes(replaced) if replaced else None

    @classmethod
    def create(cls, store: KeyStore) -> NodeKeys:
        """Make the keys of a new node and store them."""
        seed, sealing = new_key(), new_key()
        keys = cls(store, seed, sealing)
        store.put(_signing(keys.node), seed)
        store.put(_sealing(keys.node), sealing)
        return keys

    @classmethod
    def load(cls, store: KeyStore, node: str) -> NodeKeys:
        """Return the stored keys of ``node``; raise ``FleetError`` if they are missing."""
        seed, sealing = store.get(_signing(node)), store.get(_sealing(node))
        if seed is None or sealing is None or len(seed) != SIZE or len(sealing) != SIZE:
            raise _missing(store.place)
        keys = cls(store, seed, sealing, store.get(_replaced(node)) or b"")
        if keys.node != node:
            raise _missing(store.place)
        return keys

    @property
    def sealing(self) -> bytes:
        """The public key that keys are sealed for, 32 bytes."""
        return self._sealing.public_key().public_bytes_raw()

    def unwrap(self, fleet: str, wrapped: WrappedKey) -> bytes:
        """Return a key that was sealed for this node; raise ``SealBroken`` if it does not open."""
        if wrapped.node != self.node:
            raise SealBroken("it is for another node")
        try:
            return unwrap_key(fleet, wrapped, self._sealing)
        except SealBroken:
            if self._replaced is None:
                raise
            return unwrap_key(fleet, wrapped, self._replaced)

    def request(self, fleet: str, name: str, kind: NodeKind, now: datetime) -> JoinRequest:
        """Return this node's signed request to be admitted to ``fleet``."""
        request = JoinRequest(self.node, name, kind, self.signer.public, self.sealing, now)
        return signed_request(fleet, request, self.signer)

    def replace_sealing(self) -> NodeKeys:
        """Make a new sealing key and keep the one before; return the keys with both."""
        new = new_key()
        old = self._sealing.private_bytes_raw()
        self._store.put(_replaced(self.node), old)
        self._store.put(_sealing(self.node), new)
        return NodeKeys.load(self._store, self.node)

    @property
    def replaced(self) -> bool:
        """Whether there is a sealing key from before that is not destroyed yet."""
        return self._replaced is not None

    def unwrap_replaced(self, fleet: str, wrapped: WrappedKey) -> bytes | None:
        """Return a key that only the sealing key from before opens; ``None`` for any other."""
        try:
            unwrap_key(fleet, wrapped, self._sealing)
        except SealBroken:
            with suppress(SealBroken):
                return self.unwrap(fleet, wrapped)
        return None

    def forget_replaced(self) -> NodeKeys:
        """Destroy the sealing key before the present one: what only it opens is lost."""
        self._store.remove(_replaced(self.node))
        return NodeKeys.load(self._store, self.node)

    def keep_secrets(self, encoded: bytes) -> None:
        """Keep the fleet's secrets, which the node needs while the centre is away."""
        self._store.put(_secrets(self.node), encoded)

    def kept_secrets(self) -> bytes:
        """Return the fleet's secrets as they were kept; empty if there are none."""
        return self._store.get(_secrets(self.node)) or b""

    def destroy(self) -> None:
        """Destroy all keys of this node, which leaves its fleet."""
        for name in (_replaced, _sealing, _signing, _secrets):
            self._store.remove(name(self.node))


def _signing(node: str) -> str:
    return f"fleet-signing-{node}"


def _sealing(node: str) -> str:
    return f"fleet-sealing-{node}"


def _replaced(node: str) -> str:
    return f"fleet-replaced-{node}"


def _secrets(node: str) -> str:
    return f"fleet-secrets-{node}"


def _missing(place: str) -> FleetError:
    return FleetError(
        f"This node's keys for the fleet are not in {place}; put them back, or join again.",
        key="error.fleet_keys",
        place=place,
    )
