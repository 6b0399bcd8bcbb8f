"""Draw a badge of the size of a bank card (ISO/IEC 7810 ID-1) for printing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
)

from kiosk.app.pdf_file import write_pdf
from kiosk.core.errors import StorageError
from kiosk.core.languages import language_codes
from kiosk.ui.i18n import tr_in
from kiosk.ui.theme import font

WIDTH_MM = 85.6
HEIGHT_MM = 53.98
DOTS_PER_INCH = 600
INK = QColor("#14202B")
QUIET = QColor("#52616E")
BADGE_LANGUAGES = 2
"""Lines of text that fit below the number, one a language."""


@dataclass(frozen=True, slots=True)
class BadgeFace:
    """The contents of a badge. ``code``: (n, n) modules, ``True`` is dark."""

    place: str
    name: str
    number: str
    until: date
    code: NDArray[np.bool_]


def print_badge(face: BadgeFace, file: Path) -> None:
    """Write ``face`` as a PDF of one page (0600); raises ``StorageError`` if that fails.

    Anybody who has the file can show the badge.
    """
    layout = QPageLayout(
        QPageSize(QSizeF(WIDTH_MM, HEIGHT_MM), QPageSize.Unit.Millimeter, "badge"),
        QPageLayout.Orientation.Portrait,
        QMarginsF(),
    )

    def paint(writer: QPdfWriter) -> None:
        painter = QPainter(writer)
        paint_badge(painter, face, DOTS_PER_INCH / 25.4)
        painter.end()

    try:
        write_pdf(file, layout, DOTS_PER_INCH, f"Munjigi {face.number}", paint)
    except OSError as error:
        raise StorageError(
            f"The badge cannot be written to {file} ({error.strerror}); choose another file.",
            key="error.badge_not_written",
            path=str(file),
        ) from None


def paint_badge(painter: QPainter, face: BadgeFace, dots_per_mm: float) -> None:
    """Draw ``face`` at the painter's origin."""
    painter.scale(dots_per_mm, dots_per_mm)
    painter.fillRect(QRectF(0, 0, WIDTH_MM, HEIGHT_MM), QColor("white"))
    side = HEIGHT_MM - 2  # as large as possible, to be read from afar
    _draw_code(painter, face.code, QRectF(WIDTH_MM - side, (HEIGHT_MM - side) / 2, side, side))
    room = WIDTH_MM - side - 3
    _write(painter, face.place, QRectF(4, 5, room, 6), 3.0, QUIET)
    _write(painter, face.name, QRectF(4, 18, room, 9), 6.0, INK, bold=True)
    _write(painter, face.number, QRectF(4, 28, room, 6), 4.0, INK)
    for line, code in enumerate(language_codes()[:BADGE_LANGUAGES]):
        _write(
            painter,
            tr_in(code, "badge.until", day=face.until.isoformat()),
            QRectF(4, 40 + 4.5 * line, room, 5),
            2.8,
            QUIET,
        )


def _draw_code(painter: QPainter, code: NDArray[np.bool_], place: QRectF) -> None:
    size = place.width() / len(code)
    for row, column in zip(*np.nonzero(code), strict=True):
        # slightly larger than a module: no white line between neighbours
        painter.fillRect(
            QRectF(
                place.x() + float(column) * size,
                place.y() + float(row) * size,
                size * 1.02,
                size * 1.02,
            ),
            INK,
        )


def _write(
    painter: QPainter,
    text: str,
    place: QRectF,
    height_mm: float,
    colour: QColor,
    *,
    bold: bool = False,
) -> None:
    """Draw one line ``height_mm`` high, or smaller to fit.

    Fonts have whole pixels, so the text is drawn larger and scaled down.
    """
    large = font(100, bold=bold)
    scale = height_mm / 100
    width = QFontMetricsF(large).horizontalAdvance(text)
    scale = min(scale, place.width() / width) if width else scale
    painter.save()
    painter.translate(place.x(), place.y())
    painter.scale(scale, scale)
    painter.setFont(large)
    painter.setPen(colour)
    painter.drawText(
        QRectF(0, 0, place.width() / scale, place.height() / scale),
        Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
        text,
    )
    painter.restore()
