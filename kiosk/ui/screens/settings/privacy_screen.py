"""Privacy and backups: what is kept and how long, whether the log can be trusted, and what would bring everything back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.reports import BackupCheck, LogCheck
from kiosk.core.view_models import PrivacyView
from kiosk.ui.formatting import count_text
from kiosk.ui.screens.screen import Screen
from kiosk.ui.screens.settings.privacy_cards import (
    BackupsCard,
    KeysCard,
    LogCheckCard,
    PrivacyCard,
    RetentionCard,
)
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column
from kiosk.ui.widgets.scrolling import scroll_area


class PrivacyScreen(Screen):
    """For administrators. Every signal is answered by ``show_view`` with a note, or by ``show_error`` for the same part.

    Parts are "backups", "retention", "log_check" and "keys".
    """

    backupRequested = Signal()
    verifyRequested = Signal(str)
    restoreRequested = Signal(str, str, str)
    codeRequested = Signal()
    removeRequested = Signal(object, str, str)
    checkRequested = Signal()

    def __init__(self, today: Callable[[], date] = date.today) -> None:
        super().__init__("privacyScreen")
        self.title = Label("privacy.title", size=SIZES[3], bold=True)
        self.backups = BackupsCard()
        self.retention = RetentionCard(today)
        self.log_check = LogCheckCard()
        self.keys = KeysCard()
        self._parts: dict[str, PrivacyCard] = {
            "backups": self.backups,
            "retention": self.retention,
            "log_check": self.log_check,
            "keys": self.keys,
        }
        inner = QWidget()
        inner.setLayout(column(*self._parts.values(), None, gap=2))
        layout = column(self.title, scroll_area(inner), gap=2, margin=3)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self._connect()

    def opened(self) -> None:
        """The page came to the front; its owner brings what it shows."""

    def reset(self) -> None:
        """Begin as for somebody who has just signed in."""
        self.backups.reset()
        self.retention.reset()
        for part in self._parts.values():
            part.say("text", "")

    def show_view(self, view: PrivacyView) -> None:
        """Show what is kept."""
        self.backups.show_backups(view.backups, view.backup_folder, view.two_admins)
        self.backups.set_busy(False)
        self.retention.show_state(view.retention, view.two_admins)
        self.keys.show_keys(view.keys)

    def show_note(self, part: str, key: str, **values: object) -> None:
        """Say in a part what was done."""
        self._parts[part].say("accept", key, **values)
        self.backups.set_busy(False)

    def show_error(self, part: str, key: str, **values: object) -> None:
        """Say in a part why nothing was done."""
        self._parts[part].say("reject", key, **values)
        self.backups.set_busy(False)

    def show_code(self, code: str) -> None:
        """The recovery code, this once."""
        self.backups.code_card.show_code(code)
        self.backups.say("text", "")
        self.backups.set_busy(False)

    def show_backup_check(self, check: BackupCheck) -> None:
        """What a verified backup holds."""
        key = "privacy.backups.log_wrong" if check.log.finding else "privacy.backups.good"
        self.show_note(
            "backups",
            key,
            people=count_text(check.people),
            templates=count_text(check.templates),
            rows=count_text(check.rows),
        )
        self.backups.note.set_tone("wait" if check.log.finding else "accept")

    def show_log_check(self, check: LogCheck) -> None:
        """Whether the log is as it was written."""
        self.log_check.show_check(check)

    def _connect(self) -> None:
        self.backups.made.connect(self._make)
        self.backups.verified.connect(self._verify)
        self.backups.restored.connect(self._restore)
        self.backups.codeAsked.connect(self._code)
        self.retention.removed.connect(self._remove)
        self.log_check.asked.connect(self._check)

    def _wait(self, part: str) -> None:
        self._parts[part].say("quiet", "admin.waiting")
        self.backups.set_busy(True)

    def _make(self) -> None:
        self._wait("backups")
        self.backupRequested.emit()

    def _verify(self, name: str) -> None:
        self._wait("backups")
        self.verifyRequested.emit(name)

    def _restore(self, backup: str, name: str, pin: str) -> None:
        self._wait("backups")
        self.restoreRequested.emit(backup, name, pin)

    def _code(self) -> None:
        self._wait("backups")
        self.codeRequested.emit()

    def _remove(self, day: date, name: str, pin: str) -> None:
        self.retention.say("quiet", "admin.waiting")
        self.removeRequested.emit(day, name, pin)

    def _check(self) -> None:
        self.log_check.say("quiet", "admin.waiting")
        self.checkRequested.emit()
