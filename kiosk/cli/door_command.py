"""``door``: override the schedules (normal, free, lockdown); forget who is inside."""

from __future__ import annotations

import argparse
from typing import Any

from kiosk.access.policy.rules import DoorOverride
from kiosk.app.bootstrap.administer_factory import build_two_admins
from kiosk.app.bootstrap.policy_factory import build_rules
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.cli.shared import config_of, data_dir, operator
from kiosk.cli.two_admin_approval import ask_approval
from kiosk.services.door_override import FREE, DoorOverrideService

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
        help="open the door for everybody, lock it down, or back to its rules",
    )
    own.add_argument(
        "action",
        nargs="?",
        choices=("state", "normal", "free", "lockdown", "forget"),
        default="state",
        help="forget: nobody counts as inside any more (while the kiosk is not running)",
    )
    own.set_defaults(call=call)


def call(args: argparse.Namespace) -> int:
    """Carry out one action; a running kiosk follows within two seconds."""
    config = config_of(args)
    build_rules(config, data_dir(args))  # raises for an unusable policy file
    storage = open_store(data_dir(args), config)
    try:
        two = build_two_admins(storage)
        service = DoorOverrideService(storage.settings, storage.audit_log, two)
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
