"""The card of one notification channel: how it is doing, a test, and its secret."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.site_events import ChannelState
from kiosk.ui.formatting import count_text, moment_text
from kiosk.ui.i18n import tr
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.flow_layout import FlowLayout
from kiosk.ui.widgets.forms.second_admin import SecondAdmin
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column

LONGEST_SECRET = 2000

NEW_KEYS = frozenset({"webhook"})
"""Channels whose secret the kiosk makes itself."""


class ChannelCard(Card):
    """The channel ``channel``.

    ``testRequested(channel)``; ``secretGiven(channel, secret, name, pin)``, an empty secret asks
    for a new one; both are answered by ``show_note`` or ``show_key``.
    """

    testRequested = Signal(str)
    secretGiven = Signal(str, str, str, str)

    def __init__(self, channel: str) -> None:
        super().__init__(name=f"channel.{channel}", gap=1.5)
        self._channel = channel
        self._two = False
        self.title = Label(f"notify.channel.{channel}.title", size=SIZES[2], bold=True, wrap=True)
        self.words = Label(f"notify.channel.{channel}.text", size=SIZES[0], quiet=True, wrap=True)
        self.state = Label("", wrap=True, name=f"channel.{channel}.state")
        self.trouble = Label("", wrap=True, name=f"channel.{channel}.trouble")
        self.trouble.set_tone("reject")
        self.note = Label("", wrap=True, name=f"channel.{channel}.note")
        self.test = Button("notify.test", "primary", "bell", name=f"channel.{channel}.test")
        self.secret = Button(
            f"notify.channel.{channel}.secret", icon="key", name=f"channel.{channel}.secret"
        )
        buttons = QWidget()
        flow = FlowLayout(gap=1)
        for button in (self.test, self.secret):
            flow.addWidget(button)
        buttons.setLayout(flow)
        self.form = self._form()
        for part in (
            self.title,
            self.words,
            self.state,
            self.trouble,
            buttons,
            self.form,
            self.note,
        ):
            self.body.addWidget(part)
        self.test.clicked.connect(self._test)
        self.secret.clicked.connect(self._ask_secret)
        self.reset()

    def _form(self) -> QWidget:
        self.field = Field(
            f"notify.channel.{self._channel}.secret",
            f"channel.{self._channel}.field",
            secret=True,
            max_length=LONGEST_SECRET,
        )
        self.second = SecondAdmin(f"channel.{self._channel}.second")
        self.save = Button("notify.save", "primary", name=f"channel.{self._channel}.save")
        self.make = Button("notify.make_key", name=f"channel.{self._channel}.make")
        self.cancel = Button("notify.cancel", name=f"channel.{self._channel}.cancel")
        self.make.setVisible(self._channel in NEW_KEYS)
        buttons = QWidget()
        flow = FlowLayout(gap=1)
        for button in (self.cancel, self.make, self.save):
            flow.addWidget(button)
        buttons.setLayout(flow)
        form = QWidget()
        form.setLayout(column(self.field, self.second, buttons, gap=1.5))
        self.save.clicked.connect(self._save)
        self.make.clicked.connect(self._make)
        self.cancel.clicked.connect(self._close_form)
        return form

    def reset(self) -> None:
        """Start over, as after signing in: nothing typed, no key shown."""
        self._close_form()
        self.show_note("quiet", "")

    def set_two_admins(self, two: bool) -> None:
        """Ask for a second administrator together with a secret, or not."""
        self._two = two
        self.second.setVisible(two)

    def show_state(self, state: ChannelState) -> None:
        """Show how the channel is doing."""
        self.test.setEnabled(state.configured and not state.problem)
        if not state.configured:
            self.state.set_key("notify.state.off")
        else:
            last = moment_text(state.last_sent) if state.last_sent else "–"
            self.state.set_key(
                "notify.state.on",
                waiting=count_text(state.waiting),
                sent=count_text(state.sent),
                dropped=count_text(state.dropped),
                last=last,
            )
        self._show_trouble(state)

    def _show_trouble(self, state: ChannelState) -> None:
        """Show why the settings cannot be used, or why the last try failed."""
        trouble = state.problem or state.last_error
        if trouble is not None:
            why = tr(trouble.key, **trouble.values)
            at = moment_text(state.last_error_at) if state.last_error_at else ""
            if state.problem is None:
                self.trouble.set_key("notify.state.error", at=at, why=why)
            else:
                self.trouble.set_key(trouble.key, **trouble.values)
        self.trouble.setVisible(trouble is not None)

    def show_note(self, tone: str, key: str, **values: object) -> None:
        """Show what came of a request; an empty key hides it."""
        self.note.set_tone(tone)
        self.note.set_key(key, **values)
        self.note.setVisible(bool(key))
        self._set_busy(False)

    def show_stored(self, key: str) -> None:
        """Show that the secret is stored; ``key``: a new one, shown this once."""
        self._close_form()
        if key:
            self.show_note("accept", "notify.key", made=key)
        else:
            self.show_note("accept", "notify.stored")

    def _set_busy(self, busy: bool) -> None:
        for button in (self.save, self.make):
            button.setEnabled(not busy)

    def _test(self) -> None:
        self.show_note("quiet", "notify.testing")
        self.testRequested.emit(self._channel)

    def _ask_secret(self) -> None:
        self.show_note("quiet", "")
        self.second.setVisible(self._two)
        self.form.show()
        if self._channel not in NEW_KEYS:  # the keyboard would cover the button for a new one
            self.field.edit.setFocus()

    def _save(self) -> None:
        if not self.field.text():
            self.field.set_error("error.notify_secret")
            return
        self._give(self.field.text())

    def _make(self) -> None:
        self._give("")

    def _give(self, secret: str) -> None:
        self._set_busy(True)
        name, pin = self.second.take() if self._two else ("", "")
        self.secretGiven.emit(self._channel, secret, name, pin)

    def _close_form(self) -> None:
        self.field.set_text("")
        self.field.clear_error()
        self.second.clear()
        if self.form.isVisible():
            self.secret.setFocus()  # else the next card would have it, and be scrolled to
        self.form.hide()
