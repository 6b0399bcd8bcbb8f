"""The live picture: mirrored, with a guide, the face's box and five landmarks."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QTransform,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.core.frames import Face
from kiosk.ui import icons
from kiosk.ui.fitting import fit
from kiosk.ui.theme import RADIUS, SIZES, font, theme
from kiosk.ui.widgets.animation import Clock, Follower

BGRAImage = NDArray[np.uint8]
"""(height, width, 4) uint8 in the order blue, green, red, unused; x right, y down; not mirrored."""

FOLLOW_S = 0.05
FADE_S = 0.25
GUIDE_ASPECT = 0.76
PORTRAIT_MARGIN = 0.35
"""Share of a face's width and height that a portrait shows on each side of it."""
GUIDE_SHARE = 0.72
OVAL_EDGE = 4.0


class LivePreview(QWidget):
    """Paints the newest frame so that it covers the widget; only the painter mirrors it.

    The frame's buffer is used without a copy and must not be written to after ``set_frame``.
    """

    def __init__(self, name: str = "preview", clock: Clock = time.monotonic) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        fit(self, min_width=320, min_height=240)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent, False)
        self._clock = clock
        self._frame: BGRAImage | None = None
        self._image: QImage | None = None
        self._geometry = Follower(FOLLOW_S, clock)
        self._face_size = (640, 480)
        self._seen_at = self._framed_at = float("-inf")
        self._oval = QPixmap()
        self._oval_size = QSize()
        self._has_face = False
        self._colour = "text"
        self._ring = (0, 0, 0.0)
        self._demo = False
        theme().changed.connect(self._restyle)

    def set_frame(self, frame: BGRAImage) -> None:
        """Show ``frame``. Raise ``ValueError`` for a wrong shape, dtype or memory layout."""
        if frame.ndim != 3 or frame.shape[2] != 4 or frame.dtype != np.uint8:
            raise ValueError(
                f"a preview frame is (height, width, 4) uint8, not {frame.shape} {frame.dtype}"
            )
        if not frame.flags.c_contiguous:
            raise ValueError("a preview frame must be C-contiguous")
        height, width = frame.shape[:2]
        self._framed_at = self._clock()
        self._frame = frame  # keeps the buffer alive while the QImage uses it
        self._image = QImage(frame.data, width, height, width * 4, QImage.Format.Format_RGB32)
        self.update()

    def portrait(self, face: Face, frame_size: tuple[int, int]) -> QImage | None:
        """A copy of ``face`` and a margin around it, mirrored; ``None`` without a picture.

        ``face`` is in pixels of a frame of ``frame_size`` (width, height).
        """
        if self._image is None:
            return None
        scale = self._image.width() / frame_size[0]
        x1, y1, x2, y2 = (float(edge) * scale for edge in face.box)
        margin_x = PORTRAIT_MARGIN * (x2 - x1)
        margin_y = PORTRAIT_MARGIN * (y2 - y1)
        area = QRectF(
            x1 - margin_x, y1 - margin_y, x2 - x1 + 2 * margin_x, y2 - y1 + 2 * margin_y
        ).toRect()
        return self._image.copy(area.intersected(self._image.rect())).flipped(
            Qt.Orientation.Horizontal
        )

    def clear(self) -> None:
        """Show no picture."""
        self._frame = self._image = None
        self.set_face(None, self._face_size, self._colour)

    def set_face(self, face: Face | None, frame_size: tuple[int, int], colour: str) -> None:
        """Mark ``face`` in the theme colour ``colour``; ``None`` lets the mark fade.

        ``face`` is in pixels of a frame of ``frame_size`` (width, height).
        """
        self._colour = colour
        faded = self._face_alpha() == 0.0
        self._has_face = face is not None
        if face is not None:
            if faded or frame_size != self._face_size:
                self._geometry.aim(None)
            self._face_size = frame_size
            self._geometry.aim(
                np.concatenate([face.box, face.landmarks.ravel()]).astype(np.float64)
            )
            self._seen_at = self._clock()
        if self._clock() - self._framed_at > FADE_S:  # otherwise it is painted with the next frame
            self.update()

    def set_ring(self, done: int, total: int, progress: float) -> None:
        """Draw segments around the guide.

        ``done`` of ``total`` segments are full, the next one is filled to ``progress`` 0..1.
        """
        if (done, total, progress) != self._ring:
            self._ring = (done, total, progress)
            self.update()

    def set_demo(self, demo: bool) -> None:
        """Show or hide the DEMO badge."""
        if demo != self._demo:
            self._demo = demo
            self.update()

    def to_widget(self, x: float, y: float, frame_size: tuple[int, int]) -> QPointF:
        """Widget position of the frame's pixel (x, y)."""
        return self._transform(frame_size).map(QPointF(x, y))

    def guide_rect(self) -> QRectF:
        """The bounding box of the oval, in widget pixels."""
        height = min(self.height() * GUIDE_SHARE, self.width() * 0.62 / GUIDE_ASPECT)
        width = height * GUIDE_ASPECT
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def _transform(self, frame_size: tuple[int, int]) -> QTransform:
        width, height = frame_size
        scale = max(self.width() / width, self.height() / height)
        moved = QTransform.fromTranslate(self.width() / 2, self.height() / 2)
        return moved.scale(-scale, scale).translate(-width / 2, -height / 2)

    def _face_alpha(self) -> float:
        if self._has_face:
            return 1.0
        return max(0.0, 1.0 - (self._clock() - self._seen_at) / FADE_S)

    def _restyle(self, _name: str) -> None:
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._image is None:
            self._paint_empty(painter)
        else:
            self._paint_picture(painter, self._image)
            self._paint_guide(painter)
            self._paint_face(painter)
        self._paint_ring(painter)
        if self._demo:
            self._paint_badge(painter)
        painter.end()

    def _paint_picture(self, painter: QPainter, image: QImage) -> None:
        rounded = QPainterPath()
        rounded.addRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setClipPath(rounded)  # twice as fast as filling a rounded rectangle with it
        painter.setTransform(self._transform((image.width(), image.height())), True)
        painter.drawImage(0, 0, image)
        painter.restore()

    def _paint_empty(self, painter: QPainter) -> None:
        tokens = theme().tokens
        painter.setPen(QPen(tokens.colour("line"), 1))
        painter.setBrush(tokens.colour("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        area = QRectF(0, 0, 64, 64)
        area.moveCenter(QRectF(self.rect()).center())
        icons.draw(painter, "camera", area, tokens.colour("line"))

    def _paint_guide(self, painter: QPainter) -> None:
        oval = self.guide_rect()
        if self._oval_size != self.size():
            self._oval = _render_oval(oval, self.devicePixelRatioF())
            self._oval_size = self.size()
        painter.setOpacity(1.0 - 0.75 * self._face_alpha())
        painter.drawPixmap(oval.topLeft() - QPointF(OVAL_EDGE, OVAL_EDGE), self._oval)
        painter.setOpacity(1.0)

    def _paint_face(self, painter: QPainter) -> None:
        alpha = self._face_alpha()
        drawn = self._geometry.value()
        if alpha <= 0.0 or drawn is None:
            return
        to_screen = self._transform(self._face_size)
        box = to_screen.mapRect(QRectF(QPointF(*drawn[:2]), QPointF(*drawn[2:4])))
        colour = (
            theme().tokens.colour(self._colour) if self._colour != "text" else QColor(255, 255, 255)
        )
        painter.setOpacity(alpha)
        _draw_corners(painter, box, colour)
        painter.setPen(QPen(QColor(0, 0, 0, 90), 1))
        painter.setBrush(QColor(255, 255, 255, 210))
        for x, y in drawn[4:].reshape(-1, 2):
            painter.drawEllipse(to_screen.map(QPointF(x, y)), 2.5, 2.5)
        painter.setOpacity(1.0)

    def _paint_ring(self, painter: QPainter) -> None:
        done, total, progress = self._ring
        if total <= 0:
            return
        tokens = theme().tokens
        area = self.guide_rect().adjusted(-14, -14, 14, 14)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        gap = 6.0
        span = 360.0 / total - gap
        for index in range(total):
            start = 90.0 - gap / 2 - index * 360.0 / total
            _draw_arc(painter, area, start, span, QColor(255, 255, 255, 90))
            if index < done:
                _draw_arc(painter, area, start, span, tokens.colour("accept"))
            elif index == done and progress > 0:
                _draw_arc(painter, area, start, span * min(1.0, progress), tokens.colour("accent"))

    def _paint_badge(self, painter: QPainter) -> None:
        painter.setFont(font(SIZES[0], bold=True))
        area = QRectF(16, 16, painter.fontMetrics().horizontalAdvance("DEMO") + 24, 28)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().tokens.colour("wait"))
        painter.drawRoundedRect(area, 14, 14)
        painter.setPen(theme().tokens.colour("on_wait"))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "DEMO")


