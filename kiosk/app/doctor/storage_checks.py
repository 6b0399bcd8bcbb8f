"""Checks of the database, its keys and its backups, and of the access rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from kiosk.access.policy.rules import AccessPolicy
from kiosk.app.bootstrap.policy_factory import build_rules
from kiosk.app.bootstrap.store_factory import backups_of, key_store, open_store
from kiosk.app.doctor.check_messages import check_failed, check_message, ok
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import KioskError
from kiosk.core.program_name import program_name
from kiosk.core.view_models import Check, CheckLevel
from kiosk.storage.audit.head_anchor import read_anchor
from kiosk.storage.audit.seal_verification import identifiers, verify_seals
from kiosk.storage.crypto.badge_secret import check_badge_key
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.timestamps import local_now
from kiosk.vision.models.manifest import Manifest


def rules_check(config: Config, data_dir: Path) -> Check:
    """Check that the access rules are usable; report their groups."""
    try:
        rules = build_rules(config, data_dir)
    except KioskError as error:
        return check_failed("rules", "rules_broken", error)
    if replace(rules, pin_for_everybody=False) == AccessPolicy():
        return check_message("rules", CheckLevel.OK, "rules_none")
    return check_message(
        "rules", CheckLevel.OK, "rules_groups", names=", ".join(sorted(rules.groups))
    )


def zone_check(config: Config, data_dir: Path) -> Check:
    """Check that the schedules follow a time zone that somebody chose: fresh systems are on UTC."""
    try:
        zone = build_rules(config, data_dir).zone
    except KioskError:  # the check of the rules reports that
        zone = None
    now = local_now().astimezone(zone)
    shown = f"{zone or now.tzname()} ({now:%H:%M})"
    if zone is None and now.tzname() == "UTC":
        return check_message("zone", CheckLevel.WARNING, "zone_utc", "zone", now=f"{now:%H:%M}")
    return ok("zone", shown)


def database_check(config: Config, data_dir: Path) -> Check:
    """Check that the database opens; report how many people must be enrolled again."""
    file = paths.database_file(data_dir)
    if not file.exists():
        return check_message("database", CheckLevel.OK, "will_be_made", file=file)
    try:
        storage = open_store(data_dir, config)
    except KioskError as error:
        return check_failed("database", "unusable", error)
    try:
        people = storage.people.search("", 1, 0)[1]
        size = f"{file.stat().st_size / 1e6:.1f} MB"
        embedder = _embedder_in_use(config)
        again = storage.people.without(embedder) if embedder else 0
        if again:
            return check_message(
                "database",
                CheckLevel.WARNING,
                "strangers",
                "enrol_again",
                again=again,
                people=people,
                size=size,
            )
        return check_message("database", CheckLevel.OK, "sound", people=people, size=size)
    except KioskError as error:  # the key of the seals is missing
        return check_failed("database", "unusable", error)
    finally:
        storage.close()


def log_check(config: Config, data_dir: Path) -> Check | Iterator[Check]:
    """Check that the log holds the newest link, which is noted beside the keys.

    Yields nothing where the database cannot be opened: its own check reports that.
    """
    file = paths.database_file(data_dir)
    if not file.exists():
        return check_message("log", CheckLevel.OK, "will_be_made", file=file)
    try:
        with open_store(data_dir, config) as storage:
            storage.roll_back_guard.require_newest()
            storage.restore_confirmation.require_confirmed()
        anchor = read_anchor(storage.vault, storage.database.path)
    except KioskError as error:
        found = error.key.removeprefix("error.")
        if found not in ("log_rolled_back", "restore_unconfirmed"):
            return iter(())
        return check_failed("log", found, error)
    if anchor is None:
        return check_message(
            "log",
            CheckLevel.WARNING,
            "log_not_noted",
            "log_not_noted",
            place=storage.vault.store.place,
        )
    return check_message("log", CheckLevel.OK, "log_noted", number=anchor.newest)


def _embedder_in_use(config: Config) -> str:
    try:
        return Manifest.load(paths.MANIFEST).choose(config.recognition.embedder).identity
    except (KioskError, OSError):
        return ""


def keys_check(config: Config, data_dir: Path) -> Check | Iterator[Check]:
    """Check that the keys to the stored templates are in place.

    Yields nothing where the database cannot be opened: its own check reports that.
    """
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


def seals_check(config: Config, data_dir: Path) -> Check | Iterator[Check]:
    """Check that nobody but the kiosk wrote the rows that decide.

    Yields nothing where the database or the key cannot be read: other checks report that.
    """
    file = paths.database_file(data_dir.absolute())
    if not file.exists():
        return iter(())
    try:
        check = verify_seals(file, Vault(key_store(data_dir, config)))
    except KioskError:
        return iter(())
    if check.sound:
        return check_message("seals", CheckLevel.OK, "seals_hold")
    return check_message(
        "seals",
        CheckLevel.PROBLEM,
        "seals_broken",
        "seals",
        rows=identifiers(check),
        program=program_name(),
    )


def backup_check(config: Config, data_dir: Path) -> Check:
    """Check that there is a recent backup, and a recovery code in case the keys are lost."""
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
            "backup",
            CheckLevel.WARNING,
            "no_backup",
            "backup_now",
            folder=backups.folder,
            program=program_name(),
        )
    hours = (local_now() - newest.made_at).total_seconds() / 3600
    facts: dict[str, object] = {
        "number": len(usable),
        "hours": f"{max(0.0, hours):.0f}",
        "folder": str(backups.folder),
        "program": program_name(),
    }
    if hours > 2 * config.backup.every_hours:
        return check_message("backup", CheckLevel.WARNING, "backup_old", "backup_old", **facts)
    if not newest.recovers:
        return check_message(
            "backup", CheckLevel.WARNING, "no_recovery_code", "recovery_code", **facts
        )
    away = [place.place for place in backups.missing()]
    if away:
        facts["folders"] = ", ".join(away)
        return check_message("backup", CheckLevel.WARNING, "backups_away", "backups_away", **facts)
    return check_message("backup", CheckLevel.OK, "backup_young", "", **facts)
