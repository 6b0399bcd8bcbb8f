"""Moments as they are stored: ISO-8601 with zone to be read, UTC microseconds to be compared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from kiosk.core.errors import StorageError

Clock = Callable[[], datetime]
"""Gives the present moment, zone-aware."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def local_now() -> datetime:
    """The present moment in the machine's zone."""
    return datetime.now().astimezone()


def microseconds(at: datetime) -> int:
    """UTC microseconds since 1970 of a zone-aware moment; ``StorageError`` where it has no zone."""
    if at.utcoffset() is None:
        raise StorageError("A moment without a time zone cannot be stored; give it one.")
    return (at - _EPOCH) // _MICROSECOND


def iso(at: datetime | None) -> str | None:
    """``at`` as ISO-8601 with zone and microseconds."""
    if at is None:
        return None
    microseconds(at)  # refuses a moment without a zone
    return at.isoformat(timespec="microseconds")


def from_iso(text: str | None) -> datetime | None:
    """The moment that ``iso`` wrote; its zone is the fixed offset of that moment."""
    return None if text is None else datetime.fromisoformat(text)


def day_start(day: date, zone: tzinfo | None) -> int:
    """UTC microseconds at which ``day`` begins in ``zone``; ``None`` is the machine's own zone."""
    midnight = datetime.combine(day, time.min)
    try:
        local = midnight.astimezone() if zone is None else midnight.replace(tzinfo=zone)
        return microseconds(local)
    except (OverflowError, OSError, ValueError):  # the first and last days that a date can say
        return microseconds(midnight.replace(tzinfo=UTC))


def day_end(day: date, zone: tzinfo | None) -> int:
    """UTC microseconds at which the day after ``day`` begins in ``zone``."""
    if day == date.max:
        return microseconds(datetime.max.replace(tzinfo=UTC))
    return day_start(day + timedelta(days=1), zone)
