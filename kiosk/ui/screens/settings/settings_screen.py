"""All settings by section, saved together."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.settings import Setting, SettingsView
from kiosk.core.simple_settings import SIMPLE
from kiosk.ui.screens.screen import Screen
from kiosk.ui.screens.settings.setting_line import SettingLine, is_about
from kiosk.ui.screens.settings.setting_titles import title_key
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.forms.chips import ChipRow
from kiosk.ui.widgets.forms.second_admin import SecondAdmin
from kiosk.ui.widgets.forms.segmented_control import SegmentedControl
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column
from kiosk.ui.widgets.scrolling import scroll_area
from kiosk.ui.widgets.table.search_box import SearchBox

SOME, ALL = "some", "all"
"""How many of the settings are shown."""

NO_SECTION = "none"
"""Stands for the tables until the settings are there."""


class SettingsScreen(Screen):
    """For administrators.

    ``viewRequested`` is answered by ``show_view``, ``changed(texts by key, name, PIN)`` by
    ``show_saved`` or ``show_error``.
    """

    viewRequested = Signal()
    changed = Signal(object, str, str)
    restartRequested = Signal()

    def __init__(self) -> None:
        super().__init__("settingsScreen")
        self._view = SettingsView()
        self._drafts: dict[str, str] = {}
        self._lines: dict[str, SettingLine] = {}
        self._sections: list[tuple[str, str]] = []
        self.title = Label("setting.title", size=SIZES[3], bold=True)
        self.file = Label(
            "setting.file", size=SIZES[0], quiet=True, wrap=True, name="settingsFile", file=""
        )
        self.search = SearchBox("settingsSearch", "setting.search")
        self.extent = SegmentedControl(
            "settingsExtent", [(SOME, "setting.simple"), (ALL, "setting.advanced")], value=SOME
        )
        self.nothing = Label("setting.nothing", quiet=True, wrap=True, name="settingsNothing")
        self.nothing.hide()
        self.chips = ChipRow("settingsSection", [(NO_SECTION, "")], value=NO_SECTION)
        self.chips.hide()
        self.bar = SaveBar()
        self.pending = PendingBar()
        self._inner = QWidget()
        self._place = column(None)
        self._inner.setLayout(self._place)
        self._card: Card | None = None
        self._area = scroll_area(self._inner)
        find = flow(self.search, self.extent, gap=2, grow=self.search)
        layout = column(
            column(self.title, self.file, gap=0),
            find,
            self.chips,
            self.nothing,
            self._area,
            self.pending,
            self.bar,
            gap=2,
            margin=3,
        )
        layout.setStretch(layout.indexOf(self._area), 1)
        self.setLayout(layout)
        self.chips.chosen.connect(self._show_section)
        self.search.searched.connect(self._show_section)
        self.extent.chosen.connect(self._change_extent)
        self.bar.saved.connect(self._save)
        self.bar.discarded.connect(self._discard)
        self.pending.confirm.confirmed.connect(self.restartRequested)

    def opened(self) -> None:
        """Request the settings, since the file may have been edited."""
        self.viewRequested.emit()

    def reset(self) -> None:
        """Start over, as after signing in."""
        self._drafts.clear()
        self.search.reset()
        self.show_all(False)
        if self._sections:
            self.chips.set_value(self._sections[0][0])
        self.bar.clear()
        self.pending.confirm.hide()
        self.show_view(SettingsView())

    def retranslate(self) -> None:
        self._show_chips()
        self._show_section()

    def show_view(self, view: SettingsView) -> None:
        """Show the settings of the file; unsaved edits stay."""
        self._view = view
        self.file.set_key("setting.file", file=view.file)
        self.file.setVisible(bool(view.file))
        self._show_chips()
        self._show_section()
        self._show_bar()

    def show_saved(self, view: SettingsView) -> None:
        """Show that all edits were saved."""
        self._drafts.clear()
        self.show_view(view)
        self.bar.show_message("accept", "setting.saved")

    def show_error(self, key: str, **values: object) -> None:
        """Show why nothing was saved."""
        self.bar.show_message("reject", key, **values)
        self._show_bar()

    def show_all(self, everything: bool) -> None:
        """Show all settings, or those that are often used."""
        self.extent.set_value(ALL if everything else SOME)
        self._show_chips()
        self._show_section()

    def draft(self) -> dict[str, str] | None:
        """Return what was typed and not saved, by key, if there is anything."""
        return dict(self._drafts) or None

    def take_draft(self, draft: dict[str, str]) -> None:
        """Show unsaved settings again."""
        self._drafts = dict(draft)
        self._show_section()
        self._show_bar()

    def look_for(self, words: str) -> None:
        """Show the settings that a search for ``words`` finds, such as a key."""
        self.search.setText(words)
        self._show_section()

    def _change_extent(self, value: str) -> None:
        self.show_all(value == ALL)

    def _shown(self) -> list[Setting]:
        """The settings of the chosen extent; a search looks through all of them."""
        everything = self.extent.value() == ALL or self.search.words()
        return [one for one in self._view.settings if everything or one.key in SIMPLE]

    def _show_chips(self) -> None:
        """Show a chip for each table of the settings, which depend on the lock drivers."""
        sections = {setting.section for setting in self._shown()}
        options = [
            (name, title_key(f"setting.section.{name}", titles))
            for name, titles in self._view.section_titles.items()
            if name in sections
        ]
        if options and options != self._sections:
            names = [name for name, _ in options]
            shown = self.chips.value()
            self.chips.set_options(options, value=shown if shown in names else names[0])
            self._sections = options
        self.chips.setVisible(bool(options) and not self.search.words())

    def _show_section(self, _name: str = "") -> None:
        if self._card is not None:
            self._place.removeWidget(self._card)
            self._card.hide()
            self._card.deleteLater()
        words = self.search.words()
        self.chips.setVisible(bool(self._sections) and not words)
        self._lines = {
            setting.key: self._line(setting)
            for setting in self._shown()
            if (is_about(setting, words) if words else setting.section == self.chips.value())
        }
        self.nothing.setVisible(bool(words) and not self._lines)
        self._card = Card(*self._lines.values(), gap=3, name="settingsCard")
        self._place.insertWidget(0, self._card)
        self._card.setVisible(bool(self._lines))
        self._area.verticalScrollBar().setValue(0)

    def _line(self, setting: Setting) -> SettingLine:
        line = SettingLine(setting, pending=setting.key in self._view.pending)
        if setting.key in self._drafts:
            line.put(self._drafts[setting.key])
        line.edited.connect(self._edited)
        return line

    def _edited(self, key: str) -> None:
        draft = self._lines[key].draft
        if draft is None:
            self._drafts.pop(key, None)
        else:
            self._drafts[key] = draft
        self.bar.show_message("text", "")
        self._show_bar()

    def _show_bar(self) -> None:
        settings_by_key: Mapping[str, Setting] = {
            setting.key: setting for setting in self._view.settings
        }
        weakens = any(
            settings_by_key[key].weakened_by(settings_by_key[key].parse(text))
            for key, text in self._drafts.items()
            if key in settings_by_key
        )
        # one bar at a time, for lack of space
        self.pending.show_pending(0 if self._drafts else len(self._view.pending))
        self.bar.show_drafts(
            len(self._drafts),
            valid=all(line.valid for line in self._lines.values()),
            weakens=weakens,
            two=self._view.two_admins,
        )

    def _save(self) -> None:
        if self._drafts:
            self.bar.show_busy()
            self.changed.emit(dict(self._drafts), *self.bar.second.take())

    def _discard(self) -> None:
        self._drafts.clear()
        self.bar.show_message("text", "")
        self._show_section()
        self._show_bar()


class SaveBar(Card):
    """The number of unsaved changes, and the second administrator if one is required."""

    saved = Signal()
    discarded = Signal()

    def __init__(self) -> None:
        super().__init__(name="settingsBar", margin=2)
        self.words = Label("", wrap=True, name="settingsDrafts")
        self.weakens_security = Label("", size=SIZES[0], wrap=True, name="settingsWeakensSecurity")
        self.weakens_security.set_tone("wait")
        self.note = Label("", wrap=True, name="settingsNote")
        self.second = SecondAdmin()
        self.discard = Button("setting.discard", name="settingsDiscard")
        self.save = Button("setting.save", "primary", "check", name="settingsSave")
        texts = QWidget()
        texts.setLayout(column(self.words, self.weakens_security, self.note, gap=0.5))
        line = flow(texts, self.discard, self.save, grow=texts)
        self.body.addWidget(self.second)
        self.body.addLayout(line)
        self.save.clicked.connect(self.saved)
        self.discard.clicked.connect(self.discarded)
        self.clear()

    def clear(self) -> None:
        """Clear the bar."""
        self.second.clear()
        self.show_message("text", "")
        self.show_drafts(0, valid=True, weakens=False, two=False)

    def show_message(self, tone: str, key: str, **values: object) -> None:
        """Show the message ``key``; an empty key hides it."""
        self.note.set_tone(tone)
        self.note.set_key(key, **values)
        self.note.setVisible(bool(key))

    def show_busy(self) -> None:
        """Show that the changes are being saved."""
        self.save.setEnabled(False)
        self.show_message("quiet", "admin.waiting")

    def show_drafts(self, count: int, *, valid: bool, weakens: bool, two: bool) -> None:
        """Show the number of unsaved changes; hidden without content."""
        self.words.set_key("setting.changed", n=count)
        for widget in (self.words, self.discard, self.save):
            widget.setVisible(count > 0)
        self.save.setEnabled(count > 0 and valid)
        self.weakens_security.setVisible(weakens)
        self.weakens_security.set_key(
            "setting.weakens_security_two" if two else "setting.weakens_security"
        )
        self.second.setVisible(weakens and two)
        self.setVisible(count > 0 or bool(self.note.text()))


class PendingBar(QWidget):
    """The number of settings that need a restart, and a button to restart."""

    def __init__(self) -> None:
        super().__init__()
        self.words = Label("", wrap=True, name="settingsPending")
        self.words.set_tone("wait")
        self.restart = Button("setting.restart", icon="refresh", name="settingsRestart")
        self.confirm = Confirm(
            "settingsRestartConfirm",
            title="setting.restart",
            yes="setting.restart_yes",
            no="setting.restart_no",
        )
        line = flow(self.words, self.restart, gap=2, grow=self.words)
        self.setLayout(column(line, self.confirm))
        self.restart.clicked.connect(self._ask)
        self.hide()

    def show_pending(self, count: int) -> None:
        """Show the number of settings that wait for a restart."""
        self.words.set_key("setting.pending", n=count)
        self.setVisible(count > 0)

    def _ask(self) -> None:
        self.confirm.ask("setting.restart_text")
