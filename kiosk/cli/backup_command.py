"""``backup``: make, list, verify and restore encrypted backups; the recovery code."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path
from typing import Any

from kiosk.app.bootstrap.store_factory import backup_job_of, backups_of, open_store
from kiosk.app.single_instance import only_one
from kiosk.cli.shared import config_of, data_dir, operator
from kiosk.cli.two_admin_approval import two_admins
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import StorageError
from kiosk.core.reports import BackupCheck, BackupInfo
from kiosk.storage.audit.chain_verification import sentence
from kiosk.storage.backup import restore
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.backup.recovery_code import key_of
from kiosk.storage.db.timestamps import local_now


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser(
        "backup",
        parents=[common],
        help="make, list, verify or restore encrypted backups; make the recovery code",
    )
    own.add_argument(
        "action",
        nargs="?",
        choices=("list", "now", "verify", "restore", "recovery-code"),
        default="list",
    )
    own.add_argument(
        "file",
        nargs="?",
        help="name of a backup, or its path (for verify and restore; default: the newest good one)",
    )
    own.add_argument(
        "--recovery-code",
        action="store_true",
        help="open the backup with the recovery code, which is asked for",
    )
    own.add_argument("--yes", action="store_true", help="restore without asking")
    own.set_defaults(call=call)


def call(args: argparse.Namespace) -> int:
    """Carry out one action."""
    config = config_of(args)
    folder = data_dir(args)
    if args.action == "list":
        return _list(config, folder)
    if args.action == "verify":
        return _verify(config, folder, args.file, _recovery_code(args))
    if args.action == "restore":
        return _restore(config, folder, args)
    storage = open_store(folder, config)
    try:
        backup_job = backup_job_of(config, storage)
        if args.action == "now":
            print(
                f"{backup_job.back_up(local_now(), 'by-hand', operator().name)} made and read back"
            )
        else:
            print(backup_job.new_recovery_code(local_now(), operator().name))
            print(
                "Write this code down and keep it apart from the kiosk: it is shown only now. It "
                "opens every backup where the keys are lost.",
                file=sys.stderr,
            )
        return 0
    finally:
        storage.close()


def _list(config: Config, folder: Path) -> int:
    backups, _ = backups_of(config, folder)
    found = backups.list()
    for info in found:
        print(_line(info))
    print(f"{len(found)} backups in {backups.folder}")
    return 0


def _line(info: BackupInfo) -> str:
    if info.damaged or info.made_at is None:
        return f"{info.name}\tDAMAGED"
    ways = [
        word
        for word, there in (("master key", info.opens), ("recovery code", info.recovers))
        if there
    ]
    opens_with = " or ".join(ways) or "NO KEY THAT IS HERE"
    made_at = f"{info.made_at:%Y-%m-%d %H:%M}"
    size = f"{info.size / 1e6:.1f} MB"
    return "\t".join((info.name, made_at, info.label, size, f"opens with {opens_with}"))


def _verify(config: Config, folder: Path, name: str | None, recovery: bytes | None) -> int:
    backups, _ = backups_of(config, folder)
    file = backups.file(name) if name else _newest(backups.files())
    return _print_check(file.name, restore.verify(backups, file, recovery))


def _print_check(name: str, check: BackupCheck) -> int:
    print(
        f"{name}: whole; {check.people} people, {check.templates} templates that open, "
        f"{check.rows} rows of the log"
    )
    if check.log.finding:
        print(f"but its log is NOT as it was written: {sentence(check.log)}")
        return 2
    return 0


def _newest(files: list[Path]) -> Path:
    if not files:
        raise StorageError(
            "There is no backup; `backup now` makes one.", key="error.backup_missing", name="-"
        )
    return files[-1]


def _restore(config: Config, folder: Path, args: argparse.Namespace) -> int:
    backups, vault = backups_of(config, folder)
    recovery = _recovery_code(args)
    with only_one(folder):
        file = backups.file(args.file) if args.file else restore.newest_good(backups)
        if file is None:
            raise StorageError(
                f"No backup in {backups.folder} is whole and opens with the keys here; name one, "
                "or add --recovery-code.",
                key="error.backup_missing",
                name="-",
            )
        if not args.yes and not _confirmed(file, folder):
            print("Nothing was restored.")
            return 0
        by = _approved(config, folder, backups, file, recovery) or operator().name
        check = restore.restore(backups, file, vault, local_now(), by, recovery)
    open_store(folder, config).close()
    code = _print_check(file.name, check)
    print(f"restored; what it replaced is in {paths.set_aside_dir(folder)}")
    return code


def _approved(
    config: Config, folder: Path, backups: Backups, file: Path, recovery: bytes | None
) -> str:
    """Return the names of two administrators, or an empty string if the settings need none.

    They are those of the database, or of the backup if the database cannot be opened.
    """
    if not config.security.two_admins:
        return ""
    if paths.database_file(folder).exists():
        try:
            storage = open_store(folder, config)
        except StorageError as error:
            print(f"{error} The administrators of the backup are asked.", file=sys.stderr)
        else:
            try:
                return two_admins(storage.accounts.verify, config)
            finally:
                storage.close()
    offer = restore.Offer(backups, file, recovery)
    try:
        return two_admins(offer.sign_in, config)
    finally:
        offer.close()


def _confirmed(file: Path, folder: Path) -> bool:
    try:
        return (
            input(
                f"Put {file.name} in the place of {paths.database_file(folder)}? What came after "
                "it is set aside. Type yes: "
            ).strip()
            == "yes"
        )
    except EOFError:
        raise StorageError(
            "Nobody is there to confirm, so nothing was restored; add --yes to restore without "
            "asking."
        ) from None


def _recovery_code(args: argparse.Namespace) -> bytes | None:
    if not args.recovery_code:
        return None
    try:
        return key_of(getpass.getpass("Recovery code: ") if sys.stdin.isatty() else input())
    except EOFError:
        raise StorageError(
            "Nobody is there to type the recovery code; run this at a terminal."
        ) from None
