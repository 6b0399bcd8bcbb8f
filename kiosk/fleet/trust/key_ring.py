"""The nodes that were admitted, and from which line on each may write or no longer may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kiosk.fleet.trust.body_fields import BodyFields
from kiosk.fleet.trust.feed_lines import microseconds
from kiosk.fleet.trust.node_documents import NodeDocument, SecretsMark, concerns

_MOST_LINES = 2**62


@dataclass(frozen=True, slots=True)
class RingNode:
    """An admitted node. ``admitted``, ``revoked_from``: numbers of lines of the feed.

    ``sealed_at``: when its sealing key was last replaced, or the node admitted.
    """

    document: NodeDocument
    admitted: int
    sealed_at: datetime
    revoked_from: int | None = None

    def content(self) -> dict[str, Any]:
        """Return what the store keeps of the node."""
        content = self.document.mapping() | {
            "admitted": self.admitted,
            "sealed_at": microseconds(self.sealed_at),
        }
        if self.revoked_from is not None:
            content["revoked_from"] = self.revoked_from
        return content

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> RingNode:
        """Return the node that ``content`` tells of; raise ``BodyRefused`` if it is damaged."""
        fields = BodyFields("a node", content)
        node = cls(
            admitted=fields.integer("admitted", 1, _MOST_LINES),
            sealed_at=fields.moment("sealed_at"),
            revoked_from=fields.optional(
                "revoked_from", lambda name: fields.integer(name, 1, _MOST_LINES)
            ),
            document=NodeDocument.take(fields),
        )
        fields.end()
        return node


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All nodes that were ever admitted, by id. Never changed: ``with_node`` returns another."""

    nodes: Mapping[str, RingNode] = field(default_factory=dict)

    @classmethod
    def of(cls, stored: Mapping[str, Mapping[str, Any]]) -> KeyRing:
        """Return the ring of the nodes that the store keeps."""
        ring = (RingNode.of(content) for content in stored.values())
        return cls({node.document.node: node for node in ring})

    def get(self, node: str) -> RingNode | None:
        """Return the node of that id."""
        return self.nodes.get(node)

    def with_node(self, node: RingNode) -> KeyRing:
        """Return a ring with ``node`` added or replaced."""
        return KeyRing({**self.nodes, node.document.node: node})

    def present(self) -> list[NodeDocument]:
        """Return the nodes that are not revoked."""
        return [node.document for node in self.nodes.values() if not node.document.revoked]

    def readers(self, audience: tuple[str, ...]) -> list[NodeDocument]:
        """Return the nodes that a fact with that ``audience`` concerns."""
        return [node for node in self.present() if concerns(node.groups, audience)]

    def trusted(self, node: str) -> NodeDocument | None:
        """Return the document of a node that is admitted and not revoked."""
        known = self.nodes.get(node)
        return known.document if known and not known.document.revoked else None

    def secrets(self) -> SecretsMark | None:
        """Return the newest mark of the fleet's secrets."""
        marks = [node.document.secrets for node in self.nodes.values() if node.document.secrets]
        return max(marks, key=lambda mark: mark.generation, default=None)
