"""Before a node signs what its rows say: whether somebody put older rows of its own back.

An older row has a seal that holds. The door counts it (``docs/data-protection.md``) and names it;
under this node's signature it would count at all doors.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from kiosk.storage.crypto.row_seals import RowSeals
from kiosk.storage.db.connection import connect_read_only
from kiosk.storage.db.sqlite_errors import sqlite_explained

TABLES = ("people", "door_pins", "cards", "consents", "accounts", "settings", "fleet_subjects")
"""The tables whose rows are pushed."""

SHARE = 20
"""A check is repeated after this many times as long as the last one took."""

log = logging.getLogger(__name__)


class RowsPutBack:
    """Compares the rows with their sums, in the caller's thread, not the database's."""

    def __init__(
        self, path: Path, seals: RowSeals, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._path = path
        self._seals = seals
        self._steady = steady
        self._until = float("-inf")
        self._found: tuple[str, ...] = ()

    def tables(self) -> tuple[str, ...]:
        """Return the tables that are not as the kiosk left them, as of now or a moment ago.

        Raise ``StorageError`` if the database or the key of the seals cannot be read.
        """
        began = self._steady()
        if began < self._until and not self._found:
            return ()
        with sqlite_explained(self._path), closing(connect_read_only(self._path)) as sql:
            sql.execute("BEGIN")
            found = tuple(name for name in TABLES if not self._seals.broken_rows(sql, name)[1])
        if found and found != self._found:
            log.error("nothing is sent to the fleet: rows of %s were put back", ", ".join(found))
        self._found = found
        now = self._steady()
        self._until = now + SHARE * (now - began)
        return found
