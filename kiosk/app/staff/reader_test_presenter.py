"""The test of a card reader on the System page."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Slot

from kiosk.app.live_config import LiveConfig
from kiosk.app.staff.settings_changes import SettingsChanges
from kiosk.app.tasks import shown_by
from kiosk.core.config import Config
from kiosk.ui.screens.system.reader_test_card import ReaderTestCard


class ReaderTestPresenter(QObject):
    """Keeps the test's settings up to date, and changes them to what it proposes."""

    def __init__(self, card: ReaderTestCard, config: LiveConfig, settings: SettingsChanges) -> None:
        super().__init__()
        self._card = card
        self._settings = settings
        card.set_cards(config.value.cards)
        card.chosen.connect(self._change)
        config.changed.connect(self._changed)

    @Slot(object)
    def _change(self, texts: Mapping[str, str]) -> None:
        self._settings.change(texts, shown_by(self._card.show_error))

    @Slot(object, object)
    def _changed(self, _before: Config, after: Config) -> None:
        self._card.set_cards(after.cards)
