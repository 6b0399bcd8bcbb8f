"""The consent text in a language of its own, with a checkbox."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QSizePolicy

from kiosk.core.languages import language_codes
from kiosk.ui.consent_text import PARTS
from kiosk.ui.i18n import language, tr_in
from kiosk.ui.theme import SIZES, TOUCH, font
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.forms.segmented_control import SegmentedControl
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import row


class _Agree(QCheckBox):
    """A checkbox that Enter ticks as well as the space bar."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.toggle()
            return
        super().keyPressEvent(event)


class ConsentView(Card):
    """The consent text and a checkbox.

    It has its own language switch: the person may read another language than the staff. Named
    ``<name>Text``; the checkbox is ``name``, the switch ``<name>Language``.
    """

    agreed = Signal(bool)

    def __init__(self, name: str) -> None:
        super().__init__(name=f"{name}Text", gap=1)
        self._person = ""
        self._days = 90
        self.switch = SegmentedControl(
            f"{name}Language",
            [(code, f"common.language.long.{code}") for code in language_codes()],
            value=language().code,
        )
        self.intro = Label("", wrap=True, bold=True)
        top = row(self.intro, self.switch, gap=2)
        top.setStretch(0, 1)
        self.body.addLayout(top)
        self._parts: list[tuple[str, Label]] = []
        for part in PARTS:
            self._add(f"enrol.consent.{part}", Label("", size=SIZES[1], bold=True))
            self._add(f"enrol.consent.{part}_text", Label("", size=SIZES[1], wrap=True))
        self.tick = _Agree()
        self.tick.setObjectName(name)
        self.tick.setFont(font(SIZES[1], bold=True))
        self.tick.setMinimumHeight(TOUCH)
        self.tick.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.body.addSpacing(8)
        self.body.addWidget(self.tick)
        self.tick.toggled.connect(self.agreed)
        self.switch.chosen.connect(self._show)
        language().changed.connect(self._follow)
        self._show(language().code)

    def begin(self, person: str) -> None:
        """Ask ``person``, with the checkbox empty."""
        self._person = person
        self.tick.setChecked(False)
        self._follow(language().code)

    def set_days(self, days: int) -> None:
        """Set the retention period of the log in days, as stated in the text."""
        self._days = days
        self._show(self.switch.value())

    def read_in(self) -> str:
        """The language in which the text is shown."""
        return self.switch.value()

    def _add(self, key: str, label: Label) -> None:
        self._parts.append((key, label))
        self.body.addWidget(label)
        if key.endswith("_text"):
            self.body.addSpacing(8)

    def _follow(self, code: str) -> None:
        self.switch.set_value(code)
        self._show(code)

    def _show(self, code: str) -> None:
        self.intro.set_text(tr_in(code, "enrol.consent.intro", name=self._person))
        for key, label in self._parts:
            label.set_text(tr_in(code, key, days=self._days))
        words = tr_in(code, "enrol.consent.agree")
        self.tick.setText(words)
        self.tick.setAccessibleName(words)
