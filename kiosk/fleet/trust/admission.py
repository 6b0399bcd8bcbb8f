"""Begin a fleet, admit nodes and revoke them: the facts about nodes that staff write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kiosk.core.errors import FleetError
from kiosk.core.fleet import (
    EVERYBODY,
    Draft,
    Fact,
    FactKind,
    FeedHead,
    JoinRequest,
    Membership,
    NodeKind,
    WrappedKey,
)
from kiosk.fleet.trust.feed_lines import sign_lines
from kiosk.fleet.trust.fleet_secrets import SUBJECT, FleetSecrets
from kiosk.fleet.trust.key_ring import KeyRing
from kiosk.fleet.trust.key_wrapping import wrap_key
from kiosk.fleet.trust.node_documents import NodeDocument, check_request, fleet_id
from kiosk.fleet.trust.node_keys import NodeKeys
from kiosk.storage.crypto.aead import SealBroken


@dataclass(frozen=True, slots=True)
class NodeDraft:
    """A draft about a node, and the fleet's secrets wrapped for those who are to have them."""

    draft: Draft
    keys: tuple[WrappedKey, ...]


class Founding:
    """The first line of a new fleet, by its first node."""

    def __init__(
        self,
        keys: NodeKeys,
        name: str,
        kind: NodeKind,
        shared: Mapping[str, bytes],
        *,
        now: datetime,
        account: str = "",
    ) -> None:
        self._keys = keys
        self.secrets = FleetSecrets.create(shared)
        document = NodeDocument(
            keys.node, name, kind, keys.signer.public, keys.sealing, secrets=self.secrets.mark()
        )
        self.document = document.body()
        self.fleet = fleet_id(self.document)
        draft = Draft(FactKind.NODE, keys.node, 0, (EVERYBODY,), self.document, now, account)
        self.first = NodeDraft(draft, wrapped_secrets(self.fleet, self.secrets, [document]))
        self.membership = Membership(self.fleet, keys.node, name, kind, self.document)

    def finish(self, head: FeedHead, drafts: Sequence[Draft]) -> list[Fact]:
        """Sign the first line; raise ``FleetError`` if there is one already."""
        if head != FeedHead():
            raise FleetError(
                "This database holds a fleet already; join it with `munjigi fleet join`.",
                key="error.fleet_exists",
            )
        return sign_lines(self.fleet, self._keys.node, self._keys.signer, head, drafts)


def admission(
    fleet: str,
    ring: KeyRing,
    secrets: FleetSecrets,
    request: JoinRequest,
    *,
    staff: bool,
    groups: tuple[str, ...],
    now: datetime,
    account: str,
) -> NodeDraft:
    """Return the fact that admits the node which asks; the codes have been compared.

    Raise ``FleetError`` if the request is not genuine, or name or node are known already.
    """
    check_request(fleet, request)
    if ring.get(request.node) is not None:
        raise FleetError(
            "This node was admitted or revoked before; remove its keys there and join again.",
            key="error.fleet_known",
        )
    if any(node.name == request.name for node in ring.present()):
        raise FleetError(
            f"Another node is called {request.name}; give the new one another name.",
            key="error.fleet_name",
            name=request.name,
        )
    document = NodeDocument(
        request.node,
        request.name,
        request.kind,
        request.signing,
        request.sealing,
        staff,
        groups,
    )
    draft = Draft(FactKind.NODE, request.node, 0, (EVERYBODY,), document.body(), now, account)
    try:
        return NodeDraft(draft, wrapped_secrets(fleet, secrets, [document]))
    except SealBroken:
        raise FleetError(
            "The new node's key cannot be used; start `munjigi fleet join` again there.",
            key="error.fleet_request",
        ) from None


def revocation(
    fleet: str,
    ring: KeyRing,
    secrets: FleetSecrets,
    node: str,
    version: int,
    *,
    now: datetime,
    account: str,
) -> tuple[NodeDraft, FleetSecrets]:
    """Return the fact that revokes ``node``, at ``version`` now, and the fleet's new secrets.

    Nothing that the node writes from then on counts, and no key of a later version is wrapped for
    it: neither of people nor of logs. What it held it may have kept.
    """
    document = ring.trusted(node)
    if document is None:
        raise FleetError(
            "There is no such node, or it was revoked before; see `munjigi fleet status`.",
            key="error.fleet_unknown",
        )
    fresh = secrets.next()
    revoked = replace(document, revoked=True, secrets=fresh.mark())
    draft = Draft(FactKind.NODE, node, version, (EVERYBODY,), revoked.body(), now, account)
    others = [each for each in ring.present() if each.node != node]
    return NodeDraft(draft, wrapped_secrets(fleet, fresh, others)), fresh


def wrapped_secrets(
    fleet: str, secrets: FleetSecrets, nodes: Iterable[NodeDocument]
) -> tuple[WrappedKey, ...]:
    """Return the secrets wrapped for ``nodes``."""
    encoded = secrets.encoded()
    return tuple(
        wrap_key(fleet, SUBJECT, secrets.generation, node.node, node.sealing, encoded)
        for node in nodes
    )
