"""Whether two administrators are needed, kept in the database once it was switched on."""

from __future__ import annotations

import sqlite3

from kiosk.storage import settings_store
from kiosk.storage.audit import audit_log
from kiosk.storage.audit.audit_log import SYSTEM
from kiosk.storage.audit.hash_chain import Chain
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock, local_now
from kiosk.storage.settings_store import SettingsStore

KEY = "security.two_admins"
"""Key of the rule in the settings of the database."""


class TwoAdminLatch:
    """The rule of one database: settings switch it on, but only ``turn_off`` switches it off.

    So another file of settings, or an edited one, cannot. Callable from any thread.
    """

    def __init__(
        self, database: Database, settings: SettingsStore, chain: Chain, clock: Clock = local_now
    ) -> None:
        self._database = database
        self._settings = settings
        self._chain = chain
        self._clock = clock

    def is_on(self) -> bool:
        """Return whether the rule is on; anything but a stored false or nothing means that it is.

        So a damaged value, or one that somebody removed, does not switch it off.
        """
        return self._settings.certain(KEY, False, uncertain=True) is not False

    def latch(self) -> None:
        """Switch the rule on because the settings say so, and record that; if on, do nothing."""
        if not self.is_on():
            self._database.call(self._latch)

    def turn_on(self) -> None:
        """Switch the rule on; the caller records who did."""
        self._settings.set(KEY, True)

    def turn_off(self) -> None:
        """Switch the rule off; the caller has two administrators and records them."""
        self._settings.set(KEY, False)

    def _latch(self) -> None:
        with self._database.transaction():
            audit_log.write(
                self._database.connection,
                self._chain,
                "two_admins_latched",
                SYSTEM,
                {},
                self._clock(),
            )
            self._settings.set(KEY, True)


def is_on_in(sql: sqlite3.Connection) -> bool:
    """Return whether the rule is on in a database that is not opened by the kiosk."""
    row = sql.execute("SELECT value FROM settings WHERE key = ?", [KEY]).fetchone()
    return row is not None and row[0] != "false"


def keep_on(sql: sqlite3.Connection) -> None:
    """Switch the rule on in the caller's transaction, as in a backup of before that."""
    settings_store.put(sql, KEY, "true")
