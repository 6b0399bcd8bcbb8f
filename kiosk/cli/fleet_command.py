"""``fleet``: begin or join a fleet, admit and revoke nodes, see them, lock doors down."""

from __future__ import annotations

import argparse
import getpass
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from kiosk.app.bootstrap.administer_factory import build_two_admins
from kiosk.app.bootstrap.config_factory import default_config
from kiosk.app.bootstrap.fleet_factory import (
    CommandFollower,
    begin_fleet,
    build_fleet_service,
    build_fleet_store,
    centre_schema,
    connect_centre,
    instant,
)
from kiosk.app.bootstrap.store_factory import key_store, open_store
from kiosk.cli.fleet_report import conflict_line, status_lines
from kiosk.cli.shared import config_of, counted, data_dir, operator
from kiosk.cli.two_admin_approval import ask_approval
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import ConfigError, FleetError
from kiosk.core.fleet import NodeKind
from kiosk.core.fleet_view import FleetView, JoinView, NodeView
from kiosk.fleet.sync.joining import Joining, Newcomer, require_no_fleet
from kiosk.services.fleet_service import ALL_DOORS, FleetService
from kiosk.storage.config_file import ConfigFile
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.fleet.fleet_store import FleetStore
from kiosk.storage.store import Store

ACTIONS = (
    "init",
    "login",
    "drop-login",
    "drop-month",
    "join",
    "requests",
    "approve",
    "status",
    "revoke",
    "conflicts",
    "settle",
    "lockdown",
    "end-lockdown",
    "open",
    "verify",
    "sync",
    "leave",
)

SOON_S = 1.0
"""How long to listen to the centre before the clock is looked at again."""


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser(
        "fleet",
        parents=[common],
        help="several doors with one list: begin, join, admit, see, revoke, lock down",
    )
    own.add_argument("action", choices=ACTIONS)
    own.add_argument("what", nargs="*", metavar="WHAT", help=_WHAT)
    own.add_argument("--name", help="init, join: what this node is called (default: door.name)")
    own.add_argument(
        "--kind", choices=[kind.value for kind in NodeKind], help="init, join: default door"
    )
    own.add_argument(
        "--merge", action="store_true", help="join: bring the people enrolled here into the fleet"
    )
    own.add_argument("--code", help="approve, join: the code that the other screen shows")
    own.add_argument(
        "--without-staff", action="store_true", help="approve: a door that may change no people"
    )
    own.add_argument(
        "--groups", nargs="+", default=[], metavar="GROUP", help="approve: only these enter there"
    )
    own.add_argument("--keep", choices=("mine", "theirs"), help="settle: which side counts")
    own.add_argument(
        "--minutes", type=float, default=30.0, help="join: how long to wait for the admission"
    )
    own.set_defaults(call=call)


_WHAT = (
    "init URL, join URL: the database (- asks for it; join may take fleet.url); login NAME URL; "
    "drop-month DAY URL; approve, revoke, lockdown, end-lockdown NODE…; open NODE; settle NUMBER"
)


def call(args: argparse.Namespace) -> int:
    """Carry out one action."""
    if args.action in ("login", "drop-login"):
        return _login(args)
    if args.action == "drop-month":
        return _drop_month(args)
    config, folder = config_of(args), data_dir(args)
    storage = open_store(folder, config)
    try:
        if args.action == "init":
            return _init(args, config, folder, storage)
        if args.action == "join":
            return _join(args, config, folder, storage)
        with closing(CommandFollower(config, folder, storage)) as follower:
            service = build_fleet_service(config, folder, storage, follower)
            return _served(args, service, storage, follower)
    finally:
        storage.close()


def _served(
    args: argparse.Namespace, service: FleetService, storage: Store, follower: CommandFollower
) -> int:
    actions: dict[str, Callable[[], int]] = {
        "requests": lambda: _requests(service),
        "approve": lambda: _approve(args, service, storage),
        "status": lambda: _status(service),
        "revoke": lambda: _revoke(args, service, storage),
        "conflicts": lambda: _conflicts(service),
        "settle": lambda: _settle(args, service, storage),
        "lockdown": lambda: _lockdown(args, service),
        "end-lockdown": lambda: _lockdown(args, service),
        "open": lambda: _open(args, service),
        "verify": lambda: _verify(service),
        "sync": lambda: _sync(follower),
        "leave": lambda: _leave(service, storage),
    }
    return actions[args.action]()


# the database, the first node, further nodes


