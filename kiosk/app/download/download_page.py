"""The page that a telephone or computer sees before it downloads."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from kiosk.ui.i18n import tr

_HEAD = (
    '<!doctype html><html><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    "<title>{title}</title><style>"
    "body{{font:18px sans-serif;margin:1.5em;max-width:36em}}"
    "button{{font:inherit;padding:.8em 1.2em;width:100%;margin:.3em 0;overflow-wrap:anywhere}}"
    "</style></head><body><h1>{title}</h1>"
)


def download_page(token: str, names: Sequence[str], taken: Sequence[bool]) -> str:
    """Return the HTML page with a button for each file that was not downloaded yet."""
    parts = [_HEAD.format(title=escape(tr("download.page.title")))]
    for number, (name, gone) in enumerate(zip(names, taken, strict=True)):
        if gone:
            parts.append(f"<p>{escape(tr('download.page.taken', name=name))}</p>")
        else:
            # a button and not a link: programs that look at links ahead would use it up
            parts.append(
                f'<form method="post" action="/{token}/{number}">'
                f"<button>{escape(tr('download.page.button', name=name))}</button></form>"
            )
    return "".join([*parts, "</body></html>"])


def plain_page(key: str) -> str:
    """Return an HTML page with the message ``key``."""
    words = escape(tr(key))
    return _HEAD.format(title=words) + "</body></html>"
