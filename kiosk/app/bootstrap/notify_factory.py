"""Builds the channels of notifications, their queue, and the service for staff."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

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
from kiosk.notify.channels.email_channel import EmailChannel
from kiosk.notify.channels.messenger_channel import MessengerChannel, checked_messenger_address
from kiosk.notify.channels.mqtt_channel import NotifyMqttChannel
from kiosk.notify.channels.webhook_channel import WebhookChannel, new_secret, secret_bytes
from kiosk.notify.message import Channel, NotifySettingError, SecretOf
from kiosk.notify.sender import ChannelSender
from kiosk.services.notification_service import NotificationService
from kiosk.storage.crypto.key_store import KeyStore
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.outbox import Outbox
from kiosk.storage.store import Store
from kiosk.ui.catalogue import tr_in

CHECK_SECRET: Mapping[str, Callable[[str], object]] = {
    "webhook": secret_bytes,
    "messenger": checked_messenger_address,
}
"""What refuses a text that cannot be a channel's secret."""


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


def _makers(config: Config, secret_of: SecretOf) -> dict[str, tuple[str, Callable[[], Channel]]]:
    """Return, by name, the setting that switches a channel on, and what makes it."""
    words = partial(tr_in, config.notify.language)
    return {
        "webhook": (
            config.notify_webhook.url,
            partial(WebhookChannel, config.notify_webhook, secret_of),
        ),
        "email": (
            config.notify_email.host,
            partial(EmailChannel, config.notify_email, secret_of, words),
        ),
        "messenger": (
            "" if config.notify_messenger.kind == "off" else config.notify_messenger.kind,
            partial(MessengerChannel, config.notify_messenger, secret_of, words),
        ),
        "mqtt": (
            config.notify_mqtt.host,
            partial(NotifyMqttChannel, config.notify_mqtt, secret_of, words, config.notify.site),
        ),
    }


CHANNELS = tuple(_makers(Config(), str))
"""The names of all channels."""


def configured(config: Config) -> bool:
    """Whether any channel is switched on."""
    return any(setting for setting, _ in _makers(config, str).values())


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
    for name, (setting, make) in _makers(config, secret_of).items():
        if setting:
            try:
                channels[name] = make()
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
    live = channels.get("mqtt")
    return Channels(senders, problems, live if isinstance(live, NotifyMqttChannel) else None)


def secrets_needed(config: Config) -> tuple[str, ...]:
    """Return the channels that are switched on and do nothing without their secret."""
    needed = {
        "webhook": config.notify_webhook.url,
        "email": config.notify_email.host and config.notify_email.user,
        "messenger": config.notify_messenger.kind != "off",
        "mqtt": config.notify_mqtt.host and config.notify_mqtt.user,
    }
    return tuple(name for name, on in needed.items() if on)


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
        CHECK_SECRET,
        new_secret,
        build_two_admins(storage),
        storage.audit_log,
    )
