"""Small choices made on screen that outlive a restart: language, theme and the like."""

from __future__ import annotations

import json
from typing import Any

from kiosk.errors import StorageError
from kiosk.storage.database import Database


class SettingsStore:
    """Keys with JSON values; safe from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str, default: Any = None) -> Any:
        """The value of ``key``, or ``default``."""
        return self._database.call(self._get, key, default)

    def set(self, key: str, value: Any) -> None:
        """Store ``value``; ``StorageError`` where JSON cannot say it."""
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise StorageError(f"The setting {key} cannot be stored ({error}); choose another value.") from error
        self._database.call(self._set, key, text)

    def delete(self, key: str) -> None:
        """Forget ``key``; nothing happens where it is unknown."""
        self._database.call(self._forget, key)

    def all(self) -> dict[str, Any]:
        """Every key and its value."""
        return self._database.call(self._all)

    def _get(self, key: str, default: Any) -> Any:
        row = self._database.sqlite.execute("SELECT value FROM settings WHERE key = ?", [key]).fetchone()
        return json.loads(row[0]) if row else default

    def _set(self, key: str, text: str) -> None:
        with self._database.writing():
            self._database.sqlite.table("settings").upsert({"key": key, "value": text}, pk="key")

    def _forget(self, key: str) -> None:
        with self._database.writing():
            self._database.sqlite.table("settings").delete_where("key = ?", [key])

    def _all(self) -> dict[str, Any]:
        return {key: json.loads(value) for key, value in self._database.sqlite.execute("SELECT key, value FROM settings ORDER BY key")}