def _render_oval(oval: QRectF, ratio: float) -> QPixmap:
    """Draw the guide once per size: as a path it cost more than everything else in a frame."""
    size = QSizeF(oval.width() + 2 * OVAL_EDGE, oval.height() + 2 * OVAL_EDGE) * ratio
    drawn = QPixmap(size.toSize() + QSize(1, 1))
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for colour, width in ((QColor(0, 0, 0, 60), 5), (QColor(255, 255, 255, 170), 2)):
        painter.setPen(QPen(colour, width))
        painter.drawEllipse(QRectF(OVAL_EDGE, OVAL_EDGE, oval.width(), oval.height()))
    painter.end()
    return drawn


def _draw_arc(painter: QPainter, area: QRectF, start: float, span: float, colour: QColor) -> None:
    """Draw an arc clockwise from ``start`` degrees (0 is right, 90 is up)."""
    painter.setPen(QPen(colour, 8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawArc(area, round(start * 16), round(-span * 16))


def _draw_corners(painter: QPainter, box: QRectF, colour: QColor) -> None:
    """Draw four rounded brackets, less obtrusive than a full rectangle."""
    path = _corners(box)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for ink, width in ((QColor(0, 0, 0, 80), 7), (colour, 4)):
        painter.setPen(
            QPen(
                ink,
                width,
                Qt.PenStyle.SolidLine,
                Qt.PenCapStyle.RoundCap,
                Qt.PenJoinStyle.RoundJoin,
            )
        )
        painter.drawPath(path)


def _corners(box: QRectF) -> QPainterPath:
    size = min(box.width(), box.height())
    arm = size * 0.2
    bend = size * 0.1
    path = QPainterPath()
    for corner, right, down in (
        (box.topLeft(), 1, 1),
        (box.topRight(), -1, 1),
        (box.bottomRight(), -1, -1),
        (box.bottomLeft(), 1, -1),
    ):
        path.moveTo(corner + QPointF(right * arm, 0))
        path.lineTo(corner + QPointF(right * bend, 0))
        path.quadTo(corner, corner + QPointF(0, down * bend))
        path.lineTo(corner + QPointF(0, down * arm))
    return path
