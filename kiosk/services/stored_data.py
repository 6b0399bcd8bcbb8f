"""Backups, retention and verification of stored data, for the Privacy screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Protocol

from kiosk.core.ports import AuditPort, Clock
from kiosk.core.reports import BackupCheck, BackupInfo, LogCheck, RetentionState
from kiosk.core.rights import Actor, Right, require
from kiosk.core.view_models import PrivacyView
from kiosk.services.two_admins import TwoAdmins


class BackupJobPort(Protocol):
    """Makes backups and the recovery code, and records who asked for them."""

    def back_up(self, now: datetime, label: str, by: str) -> Path: ...
    def new_recovery_code(self, now: datetime, by: str) -> str: ...


class BackupFilesPort(Protocol):
    """The stored backups."""

    @property
    def folder(self) -> Path: ...
    def list(self) -> Sequence[BackupInfo]: ...
    def newest_good(self) -> str | None: ...
    def verify(self, name: str) -> BackupCheck: ...
    def restorer(self, name: str, by: str) -> Callable[[], BackupCheck]: ...
    def forget(self, path: str) -> None: ...


class RetentionPort(Protocol):
    """Deletes old rows of the log, provably."""

    def state(self) -> RetentionState: ...
    def run(self, now: datetime, before: datetime | None, by: str) -> int: ...


class BackupFilesService:
    """The stored backups, also while the database cannot be opened.

    Every method raises ``SignInError`` without the right; run it on a thread that may block.
    """

    def __init__(self, backups: BackupFilesPort, two: TwoAdmins) -> None:
        self._backups = backups
        self._two = two

    def list_backups(self, actor: Actor) -> tuple[BackupInfo, ...]:
        """Return all backups, newest first."""
        require(actor, Right.MANAGE_STORED_DATA)
        return tuple(self._backups.list())

    def newest_good_backup(self, actor: Actor) -> str | None:
        """Return the newest backup that is undamaged and that the available keys open."""
        require(actor, Right.MANAGE_STORED_DATA)
        return self._backups.newest_good()

    def verify_backup(self, actor: Actor, name: str) -> BackupCheck:
        """Open a backup and check what is in it."""
        require(actor, Right.MANAGE_STORED_DATA)
        return self._backups.verify(name)

    def restorer(
        self, actor: Actor, backup: str, name: str = "", pin: str = ""
    ) -> Callable[[], BackupCheck]:
        """Verify a backup; return what restores it once the kiosk has stopped.

        ``name`` and ``pin``: of the second administrator, where the rule is on.
        """
        require(actor, Right.MANAGE_STORED_DATA)
        by = self._two.agreed(actor, name, pin)
        self._backups.verify(backup)
        return self._backups.restorer(backup, by)


class StoredDataService(BackupFilesService):
    """Every method raises ``SignInError`` without the right; run it on a thread that may block.

    ``key_facts``: where the keys are and which they are, as (name, value). ``verify_log``: check
    the hash chain. ``rotate_key``: replace the master key and return its old id, its new id, and
    the number of backups that open with the new one. ``audit`` records that.
    """

    def __init__(
        self,
        backup_job: BackupJobPort,
        backups: BackupFilesPort,
        retention: RetentionPort,
        two: TwoAdmins,
        clock: Clock,
        key_facts: Callable[[], tuple[tuple[str, str], ...]],
        verify_log: Callable[[], LogCheck],
        rotate_key: Callable[[], tuple[str, str, int]],
        audit: AuditPort,
    ) -> None:
        super().__init__(backups, two)
        self._backup_job = backup_job
        self._retention = retention
        self._clock = clock
        self._key_facts = key_facts
        self._verify_log = verify_log
        self._rotate_key = rotate_key
        self._audit = audit

    def view(self, actor: Actor) -> PrivacyView:
        """Return what the Privacy screen shows."""
        require(actor, Right.MANAGE_STORED_DATA)
        return PrivacyView(
            self._retention.state(),
            self._key_facts(),
            tuple(self._backups.list()),
            str(self._backups.folder),
            self._two.required,
        )

    def back_up(self, actor: Actor) -> Path:
        """Make a backup now; return its file."""
        require(actor, Right.MANAGE_STORED_DATA)
        return self._backup_job.back_up(self._clock(), "by-hand", actor.name)

    def new_recovery_code(self, actor: Actor, name: str = "", pin: str = "") -> str:
        """Make a recovery code, which opens every backup; it is returned only this once.

        ``name`` and ``pin``: of the second administrator, where the rule is on.
        """
        require(actor, Right.MANAGE_STORED_DATA)
        by = self._two.agreed(actor, name, pin)
        return self._backup_job.new_recovery_code(self._clock(), by)

    def forget_folder(self, actor: Actor, path: str) -> None:
        """Forget a former folder of backups that will never be there again."""
        require(actor, Right.MANAGE_STORED_DATA)
        self._backups.forget(path)
        self._audit.record("backup_folder_forgotten", actor.name, {"folder": path})

    def delete_rows(self, actor: Actor, before: date, name: str = "", pin: str = "") -> int:
        """Delete the rows of the log before a day; return how many.

        ``name`` and ``pin``: of the second administrator, where the rule is on.
        """
        require(actor, Right.MANAGE_STORED_DATA)
        by = self._two.agreed(actor, name, pin)
        midnight = datetime.combine(before, time.min).astimezone()
        return self._retention.run(self._clock(), midnight, by)

    def verify_log(self, actor: Actor) -> LogCheck:
        """Check the access log and the audit log against their hash chain."""
        require(actor, Right.MANAGE_STORED_DATA)
        return self._verify_log()

    def rotate_key(self, actor: Actor, name: str = "", pin: str = "") -> tuple[str, str, int]:
        """Replace the master key; return (old id, new id, backups that open with the new one).

        ``name`` and ``pin``: of the second administrator, where the rule is on.
        """
        require(actor, Right.MANAGE_STORED_DATA)
        by = self._two.agreed(actor, name, pin)
        old, new, backups = self._rotate_key()
        detail = {"old": old, "new": new, "backups": backups}
        self._audit.record("master_key_rotated", by, detail)
        return old, new, backups
