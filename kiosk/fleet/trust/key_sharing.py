"""Wrap keys for the nodes that they concern, and for no others, whatever the centre asks for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from kiosk.core.fleet import EVERYBODY, Draft, FactKind, Standing, WrappedKey
from kiosk.fleet.trust.content_codec import SEALED_KINDS
from kiosk.fleet.trust.fleet_secrets import SUBJECT
from kiosk.fleet.trust.key_ring import KeyRing
from kiosk.fleet.trust.key_wrapping import wrap_key
from kiosk.fleet.trust.node_documents import concerns
from kiosk.fleet.trust.node_keys import NodeKeys
from kiosk.storage.crypto.aead import SealBroken

log = logging.getLogger(__name__)

Standings = Callable[[Sequence[str]], Mapping[tuple[FactKind, str], Standing]]


class KeySharing:
    """Wraps for the nodes of ``ring``; ``own`` are this node's keys."""

    def __init__(self, fleet: str, own: NodeKeys, ring: KeyRing) -> None:
        self._fleet = fleet
        self._own = own
        self._ring = ring

    def wrapped(self, draft: Draft, key: bytes) -> tuple[WrappedKey, ...]:
        """Return the key of a draft, wrapped for each node that it concerns."""
        generation = draft.base + 1
        return tuple(
            wrap_key(self._fleet, draft.subject, generation, reader.node, reader.sealing, key)
            for reader in self._ring.readers(draft.audience)
        )

    def wrapped_again(
        self,
        missing: Sequence[tuple[str, str]],
        held: Sequence[WrappedKey],
        standings: Standings,
        secrets: int,
    ) -> list[WrappedKey]:
        """Return this node's keys, ``held``, wrapped for nodes that lack them.

        ``missing``: (subject, node), as the centre says. Left out are nodes that are not admitted
        or whom the newest version does not concern, and keys of older versions. ``secrets``: the
        generation of the fleet's secrets, which concern everybody.
        """
        own = {wrapped.subject: wrapped for wrapped in held}
        audiences = self._audiences(own, standings([subject for subject, _ in missing]))
        if SUBJECT in own and own[SUBJECT].generation == secrets:
            audiences[SUBJECT] = (EVERYBODY,)
        again = []
        for subject, node in missing:
            reader = self._ring.trusted(node)
            audience = audiences.get(subject)
            if reader and audience is not None and concerns(reader.groups, audience):
                again.extend(self._once(own[subject], node, reader.sealing))
        return again

    def _audiences(
        self, own: Mapping[str, WrappedKey], standing: Mapping[tuple[FactKind, str], Standing]
    ) -> dict[str, tuple[str, ...]]:
        return {
            subject: line.audience
            for (kind, subject), line in standing.items()
            if kind in SEALED_KINDS and subject in own and line.version == own[subject].generation
        }

    def _once(self, own: WrappedKey, node: str, sealing: bytes) -> list[WrappedKey]:
        try:
            key = self._own.unwrap(self._fleet, own)
            return [wrap_key(self._fleet, own.subject, own.generation, node, sealing, key)]
        except SealBroken as error:
            log.error("the key of %s is not wrapped for %s: %s", own.subject, node, error)
            return []
