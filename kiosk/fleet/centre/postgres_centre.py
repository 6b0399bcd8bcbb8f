"""The centre of a fleet in PostgreSQL: what a node reads there and writes there."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from kiosk.core.fleet import (
    Beat,
    DoneReceipt,
    Draft,
    Fact,
    FactKind,
    FeedHead,
    Finish,
    JoinRequest,
    LogRemoval,
    NodeEvent,
    StaleBase,
    WrappedKey,
)
from kiosk.fleet.centre.centre_connection import LIMIT_S, CentreConnection, Connection
from kiosk.fleet.centre.fact_rows import (
    LINE,
    PAGE,
    beat_of,
    event_of,
    fact_of,
    join_request_of,
    line_of,
    receipt_of,
)

POLL_S = 1.0
"""How often a changed feed is looked for where LISTEN does not work (PgBouncer)."""


def _pause(seconds: float) -> None:
    threading.Event().wait(seconds)


class PostgresCentre:
    """``CentrePort`` over one connection, opened by the first call and again after it broke.

    ``url``: a node's, from ``create_login``. ``fleet``: the fleet's id, needed to append.
    ``unencrypted``: allow a connection without TLS to another machine. ``limit_s``: seconds that a
    call may take.
    """

    def __init__(
        self,
        url: str,
        fleet: str = "",
        *,
        unencrypted: bool = False,
        limit_s: float = LIMIT_S,
        pause: Callable[[float], None] = _pause,
    ) -> None:
        self._link = CentreConnection(url, fleet, unencrypted=unencrypted, limit_s=limit_s)
        self._fleet = fleet
        self._pause = pause
        self._listening: Connection | None = None
        self._polled = 0

    def close(self) -> None:
        self._link.close()

    def fleet(self) -> str | None:
        """Return the id of the fleet that this database holds; ``None`` before its first line."""
        return self._one("SELECT fleet FROM munjigi.about")[0]  # type: ignore[no-any-return]

    def head(self) -> FeedHead:
        return FeedHead(*self._one("SELECT number, link FROM munjigi.head"))

    def facts_after(self, number: int, limit: int) -> list[Fact]:
        rows = self._rows(PAGE.format(only=""), number, limit)
        return [fact_of(row) for row in rows]

    def deletions_after(self, number: int, limit: int) -> list[Fact]:
        rows = self._rows(PAGE.format(only="AND f.kind = 'deletion'"), number, limit)
        return [fact_of(row) for row in rows]

    def newest(self, kind: FactKind, subject: str) -> Fact | None:
        rows = self._rows(
            f"SELECT {LINE}, b.body FROM munjigi.feed f"
            " LEFT JOIN munjigi.bodies b ON b.number = f.number"
            " WHERE f.kind = %s AND f.subject = %s ORDER BY f.version DESC LIMIT 1",
            str(kind),
            subject,
        )
        return fact_of(rows[0]) if rows else None

    def append(
        self, drafts: Sequence[Draft], finish: Finish, keys: Sequence[WrappedKey] = ()
    ) -> list[Fact]:
        if not drafts:
            return []
        with self._link.calling() as connection, connection.transaction():
            head = self._lock(connection, drafts)
            facts = list(finish(head, drafts))
            connection.execute(
                "SELECT munjigi.append(%s, %s, %s, %s)",
                [
                    self._fleet,
                    Jsonb([line_of(fact) for fact in facts]),
                    [fact.signature for fact in facts],
                    [fact.body for fact in facts],
                ],
                binary=True,
            )
            self._put(connection, keys, renew=True)
        return facts

    def wrapped_keys(self, subjects: Sequence[str]) -> list[WrappedKey]:
        rows = self._rows(
            "SELECT subject, node, generation, sealed FROM munjigi.wrapped_keys"
            " WHERE node = (SELECT munjigi.me()) AND subject = ANY (%s)",
            list(subjects),
        )
        return [WrappedKey(*row) for row in rows]

    def own_keys(self, after: str | None, limit: int) -> list[WrappedKey]:
        rows = self._rows(
            "SELECT subject, node, generation, sealed FROM munjigi.wrapped_keys"
            " WHERE node = (SELECT munjigi.me()) AND (%s::text IS NULL OR subject > %s::text)"
            " ORDER BY subject LIMIT %s",
            after,
            after,
            limit,
        )
        return [WrappedKey(*row) for row in rows]

    def put_keys(self, keys: Sequence[WrappedKey]) -> None:
        with self._link.calling() as connection:
            self._put(connection, keys, renew=False)

    def keys_missing(self, limit: int) -> list[tuple[str, str]]:
        rows = self._rows("SELECT * FROM munjigi.keys_missing(%s)", limit)
        return [(subject, node) for subject, node in rows]

    def events_stored(self) -> tuple[int, bytes]:
        rows = self._rows(
            "SELECT sequence, link FROM munjigi.log_heads WHERE node = (SELECT munjigi.me())"
        )
        return (rows[0][0], rows[0][1]) if rows else (0, bytes(32))

    def push_events(self, events: Sequence[NodeEvent]) -> int:
        columns = [
            [event.sequence for event in events],
            [event.kind for event in events],
            [event.at for event in events],
            [event.body for event in events],
            [event.link for event in events],
        ]
        row = self._one(
            "SELECT munjigi.push_events(%s::bigint[], %s::text[], %s::timestamptz[],"
            " %s::bytea[], %s::bytea[])",
            *columns,
        )
        return int(row[0])

    def log_page(self, node: str, before: datetime, limit: int) -> list[NodeEvent]:
        """Return rows of a node's logs from before that time, newest first, still sealed."""
        rows = self._rows(
            "SELECT sequence, kind, at, body, link FROM munjigi.events"
            " WHERE node = %s AND at < %s ORDER BY at DESC, sequence DESC LIMIT %s",
            node,
            before,
            limit,
        )
        return [event_of(row) for row in rows]

    def events_of(self, node: str, sequence: int, limit: int) -> list[NodeEvent]:
        """Return rows of a node's logs after ``sequence``, in order, still sealed."""
        rows = self._rows(
            "SELECT sequence, kind, at, body, link FROM munjigi.events"
            " WHERE node = %s AND sequence > %s ORDER BY sequence LIMIT %s",
            node,
            sequence,
            limit,
        )
        return [event_of(row) for row in rows]

    def log_heads(self) -> dict[str, tuple[int, bytes]]:
        """Return number and link of the newest stored row of each node's log."""
        rows = self._rows("SELECT node, sequence, link FROM munjigi.log_heads")
        return {node: (sequence, link) for node, sequence, link in rows}

    def log_removals(self) -> list[LogRemoval]:
        """Return what was dropped of the logs by months, in order."""
        rows = self._rows(
            "SELECT node, from_sequence, to_sequence, first_link, last_link"
            " FROM munjigi.log_removals ORDER BY node, from_sequence"
        )
        return [LogRemoval(*row) for row in rows]

    def beat(self, beat: Beat) -> None:
        state = json.dumps(beat.state, ensure_ascii=False, sort_keys=True)
        self._one(
            "SELECT munjigi.beat(%s, %s, %s, %s, %s, %s, %s, %s)",
            beat.node,
            beat.at,
            beat.number,
            beat.link,
            beat.sequence,
            beat.event_link,
            state,
            beat.signature,
        )

    def beats(self) -> list[Beat]:
        rows = self._rows(
            "SELECT node, at, number, link, sequence, event_link, state, signature"
            " FROM munjigi.beats ORDER BY node"
        )
        return [beat_of(row) for row in rows]

    def ask_to_join(self, request: JoinRequest) -> None:
        self._one(
            "SELECT munjigi.ask_to_join(%s, %s, %s, %s, %s, %s, %s)",
            request.node,
            request.name,
            str(request.kind),
            request.signing,
            request.sealing,
            request.asked_at,
            request.signature,
        )

    def join_requests(self) -> list[JoinRequest]:
        rows = self._rows(
            "SELECT node, name, kind, signing, sealing, asked_at, signature"
            " FROM munjigi.join_requests ORDER BY asked_at, node"
        )
        return [join_request_of(row) for row in rows]

    def put_receipt(self, receipt: DoneReceipt) -> None:
        self._one(
            "SELECT munjigi.put_receipt(%s, %s, %s, %s, %s)",
            receipt.node,
            receipt.subject,
            receipt.number,
            receipt.at,
            receipt.signature,
        )

    def receipts(self, number: int) -> list[DoneReceipt]:
        rows = self._rows(
            "SELECT node, subject, number, at, signature FROM munjigi.receipts"
            " WHERE number = %s ORDER BY node",
            number,
        )
        return [receipt_of(row) for row in rows]

    def wait(self, timeout_s: float) -> bool:
        with self._link.calling(timeout_s + LIMIT_S) as connection:
            if self._link.pooled:
                return self._poll(connection, timeout_s)
            if self._listening is not connection:
                connection.execute("LISTEN munjigi")
                self._listening = connection
                return True  # something may have changed before
            own = connection.info.backend_pid
            heard = False
            for notice in connection.notifies(timeout=timeout_s, stop_after=1):
                heard = heard or notice.pid != own
            return heard

    def _poll(self, connection: Connection, timeout_s: float) -> bool:
        left = timeout_s
        while True:
            row = connection.execute("SELECT number FROM munjigi.head").fetchone()
            number = row[0] if row else 0
            if number != self._polled:
                self._polled = number
                return True
            if left <= 0:
                return False
            self._pause(min(POLL_S, left))
            left -= POLL_S

    def _lock(self, connection: Connection, drafts: Sequence[Draft]) -> FeedHead:
        row = connection.execute(
            "SELECT number, link, stale FROM munjigi.begin_append(%s, %s, %s::int[])",
            [
                [str(draft.kind) for draft in drafts],
                [draft.subject for draft in drafts],
                [draft.base for draft in drafts],
            ],
        ).fetchone()
        assert row is not None
        number, link, stale = row
        if stale:
            raise StaleBase(stale)
        return FeedHead(number, link)

    def _put(self, connection: Connection, keys: Sequence[WrappedKey], *, renew: bool) -> None:
        if keys:
            connection.execute(
                "SELECT munjigi.put_keys(%s, %s, %s::bigint[], %s::bytea[], %s)",
                [
                    [key.subject for key in keys],
                    [key.node for key in keys],
                    [key.generation for key in keys],
                    [key.sealed for key in keys],
                    renew,
                ],
            )

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._link.calling() as connection, connection.cursor(binary=True) as cursor:
            return cursor.execute(query.encode(), values).fetchall()

    def _one(self, query: str, *values: Any) -> tuple[Any, ...]:
        return self._rows(query, *values)[0]
