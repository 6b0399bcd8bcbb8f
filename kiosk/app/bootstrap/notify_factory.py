"""Builds the channels of notifications, their queue, and the service for staff.

A channel's code is imported where that channel is on, or its secret is set: most sites have none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from kiosk.app.bootstrap.administer_factory import build_two_admins
from kiosk.app.bootstrap.store_factory import key_store
from kiosk.core import paths
from kiosk.core.config import (
    Config,
    NotifyEmailConfig,
    NotifyMessengerConfig,
    NotifyMqttConfig,
    NotifyWebhookConfig,
)
from kiosk.core.errors import KioskError
from kiosk.core.site_events import ChannelState, EventKind, SiteEvent
from kiosk.notify.message import Channel, NotifySettingError, SecretOf
from kiosk.notify.sender import ChannelSender
from kiosk.services.notification_service import NotificationService
from kiosk.storage.crypto.key_store import KeyStore
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.outbox import Outbox
from kiosk.storage.store import Store
from kiosk.ui.catalogue import tr_in

if TYPE_CHECKING:
    from kiosk.notify.channels.mqtt_channel import NotifyMqttChannel


def _check_secret(channel: str, secret: str) -> None:
    """Raise ``KioskError`` for a text that cannot be the channel's secret."""
    if channel == "webhook":
        from kiosk.notify.channels.webhook_channel import secret_bytes

        secret_bytes(secret)
    elif channel == "messenger":
        from kiosk.notify.channels.messenger_channel import checked_messenger_address

        checked_messenger_address(secret)


def _new_secret() -> str:
    from kiosk.notify.channels.webhook_channel import new_secret

    return new_secret()


class ChannelSecrets:
    """The secrets of the channels in the key store, as text."""

    def __init__(self, store: KeyStore) -> None:
        self._store = store

    def get(self, channel: str) -> str:
        """Return the secret; empty if there is none."""
        return (self._store.get(_name(channel)) or b"").decode(errors="replace")

    def has(self, channel: str) -> bool:
        """Whether there is a secret."""
        return bool(self.get(channel))

    def put(self, channel: str, secret: str) -> None:
        """Store a secret."""
        self._store.put(_name(channel), secret.encode())


def _name(channel: str) -> str:
    return f"notify-{channel}"


@dataclass(frozen=True, slots=True)
class Channels:
    """``senders`` of the channels that are configured and usable, and why others are not.

    ``live``: the one that shows the present too, if it is among them.
    """

    senders: Mapping[str, ChannelSender]
    problems: Mapping[str, KioskError]
    live: NotifyMqttChannel | None = None

    def send_test(self, name: str) -> None:
        """Send a test by one channel, past the queue; raises ``KioskError``."""
        if name in self.problems:
            raise self.problems[name]
        if name not in self.senders:
            raise NotifySettingError(
                f"The channel {name} is off; set its address first (docs/notifications.md).",
                key="error.notify_off",
            )
        self.senders[name].send_now(SiteEvent(EventKind.TEST, local_now()))


def _switches(config: Config) -> dict[str, str]:
    """Return, by name, the setting that switches a channel on; empty while it is off."""
    return {
        "webhook": config.notify_webhook.url,
        "email": config.notify_email.host,
        "messenger": "" if config.notify_messenger.kind == "off" else config.notify_messenger.kind,
        "mqtt": config.notify_mqtt.host,
    }


CHANNELS = tuple(_switches(Config()))
"""The names of all channels."""


def _made(name: str, config: Config, secret_of: SecretOf) -> Channel:
    """Return the channel ``name``; raises ``KioskError`` for settings that cannot be used."""
    words = partial(tr_in, config.notify.language)
    match name:
        case "webhook":
            from kiosk.notify.channels.webhook_channel import WebhookChannel

            return WebhookChannel(config.notify_webhook, secret_of)
        case "email":
            from kiosk.notify.channels.email_channel import EmailChannel

            return EmailChannel(config.notify_email, secret_of, words)
        case "messenger":
            from kiosk.notify.channels.messenger_channel import MessengerChannel

            return MessengerChannel(config.notify_messenger, secret_of, words)
        case "mqtt":
            from kiosk.notify.channels.mqtt_channel import NotifyMqttChannel

            return NotifyMqttChannel(config.notify_mqtt, secret_of, words, config.notify.site)
    raise ValueError(f"there is no channel {name!r}")


def configured(config: Config) -> bool:
    """Whether any channel is switched on."""
    return any(_switches(config).values())


def without_notifications(config: Config) -> Config:
    """Return ``config`` with every channel off: what drawn people do is told to nobody."""
    return replace(
        config,
        notify_webhook=NotifyWebhookConfig(),
        notify_email=NotifyEmailConfig(),
        notify_messenger=NotifyMessengerConfig(),
        notify_mqtt=NotifyMqttConfig(),
    )


def made_channels(
    config: Config, secret_of: SecretOf
) -> tuple[dict[str, Channel], dict[str, KioskError]]:
    """Return the channels that are switched on, and why others of them cannot be used.

    One with unusable settings does not stop the others, nor the door.
    """
    channels: dict[str, Channel] = {}
    problems: dict[str, KioskError] = {}
    for name, setting in _switches(config).items():
        if setting:
            try:
                channels[name] = _made(name, config, secret_of)
            except KioskError as error:
                problems[name] = error
    return channels, problems


def build_channels(config: Config, secrets: ChannelSecrets, outbox: Outbox) -> Channels:
    """Return the channels, each with what sends by it."""
    channels, problems = made_channels(config, secrets.get)
    keep_s = config.notify.keep_hours * 3600.0
    senders = {
        name: ChannelSender(name, channel, outbox, config.notify.site, keep_s)
        for name, channel in channels.items()
    }
    live = cast("NotifyMqttChannel | None", channels.get("mqtt"))
    return Channels(senders, problems, live)


def secrets_needed(config: Config) -> tuple[str, ...]:
    """Return the channels that are switched on and do nothing without their secret."""
    # these two need one for a user only
    anonymous = {"email": not config.notify_email.user, "mqtt": not config.notify_mqtt.user}
    return tuple(name for name, on in _switches(config).items() if on and not anonymous.get(name))


def channel_states(outbox: Outbox, channels: Channels) -> list[ChannelState]:
    """Return how every channel is doing."""
    return [
        replace(
            outbox.state(name),
            configured=name in channels.senders or name in channels.problems,
            problem=channels.problems.get(name),
        )
        for name in CHANNELS
    ]


def channel_secrets(config: Config, data_dir: Path) -> ChannelSecrets:
    """Return the secrets where the settings say that keys are."""
    return ChannelSecrets(key_store(data_dir, config))


def open_outbox(data_dir: Path) -> Outbox:
    """Open the queue of a data folder."""
    return Outbox(paths.outbox_file(data_dir))


def build_notification_service(
    storage: Store,
    outbox: Outbox,
    channels: Channels,
    secrets: ChannelSecrets,
    hurry: Callable[[], None],
) -> NotificationService:
    """Return the service for staff."""
    return NotificationService(
        lambda: channel_states(outbox, channels),
        channels.send_test,
        hurry,
        secrets,
        _check_secret,
        _new_secret,
        build_two_admins(storage),
        storage.audit_log,
    )
