"""Parse dates as people and their programs write them."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

_LONGEST = 60
"""Maximum number of characters that are looked at."""

_TIME = (
    r"(?:(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?"
    r"|(?:[01]?\d|2[0-4])\s*시(?:\s*[0-5]?\d\s*분(?:\s*[0-5]?\d\s*초)?)?)"
)
_HALF = r"(?:오전|오후|[AaPp]\.?[Mm]\.?)"
_DATE = re.compile(
    r"(?:(\d{4})\s*[-./]\s*(\d{1,2})\s*[-./]\s*(\d{1,2})\.?"
    r"|(\d{4})\s*[년年]\s*(\d{1,2})\s*[월月]\s*(\d{1,2})\s*[일日]"
    r"|(\d{4})(\d{2})(\d{2}))"
    r"(?:\s*\(?[월화수목금토일](?:요일)?\)?)?"
    rf"(?:(?:\s+|T)(?:{_HALF}\s*)?{_TIME}(?:\s*{_HALF})?)?",
    re.ASCII,
)


def parse_date(text: str) -> date | None:
    """Return the date in ``text``, ``None`` where it is empty.

    Accepts 2026-03-01, 2026.3.1, 2026/3/1, 2026. 3. 1., 2026년 3월 1일, 2026年3月1日 and 20260301,
    each also with a weekday, and with a time of day, which is left out: 2026. 3. 1 오후 2:30:45, as
    Google Forms writes it, or 2026-03-01T00:00:00. Digits may be of full width. Raises
    ``ValueError`` for anything else and for dates that do not exist.
    """
    plain = unicodedata.normalize("NFKC", text.strip()) if len(text) <= _LONGEST else text
    if not plain.strip():
        return None
    found = _DATE.fullmatch(plain.strip()) if len(plain) <= _LONGEST else None
    if found is None:
        raise ValueError(f"not a date: {text[:_LONGEST]!r}")
    year, month, day = (int(part) for part in found.groups() if part is not None)
    return date(year, month, day)
