"""Choices made on screen that outlive a restart, such as language and theme."""

from __future__ import annotations

import json
import logging
import math
import sqlite3
from typing import Any, TypeGuard

from kiosk.core.errors import StorageError
from kiosk.core.thresholds import Choice
from kiosk.storage.crypto.row_seals import RowSeals, genuine
from kiosk.storage.db.database import Database

_GENUINE = genuine("settings")

log = logging.getLogger(__name__)


def put(sql: sqlite3.Connection, key: str, text: str) -> None:
    """Store the JSON ``text``, in the caller's transaction; a row of somebody else's is replaced.

    That row is removed first: an update seals only what was sealed before.
    """
    sql.execute("DELETE FROM settings WHERE key = ?", [key])
    sql.execute("INSERT INTO settings (key, value) VALUES (?, ?)", [key, text])


class SettingsStore:
    """Keys with JSON values. Callable from any thread.

    A value that the kiosk did not write itself counts as none.
    """

    def __init__(self, database: Database, seals: RowSeals) -> None:
        self._database = database
        self._seals = seals

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of ``key``, or ``default``; also while the key of the seals is away.

        Without that key nobody can sign in and the door stays locked.
        """
        try:
            return self._database.call(self._get, key, default)
        except StorageError as error:
            if not error.key.startswith("error.key_"):
                raise
            log.error("the setting %s is not read: %s", key, error)
            return default

    def certain(self, key: str, default: Any, uncertain: Any) -> Any:
        """Return the value of ``key``, or ``default`` if it was never set.

        ``uncertain``: what is returned if somebody may have changed or removed any setting, or put
        an older one back; also while the key of the seals is away.
        """
        try:
            return self._database.call(self._certain, key, default, uncertain)
        except StorageError as error:
            if not error.key.startswith("error.key_"):
                raise
            log.error("the setting %s is not read: %s", key, error)
            return uncertain

    def set(self, key: str, value: Any) -> None:
        """Store ``value``; raise ``StorageError`` if it is not JSON."""
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise StorageError(
                f"The setting {key} cannot be stored ({error}); choose another value."
            ) from error
        self._database.call(self._set, key, text)

    def delete(self, key: str) -> None:
        """Delete ``key``, if there is one."""
        self._database.call(self._delete, key)

    def all(self) -> dict[str, Any]:
        """Return all keys and values."""
        return self._database.call(self._all)

    def _get(self, key: str, default: Any) -> Any:
        row = self._database.sqlite.execute(
            f"SELECT value FROM settings WHERE key = ? AND {_GENUINE}", [key]
        ).fetchone()
        return json.loads(row[0]) if row else default

    def _certain(self, key: str, default: Any, uncertain: Any) -> Any:
        with self._database.snapshot():
            found = self._get(key, default)
            _, whole = self._seals.broken_rows(self._database.connection, "settings")
        return found if whole else uncertain

    def _set(self, key: str, text: str) -> None:
        with self._database.transaction():
            put(self._database.connection, key, text)

    def _delete(self, key: str) -> None:
        with self._database.transaction():
            self._database.sqlite.table("settings").delete_where("key = ?", [key])

    def _all(self) -> dict[str, Any]:
        return {
            key: json.loads(value)
            for key, value in self._database.sqlite.execute(
                f"SELECT key, value FROM settings WHERE {_GENUINE} ORDER BY key"
            )
        }


class ChoiceStore:
    """The threshold chosen on screen; ``None`` leaves it to the configuration file."""

    KEY = "decision"

    def __init__(self, settings: SettingsStore) -> None:
        self._settings = settings

    def get(self) -> Choice | None:
        """Return the choice.

        ``None`` too while settings were changed outside the kiosk: it may be an older choice put
        back. Raise ``StorageError`` if it is neither a target nor a distance, so that the door
        stays locked.
        """
        stored = self._settings.certain(self.KEY, None, uncertain=None)
        if stored is None:
            return None
        for name, maximum in (("target", 10_000.0), ("distance", 2.0)):
            value = stored.get(name) if isinstance(stored, dict) and len(stored) == 1 else None
            if _is_number(value) and 0 < value <= maximum:
                return Choice(**{name: float(value)})
        raise StorageError(
            "The threshold that was chosen on the screen is damaged; choose it again there.",
            key="error.choice_refused",
        )

    def set(self, choice: Choice | None) -> None:
        """Store the choice; it takes effect when the gallery is next loaded."""
        if choice is None:
            self._settings.delete(self.KEY)
        elif choice.target is not None:
            self._settings.set(self.KEY, {"target": choice.target})
        else:
            self._settings.set(self.KEY, {"distance": choice.distance})


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
