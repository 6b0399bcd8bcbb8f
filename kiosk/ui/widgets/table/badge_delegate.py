"""The delegate that paints a status badge in a table cell."""

from __future__ import annotations

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    Qt,
)
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from kiosk.ui import icons
from kiosk.ui.i18n import tr
from kiosk.ui.theme import SIZES, font, px, theme
from kiosk.ui.widgets.table.status_badge import BADGE_ROLE, StatusBadge

TOKEN_OF_TONE = {
    "accept": "accept_text",
    "reject": "reject_text",
    "wait": "wait_text",
    "quiet": "quiet",
    "text": "text",
}


class BadgeDelegate(QStyledItemDelegate):
    """Paints a ``StatusBadge`` as its symbol and text in its colour; other cells as usual."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        badge = index.data(BADGE_ROLE)
        if not isinstance(badge, StatusBadge):
            super().paint(painter, option, index)
            return
        plain = QStyleOptionViewItem(option)
        self.initStyleOption(plain, index)
        plain.text = ""
        style = option.widget.style()
        style.drawControl(style.ControlElement.CE_ItemViewItem, plain, painter, option.widget)
        self._paint_badge(painter, QRectF(option.rect), badge)

    @staticmethod
    def _paint_badge(painter: QPainter, area: QRectF, badge: StatusBadge) -> None:
        colour = theme().tokens.colour(TOKEN_OF_TONE[badge.tone])
        size = float(px(20))
        painter.save()
        icons.draw(
            painter,
            badge.icon,
            QRectF(area.left() + px(12), area.center().y() - size / 2, size, size),
            colour,
        )
        painter.setPen(colour)
        painter.setFont(font(SIZES[1]))
        words = area.adjusted(px(12) + size + px(8), 0, -px(8), 0)
        shown = painter.fontMetrics().elidedText(
            tr(badge.key), Qt.TextElideMode.ElideRight, round(words.width())
        )
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        painter.restore()
