"""Labels that follow the language."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QLabel,
    QSizePolicy,
)

from kiosk.ui.fitting import fit
from kiosk.ui.i18n import language, tr
from kiosk.ui.widgets.style_property import set_property


class Label(QLabel):
    """The text of a message key: ``Label("door.title", size=28)``; ``set_text`` shows literal text.

    ``tone`` is ``text``, ``quiet``, ``accent``, ``accept``, ``reject`` or ``wait``. A wrapping
    label keeps the height of ``lines`` lines, so that nothing moves when its text changes.
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
        self._lines = lines
        fit(self, font=size, bold=bold)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if wrap:  # keep the first line in place when the text grows
            self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._keep_lines()
        if name:
            self.setObjectName(name)
        self._key = key
        self._values = values
        self.set_tone("quiet" if quiet else "text")
        language().changed.connect(self._retranslate)
        self._retranslate()

    def set_key(self, key: str, **values: object) -> None:
        """Show the message ``key``."""
        if (key, values) != (self._key, self._values):
            self._key = key
            self._values = values
            self._retranslate()

    def set_text(self, text: str) -> None:
        """Show ``text`` in every language: a name, a number."""
        self._key = None
        self.setText(text)

    def set_tone(self, tone: str) -> None:
        """Set the colour of the text."""
        set_property(self, "tone", tone)

    def rescale(self) -> None:
        """Keep the height of the lines at the present scale."""
        self._keep_lines()

    def _keep_lines(self) -> None:
        self.setMinimumHeight(self.fontMetrics().lineSpacing() * self._lines)

    def _retranslate(self) -> None:
        if self._key is not None:
            self.setText(tr(self._key, **self._values) if self._key else "")


class ElidedLabel(Label):
    """A single line that shrinks: text that does not fit ends in "…"."""

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
        """The text before it was elided."""
        return self._full

    def setText(self, text: str) -> None:
        self._full = text
        self.setAccessibleName(text)
        super().setText(
            self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, max(1, self.width()))
        )

    def rescale(self) -> None:
        super().rescale()
        self.setText(self._full)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setText(self._full)
