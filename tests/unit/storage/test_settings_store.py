"""Choices that outlive a restart."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from kiosk.core.errors import StorageError
from kiosk.storage.store import Store


def test_values_outlive_a_restart(path: Path) -> None:
    with Store.open(path) as first:
        settings = first.settings
        assert settings.get("language", "ko") == "ko" and settings.get("language") is None
        settings.set("language", "en")
        settings.set("language", "ko")
        settings.set("seen", {"도움말": [1, 2.5, None, True]})
    with Store.open(path) as again:
        settings = again.settings
        assert settings.all() == {"language": "ko", "seen": {"도움말": [1, 2.5, None, True]}}
        settings.delete("language")
        settings.delete("language")
        assert settings.get("language", "en") == "en"


@pytest.mark.parametrize("value", [object(), {1, 2}, math.nan])
def test_a_value_that_is_not_json_is_refused(store: Store, value: object) -> None:
    settings = store.settings
    settings.set("a", 1)
    with pytest.raises(StorageError, match="cannot be stored"):
        settings.set("a", value)
    assert settings.get("a") == 1


def test_setting_from_the_database_thread(store: Store) -> None:
    store.database.submit(store.settings.set, "theme", "light").result(5)
    assert store.settings.get("theme") == "light"
