"""Incoming webhooks of messengers: one JSON document, into which the message is put.

The document is parsed before anything is put in, so no text can become JSON; what a messenger would
take for markup or a mention is made harmless too. Who has the address can post: it is a secret.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kiosk.core.config import NotifyMessengerConfig
from kiosk.core.parsed_json import parse_json
from kiosk.notify.http_post import checked_address, post, tls_context
from kiosk.notify.message import Message, NotifySettingError, SecretOf, Words

_CARD = {
    "type": "AdaptiveCard",
    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
    "version": "1.4",
    "body": [
        {"type": "TextBlock", "text": "{title}", "weight": "Bolder", "wrap": True},
        {"type": "TextBlock", "text": "{text}", "wrap": True},
    ],
}
TEMPLATES: Mapping[str, Any] = {
    "slack": {"text": "{title}\n{text}"},
    "mattermost": {"text": "{title}\n{text}"},
    "discord": {"content": "{title}\n{text}", "allowed_mentions": {"parse": []}},
    "teams": {
        "type": "message",
        "attachments": [
            {"contentType": "application/vnd.microsoft.card.adaptive", "content": _CARD}
        ],
    },
    "kakaowork": {"text": "{title}\n{text}"},
    "naverworks": {"title": "{title}", "body": {"text": "{text}"}},
}
"""What is posted, by messenger."""

LONGEST_TEXT = 1500
"""Characters of a message; Discord takes 2,000."""

LONGEST_TEMPLATE = 8000


def checked_messenger_address(text: str) -> object:
    """Return the parts of the address; ``NotifySettingError`` for one that may not be used."""
    return checked_address(text, "The address of the messenger's webhook")


class MessengerChannel:
    """Posts each message in the messenger's form."""

    def __init__(self, config: NotifyMessengerConfig, secret_of: SecretOf, words: Words) -> None:
        self._config = config
        self._secret_of = secret_of
        self._words = words
        self._template = (
            _own_template(config.template) if config.kind == "custom" else TEMPLATES[config.kind]
        )
        self._context = tls_context("", "")

    def send(self, message: Message) -> None:
        """Post the message."""
        address = self._secret_of("messenger")
        if not address:
            raise NotifySettingError(
                "The messenger's webhook has no address; set it with: notify secret messenger.",
                key="error.notify_no_address",
            )
        url = checked_address(address, "The address of the messenger's webhook")
        body = json.dumps(self._document(message), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8"}
        post(
            url,
            body,
            headers,
            self._config.timeout_s,
            self._context if url.scheme == "https" else None,
        )

    def close(self) -> None:
        """Do nothing: each message has a connection of its own."""

    def _document(self, message: Message) -> Any:
        texts = {
            "text": message.text(self._words),
            "title": message.title(self._words),
            "site": message.site,
            "time": message.event.at.isoformat(sep=" ", timespec="seconds"),
            "kind": message.event.kind.value,
        }
        harmless = _slack_text if self._config.kind == "slack" else _plain_text
        return _filled(self._template, {name: harmless(text) for name, text in texts.items()})


def _own_template(text: str) -> Any:
    try:
        if len(text) > LONGEST_TEMPLATE:
            raise ValueError("it is too long")
        return parse_json(text.encode())
    except (ValueError, RecursionError) as error:
        raise NotifySettingError(
            f"notify_messenger.template is not JSON ({error}); correct it.",
            key="error.notify_template",
        ) from None


def _filled(part: Any, texts: Mapping[str, str]) -> Any:
    """Return a document with the texts in its strings."""
    if isinstance(part, str):
        return _put_in(part, texts)
    if isinstance(part, dict):
        return {key: _filled(value, texts) for key, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, texts) for value in part]
    return part


def _put_in(text: str, texts: Mapping[str, str]) -> str:
    """Replace each placeholder once, so that a text put in is never searched again."""
    parts = []
    rest = text
    while rest:
        found = [(at, name) for name in texts if (at := rest.find("{" + name + "}")) >= 0]
        if not found:
            break
        at, name = min(found)
        parts += [rest[:at], texts[name]]
        rest = rest[at + len(name) + 2 :]
    return "".join([*parts, rest])


def _plain_text(text: str) -> str:
    """Return ``text`` in which nothing mentions anybody."""
    return _shortened(text).replace("@", "@\u200b")


def _slack_text(text: str) -> str:
    """Return ``text`` as Slack wants it escaped."""
    escaped = _shortened(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("@", "@\u200b")


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
