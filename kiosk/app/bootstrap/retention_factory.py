"""Builds the retention rule of the logs."""

from __future__ import annotations

from kiosk.core.config import Config
from kiosk.storage.audit.retention import Retention
from kiosk.storage.audit.staff_log_archive import StaffLogArchive
from kiosk.storage.store import Store


def retention_of(config: Config, storage: Store) -> tuple[Retention, StaffLogArchive]:
    """Return the retention rule of the logs, and what it keeps of the staff log."""
    privacy = config.privacy
    archive = StaffLogArchive(storage, privacy.keep_staff_log_days, privacy.keep_log_days)
    return Retention(storage, privacy.keep_log_days, archive), archive
