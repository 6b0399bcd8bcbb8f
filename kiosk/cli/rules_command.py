"""``rules``: who may enter now or at another time, earlier rules, and back to them."""

from __future__ import annotations

import argparse
from collections import Counter
from datetime import datetime
from typing import Any

from kiosk.access.policy.engine import PolicyEngine
from kiosk.access.policy.rules import DoorOverride
from kiosk.app.bootstrap.administer_factory import build_two_admins
from kiosk.app.bootstrap.policy_factory import build_rules
from kiosk.app.bootstrap.rules_factory import build_entry_preview, build_rules_service
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.site_policy_file import SitePolicyFile
from kiosk.cli.shared import config_of, data_dir, operator
from kiosk.cli.two_admin_approval import ask_approval
from kiosk.core.access_rules import AccessRules, RuleKind
from kiosk.core.config import Config
from kiosk.core.errors import ConfigError
from kiosk.services.access_rules_service import AccessRulesService
from kiosk.services.door_override import MEMORY, stored_override
from kiosk.services.rules_difference import differences
from kiosk.storage.store import Store


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser(
        "rules",
        parents=[common],
        help="who may enter when; the access rules, earlier ones, and back to those",
    )
    own.add_argument(
        "action",
        nargs="?",
        choices=("show", "who", "history", "undo", "apply", "rename-group", "rename-schedule"),
        default="show",
        help="who: everybody, with the reason of those who may not enter; undo: the rules before; "
        "apply: let a running kiosk go by the file as it was edited; rename-…: another name for a "
        "group, whose people follow, or for a schedule",
    )
    own.add_argument("words", nargs="?", default="", help="who: part of a name or number")
    own.add_argument("new", nargs="?", default="", help="rename-…: OLD NEW")
    own.add_argument(
        "--at",
        default="",
        metavar="2026-12-24T20:00",
        help="who: at this time of the door, not now",
    )
    own.add_argument(
        "--version", type=int, default=0, metavar="N", help="undo: these rules of the history"
    )
    own.set_defaults(call=call)


def call(args: argparse.Namespace) -> int:
    """Carry out one action; a running kiosk follows within two seconds."""
    config = config_of(args)
    file = SitePolicyFile(config, data_dir(args))
    policy = file.policy(file.read())  # raises for an unusable policy file
    at = policy.moment(_wall_time(args.at)) if args.at else None
    storage = open_store(data_dir(args), config)
    try:
        service = build_rules_service(storage, file)
        if args.action == "who":
            return _print_who(args, config, storage, file, at)
        if args.action == "history":
            return _print_history(service)
        if args.action == "apply":
            approval = ask_approval(build_two_admins(storage))
            service.apply_file(approval.actor, approval.name, approval.pin)
            print(f"a running kiosk goes by {file.place} from now on")
            return 0
        if args.action.startswith("rename-"):
            return _rename(args, storage, service)
        if args.action == "undo":
            return _undo(args.version, storage, service)
        return _print_rules(service)
    finally:
        storage.close()


def _wall_time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise ConfigError(
            f"{text!r} is not a date and time; write --at 2026-12-24T20:00."
        ) from None


def _print_who(
    args: argparse.Namespace,
    config: Config,
    storage: Store,
    file: SitePolicyFile,
    at: datetime | None,
) -> int:
    engine = PolicyEngine(build_rules(config, data_dir(args)), lambda *event: None)
    engine.recall(storage.settings.get(MEMORY, '{"inside": {}, "opened_day": null}'))
    engine.set_override(DoorOverride(stored_override(storage.settings)), "command")
    preview = build_entry_preview(storage, file, engine).preview(operator(), at, text=args.words)
    if preview.free:
        print("the door stands open for everybody")
    for entrant in preview.entrants:
        verdict = "may enter" if entrant.reason is None else entrant.reason.value
        print(f"{entrant.person.number}\t{entrant.person.name}\t{verdict}")
    counts = Counter(entrant.reason is None for entrant in preview.entrants)
    print(f"{preview.at:%Y-%m-%d %H:%M}: {counts[True]} may enter, {counts[False]} may not")
    return 0


def _print_rules(service: AccessRulesService) -> int:
    view = service.view(operator())
    nothing = AccessRules(groups=(), default_group="")
    for line in differences(nothing, view.rules, most=10_000):
        key, _, value = line.partition(": ")
        print(f"{key}: {value.partition(' → ')[2]}")
    for name in view.unknown_groups:
        print(f"no rule names the group {name!r} of {view.members[name]} people")
    return 0


def _print_history(service: AccessRulesService) -> int:
    for kept in service.view(operator()).history:
        print(f"{kept.number}\tuntil {kept.until:%Y-%m-%d %H:%M}\treplaced by {kept.by}")
    return 0


def _rename(args: argparse.Namespace, storage: Store, service: AccessRulesService) -> int:
    old, new = args.words, args.new
    if not old or not new:
        raise ConfigError(
            f"Name both names, for example: rules {args.action} students undergraduates."
        )
    kind = RuleKind.GROUP if args.action == "rename-group" else RuleKind.PLAN
    approval = ask_approval(build_two_admins(storage))
    seen = service.view(operator()).seen
    service.rename(approval.actor, kind, old, new, seen, approval.name, approval.pin)
    print(f"{old} is called {new} now")
    return 0


def _undo(number: int, storage: Store, service: AccessRulesService) -> int:
    history = service.view(operator()).history
    if not history:
        raise ConfigError("There are no earlier rules; nothing was changed.")
    approval = ask_approval(build_two_admins(storage))
    chosen = number or history[0].number
    service.restore(approval.actor, chosen, approval.name, approval.pin)
    print(f"the rules of version {chosen} are in force again")
    return 0
