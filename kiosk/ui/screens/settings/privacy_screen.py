"""Privacy and backups: backups, retention, verification of the log, and keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.reports import BackupCheck, LogCheck
from kiosk.core.view_models import PrivacyView, RestoredContent
from kiosk.ui.formatting import count_text
from kiosk.ui.screens.screen import Screen
from kiosk.ui.screens.settings.privacy_cards import (
    BackupsCard,
    KeysCard,
    LogCheckCard,
    PrivacyCard,
    RetentionCard,
)
from kiosk.ui.screens.settings.restored_card import RestoredCard
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column
from kiosk.ui.widgets.scrolling import scroll_area


class PrivacyScreen(Screen):
    """For administrators.

    Every signal is answered by ``show_view`` with a note, or by ``show_error`` for the same part.
    Parts are "restored", "backups", "retention", "log_check" and "keys". ``restoredConfirmed``:
    name and PIN of the second administrator who confirms a restored backup. ``codeTaken``: the
    recovery code that is shown is to be saved on a USB stick.
    """

    backupRequested = Signal()
    verifyRequested = Signal(str)
    restoreRequested = Signal(str, str, str)
    codeRequested = Signal(str, str)
    removeRequested = Signal(object, str, str)
    checkRequested = Signal()
    restoredConfirmed = Signal(str, str)
    codeTaken = Signal(str)

    def __init__(self, today: Callable[[], date] = date.today) -> None:
        super().__init__("privacyScreen")
        self.title = Label("privacy.title", size=SIZES[3], bold=True)
        self.restored = RestoredCard()
        self.backups = BackupsCard()
        self.retention = RetentionCard(today)
        self.log_check = LogCheckCard()
        self.keys = KeysCard()
        self._two_admins = False
        self._parts: dict[str, PrivacyCard] = {
            "restored": self.restored,
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
        """Prepare the page for display; the owner brings its content."""

    def reset(self) -> None:
        """Start over, as after signing in."""
        self.restored.reset()
        self.backups.reset()
        self.retention.reset()
        for part in self._parts.values():
            part.show_message("text", "")

    def show_view(self, view: PrivacyView) -> None:
        """Show the current state."""
        self._two_admins = view.two_admins
        self.backups.show_backups(view.backups, view.backup_folder, view.two_admins)
        self.backups.set_busy(False)
        self.retention.show_state(view.retention, view.two_admins)
        self.keys.show_keys(view.keys)

    def show_restored(self, content: RestoredContent | None) -> None:
        """Show who came back with a restored backup; ``None``: nothing is to be confirmed."""
        self.restored.show_content(content, self._two_admins)
        self.restored.show_message("text", "")

    def show_note(self, part: str, key: str, **values: object) -> None:
        """Show a confirmation in a part."""
        self._parts[part].show_message("accept", key, **values)
        self.backups.set_busy(False)

    def show_error(self, part: str, key: str, **values: object) -> None:
        """Show in a part why nothing was done."""
        self._parts[part].show_message("reject", key, **values)
        self.backups.set_busy(False)

    def show_code(self, code: str) -> None:
        """Show the recovery code, once."""
        self.backups.code_card.show_code(code)
        self.backups.show_message("text", "")
        self.backups.set_busy(False)

    def show_backup_check(self, check: BackupCheck) -> None:
        """Show what a verified backup contains."""
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
        """Show the result of verifying the log."""
        self.log_check.show_check(check)

    def _connect(self) -> None:
        self.restored.confirmed.connect(self.restoredConfirmed)
        self.backups.makeRequested.connect(self._make)
        self.backups.verified.connect(self._verify)
        self.backups.restored.connect(self._restore)
        self.backups.codeRequested.connect(self._code)
        self.backups.code_card.taken.connect(self.codeTaken)
        self.retention.removed.connect(self._remove)
        self.log_check.checkRequested.connect(self._check)

    def _wait(self, part: str) -> None:
        self._parts[part].show_message("quiet", "admin.waiting")
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

    def _code(self, name: str, pin: str) -> None:
        self._wait("backups")
        self.codeRequested.emit(name, pin)

    def _remove(self, day: date, name: str, pin: str) -> None:
        self.retention.show_message("quiet", "admin.waiting")
        self.removeRequested.emit(day, name, pin)

    def _check(self) -> None:
        self.log_check.show_message("quiet", "admin.waiting")
        self.checkRequested.emit()
