"""What a fleet knows of a node: its document, and its request to be admitted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from kiosk.core.errors import FleetError
from kiosk.core.fleet import EVERYBODY, JoinRequest, NodeKind
from kiosk.fleet.trust.body_fields import BodyFields
from kiosk.fleet.trust.feed_lines import microseconds
from kiosk.storage.crypto.aead import length_prefixed
from kiosk.storage.crypto.signing import Signer, canonical, genuine

JOIN = "fleet join request"
"""The purpose of the signature of a join request."""

MOST_NAME = 60
"""Characters in the name of a node."""

MOST_GROUPS = 64
"""Groups of the access rules that one door may serve, and that one audience may name."""


@dataclass(frozen=True, slots=True)
class SecretsMark:
    """Which secrets the fleet uses: their ``generation``, and a ``digest`` that shows them."""

    generation: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class NodeDocument:
    """What an admitted node is.

    ``node``: its id, derived from its signing key. ``signing``, ``sealing``: public keys (Ed25519,
    X25519), 32 bytes each. ``staff``: whether staff may work there; otherwise the node writes
    nothing into the feed. ``groups``: whom it serves. ``revoked``: for ever.
    ``secrets``: the fleet's, where this document begins or replaces them.
    """

    node: str
    name: str
    kind: NodeKind
    signing: bytes
    sealing: bytes
    staff: bool = True
    groups: tuple[str, ...] = (EVERYBODY,)
    revoked: bool = False
    secrets: SecretsMark | None = None

    def mapping(self) -> dict[str, Any]:
        """Return it as JSON."""
        document: dict[str, Any] = {
            "v": 1,
            "node": self.node,
            "name": self.name,
            "kind": str(self.kind),
            "signing": self.signing.hex(),
            "sealing": self.sealing.hex(),
            "staff": self.staff,
            "groups": list(self.groups),
            "revoked": self.revoked,
        }
        if self.secrets is not None:
            document["secrets"] = {
                "generation": self.secrets.generation,
                "digest": self.secrets.digest.hex(),
            }
        return document

    def body(self) -> bytes:
        """Return the body of the fact."""
        return canonical(self.mapping())

    @classmethod
    def parse(cls, body: bytes) -> NodeDocument:
        """Return the document in ``body``; raise ``BodyRefused`` for anything else."""
        fields = BodyFields.parse("a node", body)
        document = cls.take(fields)
        fields.end()
        return document

    @classmethod
    def take(cls, fields: BodyFields) -> NodeDocument:
        """Take the document out of ``fields``."""
        fields.version()
        document = cls(
            node=fields.hexed("node", 16).hex(),
            name=fields.text("name", MOST_NAME),
            kind=_kind(fields),
            signing=fields.hexed("signing", 32),
            sealing=fields.hexed("sealing", 32),
            staff=fields.flag("staff"),
            groups=fields.texts("groups", MOST_GROUPS),
            revoked=fields.flag("revoked"),
            secrets=fields.optional("secrets", lambda name: _mark(fields.nested(name))),
        )
        if document.node != node_id(document.signing):
            raise fields.refused("its id is not that of its key")
        return document


def node_id(signing: bytes) -> str:
    """Return the id of the node with that public key: 32 hexadecimal digits of its hash."""
    return hashlib.sha256(b"munjigi fleet node 1\0" + signing).hexdigest()[:32]


def fleet_id(founder: bytes) -> str:
    """Return the id of the fleet with that founding document: 64 hexadecimal digits."""
    return hashlib.sha256(b"munjigi fleet 1\0" + founder).hexdigest()


def concerns(groups: tuple[str, ...], audience: tuple[str, ...]) -> bool:
    """Return whether a fact with that ``audience`` concerns a node that serves ``groups``."""
    return EVERYBODY in groups or EVERYBODY in audience or not set(groups).isdisjoint(audience)


def signed_request(fleet: str, request: JoinRequest, signer: Signer) -> JoinRequest:
    """Return ``request`` signed by the node's own key."""
    return replace(request, signature=signer.sign(JOIN, _request_bytes(fleet, request)))


def check_request(fleet: str, request: JoinRequest) -> None:
    """Raise ``FleetError`` unless the node holds the key that it asks with, for this fleet."""
    if (
        request.node != node_id(request.signing)
        or len(request.sealing) != 32
        or not 0 < len(request.name) <= MOST_NAME
        or not genuine(request.signing, JOIN, _request_bytes(fleet, request), request.signature)
    ):
        raise FleetError(
            "The request to join is not genuine; start `munjigi fleet join` again at the new node.",
            key="error.fleet_request",
        )


def _request_bytes(fleet: str, request: JoinRequest) -> bytes:
    return length_prefixed(
        fleet,
        request.node,
        request.name,
        str(request.kind),
        request.signing,
        request.sealing,
        microseconds(request.asked_at),
    )


def _kind(fields: BodyFields) -> NodeKind:
    try:
        return NodeKind(fields.text("kind", 20))
    except ValueError:
        raise fields.refused("it is neither a door nor a desk") from None


def _mark(fields: BodyFields) -> SecretsMark:
    mark = SecretsMark(fields.integer("generation", 1, 1_000_000), fields.hexed("digest", 32))
    fields.end()
    return mark


Stored = Mapping[str, Any]
"""A node as the store keeps it: its document, ``admitted`` and, if revoked, ``revoked_from``."""