def _init(args: argparse.Namespace, config: Config, folder: Path, storage: Store) -> int:
    url = _url(args, 0)
    store = build_fleet_store(storage)
    made = centre_schema().init(url)
    if store.membership() is not None:
        print("The schema of the fleet's database is up to date.")
        return 0
    newcomer = _newcomer(args, config)
    login = _login_name(newcomer.name)
    node_url = centre_schema().create_login(url, login)
    file = ConfigFile(args.config or paths.config_file(folder), default_config())
    try:
        file.change({"fleet.url": node_url})
        try:
            member = begin_fleet(file.read(), folder, storage, newcomer, operator().name)
        except BaseException:
            file.change({"fleet.url": None})
            raise
    except BaseException:
        centre_schema().drop_login(url, login)
        raise
    print(f"{'The schema is made. ' if made else ''}The fleet {member.fleet[:16]} has begun.")
    print(f"This node is {newcomer.name!r}; its login is in {file.path}. Restart the kiosk.")
    print("For each further node: munjigi fleet login NAME, then munjigi fleet join there.")
    return 0


def _login(args: argparse.Namespace) -> int:
    if not args.what:
        raise ConfigError(f"Name the node: munjigi fleet {args.action} NAME.")
    name = _login_name(args.what[0])
    url = _url(args, 1)
    if args.action == "drop-login":
        centre_schema().drop_login(url, name)
        print(f"The login {name} is removed; its connections have ended.")
        return 0
    print(centre_schema().create_login(url, name))
    print("Give this address to that node only; it is shown once.", file=sys.stderr)
    return 0


def _drop_month(args: argparse.Namespace) -> int:
    if not args.what:
        raise ConfigError("Name a day of the month: munjigi fleet drop-month 2026-01-31.")
    dropped = centre_schema().drop_month(_url(args, 1), args.what[0])
    print(f"Rows of logs dropped: {dropped}. The links of both ends stay for munjigi fleet verify.")
    return 0


def _join(args: argparse.Namespace, config: Config, folder: Path, storage: Store) -> int:
    store = build_fleet_store(storage)
    require_no_fleet(store)
    given = bool(args.what) or not config.fleet.url
    url = _url(args, 0) if given else config.fleet.url
    store.check_join(merge=args.merge)
    newcomer = _newcomer(args, config)
    _say_whose_pins_go(store)
    with closing(connect_centre(url)) as centre:
        wish = Joining(centre, key_store(folder, config), newcomer, instant())
        try:
            _wait(wish, args)
            wish.confirm(args.code or _ask("Type the code that the other screen shows: "))
            if given:
                file = ConfigFile(args.config or paths.config_file(folder), default_config())
                file.change({"fleet.url": url})
            wish.enter(store, operator().name, merge=args.merge)
        except BaseException:
            wish.give_up()
            raise
    print(f"This node is {newcomer.name!r} of the fleet {wish.fleet[:16]}. Restart the kiosk.")
    return 0


def _say_whose_pins_go(store: FleetStore) -> None:
    """Name the people enrolled here whose PINs and cards no other node could compare."""
    names = store.without_credentials_after_merge()
    if names:
        print(f"PINs and cards of these people must be set again: {', '.join(names)}.")


def _wait(wish: Joining, args: argparse.Namespace) -> None:
    print(f"The code of this node: {wish.code}", flush=True)
    print(
        "At a node of the fleet open Doors, or run munjigi fleet approve; admit this node only if "
        "the code there is the same.",
        flush=True,
    )
    until = time.monotonic() + args.minutes * 60
    while not wish.admitted():
        if time.monotonic() > until:
            raise FleetError("Nobody has admitted this node; start munjigi fleet join again.")
        wish.wait(SOON_S)


def _newcomer(args: argparse.Namespace, config: Config) -> Newcomer:
    name = (args.name or config.door.name).strip()
    if not name:
        raise ConfigError("Give this node a name: add --name, or set door.name.")
    return Newcomer(name, NodeKind(args.kind or NodeKind.DOOR.value))


def _login_name(name: str) -> str:
    """Return a name for a login: small ASCII letters and digits, made up where there are none."""
    kept = "".join(c if c.isascii() and c.isalnum() else "_" for c in name.lower()).strip("_")
    return kept[:30] or f"node_{local_now():%H%M%S}"


def _url(args: argparse.Namespace, place: int) -> str:
    """Return the URL of the database; one that is not given is asked for, unseen."""
    if len(args.what) > place and args.what[place] != "-":
        return str(args.what[place])
    if sys.stdin.isatty():
        return getpass.getpass("Address of the database (postgresql://…): ").strip()
    return sys.stdin.readline().strip()


# nodes


def _requests(service: FleetService) -> int:
    for one in service.requests(operator()):
        print(f"{one.name}\t{one.kind}\t{one.asked_at:%Y-%m-%d %H:%M}\t{one.code}")
    return 0


