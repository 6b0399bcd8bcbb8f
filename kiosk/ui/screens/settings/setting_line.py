"""One setting: description, unit, bounds, default, and its editor."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from kiosk.core.errors import ConfigError
from kiosk.core.settings import FILE_ONLY, Setting, SettingKind
from kiosk.ui.fitting import fit
from kiosk.ui.i18n import find_message, language, tr
from kiosk.ui.screens.settings.setting_titles import title_key
from kiosk.ui.theme import SIZES, TOUCH
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.forms.chips import ChipRow
from kiosk.ui.widgets.forms.segmented_control import SegmentedControl
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.style_property import set_property

NUMBER_WIDTH = 112
UNIT_WIDTH = 72


class SettingLine(QWidget):
    """Emits ``edited(key)`` at each change; ``draft`` is the new text, or ``None`` if unchanged.

    Its parts are named ``set.<key>`` (with ``Less`` and ``More`` appended for the two buttons of a
    number), ``set.<key>.reset`` and ``set.<key>.error``. What is set in the file only is shown
    without an editor, with the reason.
    """

    edited = Signal(str)

    def __init__(self, setting: Setting, *, pending: bool) -> None:
        super().__init__()
        self.setting = setting
        self._name = f"set.{setting.key}"
        self._text = self._stored_text = setting.words(setting.value)
        self.name = Label("", size=SIZES[1], bold=True, wrap=True, name=f"{self._name}.name")
        self.name.set_text(name_of(setting))
        self.name.setVisible(bool(name_of(setting)))
        self.about = Label("", size=SIZES[1], wrap=True, quiet=bool(name_of(setting)))
        self.about.set_text(description_of(setting))
        self.facts = Label("", size=SIZES[0], quiet=True, wrap=True)
        self.facts.set_text(facts_of(setting))
        self.state = Label(
            "setting.later" if pending else "", size=SIZES[0], name=f"{self._name}.state"
        )
        self.state.set_tone("wait")
        self.error = Label("", size=SIZES[0], wrap=True, name=f"{self._name}.error")
        self.error.set_tone("reject")
        self.reset = Button(
            "", "ghost", "refresh", name=f"{self._name}.reset", hint="setting.reset"
        )
        self.reset.clicked.connect(self._reset)
        self._edit: QLineEdit | None = None
        self._choice: SegmentedControl | ChipRow | None = None
        self._lay_out(self._editor())
        self._show()

    @property
    def draft(self) -> str | None:
        """The edited text if it is valid and differs from the stored value."""
        return self._text if self.valid and self._text != self._stored_text else None

    @property
    def valid(self) -> bool:
        """Whether the text is valid."""
        return not self.error.text()

    def back(self) -> None:
        """Restore the stored value."""
        self.put(self._stored_text)

    def _lay_out(self, editor: QWidget) -> None:
        words = QWidget()
        words.setLayout(column(self.name, self.about, self.facts, gap=0.5))
        if self.setting.spec.file_only:
            why = Label(FILE_ONLY, size=SIZES[0], quiet=True, wrap=True)
            self.setLayout(column(words, editor, why, self.state, gap=0.5))
            self.reset.hide()
            return
        if self.setting.kind in (SettingKind.TEXT, SettingKind.LIST, SettingKind.CHOICE):
            top = flow(words, self.state, self.reset, gap=1.5, grow=words)
            self.setLayout(column(top, editor, self.error, gap=0.5))
        else:
            top = flow(words, self.state, editor, self.reset, gap=1.5, grow=words)
            self.setLayout(column(top, self.error, gap=0.5))
        for item in (self.state, self.reset, editor):
            if top.indexOf(item) >= 0:
                top.setAlignment(item, Qt.AlignmentFlag.AlignVCenter)

    def _editor(self) -> QWidget:
        if self.setting.spec.file_only:
            shown = Label("", wrap=True, name=self._name)
            shown.set_text(value_of(self.setting))
            return shown
        if self.setting.kind is SettingKind.SWITCH:
            self._choice = SegmentedControl(
                self._name, [("false", "setting.off"), ("true", "setting.on")], value=self._text
            )
        elif self.setting.kind is SettingKind.CHOICE:
            self._choice = ChipRow(
                self._name,
                [(choice, choice_key(self.setting, choice)) for choice in self.setting.choices],
                value=self._text,
            )
        if self._choice is not None:
            self._choice.chosen.connect(self._touched)
            return self._choice
        self._edit = QLineEdit(self._text)
        self._edit.setObjectName(self._name)
        fit(self._edit, font=SIZES[1], min_height=TOUCH)
        self._edit.setAccessibleName(name_of(self.setting) or description_of(self.setting))
        self._edit.textEdited.connect(self._touched)
        return (
            self._stepper(self._edit)
            if self.setting.kind in (SettingKind.WHOLE, SettingKind.NUMBER)
            else self._edit
        )

    def _stepper(self, edit: QLineEdit) -> QWidget:
        fit(edit, width=NUMBER_WIDTH)
        edit.setAlignment(Qt.AlignmentFlag.AlignRight)
        edit.setInputMethodHints(Qt.InputMethodHint.ImhFormattedNumbersOnly)
        less, more = (
            Button("", "secondary", icon, name=f"{self._name}{end}")
            for icon, end in (("minus", "Less"), ("plus", "More"))
        )
        less.setAccessibleName(tr("setting.less", key=self.setting.key))
        more.setAccessibleName(tr("setting.more", key=self.setting.key))
        less.clicked.connect(self._decrease)
        more.clicked.connect(self._increase)
        unit = Label("", size=SIZES[0], quiet=True)
        unit.set_text(unit_of(self.setting))
        fit(unit, min_width=UNIT_WIDTH)
        widget = QWidget()
        widget.setLayout(row(less, edit, more, unit, gap=0.5))
        return widget

    def _decrease(self) -> None:
        self._step(-1)

    def _increase(self) -> None:
        self._step(1)

    def _step(self, direction: int) -> None:
        """Step to the next round number within the bounds."""
        setting = self.setting
        assert setting.low is not None and setting.high is not None
        try:
            value = float(setting.parse(self._text))
        except ConfigError:
            value = float(setting.value)
        value = round(value + direction * setting.step, 6)
        value = min(max(value, setting.low), setting.high)
        self.put(setting.words(setting.parse(f"{value:g}")))

    def _touched(self, text: str) -> None:
        self._text = text
        self._show()
        self.edited.emit(self.setting.key)

    def _reset(self) -> None:
        self.put(self.setting.words(self.setting.default))

    def put(self, text: str) -> None:
        """Set the text as if it was typed."""
        if self._edit is not None:
            self._edit.setText(text)
        if self._choice is not None:
            self._choice.set_value(text)
        self._touched(text)

    def _show(self) -> None:
        try:
            self.setting.parse(self._text)
            self.error.set_key("")
        except ConfigError as error:
            self.error.set_key(error.key, **error.values)
        self.error.setVisible(not self.valid)
        if self._edit is not None:
            set_property(self._edit, "invalid", not self.valid)
        self.reset.setEnabled(self._text != self.setting.words(self.setting.default))
        if self.draft is not None:
            self.state.set_key("setting.draft")


def description_of(setting: Setting) -> str:
    """Return what the setting does, in the language in use.

    A catalogue may say it under ``setting.about.<key>`` for a language that the setting itself
    does not have; English where there is neither.
    """
    descriptions = setting.spec.descriptions
    about = find_message(f"setting.about.{setting.key}")
    return about or descriptions.get(language().code, descriptions["en"])


def name_of(setting: Setting) -> str:
    """Return the setting's name in the language in use; empty for one of somebody else's driver."""
    return find_message(f"setting.name.{setting.key}") or ""


def is_about(setting: Setting, words: str) -> bool:
    """Whether every word of ``words`` is in the name, the description or the key."""
    text = f"{name_of(setting)} {description_of(setting)} {setting.key}".casefold()
    return all(word in text for word in words.casefold().split())


def choice_key(setting: Setting, choice: str) -> str:
    """Return the message key of ``choice``, or its title if that is what there is."""
    return title_key(f"setting.choice.{choice}", setting.choice_titles.get(choice, {}))


def unit_of(setting: Setting) -> str:
    """Return the unit in the language in use, or as it was declared if that has no message."""
    key = re.sub(r"[^a-z0-9]+", "_", setting.unit.lower())
    return (find_message(f"setting.unit.{key}") or setting.unit) if setting.unit else ""


def value_of(setting: Setting, *, default: bool = False) -> str:
    """Return the value, or the ``default``, for people to read."""
    value = setting.default if default else setting.value
    if setting.kind is SettingKind.SWITCH:
        return tr("setting.on" if value else "setting.off")
    if setting.kind is SettingKind.CHOICE:
        return tr(choice_key(setting, value))
    return setting.words(value) or tr("setting.empty")


def facts_of(setting: Setting) -> str:
    """Key, bounds, unit and default in one line."""
    default = value_of(setting, default=True)
    parts = (
        [setting.key, f"{setting.low:g} – {setting.high:g} {unit_of(setting)}".strip()]
        if setting.low is not None
        else [setting.key]
    )
    return " · ".join([*parts, tr("setting.default", value=default)])
