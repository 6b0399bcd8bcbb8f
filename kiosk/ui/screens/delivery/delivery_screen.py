"""Taking exported files along: the list of them, and ways to hand one out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from kiosk.core.sticks import Parcel
from kiosk.ui.formatting import moment_text, size_text
from kiosk.ui.screens.delivery.choice_line import ChoiceLine
from kiosk.ui.screens.delivery.download_card import DownloadCard
from kiosk.ui.screens.delivery.stick_card import StickCard
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.scrolling import scroll_area


class DeliveryScreen(Screen):
    """``parcelChosen(Parcel)``: a file of the list was chosen. ``backRequested``: leave the page.

    The list is shown with ``show_parcels``; ``show_parcel`` shows one, with the ways to hand it
    out.
    """

    parcelChosen = Signal(object)
    backRequested = Signal()

    def __init__(self) -> None:
        super().__init__("deliveryScreen")
        self.back = Button("delivery.back", "ghost", "back", name="deliveryBack")
        self.title = Label("delivery.title", size=SIZES[3], bold=True, wrap=True)
        self.none = Label("delivery.none", quiet=True, wrap=True, name="deliveryNone")
        self.error = Label("", wrap=True, name="deliveryError")
        self.error.set_tone("reject")
        self.error.hide()
        self.lines: list[ChoiceLine] = []
        self._rows: QWidget | None = None
        self._list = Card(self.none, gap=1.5)
        self.parcel_title = Label("", size=SIZES[2], bold=True, wrap=True, name="deliveryParcel")
        self.parcel_words = Label("", quiet=True, wrap=True, name="deliveryParcelWords")
        self.stick = StickCard()
        self.download = DownloadCard()
        self._ways = column(self.stick, self.download, gap=2)
        self._stack = QStackedWidget()
        self._stack.addWidget(_scrolled(self.error, self._list))
        self._stack.addWidget(_scrolled(self.parcel_title, self.parcel_words, self._ways))
        head = row(self.back, self.title, gap=1)
        head.setStretch(1, 1)
        layout = column(head, self._stack, gap=2, margin=3)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.back.clicked.connect(self._go_back)

    @property
    def shows_parcel(self) -> bool:
        """Whether one parcel is shown, and not the list."""
        return self._stack.currentIndex() == 1

    def opened(self) -> None:
        """Prepare the page for display; the owner brings the list."""

    def reset(self) -> None:
        """Start over, as after signing in."""
        self.stick.reset()
        self.download.reset()
        self._stack.setCurrentIndex(0)
        self.error.hide()

    def show_parcels(self, parcels: Sequence[tuple[Parcel, datetime]]) -> None:
        """Show the exports with the times when they were made."""
        self._stack.setCurrentIndex(0)
        if self._rows is not None:
            self._list.body.removeWidget(self._rows)
            self._rows.hide()
            self._rows.deleteLater()
        self.lines = [self._line(number, *entry) for number, entry in enumerate(parcels)]
        self._rows = QWidget()
        self._rows.setLayout(column(*self.lines, gap=1.5))
        self._list.body.addWidget(self._rows)
        self.none.setVisible(not parcels)

    def show_parcel(self, parcel: Parcel) -> None:
        """Show one parcel and the ways to hand it out."""
        self.stick.reset()
        self.download.reset()
        self.parcel_title.set_text(parcel.title)
        self.parcel_words.set_text(", ".join(file.name for file in parcel.files))
        self._stack.setCurrentIndex(1)

    def show_error(self, key: str, **values: object) -> None:
        """Show why there is no list."""
        self.error.set_key(key, **values)
        self.error.show()

    def _line(self, number: int, parcel: Parcel, at: datetime) -> ChoiceLine:
        line = ChoiceLine(f"delivery.{number}", parcel.title, "delivery.take")
        line.words.set_text(f"{moment_text(at)} · {size_text(_size(parcel))}")
        line.chosen.connect(partial(self.parcelChosen.emit, parcel))
        return line

    def _go_back(self) -> None:
        self.backRequested.emit()


def _scrolled(*items: QWidget | object) -> QWidget:
    inner = QWidget()
    inner.setLayout(column(*items, None, gap=2))  # type: ignore[arg-type]
    return scroll_area(inner)


def _size(parcel: Parcel) -> int:
    try:
        return parcel.size
    except OSError:  # deleted since the list was made
        return 0
