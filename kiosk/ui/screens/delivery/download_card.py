"""The card that offers files to a telephone or computer on the local network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.ui.fitting import fit
from kiosk.ui.screens.access.qr_view import QrView
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row

QR_SIDE = 280
"""Side of the code in pixels at scale 1."""


class DownloadCard(Card):
    """``startRequested`` is answered by ``show_offer`` or ``show_error``, ``stopRequested`` by
    ``show_ended``."""

    startRequested = Signal()
    stopRequested = Signal()

    def __init__(self) -> None:
        super().__init__(name="downloadCard", gap=1.5)
        self.words = Label("download.words", quiet=True, wrap=True, name="downloadWords")
        self.note = Label("", wrap=True, name="downloadNote")
        self.start = Button("download.start", icon="download", name="downloadStart")
        self.stop = Button("download.stop", icon="cross", name="downloadStop")
        self.qr = fit(QrView("downloadQr", "download.qr"), size=QR_SIDE)
        self.url = Label("", size=SIZES[1], bold=True, wrap=True, name="downloadUrl")
        self.left = Label("", wrap=True, name="downloadLeft")
        self.warning = Label("download.warning", quiet=True, wrap=True, name="downloadWarning")
        self.fingerprint = Label("", size=SIZES[0], wrap=True, name="downloadFingerprint")
        self._offer = QWidget()
        words = column(
            self.url, self.left, self.warning, self.fingerprint, row(self.stop, None), None, gap=1.5
        )
        layout = row(column(self.qr, None), words, gap=2)
        layout.setStretch(1, 1)
        self._offer.setLayout(layout)
        for item in (
            Label("download.title", size=SIZES[2], bold=True, wrap=True),
            self.words,
            self.note,
            self._offer,
        ):
            self.body.addWidget(item)
        self.body.addLayout(row(self.start, None))
        self.start.clicked.connect(self._start)
        self.stop.clicked.connect(self.stopRequested)
        self.reset()

    @property
    def offering(self) -> bool:
        """Whether a code is shown."""
        return not self._offer.isHidden()

    def reset(self) -> None:
        """Start over with another parcel."""
        self._hide_offer()
        self.note.hide()

    def show_offer(
        self, url: str, code: NDArray[np.bool_], fingerprint: str, seconds: float
    ) -> None:
        """Show where the file can be downloaded. ``code``: (n, n) modules of the address."""
        self.note.hide()
        self.words.hide()
        self.start.hide()
        self.qr.show_code(code)
        self.url.set_text(_breakable(url))
        # in groups of four pairs, which people can compare and lines can break between
        pairs = fingerprint.split(":")
        groups = [":".join(pairs[at : at + 4]) for at in range(0, len(pairs), 4)]
        self.fingerprint.set_text("  ".join(groups))
        self.show_left(seconds)
        self._offer.show()

    def show_left(self, seconds: float) -> None:
        """Show for how many seconds the code still holds."""
        self.left.set_key("download.left", n=max(0, round(seconds)))

    def show_ended(self, key: str, tone: str = "quiet") -> None:
        """Take the code away and say why."""
        self._hide_offer()
        self.note.set_tone(tone)
        self.note.set_key(key)
        self.note.show()

    def show_error(self, key: str, **values: object) -> None:
        """Show why nothing is offered."""
        self._hide_offer()
        self.note.set_tone("reject")
        self.note.set_key(key, **values)
        self.note.show()

    def _start(self) -> None:
        self.start.setEnabled(False)
        self.startRequested.emit()

    def _hide_offer(self) -> None:
        self._offer.hide()
        self.qr.forget()
        self.url.set_text("")
        self.words.show()
        self.start.setEnabled(True)
        self.start.show()


def _breakable(url: str) -> str:
    """``url`` with invisible places where a line may break."""
    return "\u200b".join(url[at : at + 8] for at in range(0, len(url), 8))
