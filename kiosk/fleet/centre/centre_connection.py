"""One connection to the centre that no call can hang on, made again after it broke."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from kiosk.core.errors import CentreAway, FleetError
from kiosk.fleet.centre.centre_address import connection_parameters, shown_address
from kiosk.fleet.centre.centre_errors import meaning
from kiosk.fleet.centre.schema_version import OLDEST, newest_migration

log = logging.getLogger(__name__)

Connection = psycopg.Connection[tuple[Any, ...]]

LIMIT_S = 60.0
"""Seconds that one call may take before the connection is cut."""


def connect(url: str, *, unencrypted: bool = False) -> Connection:
    """Return a new connection in autocommit mode; raises ``FleetError`` or ``CentreAway``.

    Nothing is prepared on the server, so that PgBouncer may give each transaction another one.
    """
    parameters: dict[str, Any] = connection_parameters(url, unencrypted=unencrypted)
    try:
        return psycopg.connect(**parameters, autocommit=True, prepare_threshold=None)
    except psycopg.Error as error:
        raise meaning(error) from None  # the cause could repeat parts of the address


class CentreConnection:
    """Opens the connection when it is needed first. ``pooled``: through PgBouncer.

    ``fleet``: the id of the fleet that must be there; empty: not known yet.
    """

    def __init__(
        self, url: str, fleet: str = "", *, unencrypted: bool = False, limit_s: float = LIMIT_S
    ) -> None:
        self.pooled = False
        self._url = url
        self._fleet = fleet
        self._unencrypted = unencrypted
        self._limit_s = limit_s
        self._connection: Connection | None = None
        connection_parameters(url, unencrypted=unencrypted)  # a wrong URL is refused at once

    def close(self) -> None:
        """Close the connection; the next call would open another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                connection.close()

    @property
    def is_open(self) -> bool:
        """Whether a connection is there and, as far as known, works."""
        return self._connection is not None and not self._connection.closed

    @contextmanager
    def calling(self, limit_s: float = 0.0) -> Iterator[Connection]:
        """Lend the connection for one call of at most ``limit_s`` seconds (default: the usual).

        psycopg's errors come out as ``FleetError``; after a broken connection the next call makes
        another one.
        """
        try:
            connection = self._opened()
            with _cut_after(connection, limit_s or self._limit_s):
                yield connection
        except psycopg.Error as error:
            found = meaning(error)
            if isinstance(found, CentreAway) or self._connection is None:
                self.close()
            raise found from None
        except CentreAway:
            self.close()
            raise

    def _opened(self) -> Connection:
        if self._connection is None or self._connection.closed:
            connection = connect(self._url, unencrypted=self._unencrypted)
            try:
                with _cut_after(connection, self._limit_s):
                    self._check(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
            log.info("Connected to the fleet's database %s.", shown_address(self._url))
        return self._connection

    def _check(self, connection: Connection) -> None:
        """Refuse a database that is not this fleet's, or whose schema this program cannot use."""
        row = connection.execute(
            "SELECT a.product, a.fleet, a.version, a.works_with, pg_backend_pid(),"
            " set_config('TimeZone', 'UTC', false) FROM munjigi.about a"
        ).fetchone()
        if row is None or row[0] != "munjigi fleet":
            raise FleetError("The schema munjigi of this database belongs to another program.")
        _, fleet, version, works_with, pid, _ = row
        if works_with > newest_migration():
            raise FleetError("The fleet's database is newer than this program; update the program.")
        if version < OLDEST:
            raise FleetError(
                "The fleet's database is older than this program; run munjigi fleet init."
            )
        if self._fleet and fleet and fleet != self._fleet:
            raise FleetError("This database holds another fleet; check fleet.url.")
        self.pooled = pid != connection.info.backend_pid


@contextmanager
def _cut_after(connection: Connection, seconds: float) -> Iterator[None]:
    """Cut the connection's socket after so long: a server that hangs must not hold the caller."""
    timer = threading.Timer(seconds, _cut, (connection,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(connection: Connection) -> None:
    with (
        contextlib.suppress(OSError, psycopg.Error),
        socket.socket(fileno=os.dup(connection.fileno())) as copy,
    ):
        copy.shutdown(socket.SHUT_RDWR)
