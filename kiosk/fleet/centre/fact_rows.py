"""Rows of the centre's tables as the dataclasses of ``kiosk.core.fleet``, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from kiosk.core.errors import FleetError
from kiosk.core.fleet import Beat, DoneReceipt, Fact, FactKind, JoinRequest, NodeEvent, NodeKind

LINE = "f.number, f.kind, f.subject, f.version, f.audience, f.digest, f.previous, f.at, f.writer, f.account, f.signature"  # noqa: E501
"""The columns of a line, in the order of ``Fact``."""

PAGE_BYTES = 32 * 1024 * 1024
"""Bytes of bodies that one page may have, so that no writer can fill a reader's memory."""

PAGE = f"""
    SELECT {LINE}, f.body FROM (
        SELECT f.*, b.body, sum(coalesce(octet_length(b.body), 0)) OVER (ORDER BY f.number)
            - coalesce(octet_length(b.body), 0) AS before
        FROM (
            SELECT * FROM munjigi.feed f WHERE f.number > %s {{only}} ORDER BY f.number LIMIT %s
        ) AS f LEFT JOIN munjigi.bodies b ON b.number = f.number
    ) AS f WHERE f.before < {PAGE_BYTES} ORDER BY f.number
"""


def utc(at: datetime) -> datetime:
    """Return ``at`` in UTC; the session's time zone is UTC already, except through a pool."""
    return at.astimezone(UTC)


def fact_of(row: Sequence[Any]) -> Fact:
    """Return the fact of a row of ``LINE`` and the body."""
    number, kind, subject, version, audience, digest, previous, at, writer, account, sign, body = (
        row
    )
    return Fact(
        number=number,
        kind=_kind(kind),
        subject=subject,
        version=version,
        audience=tuple(audience),
        digest=digest,
        previous=previous,
        at=utc(at),
        writer=writer,
        account=account,
        signature=sign,
        body=body,
    )


def line_of(fact: Fact) -> dict[str, Any]:
    """Return the JSON object that ``munjigi.append`` takes for a line."""
    return {
        "number": fact.number,
        "kind": str(fact.kind),
        "subject": fact.subject,
        "version": fact.version,
        "audience": list(fact.audience),
        "digest": fact.digest.hex(),
        "previous": fact.previous.hex(),
        "at": fact.at.isoformat(),
        "writer": fact.writer,
        "account": fact.account,
    }


def beat_of(row: Sequence[Any]) -> Beat:
    """Return the beat of a row; a state that is no JSON object is empty."""
    node, at, number, link, sequence, event_link, state, signature = row
    return Beat(node, utc(at), number, link, sequence, event_link, _object(state), signature)


def event_of(row: Sequence[Any]) -> NodeEvent:
    """Return the row of a log."""
    sequence, kind, at, body, link = row
    return NodeEvent(sequence, kind, utc(at), body, link)


def join_request_of(row: Sequence[Any]) -> JoinRequest:
    """Return the request of a row."""
    node, name, kind, signing, sealing, asked_at, signature = row
    return JoinRequest(node, name, NodeKind(kind), signing, sealing, utc(asked_at), signature)


def receipt_of(row: Sequence[Any]) -> DoneReceipt:
    """Return the receipt of a row."""
    node, subject, number, at, signature = row
    return DoneReceipt(node, subject, number, utc(at), signature)


def _kind(word: str) -> FactKind:
    try:
        return FactKind(word)
    except ValueError:
        raise FleetError(
            "The fleet's database has facts of a kind that this program does not know; update it."
        ) from None


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
