"""Choices that outlive a restart."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from kiosk.core.errors import StorageError
from kiosk.storage.db.database import Database
from kiosk.storage.settings_store import SettingsStore


def test_values_outlive_a_restart(path: Path) -> None:
    with Database.open(path) as first:
        store = SettingsStore(first)
        assert store.get("language", "ko") == "ko" and store.get("language") is None
        store.set("language", "en")
        store.set("language", "ko")
        store.set("seen", {"도움말": [1, 2.5, None, True]})
    with Database.open(path) as again:
        store = SettingsStore(again)
        assert store.all() == {"language": "ko", "seen": {"도움말": [1, 2.5, None, True]}}
        store.delete("language")
        store.delete("language")
        assert store.get("language", "en") == "en"


@pytest.mark.parametrize("value", [object(), {1, 2}, math.nan])
def test_what_json_cannot_say_is_refused(database: Database, value: object) -> None:
    store = SettingsStore(database)
    store.set("a", 1)
    with pytest.raises(StorageError, match="cannot be stored"):
        store.set("a", value)
    assert store.get("a") == 1


def test_setting_from_the_database_thread(database: Database) -> None:
    store = SettingsStore(database)
    database.submit(store.set, "theme", "light").result(5)
    assert store.get("theme") == "light"
