"""The line icons, coloured when drawn."""

from __future__ import annotations

from functools import cache, lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from kiosk.core.paths import ASSETS
from kiosk.ui.theme import theme

_SCALE = 2.0
"""Icons are rendered at twice their size to stay sharp on dense screens."""
KEPT_PIXMAPS = 512
"""Every button draws its icon again with each change of scale, theme or kind."""
SIZE = 24
"""Width and height of an icon in a button, in pixels at scale 1."""
GAP = 8
"""Space between a button's icon and its text, in pixels at scale 1."""


def names() -> list[str]:
    """The names of all icons."""
    return sorted(
        path.stem for path in (ASSETS / "icons").glob("*.svg") if not path.stem.startswith("mark-")
    )


@cache
def _source(name: str) -> str:
    return (ASSETS / "icons" / f"{name}.svg").read_text(encoding="utf-8")


@cache
def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))


def draw(painter: QPainter, name: str, area: QRectF, colour: QColor) -> None:
    """Draw the icon ``name`` into ``area`` (logical pixels) in ``colour``."""
    _renderer(name, colour.name()).render(painter, area)


def pixmap(name: str, colour: QColor, size: int = SIZE, gap: int = 0) -> QPixmap:
    """The icon ``name`` at ``size`` logical pixels, with ``gap`` empty pixels at its right."""
    return _pixmap(name, colour.name(), size, gap)


@lru_cache(maxsize=KEPT_PIXMAPS)
def _pixmap(name: str, colour: str, size: int, gap: int) -> QPixmap:
    picture = QPixmap(round((size + gap) * _SCALE), round(size * _SCALE))
    picture.setDevicePixelRatio(_SCALE)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    draw(painter, name, QRectF(0, 0, size, size), QColor(colour))
    painter.end()
    return picture


def icon(name: str, token: str = "text", size: int = SIZE, gap: int = 0) -> QIcon:
    """The icon ``name`` in the theme colour ``token``, paler while disabled."""
    result = QIcon(pixmap(name, theme().tokens.colour(token), size, gap))
    result.addPixmap(pixmap(name, theme().tokens.colour("quiet"), size, gap), QIcon.Mode.Disabled)
    return result
