"""The queue of messages to other machines: a small SQLite file beside the database.

It is not part of the database: a receiver that is away for days must not slow down the door's
records, and what waits here belongs in no backup. Every change is committed durably.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from kiosk.core.errors import KioskError, StorageError
from kiosk.core.site_events import ChannelState, EventKind, SiteEvent, WaitingMessage

MAX_WAITING = 1000
"""Messages that may wait for one channel; the oldest are dropped first."""

BUSY_S = 5.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL, event TEXT NOT NULL,
    more INTEGER NOT NULL DEFAULT 0, held_until REAL NOT NULL DEFAULT 0,
    refused INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS messages_channel ON messages (channel, seq);
CREATE TABLE IF NOT EXISTS channels (
    channel TEXT PRIMARY KEY, sent INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0, retry_at REAL NOT NULL DEFAULT 0,
    last_sent REAL, last_error TEXT NOT NULL DEFAULT '', last_error_at REAL);
CREATE TABLE IF NOT EXISTS kinds (
    channel TEXT NOT NULL, kind TEXT NOT NULL, told_at REAL NOT NULL, PRIMARY KEY (channel, kind));
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

log = logging.getLogger(__name__)


class Outbox:
    """The queue in ``path``; callable from any thread and process. Times are Unix seconds.

    A damaged file is replaced by an empty one. Every method raises ``StorageError`` if the file
    cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mutex = threading.RLock()
        try:
            self._sql = _opened(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise _unusable(path, error) from error
            log.error("%s is damaged (%s); messages that waited in it are lost", path, error)
            for part in (path, path.with_name(f"{path.name}-journal")):
                part.unlink(missing_ok=True)
            with _explained(path):
                self._sql = _opened(path)

    def close(self) -> None:
        """Close the file."""
        with self._mutex:
            self._sql.close()

    def add(self, channel: str, event: SiteEvent, now: float, repeat_s: float) -> None:
        """Queue ``event`` for ``channel``.

        Within ``repeat_s`` seconds after an event of its kind it is held, and stands for those that
        follow, so that a kind makes one message in that time at most.
        """
        with self._change() as sql:
            found = sql.execute(
                "SELECT told_at FROM kinds WHERE channel = ? AND kind = ?", [channel, event.kind]
            ).fetchone()
            told_at = found[0] if found else float("-inf")
            # a time too far ahead is one from before the clock was set back
            soon = now - repeat_s < told_at <= now + repeat_s
            if soon and self._joined(sql, channel, event):
                return
            held = min(told_at, now) + repeat_s if soon else 0.0
            sql.execute(
                "INSERT INTO messages (channel, kind, at, event, held_until)"
                " VALUES (?, ?, ?, ?, ?)",
                [channel, event.kind, now, _as_json(event), held],
            )
            sql.execute(
                "INSERT OR REPLACE INTO kinds VALUES (?, ?, ?)", [channel, event.kind, held or now]
            )

    def _joined(self, sql: sqlite3.Connection, channel: str, event: SiteEvent) -> bool:
        """Let a held message stand for ``event`` too; return whether there is one."""
        return bool(
            sql.execute(
                "UPDATE messages SET more = more + 1, event = ?"
                " WHERE channel = ? AND kind = ? AND held_until > 0",
                [_as_json(event), channel, event.kind],
            ).rowcount
        )

    def next(
        self, channel: str, now: float, longest_wait_s: float
    ) -> WaitingMessage | float | None:
        """Return the message to send now, or in how many seconds to look again.

        ``None``: nothing waits. ``longest_wait_s``: a time further away than that is one from
        before the clock was set back, and does not count.
        """
        with self._change() as sql:
            sql.execute(
                "UPDATE messages SET held_until = 0, seq = (SELECT max(seq) + 1 FROM messages)"
                " WHERE seq = (SELECT min(seq) FROM messages WHERE channel = ?"
                " AND held_until > 0 AND (held_until <= ? OR held_until > ?))",
                [channel, now, now + longest_wait_s],
            )
            retry_at = self._retry_at(sql, channel)
            if now < retry_at <= now + longest_wait_s:
                return retry_at - now
            row = sql.execute(
                "SELECT seq, event, more, refused FROM messages"
                " WHERE channel = ? AND held_until = 0 ORDER BY seq LIMIT 1",
                [channel],
            ).fetchone()
            if row is not None:
                return WaitingMessage(row[0], channel, _event(row[1]), row[2], row[3])
            held: float | None = sql.execute(
                "SELECT min(held_until) FROM messages WHERE channel = ?", [channel]
            ).fetchone()[0]
            return None if held is None else max(0.0, held - now)

    @staticmethod
    def _retry_at(sql: sqlite3.Connection, channel: str) -> float:
        row = sql.execute("SELECT retry_at FROM channels WHERE channel = ?", [channel]).fetchone()
        return float(row[0]) if row else 0.0

    def sent(self, message: WaitingMessage, now: float) -> None:
        """Remove a message that was delivered."""
        with self._change() as sql:
            sql.execute("DELETE FROM messages WHERE seq = ?", [message.seq])
            self._channel(sql, message.channel)
            sql.execute(
                "UPDATE channels SET sent = sent + 1, failures = 0, retry_at = 0, last_sent = ?,"
                " last_error = '' WHERE channel = ?",
                [now, message.channel],
            )

    def failures(self, channel: str) -> int:
        """Return how many tries in a row have failed."""
        with self._change() as sql:
            row = sql.execute(
                "SELECT failures FROM channels WHERE channel = ?", [channel]
            ).fetchone()
            return row[0] if row else 0

    def failed(
        self,
        message: WaitingMessage,
        error: KioskError,
        now: float,
        retry_at: float,
        *,
        refused: bool,
    ) -> None:
        """Note a try that failed; ``refused``: the receiver does not want this message."""
        with self._change() as sql:
            self._channel(sql, message.channel)
            sql.execute(
                "UPDATE messages SET refused = refused + ? WHERE seq = ?", [refused, message.seq]
            )
            sql.execute(
                "UPDATE channels SET failures = failures + 1, retry_at = ?, last_error = ?,"
                " last_error_at = ? WHERE channel = ?",
                [retry_at, _error_text(error), now, message.channel],
            )

    def drop(self, message: WaitingMessage) -> None:
        """Give a message up."""
        with self._change() as sql:
            self._dropped(sql, message.channel, "seq = ?", message.seq)

    def prune(self, channel: str, now: float, keep_s: float) -> None:
        """Drop messages older than ``keep_s`` seconds, and the oldest of more than the maximum."""
        with self._change() as sql:
            self._dropped(sql, channel, "at < ?", now - keep_s)
            self._dropped(
                sql,
                channel,
                "seq <= (SELECT seq FROM messages WHERE channel = ?"
                f" ORDER BY seq DESC LIMIT 1 OFFSET {MAX_WAITING})",
                channel,
            )

    def _dropped(
        self, sql: sqlite3.Connection, channel: str, condition: str, value: object
    ) -> None:
        count = sql.execute(
            f"DELETE FROM messages WHERE channel = ? AND {condition}", [channel, value]
        ).rowcount
        if count:
            log.warning("%d messages to %s are given up", count, channel)
            self._channel(sql, channel)
            sql.execute(
                "UPDATE channels SET dropped = dropped + ? WHERE channel = ?", [count, channel]
            )

    def hurry(self) -> None:
        """Let everything that waits be tried now."""
        with self._change() as sql:
            sql.execute("UPDATE messages SET held_until = 0")
            sql.execute("UPDATE channels SET retry_at = 0")

    def clear(self, channel: str) -> None:
        """Remove what waits for a channel that is not used any more."""
        with self._change() as sql:
            sql.execute("DELETE FROM messages WHERE channel = ?", [channel])

    def forget_names(self) -> None:
        """Take away what names anybody from every message that waits."""
        with self._change() as sql:
            for seq, text in sql.execute("SELECT seq, event FROM messages").fetchall():
                sql.execute(
                    "UPDATE messages SET event = ? WHERE seq = ?",
                    [_as_json(_event(text).anonymous), seq],
                )

    def state(self, channel: str) -> ChannelState:
        """Return how the channel is doing."""
        with self._change() as sql:
            waiting = sql.execute(
                "SELECT count(*) FROM messages WHERE channel = ?", [channel]
            ).fetchone()[0]
            row = sql.execute(
                "SELECT sent, dropped, last_sent, last_error, last_error_at, retry_at"
                " FROM channels WHERE channel = ?",
                [channel],
            ).fetchone() or (0, 0, None, "", None, 0)
        return ChannelState(
            channel,
            waiting=waiting,
            sent=row[0],
            dropped=row[1],
            last_sent=_moment(row[2]),
            last_error=_error(row[3]),
            last_error_at=_moment(row[4]),
            retry_at=_moment(row[5] or None),
        )

    def note(self, name: str) -> str:
        """Return a remembered text; empty if there is none."""
        with self._change() as sql:
            row = sql.execute("SELECT value FROM notes WHERE name = ?", [name]).fetchone()
            return row[0] if row else ""

    def remember(self, name: str, value: str) -> None:
        """Remember a text."""
        with self._change() as sql:
            sql.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", [name, value])

    def _channel(self, sql: sqlite3.Connection, channel: str) -> None:
        sql.execute("INSERT OR IGNORE INTO channels (channel) VALUES (?)", [channel])

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """Begin a transaction, which no other process can interrupt, and commit it."""
        with self._mutex, _explained(self._path):
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield self._sql
            except BaseException:
                self._sql.rollback()
                raise
            self._sql.commit()


def _opened(path: Path) -> sqlite3.Connection:
    sql = sqlite3.connect(path, BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        sql.execute("PRAGMA synchronous = FULL")
        sql.execute("PRAGMA secure_delete = ON")
        sql.executescript(_SCHEMA)
    except BaseException:
        sql.close()
        raise
    path.chmod(0o600)
    return sql


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: sqlite3.Error) -> StorageError:
    return StorageError(
        f"The queue of messages {path} cannot be used ({error}); check the disk, or delete the"
        " file: only messages that are not sent yet are in it.",
        key="error.outbox",
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds).astimezone()


def _error_text(error: KioskError) -> str:
    values = {name: str(value)[:100] for name, value in error.values.items()}
    return json.dumps({"text": str(error)[:300], "key": error.key, "values": values})


def _error(text: str) -> KioskError | None:
    if not text:
        return None
    found = json.loads(text)
    return KioskError(found["text"], key=found["key"], **found["values"])


def _as_json(event: SiteEvent) -> str:
    return json.dumps(
        {
            "id": event.id,
            "kind": event.kind.value,
            "at": event.at.isoformat(),
            "values": dict(event.values),
        },
        ensure_ascii=False,
    )


def _event(text: str) -> SiteEvent:
    found = json.loads(text)
    return SiteEvent(
        EventKind(found["kind"]),
        datetime.fromisoformat(found["at"]),
        found["values"],
        found["id"],
    )
