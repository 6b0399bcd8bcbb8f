"""Verify a fleet's whole feed again, as a node would that knows nothing but the founder."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.core.fleet import CentrePort, FactKind, FeedHead, Membership, Standing
from kiosk.core.fleet_view import FeedCheck
from kiosk.fleet.trust.feed_reader import FeedReader, standing_of
from kiosk.fleet.trust.key_ring import KeyRing

PAGE = 1000
"""Lines that are fetched at a time."""


def verify_feed(centre: CentrePort, member: Membership) -> FeedCheck:
    """Return how many lines are good, and what is wrong with the next one or with our own place."""
    known: dict[tuple[FactKind, str], Standing] = {}

    def standing(subjects: Sequence[str]) -> dict[tuple[FactKind, str], Standing]:
        wanted = set(subjects)
        keys = [(kind, subject) for kind in FactKind for subject in wanted]
        return {key: known[key] for key in keys if key in known}

    reader = FeedReader(member.fleet, standing)
    head, ring, ours = FeedHead(), KeyRing(), member.head.number == 0
    while facts := centre.facts_after(head.number, PAGE):
        reading = reader.read(head, ring, facts)
        for line in reading.lines:
            known[line.fact.kind, line.fact.subject] = standing_of(line.fact)
        head, ring = reading.head, reading.ring
        ours |= any(
            line.fact.number == member.head.number + 1 and line.fact.previous == member.head.link
            for line in reading.lines
        )
        if reading.refused is not None:
            return FeedCheck(head.number, (str(reading.refused),))
    if not ours and head != member.head:
        return FeedCheck(
            head.number,
            (f"Line {member.head.number}, as this node has read it, is not in this feed.",),
        )
    return FeedCheck(head.number)
