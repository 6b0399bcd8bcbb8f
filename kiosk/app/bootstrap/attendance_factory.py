"""Builds the service of hours of presence."""

from __future__ import annotations

from functools import partial

from kiosk.core.attendance import AttendanceRule
from kiosk.core.config import Config
from kiosk.services.attendance_service import AttendanceService
from kiosk.storage.audit.passages import accepted_times
from kiosk.storage.store import Store
from kiosk.storage.tabular.plain_table import write_plain_table


def build_attendance(config: Config, storage: Store) -> AttendanceService:
    """Return the service over one open store."""
    attendance = config.attendance
    return AttendanceService(
        storage.consents,
        storage.people,
        partial(accepted_times, storage.database),
        write_plain_table,
        storage.audit_log,
        AttendanceRule(attendance.leaving, attendance.day_begins, attendance.longest_hours),
        enabled=config.privacy.attendance,
    )
