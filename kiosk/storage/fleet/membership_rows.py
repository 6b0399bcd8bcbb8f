"""This node's place in a fleet, and the documents of the nodes that it believes in."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from kiosk.core.errors import StorageError
from kiosk.core.fleet import FeedHead, LeaseMark, Membership, NodeKind
from kiosk.storage.crypto.row_seals import RowSeals, genuine
from kiosk.storage.db.timestamps import iso

_TABLES = ("fleet_membership", "fleet_nodes")


def read(sql: sqlite3.Connection, seals: RowSeals) -> Membership | None:
    """Return this node's place; ``None`` outside a fleet.

    Raise ``StorageError`` if somebody else wrote or removed what decides whom this node believes.
    """
    if not all(_as_left(sql, seals, table) for table in _TABLES):
        raise StorageError(
            "The fleet that this node belongs to was changed outside Munjigi; run `log verify`,"
            " then restore a backup or join the fleet again.",
            key="error.fleet_not_genuine",
        )
    row = sql.execute(
        "SELECT fleet, node, name, kind, founder, number, link, lease, revoked"
        " FROM fleet_membership"
    ).fetchone()
    if row is None:
        return None
    fleet, node, name, kind, founder, number, link, lease, revoked = row
    return Membership(
        fleet,
        node,
        name,
        NodeKind(kind),
        founder,
        FeedHead(number, link),
        _lease(lease) if lease else None,
        bool(revoked),
    )


def write(sql: sqlite3.Connection, membership: Membership) -> None:
    """Store this node's place, in the caller's transaction."""
    sql.execute("DELETE FROM fleet_membership")
    sql.execute(
        "INSERT INTO fleet_membership (one, fleet, node, name, kind, founder, number, link, lease,"
        " revoked) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            membership.fleet,
            membership.node,
            membership.name,
            membership.kind,
            membership.founder,
            membership.head.number,
            membership.head.link,
            _lease_text(membership.lease) if membership.lease else None,
            int(membership.revoked),
        ],
    )


def move_head(sql: sqlite3.Connection, head: FeedHead) -> None:
    """Store how far the feed was applied; it never goes back."""
    sql.execute(
        "UPDATE fleet_membership SET number = ?, link = ? WHERE number < ?",
        [head.number, head.link, head.number],
    )


def keep_lease(sql: sqlite3.Connection, mark: LeaseMark) -> None:
    """Store what is used of the lease."""
    sql.execute("UPDATE fleet_membership SET lease = ?", [_lease_text(mark)])


def revoke(sql: sqlite3.Connection) -> None:
    """Note that this node is revoked."""
    sql.execute("UPDATE fleet_membership SET revoked = 1")


def nodes(sql: sqlite3.Connection) -> dict[str, Mapping[str, Any]]:
    """Return the documents of all nodes, by node."""
    rows = sql.execute(f"SELECT node, document FROM fleet_nodes WHERE {genuine('fleet_nodes')}")
    return {node: json.loads(document) for node, document in rows}


def keep_node(sql: sqlite3.Connection, node: str, document: Mapping[str, Any]) -> None:
    """Store the newest document of a node."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, default=str)
    sql.execute("DELETE FROM fleet_nodes WHERE node = ?", [node])
    sql.execute("INSERT INTO fleet_nodes (node, document) VALUES (?, ?)", [node, text])


def forget(sql: sqlite3.Connection) -> None:
    """Forget the fleet; people and accounts stay."""
    for table in (
        "fleet_membership",
        "fleet_nodes",
        "fleet_subjects",
        "fleet_changed",
        "fleet_conflicts",
        "fleet_deletions",
    ):
        sql.execute(f"DELETE FROM {table}")


def _as_left(sql: sqlite3.Connection, seals: RowSeals, table: str) -> bool:
    broken, whole = seals.broken_rows(sql, table)
    return whole and not broken


def _lease_text(mark: LeaseMark) -> str:
    times = {"heard_at": iso(mark.heard_at), "wall": iso(mark.wall)}
    return json.dumps(asdict(mark) | times)


def _lease(text: str) -> LeaseMark:
    stored = json.loads(text)
    times = {name: datetime.fromisoformat(stored[name]) for name in ("heard_at", "wall")}
    return LeaseMark(**(stored | times))
