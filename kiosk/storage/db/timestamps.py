"""Times as stored: ISO 8601 with time zone to be read, UTC microseconds to be compared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from kiosk.core.errors import StorageError

Clock = Callable[[], datetime]
"""Returns the current time, with time zone."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def local_now() -> datetime:
    """Return the current time in the machine's time zone."""
    return datetime.now().astimezone()


def microseconds(at: datetime) -> int:
    """Return UTC microseconds since 1970; raise ``StorageError`` for a time without a zone."""
    if at.utcoffset() is None:
        raise StorageError("A moment without a time zone cannot be stored; give it one.")
    return (at - _EPOCH) // _MICROSECOND


def iso(at: datetime | None) -> str | None:
    """Return ``at`` as ISO 8601 with time zone and microseconds."""
    if at is None:
        return None
    microseconds(at)  # refuses a time without a zone
    return at.isoformat(timespec="microseconds")


def from_iso(text: str | None) -> datetime | None:
    """Return the time that ``iso`` wrote; its zone is a fixed offset."""
    return None if text is None else datetime.fromisoformat(text)


def day_start(day: date, zone: tzinfo | None) -> int:
    """Return when ``day`` begins in ``zone``, in UTC microseconds.

    ``None`` is the machine's own zone.
    """
    midnight = datetime.combine(day, time.min)
    try:
        local = midnight.astimezone() if zone is None else midnight.replace(tzinfo=zone)
        return microseconds(local)
    except (OverflowError, OSError, ValueError):  # at the limits of the type date
        return microseconds(midnight.replace(tzinfo=UTC))


def day_end(day: date, zone: tzinfo | None) -> int:
    """Return when the day after ``day`` begins in ``zone``, in UTC microseconds."""
    if day == date.max:
        return microseconds(datetime.max.replace(tzinfo=UTC))
    return day_start(day + timedelta(days=1), zone)
