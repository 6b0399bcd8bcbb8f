"""The card that writes files to a USB stick and lets it be taken out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.sticks import Stick
from kiosk.ui.formatting import size_text
from kiosk.ui.screens.delivery.choice_line import ChoiceLine
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.task_progress import TaskProgress


class StickCard(Card):
    """``writeRequested(Stick)`` is answered by ``show_progress`` and then by ``show_written``,
    ``show_cancelled`` or ``show_error``; ``releaseRequested(Stick)`` by ``show_released`` or
    ``show_error``. ``cancelled``: stop writing.
    """

    writeRequested = Signal(object)
    releaseRequested = Signal(object)
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__(name="stickCard", gap=1.5)
        self._sticks: tuple[Stick, ...] | None = None
        self._written: Stick | None = None
        self._rows: QWidget | None = None
        self.lines: list[ChoiceLine] = []
        self.none = Label("sticks.none", quiet=True, wrap=True, name="stickNone")
        self.progress = TaskProgress("stickProgress", "sticks.writing")
        self.note = Label("", wrap=True, name="stickNote")
        self.note.hide()
        self.release = Button("sticks.release", "primary", "up", name="stickRelease")
        self.release.hide()
        for item in (Label("sticks.title", size=SIZES[2], bold=True, wrap=True), self.none):
            self.body.addWidget(item)
        self._place = column()
        self.body.addLayout(self._place)
        self.body.addWidget(self.progress)
        self.body.addWidget(self.note)
        self.body.addLayout(row(self.release, None))
        self.progress.cancelled.connect(self.cancelled)
        self.release.clicked.connect(self._release)

    @property
    def busy(self) -> bool:
        """Whether something is being written."""
        return self.progress.running

    def reset(self) -> None:
        """Start over with another parcel."""
        self._written = None
        self.progress.finish("text", "")
        self.progress.hide()
        self.note.hide()
        self.release.hide()

    def show_sticks(self, sticks: Sequence[Stick]) -> None:
        """Show the sticks that are plugged in, each with a button or with why it has none."""
        if tuple(sticks) == self._sticks:
            return
        self._sticks = tuple(sticks)
        if self._rows is not None:
            self._place.removeWidget(self._rows)
            self._rows.hide()
            self._rows.deleteLater()
        self.lines = [self._line(stick) for stick in sticks]
        self._rows = QWidget()
        self._rows.setLayout(column(*self.lines, gap=1.5))
        self._place.addWidget(self._rows)
        self.none.setVisible(not sticks)
        self._enable()

    def start(self) -> None:
        """Show that writing begins."""
        self.note.hide()
        self.release.hide()
        self.progress.start()
        self._enable()

    def show_progress(self, done: int, total: int, seconds: float) -> None:
        """Show that ``done`` of ``total`` bytes were written after ``seconds``."""
        if self.busy:
            self.progress.advance(done // 1024, total // 1024, seconds)

    def show_written(self, stick: Stick, names: Sequence[str]) -> None:
        """Show what is on the stick now, and offer to take it out."""
        self._end()
        self._written = stick
        self._say("accept", "sticks.written", names=", ".join(names), title=stick.title)
        self.release.show()

    def show_cancelled(self) -> None:
        """Show that nothing was written."""
        self._end()
        self._say("wait", "sticks.cancelled")

    def show_released(self) -> None:
        """Show that the stick can be taken out."""
        self._written = None
        self.release.hide()
        self._say("accept", "sticks.released")

    def show_error(self, key: str, **values: object) -> None:
        """Show why nothing was written, or why the stick cannot be taken out yet."""
        self._end()
        self.release.setVisible(self._written is not None)
        self._say("reject", key, **values)

    def _line(self, stick: Stick) -> ChoiceLine:
        action = "" if stick.problem else "sticks.write"
        line = ChoiceLine(f"stick.{stick.device}", stick.title, action, primary=True)
        if stick.problem is not None:
            line.words.set_key(f"error.stick_{stick.problem.value}")
        elif stick.place is None:
            line.words.set_key("sticks.size", size=size_text(stick.size))
        else:
            line.words.set_key(
                "sticks.free", free=size_text(stick.free), size=size_text(stick.size)
            )
        line.chosen.connect(partial(self.writeRequested.emit, stick))
        return line

    def _release(self) -> None:
        if self._written is not None:
            self.release.hide()
            self._say("quiet", "sticks.releasing")
            self.releaseRequested.emit(self._written)

    def _say(self, tone: str, key: str, **values: object) -> None:
        self.note.set_tone(tone)
        self.note.set_key(key, **values)
        self.note.show()

    def _end(self) -> None:
        self.progress.finish("text", "")
        self.progress.hide()
        self._enable()

    def _enable(self) -> None:
        for line in self.lines:
            line.button.setEnabled(not self.busy)
