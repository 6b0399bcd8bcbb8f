"""Dates as people write them."""

from __future__ import annotations

import re
from datetime import date

_DATE = re.compile(
    r"(\d{4})\s*[-./]\s*(\d{1,2})\s*[-./]\s*(\d{1,2})\.?|(\d{4})(\d{2})(\d{2})", re.ASCII
)


def parse_date(text: str) -> date | None:
    """The date in ``text``: 2026-03-01, 2026.3.1, 2026/3/1, 2026. 3. 1. or 20260301; ``None`` where empty.

    Raises ``ValueError`` where it is none of these or no day of the calendar.
    """
    if not text.strip():
        return None
    found = _DATE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"not a date: {text!r}")
    year, month, day = (int(part) for part in found.groups() if part is not None)
    return date(year, month, day)
