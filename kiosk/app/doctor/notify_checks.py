"""Checks of the channels of notifications."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from kiosk.app.bootstrap.notify_factory import (
    channel_secrets,
    configured,
    made_channels,
    open_outbox,
    secrets_needed,
)
from kiosk.app.doctor.check_messages import check_failed, check_message
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import KioskError
from kiosk.core.view_models import Check, CheckLevel

NAME = "notifications"


def notify_check(config: Config, data_dir: Path) -> Iterator[Check]:
    """Report channels that cannot be used, lack their secret, or failed the last time."""
    if not configured(config):
        yield check_message(NAME, CheckLevel.OK, "notify_off")
        return
    secrets = channel_secrets(config, data_dir)
    channels, problems = made_channels(config, secrets.get)
    for name, problem in problems.items():
        yield _failed(name, problem)
    missing = [name for name in secrets_needed(config) if not secrets.has(name)]
    for name in missing:
        yield check_message(
            f"{NAME} {name}", CheckLevel.PROBLEM, "notify_secret", "notify_secret", channel=name
        )
    for name in channels:
        error = _last_error(name, data_dir)
        if error is not None and name not in missing:
            yield _failed(name, error)
    if channels and not missing:
        yield check_message(NAME, CheckLevel.OK, "notify_on", names=", ".join(channels))


def _failed(channel: str, error: KioskError) -> Check:
    return check_failed(f"{NAME} {channel}", "notify_failed", error)


def _last_error(channel: str, data_dir: Path) -> KioskError | None:
    if not paths.outbox_file(data_dir).exists():
        return None
    try:
        with closing(open_outbox(data_dir)) as outbox:
            return outbox.state(channel).last_error
    except KioskError as error:
        return error
