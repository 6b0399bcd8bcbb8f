"""Verify lines of the feed before anything in them counts.

The lines are checked in the order in which they were committed. The first one that breaks a rule
ends the reading: what came before it counts, and nothing after it.

The signature of every line is verified, also of those that come without a body. A later line does
not vouch for them: who has the keys of any node could sign one after a forged line, and show the
forged line's body afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kiosk.core.fleet import EVERYBODY, Fact, FactKind, FeedHead, Standing
from kiosk.fleet.trust.body_fields import MOST_BYTES, BodyRefused
from kiosk.fleet.trust.feed_findings import FeedBroken, Finding
from kiosk.fleet.trust.feed_lines import digest_of, line_genuine, link_of
from kiosk.fleet.trust.key_ring import KeyRing, RingNode
from kiosk.fleet.trust.node_changes import check_node_change
from kiosk.fleet.trust.node_documents import MOST_GROUPS, NodeDocument, fleet_id

Key = tuple[FactKind, str]
Standings = Callable[[Sequence[str]], Mapping[Key, Standing]]
"""Returns the newest lines that were read of some subjects, deletions ahead of the feed too."""

_MOST_TEXT = 200


@dataclass(frozen=True, slots=True)
class VerifiedLine:
    """A line that is believed. ``gone``: its person was deleted by a later line, read early.

    ``ring``: the node as it stands after a line about a node.
    """

    fact: Fact
    gone: bool = False
    ring: RingNode | None = None


@dataclass(frozen=True, slots=True)
class FeedReading:
    """What is believed of some lines. ``refused``: why the line after ``head`` is not."""

    lines: tuple[VerifiedLine, ...]
    head: FeedHead
    ring: KeyRing
    refused: FeedBroken | None = None


class FeedReader:
    """Verifies the feed of the fleet with the id ``fleet``."""

    def __init__(self, fleet: str, standings: Standings) -> None:
        self.fleet = fleet
        self._standings = standings

    def read(self, head: FeedHead, ring: KeyRing, facts: Sequence[Fact]) -> FeedReading:
        """Verify ``facts``, which follow ``head``, with the nodes known there; never raises."""
        standing = dict(self._standings(list({fact.subject for fact in facts})))
        lines: list[VerifiedLine] = []
        for fact in facts:
            try:
                line = self._line(head, ring, standing, fact)
            except FeedBroken as broken:
                return FeedReading(tuple(lines), head, ring, broken)
            lines.append(line)
            head = FeedHead(fact.number, link_of(self.fleet, fact))
            standing[fact.kind, fact.subject] = standing_of(fact)
            ring = ring.with_node(line.ring) if line.ring else ring
        return FeedReading(tuple(lines), head, ring)

    def check_again(self, ring: KeyRing, standing: Standing, fact: Fact) -> None:
        """Raise ``FeedBroken`` unless ``fact`` is the line that was read as ``standing``.

        A line that is fetched once more for its body may say something else under its number.
        """
        if not _shape_allowed(fact) or standing_of(fact) != standing:
            raise FeedBroken(Finding.BODY, fact.number)
        self._check_writer(ring, fact)
        if fact.body is not None and digest_of(fact.body) != fact.digest:
            raise FeedBroken(Finding.BODY, fact.number)

    def genuine_deletion(self, ring: KeyRing, fact: Fact) -> bool:
        """Return whether a deletion, fetched ahead of the feed, is by a node that may delete.

        Its place in the feed is verified when the feed comes to it.
        """
        writer = ring.trusted(fact.writer)
        return (
            fact.kind is FactKind.DELETION
            and _shape_allowed(fact)
            and writer is not None
            and writer.staff
            and line_genuine(self.fleet, fact, writer.signing)
        )

    def _line(
        self,
        head: FeedHead,
        ring: KeyRing,
        standing: Mapping[Key, Standing],
        fact: Fact,
    ) -> VerifiedLine:
        self._check_place(head, fact)
        if fact.body is not None and digest_of(fact.body) != fact.digest:
            raise FeedBroken(Finding.BODY, fact.number)
        if fact.number == 1:
            return self._founder(fact)
        self._check_writer(ring, fact)
        gone = _check_version(standing, fact)
        node = self._node(ring, fact) if fact.kind is FactKind.NODE else None
        return VerifiedLine(fact, gone, node)

    def _check_place(self, head: FeedHead, fact: Fact) -> None:
        if fact.number > head.number + 1:
            raise FeedBroken(Finding.MISSING, head.number + 1)
        if fact.number <= head.number:
            raise FeedBroken(Finding.REPEATED, fact.number)
        if fact.previous != head.link:
            raise FeedBroken(Finding.UNLINKED, fact.number)
        if not _shape_allowed(fact):
            raise FeedBroken(Finding.SHAPE, fact.number)

    def _check_writer(self, ring: KeyRing, fact: Fact) -> None:
        writer = ring.get(fact.writer)
        if writer is None or writer.admitted >= fact.number:
            raise FeedBroken(Finding.STRANGER, fact.number)
        if writer.document.revoked and (writer.revoked_from or 0) < fact.number:
            raise FeedBroken(Finding.REVOKED, fact.number)
        if not writer.document.staff:
            raise FeedBroken(Finding.NO_RIGHT, fact.number)
        if not line_genuine(self.fleet, fact, writer.document.signing):
            raise FeedBroken(Finding.SIGNATURE, fact.number)

    def _founder(self, fact: Fact) -> VerifiedLine:
        """Verify the first line: its body is the document whose digest is the fleet's id."""
        wrong = FeedBroken(Finding.FOUNDER, 1)
        if fact.kind is not FactKind.NODE or fact.body is None or fact.version != 1:
            raise wrong
        if fleet_id(fact.body) != self.fleet:
            raise wrong
        document = _document(fact)
        if document.node != fact.subject or document.node != fact.writer or document.revoked:
            raise wrong
        if not document.staff or not line_genuine(self.fleet, fact, document.signing):
            raise wrong
        return VerifiedLine(fact, ring=RingNode(document, admitted=1, sealed_at=fact.at))

    def _node(self, ring: KeyRing, fact: Fact) -> RingNode:
        if fact.body is None or EVERYBODY not in fact.audience:
            raise FeedBroken(Finding.NODE, fact.number)
        document = _document(fact)
        before = ring.get(fact.subject)
        try:
            check_node_change(ring, fact.writer, fact.subject, document)
        except ValueError:
            raise FeedBroken(Finding.NODE, fact.number) from None
        same = before is not None and before.document.sealing == document.sealing
        return RingNode(
            document,
            admitted=before.admitted if before else fact.number,
            sealed_at=before.sealed_at if before and same else fact.at,
            revoked_from=fact.number if document.revoked else None,
        )


