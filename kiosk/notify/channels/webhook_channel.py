"""A webhook signed as Standard Webhooks 1.0 says (https://www.standardwebhooks.com).

POST of the message's JSON with the headers ``webhook-id`` (the event's id, the same in every try),
``webhook-timestamp`` (Unix seconds) and ``webhook-signature`` (``v1,`` and the Base64 of
HMAC-SHA-256 over ``id.timestamp.body``). The secret is ``whsec_`` and the Base64 of 24 to 64 bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable

from kiosk.core.config import NotifyWebhookConfig
from kiosk.notify.http_post import checked_address, post, tls_context
from kiosk.notify.message import Message, NotifySettingError, SecretOf

PREFIX = "whsec_"


def new_secret() -> str:
    """Return a new random secret."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def secret_bytes(text: str) -> bytes:
    """Return the key that a secret stands for; ``NotifySettingError`` for any other text."""
    try:
        key = base64.b64decode(text.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not 24 <= len(key) <= 64:
        raise NotifySettingError(
            "The secret of the webhook must be whsec_ and the Base64 of 24 to 64 bytes; make one"
            " with: notify secret webhook --new.",
            key="error.notify_webhook_secret",
        )
    return key


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of ``webhook-signature``."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class WebhookChannel:
    """Posts each message; ``wall``: Unix seconds."""

    def __init__(
        self,
        config: NotifyWebhookConfig,
        secret_of: SecretOf,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._url = checked_address(config.url, "notify_webhook.url", allow_http=config.allow_http)
        self._context = (
            tls_context(config.ca_file, "notify_webhook.ca_file")
            if self._url.scheme == "https"
            else None
        )
        self._secret_of = secret_of
        self._wall = wall

    def send(self, message: Message) -> None:
        """Post the message, signed now."""
        body = message.body()
        now = int(self._wall())
        key = secret_bytes(self._secret_of("webhook"))
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message.event.id,
            "webhook-timestamp": str(now),
            "webhook-signature": signature(key, message.event.id, now, body),
        }
        post(self._url, body, headers, self._config.timeout_s, self._context)

    def close(self) -> None:
        """Do nothing: each message has a connection of its own."""
