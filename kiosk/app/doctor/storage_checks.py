"""What the doctor says of keys and backups: whether the stored faces can be read, and what would bring them back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from kiosk.app.bootstrap.build import backups_of, open_store
from kiosk.app.doctor.machine_checks import check_message
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import KioskError
from kiosk.core.view_models import Check, CheckLevel
from kiosk.storage.crypto.badge_secret import check_badge_key
from kiosk.storage.db.timestamps import local_now


def keys_check(config: Config, data_dir: Path) -> Check | Iterator[Check]:
    """Whether the keys to the stored faces are in their place; a database that cannot be opened is told by its own check."""
    if not paths.database_file(data_dir).exists():
        return check_message("keys", CheckLevel.OK, "keys_will_be_made")
    try:
        storage = open_store(data_dir, config)
    except KioskError:
        return iter(())
    try:
        storage.check_keys()
    except KioskError as error:
        storage.close()
        return replace(
            check_message("keys", CheckLevel.PROBLEM, "keys_unusable"),
            advice=str(error),
            advice_key=error.key,
        )
    try:
        check_badge_key(storage, paths.badge_key(data_dir))
        return check_message("keys", CheckLevel.OK, "keys_there", place=storage.vault.store.place)
    except KioskError as error:
        return replace(
            check_message("keys", CheckLevel.PROBLEM, "badge_key_missing"),
            advice=str(error),
            advice_key=error.key,
        )
    finally:
        storage.close()


def backup_check(config: Config, data_dir: Path) -> Check:
    """Whether there is a backup young enough, and something to open it with where the keys are lost."""
    if not paths.database_file(data_dir).exists():
        return check_message("backup", CheckLevel.OK, "backup_will_be_made")
    try:
        backups, _ = backups_of(config, data_dir)
        usable = [info for info in backups.list() if info.opens or info.recovers]
    except KioskError as error:
        return replace(
            check_message("backup", CheckLevel.PROBLEM, "backups_unreadable"),
            advice=str(error),
            advice_key=error.key,
        )
    newest = usable[0] if usable else None
    if newest is None or newest.made_at is None:
        return check_message(
            "backup", CheckLevel.WARNING, "no_backup", "backup_now", folder=backups.folder
        )
    hours = (local_now() - newest.made_at).total_seconds() / 3600
    facts: dict[str, object] = {
        "number": len(usable),
        "hours": f"{max(0.0, hours):.0f}",
        "folder": str(backups.folder),
    }
    if hours > 2 * config.backup.every_hours:
        return check_message("backup", CheckLevel.WARNING, "backup_old", "backup_old", **facts)
    if not newest.recovers:
        return check_message(
            "backup", CheckLevel.WARNING, "no_recovery_code", "recovery_code", **facts
        )
    return check_message("backup", CheckLevel.OK, "backup_young", "", **facts)
