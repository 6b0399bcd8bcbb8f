"""The captured pictures, to be looked at before saving; never written to disk."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from kiosk.core.view_models import Pose
from kiosk.ui.i18n import tr
from kiosk.ui.theme import RADIUS, SIZES, px, theme
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column

WIDTH = 96
HEIGHT = 120


class Portrait(QWidget):
    """A small picture with rounded corners."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.rescale()
        self.image: QImage | None = None

    def rescale(self) -> None:
        """Take the size of the present scale."""
        self.setFixedSize(px(WIDTH), px(HEIGHT))

    def show_image(self, image: QImage | None) -> None:
        """Show ``image``, cropped to fill; ``None`` clears it."""
        self.image = image
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()), px(RADIUS / 2), px(RADIUS / 2))
        painter.setClipPath(shape)
        painter.fillRect(self.rect(), theme().tokens.colour("raised"))
        if self.image is not None:
            filled = self.image.scaled(
                self.size(),
                Qt.AspectRatioMode.KeepAspectRatioByExpanding,
                Qt.TransformationMode.SmoothTransformation,
            )
            painter.drawImage(
                (self.width() - filled.width()) // 2, (self.height() - filled.height()) // 2, filled
            )
        painter.end()


class Portraits(QWidget):
    """The five poses side by side; each picture is named ``<name>.<pose>``."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.pictures = {pose: Portrait(f"{name}.{pose.value}") for pose in Pose}
        self._words = {
            pose: Label(f"pose.{pose.value}", size=SIZES[0], quiet=True) for pose in Pose
        }
        for label in self._words.values():
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.setLayout(
            flow(
                *(column(self.pictures[pose], self._words[pose], gap=0.5) for pose in Pose),
                gap=2,
            )
        )

    def keep(self, pose: Pose, image: QImage | None) -> None:
        """Show ``image`` for ``pose``."""
        self.pictures[pose].show_image(image)
        self.pictures[pose].setAccessibleName(tr(f"pose.{pose.value}"))

    def forget(self) -> None:
        """Clear all pictures."""
        for portrait in self.pictures.values():
            portrait.show_image(None)
