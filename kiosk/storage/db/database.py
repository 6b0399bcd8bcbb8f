"""The thread that owns the SQLite connection, and the interface through which other threads use it."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import sqlite_utils

from kiosk.storage.db import connection, swap_in
from kiosk.storage.db.sqlite_errors import explained, sqlite_explained, storage_error

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
BUSY_TIMEOUT_S = 5.0
"""How long to wait for another program's write lock."""

Setup = Callable[[sqlite_utils.Database], None]
"""Runs once on a new connection, in the database's thread, before any submitted work."""

log = logging.getLogger(__name__)


class Database:
    """An open database. Any thread may ``submit`` and ``call``; the work runs in one thread, in order.

    Functions that run there use ``connection`` (or ``sqlite``) and ``transaction``. SQLite's errors
    are raised as ``StorageError``; every other exception is passed on unchanged.
    """

    def __init__(self, path: Path, busy_timeout_s: float, setup: Setup) -> None:
        self.path = path
        self._patience_s = busy_timeout_s + 5.0
        self._waiting: set[int] = set()
        self._closing = threading.Lock()
        self._closed = False
        self._thread: int | None = None
        self._data_version = 0
        self._sqlite: sqlite_utils.Database | None = None
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")
        try:
            self._worker.submit(self._begin, busy_timeout_s, setup).result()
        except BaseException:
            self._closed = True
            self._worker.shutdown()
            raise

    @classmethod
    def open(
        cls,
        path: Path,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        setup: Setup = lambda database: None,
    ) -> Database:
        """Open ``path``, creating the file (0600) and its folder (0700) if they do not exist.

        ``setup`` migrates the tables. Raise ``StorageError`` for a file that is damaged, not a
        database, another program's, newer than this program, locked or read-only; nothing is
        written into such a file.
        """
        path = Path(path).absolute()
        swap_in.finish(path)
        connection.prepare(path)
        connection.inspect(path, busy_timeout_s)
        return cls(path, busy_timeout_s, setup)

    @property
    def sqlite(self) -> sqlite_utils.Database:
        """The connection as sqlite-utils wraps it; only for functions run by ``submit`` or ``call``."""
        if self._sqlite is None or threading.get_ident() != self._thread:
            raise RuntimeError(
                "the connection belongs to the database's thread: use submit or call"
            )
        return self._sqlite

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection; only for functions run by ``submit`` or ``call``."""
        own: sqlite3.Connection = self.sqlite.conn
        return own

    def submit(self, fn: Callable[[*Ts], T], *args: *Ts) -> Future[T]:
        """Run ``fn(*args)`` in the database's thread, after everything submitted before.

        From that thread itself it runs at once. Raises ``StorageError`` after ``close``.
        """
        if threading.get_ident() == self._thread:
            return self._run_here(fn, *args)
        with self._closing:
            if self._closed:
                raise connection.refuse_closed(self.path)
            return self._worker.submit(lambda: self._guarded(fn, *args))

    def call(self, fn: Callable[[*Ts], T], *args: *Ts, timeout: float | None = None) -> T:
        """What ``fn(*args)`` returns, run by ``submit``.

        ``timeout``: seconds to wait, by default the busy timeout and 5 s; ``StorageError`` then. Work
        that had not begun is dropped; work that had may still be finished.
        """
        future = self.submit(fn, *args)
        caller = threading.get_ident()
        self._waiting.add(caller)
        try:
            return future.result(self._patience_s if timeout is None else timeout)
        except TimeoutError:
            if future.done() and not future.cancelled():
                return future.result()
            future.cancel()
            raise storage_error(self.path, "did not answer in time; try again", "busy") from None
        finally:
            self._waiting.discard(caller)

    def waited_for_by(self, thread: int) -> bool:
        """Whether the thread of that ident waits for an answer just now, which ends by itself."""
        return thread in self._waiting

    def transaction(self) -> AbstractContextManager[None]:
        """A transaction in the database's thread; nested, a savepoint. Commits all of it or nothing."""
        return connection.transaction(self.sqlite)

    def changed_elsewhere(self) -> bool:
        """Whether another program has written since this was asked before; never waits for it to finish."""
        return self.call(self._other_writes)

    def close(self) -> None:
        """Finish the submitted work, then close; closing again does nothing."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            if threading.get_ident() != self._thread:
                self._worker.submit(self._end)
        if threading.get_ident() == self._thread:
            self._end()
            self._worker.shutdown(wait=False)
        else:
            self._worker.shutdown(wait=True)

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self, busy_timeout_s: float, setup: Setup) -> None:
        opened = connection.connect(self.path, busy_timeout_s)
        try:
            database = sqlite_utils.Database(opened, execute_plugins=False)
            with sqlite_explained(self.path):
                setup(database)
        except BaseException:
            opened.close()
            raise
        self._sqlite = database
        self._thread = threading.get_ident()
        self._other_writes()

    def _other_writes(self) -> bool:
        assert self._sqlite is not None
        now = self._sqlite.conn.execute("PRAGMA data_version").fetchone()[0]
        before = self._data_version
        self._data_version = now
        return bool(before != now)

    def _end(self) -> None:
        connection = self._sqlite
        self._sqlite = None
        if connection is not None:
            connection.close()

    def _run_here(self, fn: Callable[[*Ts], T], *args: *Ts) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(self._guarded(fn, *args))
        except Exception as error:
            future.set_exception(error)
        return future

    def _guarded(self, fn: Callable[[*Ts], T], *args: *Ts) -> T:
        if self._sqlite is None:
            raise connection.refuse_closed(self.path)
        outer = self._sqlite.conn.in_transaction
        try:
            return fn(*args)
        except sqlite3.Error as error:
            kind = explained(error, self.path)
            if kind is None:
                raise
            raise kind from error
        finally:
            self._tidy(outer)

    def _tidy(self, outer: bool) -> None:
        """A transaction that a function forgot must not hold back the next one's rows."""
        connection = self._sqlite.conn if self._sqlite is not None else None
        if connection is not None and connection.in_transaction and not outer:
            log.error("a transaction was left open and is rolled back")
            connection.rollback()
