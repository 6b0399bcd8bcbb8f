"""A checkbox whose sentence wraps."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QWidget

from kiosk.ui.fitting import fit
from kiosk.ui.theme import SIZES, TOUCH
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import row


class _Tick(QCheckBox):
    """A checkbox that Enter ticks as well as the space bar."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.toggle()
            return
        super().keyPressEvent(event)


class TickLine(QWidget):
    """A checkbox beside ``sentence``, which ticks it too; ``name`` is that of the checkbox."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__()
        self.tick = _Tick()
        self.tick.setObjectName(name)
        self.tick.setAccessibleName(sentence)
        self.tick.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.label = Label("", size=SIZES[1], bold=True, wrap=True)
        self.label.set_text(sentence)
        self.label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        line = row(self.tick, self.label, gap=1)
        line.setStretch(1, 1)
        self.setLayout(line)
        fit(self, min_height=TOUCH)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tick where the sentence is pressed; the checkbox takes its own presses."""
        if self.rect().contains(event.position().toPoint()):
            self.tick.toggle()
