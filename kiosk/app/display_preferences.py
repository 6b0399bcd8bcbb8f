"""Language and theme: as last chosen on the screen, else as the settings say."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from kiosk.core.config import UiConfig
from kiosk.storage.store import Store
from kiosk.ui.i18n import language
from kiosk.ui.theme import theme


class DisplayPreferences(QObject):
    """Applies them before the first screen is built, and stores what is chosen later."""

    def __init__(self, ui: UiConfig, storage: Store) -> None:
        super().__init__()
        self._storage = storage
        language().use(storage.settings.get("language", ui.language))
        theme().use(storage.settings.get("theme", ui.theme))
        theme().reduced_motion = ui.reduced_motion
        theme().default_text_scale = ui.text_scale
        theme().reset_text_size()
        theme().low = ui.low_controls
        language().changed.connect(self._store_language)
        theme().changed.connect(self._store_theme)

    def stop(self) -> None:
        """Store no further choice."""
        language().changed.disconnect(self._store_language)
        theme().changed.disconnect(self._store_theme)

    @Slot(str)
    def _store_language(self, code: str) -> None:
        self._storage.database.submit(self._storage.settings.set, "language", code)

    @Slot(str)
    def _store_theme(self, name: str) -> None:
        self._storage.database.submit(self._storage.settings.set, "theme", name)
