"""The thread that owns the SQLite connection, and its interface to other threads."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import sqlite_utils

from kiosk.core.errors import StorageError
from kiosk.storage.db import connection, swap_in
from kiosk.storage.db.sqlite_errors import explained, sqlite_explained, storage_error

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
BUSY_TIMEOUT_S = 5.0
"""How long to wait for another program's write lock."""

Setup = Callable[[sqlite_utils.Database], None]
"""Runs once on a new connection, in the database's thread, before any submitted work."""

AfterWork = Callable[[sqlite3.Connection], None]
"""Runs in the database's thread after each piece of work, outside transactions; never raises."""

TakeError = Callable[[], StorageError | None]
"""Returns, once, why an SQL function of ours failed, which SQLite's own error does not say."""

log = logging.getLogger(__name__)


def _nothing(connection: sqlite3.Connection) -> None:
    pass


class Database:
    """An open database. Any thread can call it; the work runs in one thread, in order.

    Functions that run there use ``connection`` (or ``sqlite``) and ``transaction``. SQLite's errors
    are raised as ``StorageError``; every other exception is passed on unchanged.
    """

    def __init__(
        self,
        path: Path,
        busy_timeout_s: float,
        setup: Setup,
        after_work: AfterWork = _nothing,
        take_error: TakeError = lambda: None,
    ) -> None:
        self.path = path
        self._after_work = after_work
        self._take_error = take_error
        self._timeout_s = busy_timeout_s + 5.0
        self._waiting: set[int] = set()
        self._closing = threading.Lock()
        self._closed = False
        self._thread: int | None = None
        self._data_version = 0
        self._sqlite: sqlite_utils.Database | None = None
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")
        try:
            self._worker.submit(self._open, busy_timeout_s, setup).result()
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
        after_work: AfterWork = _nothing,
        take_error: TakeError = lambda: None,
    ) -> Database:
        """Open ``path``, creating the file (0600) and its folder (0700) if they do not exist.

        ``setup`` migrates the tables and defines SQL functions. ``after_work`` sees what is
        committed. Raise ``StorageError`` for a file that is damaged, not a database, another
        program's, newer than this program, locked or read-only; nothing is written into such a
        file.
        """
        path = Path(path).absolute()
        swap_in.finish(path)
        connection.prepare(path)
        connection.inspect(path, busy_timeout_s)
        return cls(path, busy_timeout_s, setup, after_work, take_error)

    @property
    def sqlite(self) -> sqlite_utils.Database:
        """The connection wrapped by sqlite-utils; only inside ``submit`` or ``call``."""
        if self._sqlite is None or threading.get_ident() != self._thread:
            raise RuntimeError(
                "the connection belongs to the database's thread: use submit or call"
            )
        return self._sqlite

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection; only inside ``submit`` or ``call``."""
        own: sqlite3.Connection = self.sqlite.conn
        return own

    def submit(self, fn: Callable[[*Ts], T], *args: *Ts) -> Future[T]:
        """Run ``fn(*args)`` in the database's thread, after everything submitted before.

        From the database's thread itself it runs at once. Raise ``StorageError`` after ``close``.
        """
        if threading.get_ident() == self._thread:
            return self._run_here(fn, *args)
        with self._closing:
            if self._closed:
                raise connection.refuse_closed(self.path)
            return self._worker.submit(lambda: self._translated(fn, *args))

    def call(self, fn: Callable[[*Ts], T], *args: *Ts, timeout: float | None = None) -> T:
        """Run ``fn(*args)`` by ``submit`` and return its result.

        ``timeout``: seconds to wait, by default the busy timeout plus 5 s. Raise ``StorageError``
        when it expires: work that had not begun is dropped, work that had may still be finished.
        """
        future = self.submit(fn, *args)
        caller = threading.get_ident()
        self._waiting.add(caller)
        try:
            return future.result(self._timeout_s if timeout is None else timeout)
        except TimeoutError:
            if future.done() and not future.cancelled():
                return future.result()
            future.cancel()
            raise storage_error(self.path, "did not answer in time; try again", "busy") from None
        finally:
            self._waiting.discard(caller)

    def waited_for_by(self, thread: int) -> bool:
        """Return whether that thread is in ``call``, where it waits no longer than the timeout."""
        return thread in self._waiting

    def transaction(self) -> AbstractContextManager[None]:
        """Return a transaction, for functions in the database's thread; nested, a savepoint."""
        return connection.transaction(self.sqlite)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Run the block, which only reads, on one moment of the database."""
        self.connection.execute("SAVEPOINT snapshot")
        try:
            yield
        finally:
            self.connection.execute("RELEASE snapshot")

    def changed_elsewhere(self) -> bool:
        """Return whether another program has written since the last call of this method."""
        return self.call(self._update_data_version)

    def close(self) -> None:
        """Finish the submitted work, then close. Closing again does nothing."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            if threading.get_ident() != self._thread:
                self._worker.submit(self._close)
        if threading.get_ident() == self._thread:
            self._close()
            self._worker.shutdown(wait=False)
        else:
            self._worker.shutdown(wait=True)

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self, busy_timeout_s: float, setup: Setup) -> None:
        opened = connection.connect(self.path, busy_timeout_s)
        try:
            database = sqlite_utils.Database(opened, execute_plugins=False)
            with sqlite_explained(self.path):
                self._set_up(setup, database)
                self._after_work(opened)
        except BaseException:
            opened.close()
            raise
        self._sqlite = database
        self._thread = threading.get_ident()
        self._update_data_version()

    def _set_up(self, setup: Setup, database: sqlite_utils.Database) -> None:
        try:
            setup(database)
        except sqlite3.Error as error:
            raise self._take_error() or error from None

    def _update_data_version(self) -> bool:
        assert self._sqlite is not None
        previous = self._data_version
        self._data_version = self._sqlite.conn.execute("PRAGMA data_version").fetchone()[0]
        return previous != self._data_version

    def _close(self) -> None:
        connection = self._sqlite
        self._sqlite = None
        if connection is not None:
            connection.close()

    def _run_here(self, fn: Callable[[*Ts], T], *args: *Ts) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(self._translated(fn, *args))
        except Exception as error:
            future.set_exception(error)
        return future

    def _translated(self, fn: Callable[[*Ts], T], *args: *Ts) -> T:
        if self._sqlite is None:
            raise connection.refuse_closed(self.path)
        outer = self._sqlite.conn.in_transaction
        try:
            return fn(*args)
        except sqlite3.Error as error:
            translated = self._take_error() or explained(error, self.path)
            if translated is None:
                raise
            raise translated from error
        finally:
            self._roll_back_open(outer)
            if not outer and self._sqlite is not None:
                self._after_work(self._sqlite.conn)

    def _roll_back_open(self, outer: bool) -> None:
        """Roll back a transaction that a function left open: later rows would wait in it."""
        connection = self._sqlite.conn if self._sqlite is not None else None
        if connection is not None and connection.in_transaction and not outer:
            log.error("a transaction was left open and is rolled back")
            connection.rollback()
