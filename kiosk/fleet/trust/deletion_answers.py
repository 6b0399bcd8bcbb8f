"""Receipts by which nodes answer that they destroyed what a deletion named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kiosk.core.fleet import Beat, DoneReceipt, Fact
from kiosk.fleet.trust.beats import beat_genuine
from kiosk.fleet.trust.feed_lines import microseconds
from kiosk.fleet.trust.key_ring import KeyRing
from kiosk.fleet.trust.node_documents import NodeDocument
from kiosk.storage.crypto.aead import length_prefixed
from kiosk.storage.crypto.signing import Signer, genuine

PURPOSE = "fleet deletion receipt"
"""The purpose of the signature."""


def signed_receipt(
    fleet: str, signer: Signer, node: str, subject: str, number: int, at: datetime
) -> DoneReceipt:
    """Return the receipt of ``node`` for the deletion of ``subject`` at line ``number``."""
    receipt = DoneReceipt(node, subject, number, at)
    return replace(receipt, signature=signer.sign(PURPOSE, _bytes(fleet, receipt)))


def receipt_genuine(fleet: str, ring: KeyRing, receipt: DoneReceipt) -> bool:
    """Return whether the node that the receipt names signed it; a node may be revoked since."""
    node = ring.get(receipt.node)
    return node is not None and genuine(
        node.document.signing, PURPOSE, _bytes(fleet, receipt), receipt.signature
    )


BEATS_APART = timedelta(minutes=5)
"""More than the time between two beats of a node that is connected."""


@dataclass(frozen=True, slots=True)
class PendingNode:
    """A node that has not answered.

    ``ends_at``: when its lease ends, if a beat of it is known. ``revoked``: it will never answer,
    and may have kept what it held.
    """

    node: str
    name: str
    ends_at: datetime | None
    revoked: bool = False


def answers(
    fleet: str,
    ring: KeyRing,
    deletion: Fact,
    receipts: Iterable[DoneReceipt],
    beats: Iterable[Beat],
    lease: timedelta,
) -> tuple[list[DoneReceipt], list[PendingNode]]:
    """Return the genuine receipts for a deletion, and the nodes that have not answered.

    Asked are the nodes that were admitted before the deletion. A node hears others as often as it
    sends beats, so after its newest beat, the ``lease`` and ``BEATS_APART`` it uses no face.
    """
    done = {
        receipt.node: receipt
        for receipt in receipts
        if (receipt.subject, receipt.number) == (deletion.subject, deletion.number)
        and receipt_genuine(fleet, ring, receipt)
        and ring.nodes[receipt.node].admitted < deletion.number
    }
    last = {beat.node: beat.at for beat in beats if beat_genuine(fleet, ring, beat)}
    pending = [
        _pending(node.document, last.get(node.document.node), lease)
        for node in ring.nodes.values()
        if node.document.node not in done and node.admitted < deletion.number
    ]
    return list(done.values()), pending


def _pending(node: NodeDocument, last: datetime | None, lease: timedelta) -> PendingNode:
    ends_at = None if last is None or node.revoked else last + lease + BEATS_APART
    return PendingNode(node.node, node.name, ends_at, node.revoked)


def _bytes(fleet: str, receipt: DoneReceipt) -> bytes:
    return length_prefixed(
        fleet, receipt.node, receipt.subject, receipt.number, microseconds(receipt.at)
    )