def standing_of(fact: Fact) -> Standing:
    """Return what later lines need to know of ``fact``."""
    return Standing(fact.number, fact.version, fact.digest, fact.audience)


def _document(fact: Fact) -> NodeDocument:
    try:
        return NodeDocument.parse(fact.body or b"")
    except BodyRefused:
        raise FeedBroken(Finding.NODE, fact.number) from None


def _shape_allowed(fact: Fact) -> bool:
    texts = (fact.account, *fact.audience)
    return (
        len(fact.audience) <= 2 * MOST_GROUPS
        and all(len(text) <= _MOST_TEXT for text in texts)
        and len(fact.subject) == len(fact.writer) == 32
        and len(fact.digest) == 32
        and len(fact.signature) == 64
        and len(fact.body or b"") <= MOST_BYTES
    )


def _check_version(standing: Mapping[Key, Standing], fact: Fact) -> bool:
    """Raise ``FeedBroken`` unless the line is the next version; return whether its person is gone.

    A deletion may have been applied before the feed came to it.
    """
    deletion = standing.get((FactKind.DELETION, fact.subject))
    if fact.kind is FactKind.DELETION:
        if fact.version != 1 or (deletion and deletion.number != fact.number):
            raise FeedBroken(Finding.VERSION, fact.number)
        return True
    if fact.kind is FactKind.PERSON and deletion:
        if deletion.number < fact.number:
            raise FeedBroken(Finding.DELETED, fact.number)
        return True
    before = standing.get((fact.kind, fact.subject))
    if fact.version != (before.version if before else 0) + 1:
        raise FeedBroken(Finding.VERSION, fact.number)
    return False
