"""``lock``: test the door's lock while the kiosk is not running."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from kiosk.access.drivers import make_driver
from kiosk.access.failsafe import lock_for_sure
from kiosk.access.last_lock import LastLock
from kiosk.access.locks import LONGEST_OPEN_S
from kiosk.access.timed_opening import TimedOpening
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.lock_at_start import lock_all
from kiosk.cli.shared import config_of, data_dir, operator
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import ConfigError
from kiosk.services.manual_opening import ManualOpening


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser(
        "lock",
        parents=[common],
        help="check, open or close the door's lock while the kiosk is not running",
    )
    own.add_argument("action", nargs="?", choices=("check", "open", "close"), default="check")
    own.add_argument(
        "--seconds",
        type=float,
        default=3.0,
        help=f"how long to open for, at most {LONGEST_OPEN_S:g} (default 3)",
    )
    own.set_defaults(call=call)


def call(args: argparse.Namespace) -> int:
    """Carry out one action; the door is locked afterwards; ``LockError`` if not."""
    if not 0 < args.seconds <= LONGEST_OPEN_S:  # also refuses NaN; before anything is logged
        raise ConfigError(
            f"--seconds must be more than 0 and at most {LONGEST_OPEN_S:g}, not {args.seconds:g}."
        )
    if args.action == "close":
        return _close(args)
    config = config_of(args)
    if args.action == "check":
        return _check(config)
    _open(args, config)
    print(f"{config.door.lock}: locked")
    return 0


def _close(args: argparse.Namespace) -> int:
    """Lock, also where the settings cannot be read or have changed since the lock was opened."""
    config = None
    try:
        config = config_of(args)
    except ConfigError as error:
        unreadable = error
        print(f"munjigi: {error}", file=sys.stderr)
    names = lock_all(config, data_dir(args))
    if not names:
        raise unreadable
    for name in names:
        print(f"{name}: locked")
    return 0


def _check(config: Config) -> int:
    """Print whether the lock answers, and its inputs; lock."""
    driver = make_driver(config)
    driver.check()
    inputs = dict(driver.inputs())
    lock_for_sure(driver)
    print(f"{config.door.lock}: answers")
    for kind, active in inputs.items():
        print(f"  {kind.value}: {'active' if active else 'not active'}")
    return 0


def _open(args: argparse.Namespace, config: Config) -> None:
    """Open the lock for a while, once that is logged."""
    folder = data_dir(args)
    LastLock(paths.last_lock_file(folder)).remember(config)
    with TimedOpening(config, args.seconds, "command_line") as opening:

        def open_lock(seconds: float) -> None:
            opening.open()
            print(f"open for {seconds:g} s", flush=True)

        storage = open_store(folder, config)
        try:
            ManualOpening(storage.audit_log, open_lock).open(operator(), args.seconds)
        finally:
            storage.close()
        opening.wait()
