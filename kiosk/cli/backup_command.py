"""``backup``: make, list, verify and restore encrypted backups; the recovery code."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kiosk.app.bootstrap.administer_factory import build_two_admins
from kiosk.app.bootstrap.store_factory import backups_of, open_store
from kiosk.app.bootstrap.use_cases import BackupFiles, build_restored_content, build_stored_data
from kiosk.app.single_instance import only_one
from kiosk.cli.shared import config_of, data_dir, operator, print_unreached
from kiosk.cli.two_admin_approval import ask_approval
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import SignInError, StorageError
from kiosk.core.people import Account
from kiosk.core.reports import BackupCheck, BackupInfo
from kiosk.services.restored_content import RestoredContentService
from kiosk.services.stored_data import BackupFilesService, StoredDataService
from kiosk.services.two_admins import TwoAdmins
from kiosk.storage.audit.chain_verification import sentence
from kiosk.storage.backup import restore
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.backup.recovery_code import key_of
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store

EVERYBODY = 1_000_000
"""More people than are ever enrolled: all of them are listed."""


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
        choices=("list", "now", "verify", "restore", "confirm", "recovery-code", "forget"),
        default="list",
    )
    own.add_argument(
        "file",
        nargs="?",
        help="name of a backup, or its path (for verify and restore; default: the newest good "
        "one); for forget, a former folder of backups that is gone for good",
    )
    own.add_argument(
        "--recovery-code",
        action="store_true",
        help="open the backup with the recovery code, which is asked for",
    )
    own.add_argument("--yes", action="store_true", help="restore or confirm without asking")
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
        service = build_stored_data(config, storage)
        if args.action == "forget":
            return _forget(service, args.file)
        if args.action == "confirm":
            return _confirm_restored(build_restored_content(storage), storage, args.yes)
        if args.action == "now":
            print(f"{service.back_up(operator())} made and read back")
        else:
            approval = ask_approval(build_two_admins(storage))
            print(service.new_recovery_code(approval.actor, approval.name, approval.pin))
            print(
                "Write this code down and keep it apart from the kiosk: it is shown only now. It "
                "opens every backup where the keys are lost.",
                file=sys.stderr,
            )
            print_unreached(storage)
        return 0
    finally:
        storage.close()


def _confirm_restored(service: RestoredContentService, storage: Store, yes: bool) -> int:
    """List who came back with a restored backup, and let the door open again once confirmed."""
    content = service.unconfirmed(operator(), EVERYBODY)
    if content is None:
        print("No restored backup is to be confirmed.")
        return 0
    print(f"{content.backup} was restored; who is in it:")
    for account in content.accounts:
        print(f"account\t{account.name}\t{account.role.value}\t{_state(account.enabled)}")
    for person in content.people:
        until = f"until {person.valid_until}" if person.valid_until else ""
        print(f"person\t{person.number}\t{person.name}\t{_state(person.enabled)}\t{until}")
    if not yes and not _said_yes("May everybody come in who is enabled here? Type yes: "):
        print("Nothing was confirmed; the door stays locked.")
        return 0
    approval = ask_approval(build_two_admins(storage))
    service.confirm(approval.actor, approval.name, approval.pin)
    print("Confirmed; the door may open again.")
    return 0


def _state(enabled: bool) -> str:
    return "enabled" if enabled else "disabled"


def _list(config: Config, folder: Path) -> int:
    backups, vault = backups_of(config, folder)
    found = _service(BackupFiles(backups, vault)).list_backups(operator())
    for info in found:
        print(_line(info))
    print(f"{len(found)} backups in {backups.folder}")
    for place in backups.missing():
        print(place.sentence())
    return 0


def _forget(service: StoredDataService, folder: str | None) -> int:
    if not folder:
        raise StorageError(
            "Name the folder that is gone, for example: backup forget /mnt/disk/backups."
        )
    service.forget_folder(operator(), folder)
    print(f"{folder} is forgotten; deletions no longer name it")
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
    backups, vault = backups_of(config, folder)
    service = _service(BackupFiles(backups, vault, recovery))
    file = backups.file(name or _newest(service.list_backups(operator())))
    return _print_check(file.name, service.verify_backup(operator(), str(file)))


def _service(files: BackupFiles) -> BackupFilesService:
    """Return the service of the backups for what needs no second administrator."""
    return BackupFilesService(files, TwoAdmins(lambda: False, _nobody, local_now))


def _nobody(name: str, pin: str) -> Account:
    raise SignInError("Sign in first; nobody is signed in.", key="error.sign_in_first")


def _print_check(name: str, check: BackupCheck) -> int:
    print(
        f"{name}: whole; {check.people} people, {check.templates} templates that open, "
        f"{check.rows} rows of the log"
    )
    if check.log.finding:
        print(f"but its log is NOT as it was written: {sentence(check.log)}")
        return 2
    return 0


def _newest(found: Sequence[BackupInfo]) -> str:
    if not found:
        raise StorageError(
            "There is no backup; `backup now` makes one.", key="error.backup_missing", name="-"
        )
    return found[0].name


def _restore(config: Config, folder: Path, args: argparse.Namespace) -> int:
    backups, vault = backups_of(config, folder)
    recovery = _recovery_code(args)
    files = BackupFiles(backups, vault, recovery)
    with only_one(folder):
        name = args.file or _service(files).newest_good_backup(operator())
        if name is None:
            raise StorageError(
                f"No backup in {backups.folder} is whole and opens with the keys here; name one, "
                "or add --recovery-code.",
                key="error.backup_missing",
                name="-",
            )
        file = backups.file(name)
        if not args.yes and not _confirmed(file, folder):
            print("Nothing was restored.")
            return 0
        with _administrators(config, folder, backups, file, recovery) as two:
            approval = ask_approval(two)
            restore_backup = BackupFilesService(files, two).restorer(
                approval.actor, str(file), approval.name, approval.pin
            )
        check = restore_backup()
    with open_store(folder, config) as storage:
        is_unconfirmed = storage.restore_confirmation.pending() is not None
    code = _print_check(file.name, check)
    print(f"restored; what it replaced is in {paths.set_aside_dir(folder)}")
    if is_unconfirmed:
        print(
            "The database before it could not be read, so nobody knows who was disabled since: "
            "the door stays locked until an administrator confirms who is in the backup "
            "(`backup confirm`)."
        )
    return code


@contextmanager
def _administrators(
    config: Config, folder: Path, backups: Backups, file: Path, recovery: bytes | None
) -> Iterator[TwoAdmins]:
    """Yield the two-administrator rule of the database, with its administrators.

    It is that of the backup if the database cannot be opened; the settings may only add to it.
    """
    storage = _opened(folder, config)
    if storage is not None:
        try:
            yield build_two_admins(storage)
        finally:
            storage.close()
        return
    offer = restore.Offer(backups, file, recovery)
    required = config.security.two_admins or offer.two_admins()
    try:
        yield TwoAdmins(lambda: required, offer.sign_in, local_now)
    finally:
        offer.close()


def _opened(folder: Path, config: Config) -> Store | None:
    """Return the database; ``None`` if there is none or it cannot be opened."""
    if not paths.database_file(folder).exists():
        return None
    try:
        return open_store(folder, config)
    except StorageError as error:
        print(f"{error} The rule of the backup holds.", file=sys.stderr)
        return None


def _confirmed(file: Path, folder: Path) -> bool:
    return _said_yes(
        f"Put {file.name} in the place of {paths.database_file(folder)}? What came after it is "
        "set aside. Type yes: "
    )


def _said_yes(question: str) -> bool:
    try:
        return input(question).strip() == "yes"
    except EOFError:
        raise StorageError(
            "The question needs a terminal, so nothing was done; add --yes to go on without it."
        ) from None


def _recovery_code(args: argparse.Namespace) -> bytes | None:
    if not args.recovery_code:
        return None
    try:
        return key_of(getpass.getpass("Recovery code: ") if sys.stdin.isatty() else input())
    except EOFError:
        raise StorageError(
            "The recovery code is typed at a terminal; run this command there."
        ) from None
