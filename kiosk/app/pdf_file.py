"""Writes a PDF file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QGuiApplication, QPageLayout, QPdfWriter

from kiosk.core.files import atomic_write


def pdf_bytes(
    layout: QPageLayout,
    dots_per_inch: int,
    title: str,
    paint: Callable[[QPdfWriter], None],
) -> bytes:
    """Return a PDF of what ``paint`` draws on pages of ``layout``.

    Raises ``RuntimeError`` without a ``QGuiApplication``.
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
    return bytes(buffer.data().data())


def write_pdf(
    file: Path,
    layout: QPageLayout,
    dots_per_inch: int,
    title: str,
    paint: Callable[[QPdfWriter], None],
) -> None:
    """Write a PDF as of ``pdf_bytes`` to ``file`` (0600), whole or not at all.

    Raises ``OSError`` if that fails.
    """
    atomic_write(file, pdf_bytes(layout, dots_per_inch, title, paint))
