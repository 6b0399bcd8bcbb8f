"""Rows of a node's logs, sealed with the fleet's log key.

Each node has a key of its own, derived from the fleet's. The nonce is a keyed hash of node, number
and row: the same row gives the same bytes, and another row under the same number (a log that was
rolled back) another nonce.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import replace

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kiosk.core.fleet import NodeEvent
from kiosk.fleet.trust.feed_lines import microseconds
from kiosk.fleet.trust.fleet_secrets import FleetSecrets
from kiosk.storage.crypto.aead import NONCE, SealBroken, derive, length_prefixed, unseal


def seal_event(fleet: str, node: str, secrets: FleetSecrets, event: NodeEvent) -> NodeEvent:
    """Return the event with its body sealed; its first 4 bytes name the key's generation."""
    key = _key(secrets.logs[-1], node)
    data = _data(fleet, node, secrets.generation, event)
    nonce_key = derive(key, "fleet log nonce")
    nonce = hmac.new(nonce_key, data + event.body, hashlib.sha256).digest()[:NONCE]
    sealed = nonce + AESGCM(key).encrypt(nonce, event.body, data)
    return replace(event, body=secrets.generation.to_bytes(4, "big") + sealed)


def open_event(fleet: str, node: str, secrets: FleetSecrets, event: NodeEvent) -> NodeEvent:
    """Return the event with its body as the node hashed it; raise ``SealBroken`` if changed."""
    generation = int.from_bytes(event.body[:4], "big")
    if not 1 <= generation <= secrets.generation:
        raise SealBroken("its key is not known here")
    key = _key(secrets.logs[generation - 1], node)
    data = _data(fleet, node, generation, event)
    return replace(event, body=unseal(key, event.body[4:], data))


def seal_events(
    fleet: str, node: str, secrets: FleetSecrets, events: Sequence[NodeEvent]
) -> list[NodeEvent]:
    """Return the events with their bodies sealed."""
    return [seal_event(fleet, node, secrets, event) for event in events]


def _key(log_key: bytes, node: str) -> bytes:
    return derive(log_key, f"fleet log of {node}")


def _data(fleet: str, node: str, generation: int, event: NodeEvent) -> bytes:
    return length_prefixed(
        "munjigi fleet event 1",
        fleet,
        node,
        generation,
        event.sequence,
        event.kind,
        microseconds(event.at),
        event.link,
    )
