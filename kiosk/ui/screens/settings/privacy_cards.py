"""The cards of the privacy page: backups, retention, verification of the log, keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.reports import BackupInfo, LogCheck, RetentionState
from kiosk.ui.formatting import DASH, count_text, moment_text, size_text
from kiosk.ui.i18n import find_message
from kiosk.ui.screens.delivery.recovery_code_card import RecoveryCodeCard
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.forms.date_field import DateField
from kiosk.ui.widgets.forms.second_admin import SecondAdmin
from kiosk.ui.widgets.key_value_list import KeyValueList
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row

MAX_BACKUPS = 5


class PrivacyCard(Card):
    """A card with a title and a note, named ``<name>Note``."""

    def __init__(self, name: str, key: str) -> None:
        super().__init__(
            Label(f"{key}.title", size=SIZES[2], bold=True),
            Label(f"{key}.text", size=SIZES[0], quiet=True, wrap=True),
            name=name,
            gap=1.5,
        )
        self.note = Label("", wrap=True, name=f"{name}Note")
        self.note.hide()

    def show_message(self, tone: str, key: str, **values: object) -> None:
        """Show the message ``key`` as the note; an empty key hides it."""
        self.note.set_tone(tone)
        self.note.set_key(key, **values)
        self.note.setVisible(bool(key))


class BackupsCard(PrivacyCard):
    """The newest backups, a button for a new one, and the recovery code.

    Each backup can be verified or restored. A restore and a recovery code, which opens every
    backup and ends the code before it, are asked about first, and need a second administrator while
    the rule is on.
    """

    makeRequested = Signal()
    verified = Signal(str)
    restored = Signal(str, str, str)
    codeRequested = Signal(str, str)

    def __init__(self) -> None:
        super().__init__("privacyBackups", "privacy.backups")
        self._backup_to_restore = ""
        self.summary = Label("", wrap=True, name="privacyBackupsSummary")
        self.make = Button("privacy.backups.make", "primary", "download", name="privacyBackup")
        self.code = Button("privacy.backups.code", icon="shield", name="privacyCode")
        self.code_card = RecoveryCodeCard("privacyCodeCard")
        self.second = SecondAdmin("restoreSecond")
        self.confirm = Confirm(
            "privacyRestoreConfirm",
            title="privacy.backups.restore_title",
            yes="privacy.backups.restore_yes",
            no="privacy.backups.restore_no",
            also=self.second,
        )
        self.code_second = SecondAdmin("codeSecond")
        self.code_confirm = Confirm(
            "privacyCodeConfirm",
            title="privacy.backups.code",
            yes="privacy.backups.code_yes",
            no="privacy.backups.code_no",
            also=self.code_second,
        )
        self._rows: QWidget | None = None
        self._place = column(gap=1)
        for item in (
            self.summary,
            flow(self.make, self.code, gap=1),
            self.code_confirm,
            self.code_card,
            self._place,
            self.note,  # below what was pressed, which therefore does not move
            self.confirm,
        ):
            if isinstance(item, QWidget):
                self.body.addWidget(item)
            else:
                self.body.addLayout(item)
        self.make.clicked.connect(self.makeRequested)
        self.code.clicked.connect(self._ask_code)
        self.code_confirm.confirmed.connect(self._request_code)
        self.code_card.kept.connect(self.code.setFocus)  # not the field that comes next
        self.confirm.confirmed.connect(self._restore)

    def show_backups(self, backups: Sequence[BackupInfo], folder: str, two_admins: bool) -> None:
        """Show the first of ``backups``, which are sorted newest first."""
        self.second.setVisible(two_admins)
        self.code_second.setVisible(two_admins)
        self.summary.set_key(
            "privacy.backups.summary" if backups else "privacy.backups.none",
            n=len(backups),
            folder=folder,
        )
        if self._rows is not None:
            self._place.removeWidget(self._rows)
            self._rows.hide()
            self._rows.deleteLater()
        self._rows = QWidget()
        self._rows.setLayout(column(*(self._line(info) for info in backups[:MAX_BACKUPS]), gap=1))
        self._place.addWidget(self._rows)
        self._rows.show()

    def set_busy(self, busy: bool) -> None:
        """Disable all buttons while a request is running."""
        for button in (
            self.make,
            self.code,
            *(self._rows.findChildren(Button) if self._rows else ()),
        ):
            button.setEnabled(not busy and button.property("usable") is not False)

    def _line(self, info: BackupInfo) -> QWidget:
        when = Label("", size=SIZES[1], name=f"backup.{info.name}")
        when.set_text(moment_text(info.made_at) if info.made_at else info.name)
        about = Label("", size=SIZES[0], quiet=True, wrap=True)
        if info.damaged:
            about.set_tone("reject")
            about.set_key("privacy.backups.damaged")
        else:
            label = (
                info.label
                if not find_message(f"privacy.label.{info.label}")
                else find_message(f"privacy.label.{info.label}")
            )
            about.set_key(
                "privacy.backups.about" if info.opens else "privacy.backups.about_code",
                label=label,
                size=size_text(info.size),
            )
        words = QWidget()
        words.setLayout(column(when, about, gap=0))
        verify = Button("privacy.backups.verify", icon="check", name=f"backupVerify.{info.name}")
        restore = Button(
            "privacy.backups.restore", icon="refresh", name=f"backupRestore.{info.name}"
        )
        for button in (verify, restore):
            button.setProperty("backup", info.name)
            button.setProperty("usable", info.opens)
            button.setEnabled(info.opens)
        verify.clicked.connect(self._verify)
        restore.clicked.connect(self._ask)
        line = QWidget()
        line.setLayout(flow(words, verify, restore, grow=words))
        return line

    def _sender(self) -> str:
        sender = self.sender()
        return str(sender.property("backup")) if sender is not None else ""

    def _verify(self) -> None:
        self.verified.emit(self._sender())

    def _ask(self) -> None:
        self._backup_to_restore = self._sender()
        self.confirm.ask("privacy.backups.restore_text", name=self._backup_to_restore)

    def _restore(self) -> None:
        self.restored.emit(self._backup_to_restore, *self.second.take())

    def _ask_code(self) -> None:
        self.code_confirm.ask("privacy.backups.code_ask")

    def _request_code(self) -> None:
        self.codeRequested.emit(*self.code_second.take())

    def reset(self) -> None:
        """Clear the recovery code, the inputs and the questions."""
        self.code_card.forget()
        self.second.clear()
        self.code_second.clear()
        self.code_confirm.hide()
        self.confirm.hide()


class RetentionCard(PrivacyCard):
    """The retention period of the log, and removing rows earlier.

    Removing needs two administrators if the settings require two.
    """

    removed = Signal(object, str, str)

    def __init__(self, today: Callable[[], date]) -> None:
        super().__init__("privacyRetention", "privacy.retention")
        self.facts = KeyValueList("privacyRetentionFacts")
        self.before_day = DateField("privacy.retention.before", "privacyBefore", today=today)
        self.second = SecondAdmin()
        self.remove = Button("privacy.retention.remove", icon="trash", name="privacyRemove")
        self.confirm = Confirm(
            "privacyRemoveConfirm",
            title="privacy.retention.confirm_title",
            yes="privacy.retention.confirm_yes",
            no="privacy.retention.confirm_no",
        )
        for item in (self.facts, self.before_day, self.second, self.note):
            self.body.addWidget(item)
        self.body.addLayout(row(self.remove, None))
        self.body.addWidget(self.confirm)
        self.remove.clicked.connect(self._ask)
        self.confirm.confirmed.connect(self._remove)

    def show_state(self, state: RetentionState, two_admins: bool) -> None:
        """Show the retention period and its last run."""
        self.second.setVisible(two_admins)
        self.facts.show_facts(
            [
                ("privacy.retention.days", str(state.days)),
                ("privacy.retention.oldest", moment_text(state.oldest) if state.oldest else DASH),
                ("privacy.retention.ran", moment_text(state.ran_at) if state.ran_at else DASH),
                ("privacy.retention.count", count_text(state.removed)),
            ]
        )

    def reset(self) -> None:
        """Clear the inputs and the question."""
        self.before_day.set_text("")
        self.second.clear()
        self.confirm.hide()
        self.show_message("text", "")

    def _ask(self) -> None:
        if self.before_day.valid() and self.before_day.day() is not None:
            self.confirm.ask("privacy.retention.confirm_text", day=self.before_day.text())
        elif self.before_day.valid():
            self.before_day.set_error("privacy.retention.day_missing")

    def _remove(self) -> None:
        self.removed.emit(self.before_day.day(), *self.second.take())


class LogCheckCard(PrivacyCard):
    """Verification that the log was not changed."""

    checkRequested = Signal()

    def __init__(self) -> None:
        super().__init__("privacyLogCheck", "privacy.log_check")
        self.check = Button("privacy.log_check.check", icon="shield", name="privacyCheck")
        self.body.addWidget(self.note)
        self.body.addLayout(row(self.check, None))
        self.check.clicked.connect(self.checkRequested)

    def show_check(self, check: LogCheck) -> None:
        """Show the result of a verification."""
        if check.finding:
            self.show_message("reject", f"log_check.{check.finding}", **check.values)
        else:
            self.show_message(
                "accept",
                "log_check.sound",
                rows=count_text(check.rows - check.removed),
                removed=count_text(check.removed),
                fingerprint=check.fingerprint or DASH,
            )


class KeysCard(PrivacyCard):
    """Where the keys are stored and their names; no secrets."""

    def __init__(self) -> None:
        super().__init__("privacyKeys", "privacy.keys")
        self.facts = KeyValueList("privacyKeysFacts")
        self.body.addWidget(self.facts)

    def show_keys(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show (name, value); a key that does not exist has an empty value."""
        self.facts.show_facts(
            [(f"privacy.keys.{name}", value or "=privacy.keys.none") for name, value in rows]
        )