def _approve(args: argparse.Namespace, service: FleetService, storage: Store) -> int:
    request = _chosen(args, service.requests(operator()))
    print(f"{request.name} ({request.kind}) asks to join. Its code: {request.code}", flush=True)
    typed = args.code or _ask("Type the code that its own screen shows: ")
    if _plain(typed) != _plain(request.code):
        raise FleetError(
            "The codes differ: somebody may stand between the two nodes. It is not admitted; start "
            "munjigi fleet join again there."
        )
    approval = ask_approval(build_two_admins(storage))
    name = service.admit(
        approval.actor,
        request.node,
        staff=not args.without_staff,
        groups=args.groups,
        name=approval.name,
        pin=approval.pin,
    )
    print(f"{name} is admitted.")
    return 0


def _chosen(args: argparse.Namespace, requests: list[JoinView]) -> JoinView:
    if not requests:
        raise FleetError("No node asks to be admitted; start munjigi fleet join there first.")
    named = [one for one in requests if not args.what or one.name == args.what[0]]
    if len(named) != 1:
        names = ", ".join(one.name for one in requests)
        raise ConfigError(f"Say which node: munjigi fleet approve with one of {names}.")
    return named[0]


def _status(service: FleetService) -> int:
    view = service.view(operator())
    for line in status_lines(view, local_now()):
        print(line)
    return 0 if view.connected else 2


def _revoke(args: argparse.Namespace, service: FleetService, storage: Store) -> int:
    (node,) = _nodes(args, service.view(operator()), one=True)
    approval = ask_approval(build_two_admins(storage))
    name = service.revoke(approval.actor, node.node, approval.name, approval.pin)
    held = node.state.get("people")
    print(f"{name} is revoked. Nothing that it writes counts any more.")
    if isinstance(held, int):
        print(f"It held {counted(held, 'person', 'people')} when it was last seen.")
    print("Remove its login too: munjigi fleet drop-login NAME.")
    return 0


def _nodes(args: argparse.Namespace, view: FleetView, *, one: bool = False) -> list[NodeView]:
    present = {node.name: node for node in view.nodes if not node.revoked}
    if one and len(args.what) != 1:
        raise ConfigError(f"Name one node of {', '.join(present)}.")
    unknown = [name for name in args.what if name not in present]
    if unknown:
        raise ConfigError(f"There is no node {unknown[0]!r}; there are {', '.join(present)}.")
    return [present[name] for name in args.what]


def _lockdown(args: argparse.Namespace, service: FleetService) -> int:
    named = _nodes(args, service.view(operator())) if args.what else []
    doors = tuple(node.node for node in named) or ALL_DOORS
    if args.action == "lockdown":
        service.lock_down(operator(), doors)
        print("The order is given; doors that are connected lock within seconds.")
    else:
        service.end_lock_down(operator(), doors)
        print("The order is given.")
    return 0


def _open(args: argparse.Namespace, service: FleetService) -> int:
    (door,) = _nodes(args, service.view(operator()), one=True)
    name = service.open_once(operator(), door.node)
    print(f"The order is given: {name} opens once, if fleet.allow_remote_opening is on there.")
    return 0


# what the fleet knows


def _conflicts(service: FleetService) -> int:
    for conflict in service.view(operator()).conflicts:
        print(conflict_line(conflict))
    return 0


def _settle(args: argparse.Namespace, service: FleetService, storage: Store) -> int:
    if len(args.what) != 1 or not args.what[0].isdecimal() or args.keep is None:
        raise ConfigError("Say which conflict and side: munjigi fleet settle NUMBER --keep mine.")
    approval = ask_approval(build_two_admins(storage))
    keep_mine = args.keep == "mine"
    service.settle(approval.actor, int(args.what[0]), keep_mine, approval.name, approval.pin)
    print("The conflict is settled.")
    return 0


def _verify(service: FleetService) -> int:
    check = service.verify(operator())
    print(f"{counted(check.lines, 'line', 'lines')} of the feed follow each other,")
    print(f"and {counted(check.rows, 'row', 'rows')} of the logs of all nodes.")
    for finding in check.findings:
        print(finding)
    print("Everything is as it was signed." if not check.findings else "See docs/fleet.md.")
    return 2 if check.findings else 0


def _sync(follower: CommandFollower) -> int:
    done = follower.follow_all()
    print("Nothing waits." if done else "The running kiosk follows the centre by itself.")
    return 0


def _leave(service: FleetService, storage: Store) -> int:
    approval = ask_approval(build_two_admins(storage))
    service.leave(approval.actor, approval.name, approval.pin)
    print("This kiosk has left the fleet; its people stay here. Revoke it at another node.")
    return 0


def _ask(question: str) -> str:
    try:
        return input(question)
    except EOFError:
        raise FleetError(
            "Nobody is there to compare the codes; run this at a terminal, or add --code."
        ) from None


def _plain(code: str) -> str:
    return "".join(code.split()).upper().replace("-", "")
