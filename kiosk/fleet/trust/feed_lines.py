"""The bytes of a line of the feed: what its writer signs, and the link that covers it.

A line is encoded part by part with lengths, so that different lines have different bytes. The
signature covers the fleet's id and the link of the line before; a link covers line and signature.
Whoever wants to change, drop, insert or move a line therefore needs the keys of all later writers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from kiosk.core.fleet import Draft, Fact, FeedHead
from kiosk.storage.crypto.aead import length_prefixed
from kiosk.storage.crypto.signing import Signer, genuine

PURPOSE = "fleet line"
"""The purpose of the signature, so that it is valid for nothing else."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(at: datetime) -> int:
    """Return the whole microseconds from 1970-01-01 UTC to ``at``, which has a time zone."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(count: int) -> datetime:
    """Return the time in UTC for ``microseconds(at)``; ``OverflowError`` if no date can hold it."""
    return _EPOCH + timedelta(microseconds=count)


def digest_of(body: bytes) -> bytes:
    """Return the SHA-256 of a body, as the line names it."""
    return hashlib.sha256(body).digest()


def line_bytes(fleet: str, fact: Fact) -> bytes:
    """Return the bytes that the writer of a line signs: everything but signature and body."""
    return length_prefixed(
        fleet,
        fact.number,
        str(fact.kind),
        fact.subject,
        fact.version,
        len(fact.audience),
        *fact.audience,
        fact.digest,
        fact.previous,
        microseconds(fact.at),
        fact.writer,
        fact.account,
    )


def link_of(fleet: str, fact: Fact) -> bytes:
    """Return the link (32 bytes) that the next line contains."""
    line = length_prefixed(line_bytes(fleet, fact), fact.signature)
    return hashlib.sha256(b"munjigi feed 1\0" + line).digest()


def line_genuine(fleet: str, fact: Fact, public: bytes) -> bool:
    """Return whether the owner of the key ``public`` signed the line."""
    return genuine(public, PURPOSE, line_bytes(fleet, fact), fact.signature)


def sign_lines(
    fleet: str, writer: str, signer: Signer, head: FeedHead, drafts: Sequence[Draft]
) -> list[Fact]:
    """Number, link and sign ``drafts`` after ``head``.

    The same drafts after the same head give the same bytes, so that a node that does not know
    whether its lines were committed signs no second version of them.
    """
    facts = []
    for draft in drafts:
        fact = _signed(fleet, writer, signer, head, draft)
        facts.append(fact)
        head = FeedHead(fact.number, link_of(fleet, fact))
    return facts


def _signed(fleet: str, writer: str, signer: Signer, head: FeedHead, draft: Draft) -> Fact:
    unsigned = Fact(
        number=head.number + 1,
        kind=draft.kind,
        subject=draft.subject,
        version=draft.base + 1,
        audience=draft.audience,
        digest=digest_of(draft.body),
        previous=head.link,
        at=draft.at,
        writer=writer,
        account=draft.account,
        signature=b"",
        body=draft.body,
    )
    return replace(unsigned, signature=signer.sign(PURPOSE, line_bytes(fleet, unsigned)))
