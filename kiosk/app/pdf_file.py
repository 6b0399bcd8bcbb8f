"""Writes a PDF file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QGuiApplication, QPageLayout, QPdfWriter

from kiosk.core.files import atomic_write


def write_pdf(
    file: Path,
    layout: QPageLayout,
    dots_per_inch: int,
    title: str,
    paint: Callable[[QPdfWriter], None],
) -> None:
    """Write what ``paint`` draws on pages of ``layout`` to ``file`` (0600), whole or not at all.

    Raises ``OSError`` if that fails, and ``RuntimeError`` without a ``QGuiApplication``.
    """
    if QGuiApplication.instance() is None:
        raise RuntimeError("fonts need a QGuiApplication")
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(dots_per_inch)
    writer.setPageLayout(layout)
    writer.setTitle(title)
    paint(writer)
    atomic_write(file, bytes(buffer.data().data()))
