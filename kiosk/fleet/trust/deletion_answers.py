"""Receipts by which nodes answer that they destroyed what a deletion named."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kiosk.core.fleet import DoneReceipt
from kiosk.fleet.trust.feed_lines import microseconds
from kiosk.fleet.trust.key_ring import KeyRing
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


def _bytes(fleet: str, receipt: DoneReceipt) -> bytes:
    return length_prefixed(
        fleet, receipt.node, receipt.subject, receipt.number, microseconds(receipt.at)
    )
