"""Language and theme: the site's default, and for a while what somebody chose at the door."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from kiosk.core.config import UiConfig
from kiosk.storage.store import Store
from kiosk.ui.i18n import language
from kiosk.ui.main_window import MainWindow
from kiosk.ui.theme import theme

PUBLIC = frozenset({"door", "idle", "number", "pin", "pin_recovery", "sign_in"})
"""Screens on which a choice is one visitor's; elsewhere it is the site's."""


class DisplayPreferences(QObject):
    """Applies the site's language and theme before the first screen is built.

    What staff choose on their screens, the first start's pages included, is stored. What is chosen
    at the door is given up when nobody is there.
    """

    def __init__(self, ui: UiConfig, storage: Store) -> None:
        super().__init__()
        self._storage = storage
        self._window: MainWindow | None = None
        self._language = storage.settings.get("language", ui.language)
        self._theme = storage.settings.get("theme", ui.theme)
        self.reset()
        theme().reduced_motion = ui.reduced_motion
        theme().default_text_scale = ui.text_scale
        theme().reset_text_size()
        theme().low = ui.low_controls
        language().changed.connect(self._language_chosen)
        theme().changed.connect(self._theme_chosen)

    def follow(self, window: MainWindow) -> None:
        """Tell visitors' choices from staff's by the screen that ``window`` shows."""
        self._window = window
        window.screenChanged.connect(self._screen_changed)

    def reset(self) -> None:
        """Return to the site's language and theme."""
        language().use(self._language)
        theme().use(self._theme)

    def stop(self) -> None:
        """Store no further choice."""
        language().changed.disconnect(self._language_chosen)
        theme().changed.disconnect(self._theme_chosen)

    @property
    def _by_visitor(self) -> bool:
        return self._window is not None and self._window.current in PUBLIC

    @Slot(str)
    def _screen_changed(self, name: str) -> None:
        if name == "idle":
            self.reset()

    @Slot(str)
    def _language_chosen(self, code: str) -> None:
        if not self._by_visitor:
            self._language = code
            self._storage.database.submit(self._storage.settings.set, "language", code)

    @Slot(str)
    def _theme_chosen(self, name: str) -> None:
        if not self._by_visitor:
            self._theme = name
            self._storage.database.submit(self._storage.settings.set, "theme", name)
