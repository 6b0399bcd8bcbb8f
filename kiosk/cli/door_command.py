"""``door``: open once; override the schedules (normal, free, lockdown); forget who is inside."""

from __future__ import annotations

import argparse
import time
from typing import Any

from kiosk.access.policy.rules import DoorOverride
from kiosk.app.bootstrap.administer_factory import build_two_admins
from kiosk.app.bootstrap.policy_factory import build_rules
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.cli.shared import config_of, data_dir, operator
from kiosk.cli.two_admin_approval import ask_approval
from kiosk.core.config.lock_settings import NO_DRIVER
from kiosk.core.errors import ConfigError, LockError
from kiosk.services.door_override import FREE, DoorOverrideService
from kiosk.services.opening_requests import OpeningRequests
from kiosk.services.single_opening import OpeningReason
from kiosk.storage.store import Store

ANSWER_S = 8.0
"""How long a running kiosk may take to open the door: it looks once a second."""

WORDS = {
    DoorOverride.NORMAL: "by its rules",
    DoorOverride.FREE: "open for everybody",
    DoorOverride.LOCKDOWN: "locked down",
}


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser(
        "door",
        parents=[common],
        help="open the door once or for everybody, lock it down, or back to its rules",
    )
    own.add_argument(
        "action",
        nargs="?",
        choices=("state", "open", "normal", "free", "lockdown", "forget"),
        default="state",
        help="open: once, by the running kiosk; "
        "forget: nobody counts as inside any more (while the kiosk is not running)",
    )
    own.add_argument(
        "--reason",
        choices=[reason.value for reason in OpeningReason],
        help="why the door is opened once; open needs it",
    )
    own.add_argument("--words", default="", help="further explanation, which other needs")
    own.set_defaults(call=call)


def call(args: argparse.Namespace) -> int:
    """Carry out one action; a running kiosk follows within two seconds."""
    if args.action == "open" and args.reason is None:
        reasons = ", ".join(reason.value for reason in OpeningReason)
        raise ConfigError(f"Say why the door is to open: add --reason with one of {reasons}.")
    config = config_of(args)
    build_rules(config, data_dir(args))  # raises for an unusable policy file
    storage = open_store(data_dir(args), config)
    try:
        two = build_two_admins(storage)
        service = DoorOverrideService(storage.settings, storage.audit_log, two)
        if args.action == "open":
            _open_once(storage, OpeningReason(args.reason), args.words)
            has_lock = config.door.lock != NO_DRIVER
            print("the door is open" if has_lock else "recorded; no lock is set up (door.lock)")
            return 0
        if args.action == "forget":
            service.forget_inside(operator())
        elif args.action == FREE:
            approval = ask_approval(two)
            service.store(approval.actor, FREE, approval.name, approval.pin)
        elif args.action != "state":
            service.store(operator(), args.action)
        print(f"the door is {WORDS[DoorOverride(service.stored(operator()))]}")
        return 0
    finally:
        storage.close()


def _open_once(storage: Store, reason: OpeningReason, words: str) -> None:
    """Ask the running kiosk to open the door; raises ``LockError`` if it does not."""
    requests = OpeningRequests(storage.settings, storage.trusted_clock())
    request_id = requests.ask(operator(), reason, words)
    until = time.monotonic() + ANSWER_S
    while (said := requests.answered(request_id)) is None:
        if time.monotonic() > until:
            requests.take_back()
            raise LockError(
                "The kiosk does not answer; while it is not running, use `munjigi lock open`."
            )
        time.sleep(0.1)
    if said:
        raise LockError(said)
