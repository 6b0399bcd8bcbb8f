"""Pages whose tables are written by the command that measures them."""

from __future__ import annotations

import re
from collections.abc import Sequence


def put(page: str, name: str, lines: Sequence[str]) -> str:
    """Return ``page`` with ``lines`` between the marks of ``name``."""
    place = re.compile(rf"(<!-- measured: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not place.search(page):
        raise SystemExit(f"the page has no place for {name}")
    return place.sub(lambda found: found[1] + "\n".join(["", *lines, ""]) + "\n" + found[2], page)
