"""``accounts``: the accounts of staff, and another PIN for an administrator who forgot it."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any

from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.bootstrap.use_cases import build_accounts, build_pin_recovery
from kiosk.cli.shared import config_of, data_dir, operator
from kiosk.core.errors import SignInError, StorageError


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser(
        "accounts",
        parents=[common],
        help="list the accounts of staff; another PIN for an administrator by the recovery code",
    )
    own.add_argument(
        "action",
        nargs="?",
        choices=("list", "reset-pin"),
        default="list",
        help="reset-pin: asks for the recovery code and the new PIN",
    )
    own.add_argument("name", nargs="?", default="", help="reset-pin: name of the administrator")
    own.set_defaults(call=call)


def call(args: argparse.Namespace) -> int:
    """Carry out one action."""
    config = config_of(args)
    storage = open_store(data_dir(args), config)
    try:
        if args.action == "list":
            for account in build_accounts(storage).accounts(operator()).rows:
                state = "enabled" if account.enabled else "disabled"
                print(f"{account.name}\t{account.role.value}\t{state}")
            return 0
        if not args.name:
            raise StorageError("Name the administrator, for example: accounts reset-pin kim.")
        service = build_pin_recovery(storage, lambda: config.security.recovery_code_resets_pin)
        code = _asked("Recovery code: ")
        pin = _asked("New PIN: ")
        if _asked("New PIN once more: ") != pin:
            raise SignInError("The two PINs differ; run the command again.")
        service.by_code(args.name, code, pin)
        print(f"{args.name} signs in with the new PIN from now on")
        return 0
    finally:
        storage.close()


def _asked(question: str) -> str:
    """Return what was typed, unseen; from standard input where that is no terminal."""
    try:
        return getpass.getpass(question) if sys.stdin.isatty() else input()
    except EOFError:
        raise StorageError(
            "Recovery code and PIN are typed at a terminal; run this command there."
        ) from None
