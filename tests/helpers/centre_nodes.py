"""Nodes of a fleet at a real PostgreSQL, which sign their lines and seal nothing."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from kiosk.core.fleet import (
    EVERYBODY,
    Draft,
    Fact,
    FactKind,
    JoinRequest,
    NodeEvent,
    NodeKind,
    WrappedKey,
)
from kiosk.fleet.trust.feed_lines import sign_lines
from kiosk.storage.crypto.signing import Signer
from tests.helpers.postgres import FleetDatabase

FLEET = "f" * 64
NOW = datetime(2026, 3, 2, 9, 41, 7, 123456, tzinfo=UTC)


def subject() -> str:
    """Return a new subject."""
    return secrets.token_hex(16)


def person(
    who: str, base: int = 0, body: bytes = b"sealed", audience: Sequence[str] = (EVERYBODY,)
) -> Draft:
    """Return a draft of a person."""
    return Draft(FactKind.PERSON, who, base, tuple(audience), body, NOW, "관리자")


def deletion(who: str) -> Draft:
    """Return the order to delete a person."""
    return Draft(FactKind.DELETION, who, 0, (EVERYBODY,), b"{}", NOW, "관리자")


def event(sequence: int, body: bytes = b"sealed") -> NodeEvent:
    """Return a row of a log whose link says its number."""
    return NodeEvent(sequence, "log", NOW, body, hashlib.sha256(b"%d" % sequence).digest())


class FleetNode:
    """A node with its own login; ``url``: its address of the centre."""

    def __init__(self, database: FleetDatabase, name: str) -> None:
        self.name = name
        self.signer = Signer(secrets.token_bytes(32))
        self.node = hashlib.sha256(self.signer.public).hexdigest()[:32]
        self.url = database.login(name)
        self.centre = database.centre(self.url, FLEET)

    def write(self, *drafts: Draft, keys: Sequence[WrappedKey] = ()) -> list[Fact]:
        """Append lines that this node signs."""
        finish = partial(sign_lines, FLEET, self.node, self.signer)
        return self.centre.append(drafts, finish, keys)

    def request(self) -> JoinRequest:
        return JoinRequest(
            self.node, self.name, NodeKind.DOOR, self.signer.public, bytes(32), NOW, b"signed"
        )

    def describe(
        self,
        other: FleetNode,
        base: int = 0,
        groups: Sequence[str] = (EVERYBODY,),
        **more: bool,
    ) -> list[Fact]:
        """Write the fact of a node: its admission, other groups, its revocation."""
        said = {"name": other.name, "groups": list(groups), "staff": True, "revoked": False} | more
        body = json.dumps(said).encode()
        return self.write(Draft(FactKind.NODE, other.node, base, (EVERYBODY,), body, NOW, "관리자"))

    def admit(
        self, other: FleetNode, groups: Sequence[str] = (EVERYBODY,), **more: bool
    ) -> FleetNode:
        """Let ``other`` ask, admit it, and return it."""
        other.centre.ask_to_join(other.request())
        self.describe(other, groups=groups, **more)
        return other


def found(database: FleetDatabase) -> FleetNode:
    """Return the founder of a fleet in ``database``; its first line is written."""
    founder = FleetNode(database, "founder")
    founder.describe(founder)
    return founder
