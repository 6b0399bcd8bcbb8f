"""Language and theme as stored by the kiosk."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QWidget

from kiosk.app.display_preferences import DisplayPreferences
from kiosk.core.config import UiConfig
from kiosk.storage.store import Store
from kiosk.ui.i18n import language
from kiosk.ui.main_window import MainWindow


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


def test_what_a_visitor_chooses_ends_when_nobody_is_there(qtbot, tmp_path: Path) -> None:
    window = MainWindow(windowed=True)
    qtbot.addWidget(window)
    for name in ("door", "idle", "admin"):
        window.add_screen(name, QWidget(), staff=name == "admin")
    with Store.open(tmp_path / "munjigi.db") as store:
        preferences = DisplayPreferences(UiConfig(language="ko"), store)
        preferences.follow(window)
        window.go("door")
        language().use("en")
        window.go("idle")
        assert language().code == "ko" and store.settings.get("language") is None
        window.go("admin")
        language().use("en")
        window.go("door")
        window.go("idle")
        assert language().code == "en" == store.settings.get("language"), "staff chose it"
        preferences.stop()
    language().use("ko")
