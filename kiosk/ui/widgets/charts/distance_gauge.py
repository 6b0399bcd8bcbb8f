"""A gauge of the distance to the nearest person, with the door's threshold."""

from __future__ import annotations

import math
import time

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.ui.i18n import language, tr
from kiosk.ui.theme import SIZES, font, theme
from kiosk.ui.widgets.animation import Clock, Follower, frame_timer

FOLLOW_S = 0.04
"""Time constant in seconds; 95 % of a step is shown after 120 ms, which feels immediate."""

BAR = 16
NOTCH = 8


class DistanceGauge(QWidget):
    """A bar from 0 to ``far``, filled to the nearest person's distance, with a notch at the
    threshold.

    Distances are in the embedder's metric; smaller is more alike. It is greyed without a
    comparison.
    """

    def __init__(self, name: str = "gauge", clock: Clock = time.monotonic) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._distance: float | None = None
        self._runner_up: float | None = None
        self.threshold = 1.0
        self.far = 2.0
        self._follower = Follower(FOLLOW_S, clock)
        self._timer = frame_timer(self, self._step)
        theme().changed.connect(self._restyle)
        language().changed.connect(self._restyle)
        self._describe()

    @property
    def resting(self) -> bool:
        """Whether nobody is being compared."""
        return self._distance is None

    def set_values(
        self, distance: float | None, runner_up: float | None, threshold: float, far: float
    ) -> None:
        """Show these distances; ``None`` or infinity for a missing one."""
        self._distance = _finite(distance)
        self._runner_up = _finite(runner_up)
        self.threshold = threshold
        self.far = max(far, 1e-6)
        if self._distance is None:
            self._follower.aim(None)
        else:
            runner_up = self.far if self._runner_up is None else self._runner_up
            self._follower.aim(np.array([self._distance, runner_up]))
        if not self._follower.settled(self._pixel()) and not self._timer.isActive():
            self._timer.start()
        self._describe()
        self.update()

    def shown_distance(self) -> float | None:
        """The distance drawn at this moment, moving towards the latest one."""
        value = self._follower.value()
        return None if value is None else float(value[0])

    def x_of(self, distance: float) -> float:
        """The position of ``distance`` on the bar in widget pixels, clipped to its ends."""
        return min(max(distance / self.far, 0.0), 1.0) * self.width()

    def sizeHint(self) -> QSize:
        return QSize(320, 64)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 64)

    def _pixel(self) -> float:
        return 0.5 * self.far / max(1, self.width())

    def _step(self) -> None:
        if self._follower.settled(self._pixel()):
            self._timer.stop()
        self.update()

    def _restyle(self, _name: str) -> None:
        self._describe()
        self.update()

    def _describe(self) -> None:
        if self._distance is None:
            self.setAccessibleName(tr("door.gauge.rest"))
        else:
            self.setAccessibleName(
                tr(
                    "door.gauge.value",
                    distance=f"{self._distance:.2f}",
                    threshold=f"{self.threshold:.2f}",
                )
            )

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bar = QRectF(0, NOTCH, self.width(), BAR)
        self._paint_bar(painter, bar)
        self._paint_runner_up(painter, bar)
        self._paint_threshold(painter, bar)
        painter.end()

    def _paint_bar(self, painter: QPainter, bar: QRectF) -> None:
        tokens = theme().tokens
        track = QPainterPath()
        track.addRoundedRect(bar, BAR / 2, BAR / 2)
        painter.fillPath(track, tokens.colour("line"))
        shown = self.shown_distance()
        if shown is None:
            return
        colour = tokens.colour(
            "accept" if self._distance is not None and self._distance <= self.threshold else "quiet"
        )
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(
            QRectF(bar.left(), bar.top(), max(BAR, self.x_of(shown)), BAR), BAR / 2, BAR / 2
        )

    def _paint_runner_up(self, painter: QPainter, bar: QRectF) -> None:
        value = self._follower.value()
        if value is None or self._runner_up is None:
            return
        x = self.x_of(float(value[1]))
        painter.setPen(
            QPen(theme().tokens.colour("text"), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
        )
        painter.drawLine(QPointF(x, bar.top() + 2), QPointF(x, bar.bottom() - 2))

    def _paint_threshold(self, painter: QPainter, bar: QRectF) -> None:
        tokens = theme().tokens
        x = self.x_of(self.threshold)
        colour: QColor = tokens.colour("quiet" if self.resting else "text")
        # a gap on both sides keeps the notch visible on any fill
        painter.setPen(QPen(tokens.colour("surface"), 7))
        painter.drawLine(QPointF(x, bar.top()), QPointF(x, bar.bottom()))
        painter.setPen(QPen(colour, 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(x, bar.top() - NOTCH + 2), QPointF(x, bar.bottom() + NOTCH - 2))
        painter.setFont(font(SIZES[0]))
        words = tr("door.gauge.threshold", threshold=f"{self.threshold:.2f}")
        width = painter.fontMetrics().horizontalAdvance(words) + 4
        left = min(max(0.0, x - width / 2), self.width() - width)
        below = QRectF(left, bar.bottom() + NOTCH, width, self.height() - bar.bottom() - NOTCH)
        painter.setPen(tokens.colour("quiet"))
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, words)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
