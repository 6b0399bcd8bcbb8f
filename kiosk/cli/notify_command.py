"""``notify``: how the channels are doing, a test, sending now, and their secrets."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable
from contextlib import closing
from typing import Any

from kiosk.app.bootstrap.administer_factory import build_two_admins
from kiosk.app.bootstrap.notify_factory import (
    CHANNELS,
    Channels,
    build_channels,
    build_notification_service,
    channel_secrets,
    open_outbox,
)
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.cli.shared import config_of, counted, data_dir, operator
from kiosk.cli.two_admin_approval import ask_approval
from kiosk.core import paths
from kiosk.core.errors import ConfigError
from kiosk.core.process_turn import ProcessTurn
from kiosk.core.site_events import ChannelState
from kiosk.services.notification_service import NotificationService
from kiosk.storage.outbox import Outbox
from kiosk.storage.store import Store

MOST_SENT = 10_000
"""Messages that one call of ``flush`` sends at most."""


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser(
        "notify",
        parents=[common],
        help="notifications to other machines: state, test, send now, secrets",
    )
    own.add_argument("action", choices=("status", "test", "flush", "secret"))
    own.add_argument("channel", nargs="?", choices=CHANNELS, help="for test and secret")
    own.add_argument(
        "--new",
        action="store_true",
        help="secret webhook: make a new secret and print it, instead of asking for one",
    )
    own.set_defaults(call=call)


def call(args: argparse.Namespace) -> int:
    """Carry out one action."""
    if args.action in ("test", "secret") and args.channel is None:
        raise ConfigError(f"Name a channel: notify {args.action} {'|'.join(CHANNELS)}.")
    config = config_of(args)
    folder = data_dir(args)
    storage = open_store(folder, config)
    try:
        with closing(open_outbox(folder)) as outbox:
            secrets = channel_secrets(config, folder)
            channels = build_channels(config, secrets, outbox)
            service = build_notification_service(storage, outbox, channels, secrets, outbox.hurry)
            turn = ProcessTurn(paths.outbox_lock(folder))
            actions: dict[str, Callable[[], int]] = {
                "status": lambda: _status(service),
                "test": lambda: _test(service, args.channel),
                "flush": lambda: _flush(service, channels, outbox, turn),
                "secret": lambda: _secret(service, storage, args),
            }
            return actions[args.action]()
    finally:
        storage.close()


def _status(service: NotificationService) -> int:
    for state in service.states(operator()):
        print(_line(state))
    return 0


def _line(state: ChannelState) -> str:
    if not state.configured:
        return f"{state.name}\toff"
    if state.problem:
        return f"{state.name}\tcannot be used: {state.problem}"
    parts = [f"{state.waiting} waiting", f"{state.sent} sent", f"{state.dropped} given up"]
    if state.last_sent:
        parts.append(f"last sent {state.last_sent.isoformat(timespec='seconds')}")
    if state.last_error:
        parts.append(f"last error: {state.last_error}")
    return f"{state.name}\t{', '.join(parts)}"


def _test(service: NotificationService, channel: str) -> int:
    service.test(operator(), channel)
    print(f"The test was taken by {channel}.")
    return 0


def _flush(
    service: NotificationService, channels: Channels, outbox: Outbox, turn: ProcessTurn
) -> int:
    """Send what waits; where a kiosk runs, it does so itself within a minute."""
    service.flush(operator())
    if not turn.take():
        print("The running kiosk sends what waits within a minute.")
        return 0
    left = 0
    for name, sender in channels.senders.items():
        for _ in range(MOST_SENT):
            if sender.step() > 0:
                break
        sender.close()
        left += outbox.state(name).waiting
    turn.give()
    print("Everything is sent." if not left else f"{counted(left, 'message', 'messages')} left.")
    return 2 if left else 0


def _secret(service: NotificationService, storage: Store, args: argparse.Namespace) -> int:
    if args.new and args.channel != "webhook":
        raise ConfigError("--new makes secrets of webhooks only; leave it out.")
    if args.new:
        text = service.new_secret()
    elif sys.stdin.isatty():
        text = getpass.getpass(f"Secret of {args.channel}: ")
    else:
        text = sys.stdin.readline()
    approval = ask_approval(build_two_admins(storage))
    service.set_secret(approval.actor, args.channel, text, approval.name, approval.pin)
    print(text if args.new else f"The secret of {args.channel} is stored.")
    return 0
