"""``lock``: test the door's lock while the kiosk is not running."""

from __future__ import annotations

import argparse
import time
from typing import Any

from kiosk.access.drivers import make_driver
from kiosk.access.locks import LONGEST_OPEN_S, Driver
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.cli.shared import config_of, data_dir, operator
from kiosk.core.config import Config
from kiosk.core.errors import ConfigError, LockError
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
    """Carry out one action; the door is locked afterwards in any case."""
    if not 0 < args.seconds <= LONGEST_OPEN_S:  # also refuses NaN; before anything is logged
        raise ConfigError(
            f"--seconds must be more than 0 and at most {LONGEST_OPEN_S:g}, not {args.seconds:g}."
        )
    config = config_of(args)
    driver = make_driver(config)
    try:
        driver.check()
        inputs = dict(driver.inputs())
        if args.action == "open":
            _open(args, config, driver)
        elif args.action == "close":
            driver.close()
    finally:
        _lock_again(driver)
    print(f"{config.door.lock}: {'answers' if args.action == 'check' else 'locked'}")
    for kind, active in inputs.items() if args.action == "check" else ():
        print(f"  {kind.value}: {'active' if active else 'not active'}")
    return 0


def _open(args: argparse.Namespace, config: Config, driver: Driver) -> None:
    """Open the lock for a while, once that is logged."""

    def open_lock(seconds: float) -> None:
        driver.open(seconds, "command_line")
        print(f"open for {seconds:g} s", flush=True)
        time.sleep(seconds)

    storage = open_store(data_dir(args), config)
    try:
        ManualOpening(storage.audit_log, open_lock).open(operator(), args.seconds)
    finally:
        storage.close()


def _lock_again(driver: Driver) -> None:
    try:
        driver.stop()
    except LockError as error:
        print(f"the lock did not confirm that it is locked: {error}")
