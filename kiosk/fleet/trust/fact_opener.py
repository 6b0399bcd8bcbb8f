"""Turn verified lines into what the store writes: opened where they concern this node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kiosk.core.fleet import Applied, Content, Fact, FactKind, WrappedKey
from kiosk.fleet.trust.body_fields import BodyRefused
from kiosk.fleet.trust.content_codec import SEALED_KINDS
from kiosk.fleet.trust.feed_reader import VerifiedLine
from kiosk.fleet.trust.node_documents import concerns
from kiosk.fleet.trust.node_keys import NodeKeys
from kiosk.fleet.trust.orders import DoorOrder
from kiosk.fleet.trust.sealed_bodies import BodySealer, KeyMissing, groups_of
from kiosk.storage.crypto.aead import SealBroken


class FactOpener:
    """Opens facts for a node that serves ``groups``, with the ``keys`` that it was given.

    ``tell``: logs a problem once, by the line that it is about. What cannot be opened, or not be
    read by this program, is marked as waiting: the person is not let in until it can.
    """

    def __init__(
        self,
        sealer: BodySealer,
        own: NodeKeys,
        groups: tuple[str, ...],
        keys: Sequence[WrappedKey],
        tell: Callable[[int, str], None],
    ) -> None:
        self._sealer = sealer
        self._own = own
        self._groups = groups
        self._tell = tell
        self._keys = {(key.subject, key.generation): key for key in keys}

    def newest(self, lines: Sequence[VerifiedLine]) -> list[VerifiedLine]:
        """Return the newest line of each kind and subject, in the order of the feed.

        People that a later line deletes are left out.
        """
        newest = {(line.fact.kind, line.fact.subject): line for line in lines}
        deleted = {subject for kind, subject in newest if kind is FactKind.DELETION}
        chosen = [
            line
            for line in newest.values()
            if line.fact.kind is not FactKind.PERSON
            or not (line.gone or line.fact.subject in deleted)
        ]
        return sorted(chosen, key=lambda line: line.fact.number)

    def applied(self, line: VerifiedLine) -> Applied:
        """Return what the store writes for a verified line."""
        if line.ring is not None:
            return Applied(line.fact, line.ring.content())
        return self.opened(line.fact)

    def opened(self, fact: Fact) -> Applied:
        """Return what the store writes for a verified fact about anything but a node."""
        if fact.kind is FactKind.DELETION or not concerns(self._groups, fact.audience):
            return Applied(fact, None)
        if fact.body is None:
            return Applied(fact, None, waiting=True)
        try:
            if fact.kind is FactKind.PERSON and not self._serves(fact):
                return Applied(fact, None)
            return Applied(fact, self._content(fact))
        except KeyMissing:
            return Applied(fact, None, waiting=True)
        except BodyRefused as refused:
            self._tell(fact.number, f"line {fact.number} of the feed is not used: {refused}")
            return Applied(fact, None, waiting=True)

    def _content(self, fact: Fact) -> Content:
        content = self._sealer.open(fact, self._key(fact))
        if fact.kind is FactKind.ORDER and isinstance(content, Mapping):
            DoorOrder.of(content)  # an order that no door knows waits
        return content

    def _serves(self, fact: Fact) -> bool:
        """Return whether the person concerns this node as they stand now."""
        return concerns(self._groups, ()) or (
            concerns((), fact.audience) or concerns(self._groups, groups_of(fact.body or b""))
        )

    def _key(self, fact: Fact) -> bytes | None:
        wrapped = self._keys.get((fact.subject, fact.version))
        if fact.kind not in SEALED_KINDS or wrapped is None:
            return None
        try:
            return self._own.unwrap(self._sealer.fleet, wrapped)
        except SealBroken as error:
            self._tell(fact.number, f"the key of line {fact.number} does not open: {error}")
            return None
