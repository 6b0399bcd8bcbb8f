"""A recovery code to take along: as text, and as a page to print and lock away."""

from __future__ import annotations

import html
from datetime import datetime

from kiosk.app.consent_print import page_bytes
from kiosk.core.sticks import HandOut, Parcel
from kiosk.ui.formatting import moment_text
from kiosk.ui.i18n import tr


def recovery_parcel(code: str, now: datetime) -> Parcel:
    """Return ``code`` as a text file and as a PDF page; it is stored nowhere on this machine.

    Needs a ``QGuiApplication``.
    """
    title = tr("delivery.code.title")
    made = tr("delivery.code.made", at=moment_text(now))
    keep = tr("delivery.code.keep")
    text = "\r\n".join((title, made, code, keep)) + "\r\n"
    lines = (f"<h2>{html.escape(title)}</h2>", f"<p>{html.escape(made)}</p>")
    page = "".join(lines) + f"<p class='code'>{code}</p><p>{html.escape(keep)}</p>"
    name = f"munjigi-recovery-code-{now:%Y%m%d}"
    return Parcel(
        f"{name}.txt",
        (
            HandOut(f"{name}.txt", content=text.encode()),
            HandOut(f"{name}.pdf", content=page_bytes(page, title)),
        ),
    )
