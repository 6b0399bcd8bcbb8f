"""Buttons, labels, cards and fields that follow the language and the theme by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QBoxLayout,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from kiosk.ui import icons
from kiosk.ui.i18n import LANGUAGES, language, tr
from kiosk.ui.theme import DOOR_TOUCH, SIZES, TOUCH, UNIT, font, theme

L = TypeVar("L", bound=QBoxLayout)
Item = QWidget | QLayout | int | None
"""What a row or column holds: a widget, a layout, so many grid units of space, or ``None`` to stretch."""


def spacing(units: float) -> int:
    """Logical pixels of ``units`` of the 8 px grid."""
    return round(units * UNIT)


def row(*items: Item, gap: float = 1, margin: float = 0) -> QHBoxLayout:
    """A horizontal layout of ``items``; ``gap`` and ``margin`` in grid units."""
    return _fill(QHBoxLayout(), items, gap, margin)


def column(*items: Item, gap: float = 1, margin: float = 0) -> QVBoxLayout:
    """A vertical layout of ``items``; ``gap`` and ``margin`` in grid units."""
    return _fill(QVBoxLayout(), items, gap, margin)


def _fill(layout: L, items: Sequence[Item], gap: float, margin: float) -> L:
    layout.setSpacing(spacing(gap))
    layout.setContentsMargins(*[spacing(margin)] * 4)
    for item in items:
        if item is None:
            layout.addStretch(1)
        elif isinstance(item, int):
            layout.addSpacing(spacing(item))
        elif isinstance(item, QWidget):
            layout.addWidget(item)
        else:
            layout.addLayout(item)
    return layout


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet selects by, and style the widget again."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class Label(QLabel):
    """Words of a message key; ``Label("door.title", size=28)``. ``set_text`` shows words without a key.

    ``tone`` is ``text``, ``quiet``, ``accent``, ``accept``, ``reject`` or ``wait``. A wrapping label keeps
    the height of ``lines`` lines, so that nothing moves when its words change.
    """

    def __init__(
        self,
        key: str | None = None,
        *,
        size: int = 16,
        quiet: bool = False,
        bold: bool = False,
        wrap: bool = False,
        lines: int = 1,
        name: str = "",
        **values: object,
    ) -> None:
        super().__init__()
        self.setFont(font(size, bold=bold))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if wrap:  # the first line stays where it is when the words grow
            self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setMinimumHeight(self.fontMetrics().lineSpacing() * lines)
        if name:
            self.setObjectName(name)
        self._key = key
        self._values = values
        self.set_tone("quiet" if quiet else "text")
        language().changed.connect(self._retranslate)
        self._retranslate()

    def set_key(self, key: str, **values: object) -> None:
        """Show the message ``key`` from now on."""
        if (key, values) != (self._key, self._values):
            self._key = key
            self._values = values
            self._retranslate()

    def set_text(self, text: str) -> None:
        """Show ``text`` as it is in every language: a name, a number."""
        self._key = None
        self.setText(text)

    def set_tone(self, tone: str) -> None:
        """Colour the words."""
        set_property(self, "tone", tone)

    def _retranslate(self) -> None:
        if self._key is not None:
            self.setText(tr(self._key, **self._values) if self._key else "")


class ElidedLabel(Label):
    """One line that gives way: what does not fit ends in "…". ``full_text`` is all of it."""

    def __init__(
        self,
        key: str | None = None,
        *,
        size: int = 16,
        quiet: bool = False,
        bold: bool = False,
        name: str = "",
    ) -> None:
        self._full = ""
        super().__init__(key, size=size, quiet=quiet, bold=bold, name=name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def full_text(self) -> str:
        """The words before they were shortened."""
        return self._full

    def setText(self, text: str) -> None:
        self._full = text
        self.setAccessibleName(text)
        super().setText(
            self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, max(1, self.width()))
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setText(self._full)


_ICON_TOKENS = {
    "primary": "on_accent",
    "secondary": "text",
    "danger": "on_reject",
    "ghost": "quiet",
}


class Button(QPushButton):
    """A button of one of four kinds; ``large`` has the height of the door's touch targets.

    ``key`` may be empty for a button that is an icon only; then ``hint`` is the message key of its
    accessible name.
    """

    def __init__(
        self,
        key: str = "",
        kind: str = "secondary",
        icon: str | None = None,
        *,
        name: str = "",
        large: bool = False,
        hint: str = "",
        **values: object,
    ) -> None:
        super().__init__()
        self.setObjectName(name or key)
        self._key = key
        self._values = values
        self._icon = icon
        self._hint = hint
        self.setProperty("kind", kind)
        self.setProperty("bare", not key)
        self.setFont(font(SIZES[1], bold=kind in ("primary", "danger")))
        height = DOOR_TOUCH if large else TOUCH
        self.setMinimumSize(height, height)
        self.setIconSize(QSize(24 if not key else 24 + icons.GAP, 24))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        language().changed.connect(self._retranslate)
        theme().changed.connect(self._restyle)
        self._retranslate()
        self._restyle()

    def set_key(self, key: str, **values: object) -> None:
        """Show the message ``key`` from now on."""
        self._key = key
        self._values = values
        self._retranslate()

    def set_icon(self, name: str | None) -> None:
        """Show another icon."""
        self._icon = name
        self._restyle()

    def set_kind(self, kind: str) -> None:
        """Become another kind of button."""
        set_property(self, "kind", kind)
        self._restyle()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):  # Qt takes the space bar only
            self.click()
        else:
            super().keyPressEvent(event)

    def _retranslate(self) -> None:
        words = tr(self._key, **self._values) if self._key else ""
        # a "&" in a message is a character, not a keyboard shortcut
        self.setText(words.replace("&", "&&"))
        self.setAccessibleName(words or (tr(self._hint) if self._hint else self.objectName()))

    def _restyle(self) -> None:
        if self._icon:
            gap = 0 if self.property("bare") else icons.GAP
            self.setIcon(icons.icon(self._icon, _ICON_TOKENS[self.property("kind")], gap=gap))


class Card(QFrame):
    """A raised surface with rounded corners holding ``items`` one under another."""

    def __init__(self, *items: Item, gap: float = 1, margin: float = 3, name: str = "") -> None:
        super().__init__()
        self.setProperty("card", True)
        if name:
            self.setObjectName(name)
        self.body = column(*items, gap=gap, margin=margin)
        self.setLayout(self.body)


class Field(QWidget):
    """A line edit with its label above and a line for what is wrong with it below.

    ``name`` is the object name of the line edit ``edit``; ``hints`` tell the on-screen keyboard what will be written.
    """

    changed = Signal(str)
    submitted = Signal()

    def __init__(
        self,
        key: str,
        name: str,
        *,
        secret: bool = False,
        text: str = "",
        max_length: int = 200,
        hints: Qt.InputMethodHint = Qt.InputMethodHint.ImhNone,
    ) -> None:
        super().__init__()
        self._key = key
        self.label = Label(key, size=SIZES[0], quiet=True)
        self.edit = QLineEdit(text)
        self.edit.setObjectName(name)
        self.edit.setFont(font(SIZES[1]))
        self.edit.setMinimumHeight(TOUCH)
        self.edit.setMaxLength(max_length)
        self.edit.setInputMethodHints(hints)
        if secret:
            self.edit.setEchoMode(QLineEdit.EchoMode.Password)
        self.error = Label("", size=SIZES[0], wrap=True, name=f"{name}.error")
        self.error.set_tone("reject")
        self.label.setBuddy(self.edit)
        self.setLayout(column(self.label, self.edit, self.error, gap=0.5))
        self.edit.textChanged.connect(self._edited)
        self.edit.returnPressed.connect(self.submitted)
        language().changed.connect(self._retranslate)
        self._retranslate()

    def text(self) -> str:
        """What was typed, without blanks at its ends."""
        return self.edit.text().strip()

    def set_text(self, text: str) -> None:
        """Replace what was typed."""
        self.edit.setText(text)

    def set_error(self, key: str, **values: object) -> None:
        """Say under the field what is wrong with it."""
        self.error.set_key(key, **values)
        set_property(self.edit, "invalid", True)

    def clear_error(self) -> None:
        """Nothing is wrong any more."""
        self.error.set_key("")
        set_property(self.edit, "invalid", False)

    def _edited(self, text: str) -> None:
        self.clear_error()
        self.changed.emit(text)

    def _retranslate(self) -> None:
        self.edit.setAccessibleName(tr(self._key))


class SegmentedControl(QFrame):
    """A choice of a few options side by side; each button is named ``<name>.<value>``.

    ``options``: (value, message key); an empty key shows ``icons[value]`` only.
    """

    chosen = Signal(str)

    def __init__(
        self,
        name: str,
        options: Sequence[tuple[str, str]],
        *,
        value: str | None = None,
        icons: dict[str, str] | None = None,
        hints: dict[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("segments", True)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, Button] = {}
        for option, key in options:
            self._buttons[option] = self._segment(
                name, option, key, (icons or {}).get(option), (hints or {}).get(option, "")
            )
        self.setLayout(row(*self._buttons.values(), gap=0.5, margin=0.5))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        self.set_value(value or options[0][0])
        self._group.buttonClicked.connect(self._clicked)

    def _segment(self, name: str, option: str, key: str, icon: str | None, hint: str) -> Button:
        button = Button(key, "ghost", icon, name=f"{name}.{option}", hint=hint)
        button.setProperty("segment", True)
        button.setProperty("value", option)
        button.setCheckable(True)
        button.setMinimumWidth(TOUCH)
        self._group.addButton(button)
        return button

    def value(self) -> str:
        """The chosen option."""
        return next(option for option, button in self._buttons.items() if button.isChecked())

    def set_value(self, value: str) -> None:
        """Choose ``value`` without telling anybody."""
        self._buttons[value].setChecked(True)

    def _clicked(self, button: QAbstractButton) -> None:
        self.chosen.emit(str(button.property("value")))


class LanguageSwitch(SegmentedControl):
    """한 | EN: switches the whole interface at once."""

    def __init__(self, name: str = "language") -> None:
        options = [(code, f"common.language.short.{code}") for code in LANGUAGES]
        super().__init__(name, options, value=language().code)
        self.chosen.connect(language().use)
        language().changed.connect(self.set_value)


class ThemeSwitch(SegmentedControl):
    """Moon | sun: switches the whole interface at once."""

    def __init__(self, name: str = "theme") -> None:
        super().__init__(
            name,
            [("dark", ""), ("light", "")],
            value=theme().name,
            icons={"dark": "moon", "light": "sun"},
            hints={"dark": "common.theme.dark", "light": "common.theme.light"},
        )
        self.chosen.connect(theme().use)
        theme().changed.connect(self.set_value)


class ThemeButton(Button):
    """One button for both themes, where there is no room for a switch: shows the theme that a touch leads to."""

    def __init__(self, name: str = "theme") -> None:
        super().__init__("", "ghost", "sun", name=name)
        self.clicked.connect(self._switch)
        theme().changed.connect(self._show)
        self._show("")

    def _switch(self) -> None:
        theme().use(self._other())

    def _show(self, _name: str) -> None:
        self._hint = f"common.theme.{self._other()}"
        self.set_icon("sun" if self._other() == "light" else "moon")
        self._retranslate()

    @staticmethod
    def _other() -> str:
        return "light" if theme().name == "dark" else "dark"


class Screen(QWidget):
    """Base of every screen: ``retranslate`` and ``restyle`` run when the language or the theme changes.

    Call them once at the end of ``__init__`` where they set the first words.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("screen", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        language().changed.connect(self._language_changed)
        theme().changed.connect(self._theme_changed)

    def retranslate(self) -> None:
        """Set words that are not in a ``Label`` or ``Button``."""

    def restyle(self) -> None:
        """Take the theme's colours where they are not in the style sheet."""

    def _language_changed(self, _code: str) -> None:
        self.retranslate()

    def _theme_changed(self, _name: str) -> None:
        self.restyle()
