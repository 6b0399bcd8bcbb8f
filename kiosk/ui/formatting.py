"""Dates, distances, counts and durations as text."""

from __future__ import annotations

import math
from datetime import date, datetime, time

from kiosk.core.dates import parse_date as parse_date  # the screens take it from here
from kiosk.ui.i18n import tr

DASH = "–"


def day_of(moment: datetime | None) -> str:
    """The local day of a moment."""
    return DASH if moment is None else moment.astimezone().date().isoformat()


def moment_text(moment: datetime) -> str:
    """Day and time to the second, in the time zone of ``moment``."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def date_text(day: date) -> str:
    """Month, day and weekday in words, as on the door's clock."""
    return tr(
        "common.date",
        month=tr(f"common.month.{day.month}"),
        day=day.day,
        weekday=tr(f"common.weekday.{day.weekday()}"),
    )


def valid_text(start: date | None, end: date | None, until: time | None = None) -> str:
    """The period in which a person may enter; ``until``: the time of its last day."""
    last = "" if end is None else end.isoformat()
    if until is not None:
        last = f"{last} {until.isoformat(timespec='minutes')}"
    if start and end:
        return tr("people.valid.between", start=start.isoformat(), end=last)
    if start:
        return tr("people.valid.from", start=start.isoformat())
    return tr("people.valid.until", end=last) if end else tr("people.valid.always")


def distance_text(distance: float | None, digits: int = 3) -> str:
    """A distance, or a dash where nothing was compared."""
    return DASH if distance is None or not math.isfinite(distance) else f"{distance:.{digits}f}"


def count_text(number: float) -> str:
    """A whole number with separators."""
    return f"{round(number):,}"


def size_text(size: int) -> str:
    """A size in bytes, in kB, MB or GB."""
    if size >= 1_000_000_000:
        return f"{size / 1e9:.1f} GB"
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.0f} kB"


def span_text(seconds: float) -> str:
    """A duration rounded up, in seconds, minutes or hours."""
    if seconds < 90:
        return tr("admin.progress.seconds", n=math.ceil(seconds))
    if seconds < 5400:
        return tr("admin.progress.minutes", n=math.ceil(seconds / 60))
    return tr("admin.progress.hours", n=math.ceil(seconds / 3600))
