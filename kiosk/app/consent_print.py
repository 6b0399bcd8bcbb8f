"""The texts of consent on paper: an empty form to sign, or what a person agreed to."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMarginsF, QSizeF
from PySide6.QtGui import QPageLayout, QPageSize, QPdfWriter, QTextDocument

from kiosk.app.pdf_file import pdf_bytes
from kiosk.core.consent_texts import ConsentText
from kiosk.core.errors import StorageError
from kiosk.core.files import atomic_write
from kiosk.ui.catalogue import tr_in
from kiosk.ui.theme import FONT_FAMILIES

POINTS = 10
"""Size of plain text; the law asks for 9 points at least."""
CLEARER = 1.25
"""How much larger what has to stand out is; the law asks for 1.2."""
MARGIN_MM = 18.0
DOTS_PER_INCH = 300


def form_page(texts: Sequence[ConsentText]) -> str:
    """Return an empty form as HTML: a table for each consent, a box to tick, a line to sign."""
    code = texts[0].language
    lines = [f"{_escaped(tr_in(code, f'consent.paper.{name}'))} ________" for name in _SIGNED]
    return "".join([*map(_section, texts), f"<p>{'&nbsp;&nbsp; '.join(lines)}</p>"])


def copy_page(data: Mapping[str, Any], code: str) -> str:
    """Return what a person agreed to, in the words that they read, as HTML.

    ``data``: their own data (``subject_access.own_data``).
    """
    person = data["person"]
    title = f"{tr_in(code, 'consent.paper.copy')}: {person['name']} ({person['number']})"
    parts = [f"<h2>{_escaped(title)}</h2>"]
    for given in data["consents"]:
        facts = tr_in(
            code,
            "consent.paper.withdrawn" if given["withdrawn_at"] else "consent.paper.given",
            about=", ".join(tr_in(code, f"consent.{kind}.name") for kind in given["about"]),
            at=_moment(given["given_at"]),
            until=_moment(given["withdrawn_at"] or ""),
            version=given["version"] or "-",
        )
        parts.append(f"<h3>{_escaped(facts)}</h3><p>{_escaped(given['text'] or '-')}</p>")
    return "".join(parts)


def page_bytes(page: str, title: str) -> bytes:
    """Return the HTML ``page`` as a PDF of A4 pages."""
    margins = QMarginsF(MARGIN_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM)
    a4 = QPageSize(QPageSize.PageSizeId.A4)
    layout = QPageLayout(a4, QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter)

    def paint(writer: QPdfWriter) -> None:
        document = QTextDocument()
        document.documentLayout().setPaintDevice(writer)
        document.setDefaultStyleSheet(style_sheet())
        document.setHtml(f"<body>{page}</body>")
        area = writer.pageLayout().paintRectPixels(DOTS_PER_INCH)
        document.setPageSize(QSizeF(area.width(), area.height()))
        document.print_(writer)

    return pdf_bytes(layout, DOTS_PER_INCH, title, paint)


def print_page(page: str, file: Path, title: str) -> None:
    """Write the HTML ``page`` as a PDF of A4 pages (0600); raise ``StorageError`` if that fails."""
    try:
        atomic_write(file, page_bytes(page, title))
    except OSError as error:
        raise StorageError(
            f"The page cannot be written to {file} ({error.strerror}); choose another file."
        ) from None


def style_sheet() -> str:
    """Return the style of the pages: what the law wants to stand out is larger and coloured."""
    return (
        f"body {{ font-family: {', '.join(map(repr, FONT_FAMILIES))}; font-size: {POINTS}pt; }}"
        f" .clear {{ font-size: {POINTS * CLEARER}pt; font-weight: bold; color: #1B5FC4; }}"
        " .code { font-family: monospace; font-size: 20pt; font-weight: bold; }"
    )


_SIGNED = ("day", "name", "signature")


def _section(text: ConsentText) -> str:
    rows = "".join(
        f"<tr><td width='18%'>{_escaped(part.heading)}</td>"
        f"<td{' class=clear' if part.stands_out else ''}>{_escaped(part.text)}</td></tr>"
        for part in text.parts
    )
    return (
        f"<h3>{_escaped(text.title)}</h3>"
        f"<table border='1' cellspacing='0' cellpadding='6' width='100%'>{rows}</table>"
        f"<p>☐ <b>{_escaped(text.agree)}</b></p>"
    )


def _escaped(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def _moment(at: str) -> str:
    return at[:16].replace("T", " ")
