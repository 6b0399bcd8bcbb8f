"""Signed beats, and what a node concludes from those of others.

A beat repeats the newest nonces of other nodes. So a node that reads its own nonce in another
node's beat knows that the other was alive after it had made that nonce, by its own clock alone: a
beat that was held back or replayed is as old as the nonce in it, whatever the clocks say.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kiosk.core.fleet import Beat, FeedHead
from kiosk.fleet.trust.feed_lines import microseconds
from kiosk.fleet.trust.key_ring import KeyRing
from kiosk.fleet.trust.lease_clock import Instant
from kiosk.storage.crypto.aead import length_prefixed
from kiosk.storage.crypto.signing import Signer, canonical, genuine

PURPOSE = "fleet beat"
"""The purpose of a beat's signature."""

MOST_SEEN = 64
"""Nonces that one beat repeats; in a larger fleet they take turns."""

_MOST_STATE = 64_000
_NONCES_KEPT = 4096
_LINKS_KEPT = 4096


def beat_bytes(fleet: str, beat: Beat) -> bytes:
    """Return the bytes of a beat that are signed."""
    return length_prefixed(
        fleet,
        beat.node,
        microseconds(beat.at),
        beat.number,
        beat.link,
        beat.sequence,
        beat.event_link,
        canonical(beat.state),
    )


def beat_genuine(fleet: str, ring: KeyRing, beat: Beat) -> bool:
    """Return whether an admitted node that is not revoked signed the beat."""
    document = ring.trusted(beat.node)
    try:
        message = beat_bytes(fleet, beat)
    except (TypeError, ValueError):  # a state that no JSON can hold
        return False
    return (
        document is not None
        and len(message) <= _MOST_STATE
        and genuine(document.signing, PURPOSE, message, beat.signature)
    )


class Beats:
    """Makes this node's beats and listens to those of others. One thread."""

    def __init__(self, fleet: str, node: str, signer: Signer) -> None:
        self.fleet = fleet
        self.node = node
        self._signer = signer
        self._made: OrderedDict[str, Instant] = OrderedDict()  # own nonces
        self._heard: dict[str, Beat] = {}  # the newest genuine beat of each other node
        self._repeated: dict[str, int] = {}  # in which of our beats each node's nonce last was
        self._count = 0
        self._links: OrderedDict[int, bytes] = OrderedDict()

    def read_to(self, head: FeedHead) -> None:
        """Remember the link of a line that this node has verified."""
        self._links[head.number] = head.link
        while len(self._links) > _LINKS_KEPT:
            self._links.popitem(last=False)

    def make(
        self,
        head: FeedHead,
        sequence: int,
        event_link: bytes,
        state: Mapping[str, Any],
        now: Instant,
    ) -> Beat:
        """Return a signed beat."""
        nonce = secrets.token_hex(8)
        self._made[nonce] = now
        while len(self._made) > _NONCES_KEPT:
            self._made.popitem(last=False)
        full = {**state, "nonce": nonce, "seen": self._to_repeat()}
        beat = Beat(self.node, now.wall, head.number, head.link, sequence, event_link, full)
        return replace(beat, signature=self._signer.sign(PURPOSE, beat_bytes(self.fleet, beat)))

    def hear(self, ring: KeyRing, head: FeedHead, beats: Sequence[Beat]) -> Instant | None:
        """Return the latest moment after which another node was certainly alive and agreed.

        Only nodes where staff work count: they alone take rights away, and a stolen door admitted
        without staff cannot keep others content. Agreed: its line of the feed is one that this node
        has verified. A beat that names a later line renews nothing until this node has read it.
        """
        self.read_to(head)
        for beat in beats:
            newer = beat.node != self.node and self._newer(beat)
            if newer and beat_genuine(self.fleet, ring, beat):
                self._heard[beat.node] = beat
        self._heard = {node: beat for node, beat in self._heard.items() if ring.trusted(node)}
        moments = [
            self._echoed(beat)
            for node, beat in self._heard.items()
            if ring.nodes[node].document.staff and self._agrees(beat)
        ]
        return max((each for each in moments if each), key=lambda each: each.boot_s, default=None)

    def disagreeing(self) -> list[str]:
        """Return the nodes whose newest beat names another link for a line that is known here."""
        return [
            node
            for node, beat in self._heard.items()
            if self._links.get(beat.number, beat.link) != beat.link
        ]

    def ahead(self) -> list[str]:
        """Return the nodes that have read lines which the centre has not given to this node."""
        newest = max(self._links, default=0)
        return [node for node, beat in self._heard.items() if beat.number > newest]

    def _newer(self, beat: Beat) -> bool:
        """Return whether the beat says more than the last one: also after a clock was set back."""
        before = self._heard.get(beat.node)
        if before is None or beat.at > before.at:
            return True
        echo, last = self._echoed(beat), self._echoed(before)
        return echo is not None and (last is None or echo.boot_s > last.boot_s)

    def _agrees(self, beat: Beat) -> bool:
        return self._links.get(beat.number) == beat.link

    def _echoed(self, beat: Beat) -> Instant | None:
        seen = beat.state.get("seen")
        nonce = seen.get(self.node) if isinstance(seen, Mapping) else None
        return self._made.get(nonce) if isinstance(nonce, str) else None

    def _to_repeat(self) -> dict[str, str]:
        self._count += 1
        waiting = sorted(self._heard, key=lambda node: (self._repeated.get(node, 0), node))
        chosen = {}
        for node in waiting[:MOST_SEEN]:
            nonce = self._heard[node].state.get("nonce")
            if isinstance(nonce, str) and len(nonce) == 16:
                chosen[node] = nonce
            self._repeated[node] = self._count
        return chosen
