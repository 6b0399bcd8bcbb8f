"""Language and theme as stored by the kiosk."""

from __future__ import annotations

from pathlib import Path

from kiosk.app.display_preferences import DisplayPreferences
from kiosk.core.config import UiConfig
from kiosk.storage.store import Store
from kiosk.ui.i18n import language


def test_language_is_stored_until_stopped(qapp: object, tmp_path: Path) -> None:
    before = language().code
    with Store.open(tmp_path / "munjigi.db") as store:
        preferences = DisplayPreferences(UiConfig(language="ko"), store)
        language().use("en")
        assert store.settings.get("language") == "en"
        preferences.stop()
        language().use("ko")
        assert store.settings.get("language") == "en"
    language().use(before)
