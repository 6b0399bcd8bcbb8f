"""Which changes of a node's document count, and who may make them."""

from __future__ import annotations

from dataclasses import replace

from kiosk.fleet.trust.key_ring import KeyRing
from kiosk.fleet.trust.node_documents import NodeDocument


def check_node_change(ring: KeyRing, writer: str, subject: str, after: NodeDocument) -> None:
    """Raise ``ValueError`` unless ``writer``, who is trusted, may write ``after`` of ``subject``.

    A node's keys are bound to its id; only the node itself replaces its sealing key, and changes
    nothing else with it. A revoked node stays revoked. So at least one node with staff is always
    left: the one that revokes or demotes another.
    """
    if after.node != subject:
        raise ValueError("the document is of another node")
    known = ring.get(subject)
    before = known.document if known else None
    if before is None:
        _check_admission(ring, after)
    elif before.revoked:
        raise ValueError("a revoked node stays revoked")
    elif writer == subject:
        if after != replace(before, sealing=after.sealing):
            raise ValueError("a node changes nothing of itself but its sealing key")
    else:
        _check_change_by_others(ring, before, after)


def _check_admission(ring: KeyRing, after: NodeDocument) -> None:
    if after.revoked or after.secrets is not None:
        raise ValueError("a new node is admitted, and brings no secrets")
    if any(node.name == after.name for node in ring.present()):
        raise ValueError("another node has that name")


def _check_change_by_others(ring: KeyRing, before: NodeDocument, after: NodeDocument) -> None:
    if replace(after, name=before.name, staff=before.staff, revoked=False, secrets=None) != replace(
        before, secrets=None
    ):
        raise ValueError("keys, kind and groups of a node stay what they were at its admission")
    if after.secrets != before.secrets:
        current = ring.secrets()
        due = current.generation + 1 if current else 1
        if not after.revoked or after.secrets is None or after.secrets.generation != due:
            raise ValueError("the fleet's secrets are replaced with a revocation, by the next ones")
    names = {node.name for node in ring.present() if node.node != after.node}
    if after.name in names:
        raise ValueError("another node has that name")
