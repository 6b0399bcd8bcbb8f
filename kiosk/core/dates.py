"""Parse dates as people write them."""

from __future__ import annotations

import re
from datetime import date

_DATE = re.compile(
    r"(\d{4})\s*[-./]\s*(\d{1,2})\s*[-./]\s*(\d{1,2})\.?|(\d{4})(\d{2})(\d{2})", re.ASCII
)


def parse_date(text: str) -> date | None:
    """Return the date in ``text``, ``None`` where it is empty.

    Accepts 2026-03-01, 2026.3.1, 2026/3/1, 2026. 3. 1. and 20260301. Raises ``ValueError`` for
    anything else and for dates that do not exist.
    """
    if not text.strip():
        return None
    found = _DATE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"not a date: {text!r}")
    year, month, day = (int(part) for part in found.groups() if part is not None)
    return date(year, month, day)
