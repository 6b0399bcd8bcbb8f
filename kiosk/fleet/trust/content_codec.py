"""What a fact says as bytes, for every kind but people and nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kiosk.core.fleet import Content, FactKind, FleetAccount
from kiosk.core.people import AccountRole
from kiosk.fleet.trust.body_fields import BodyFields
from kiosk.fleet.trust.feed_lines import microseconds
from kiosk.storage.crypto.signing import canonical

SEALED_KINDS = frozenset({FactKind.PERSON, FactKind.ACCOUNT, FactKind.SETTINGS})
"""Kinds whose body has a part that only nodes can read."""

MOST_RULES = 1_000_000
"""Characters in the text of the access rules."""

_MOST_SETTINGS = 1000
_MOST_TEXT = 20_000


def account_part(account: FleetAccount) -> bytes:
    """Return an account as bytes, to be sealed."""
    document: dict[str, Any] = {
        "name": account.name,
        "role": account.role,
        "enabled": account.enabled,
        "pin": account.pin_hash,
        "created": microseconds(account.created_at),
        "own": account.pin_is_own,
    }
    if account.pin_given_at is not None:
        document["given"] = microseconds(account.pin_given_at)
    return canonical(document)


def parse_account(private: bytes) -> FleetAccount:
    """Return the account that ``account_part`` wrote; raise ``BodyRefused`` for anything else."""
    fields = BodyFields.parse("an account", private)
    account = FleetAccount(
        name=fields.text("name", 200),
        role=fields.text("role", 40),
        enabled=fields.flag("enabled"),
        pin_hash=fields.text("pin", 500),
        created_at=fields.moment("created"),
        pin_given_at=fields.optional("given", fields.moment),
        pin_is_own=fields.flag("own"),
    )
    if account.role not in set(AccountRole):
        raise fields.refused("its role is unknown")
    fields.end()
    return account


def settings_part(settings: Mapping[str, Any]) -> bytes:
    """Return shared settings as bytes, to be sealed."""
    return canonical({"settings": dict(settings)})


def parse_settings(private: bytes) -> Mapping[str, Any]:
    """Return settings by name, each a text, number, truth value or list of these."""
    fields = BodyFields.parse("the shared settings", private)
    settings = fields.nested("settings").rest()
    fields.end()
    if len(settings) > _MOST_SETTINGS:
        raise fields.refused("there are too many")
    for name, value in settings.items():
        values = value if isinstance(value, list) else [value]
        if len(name) > 200 or len(values) > _MOST_SETTINGS or not all(map(_plain, values)):
            raise fields.refused(f"the value of {name[:40]!r} is of no known kind")
    return settings


def plain_body(content: Content) -> bytes:
    """Return the body of a fact that nothing is sealed of: rules, an order, or what is gone."""
    if content is None:
        return canonical({"v": 1, "gone": True})
    if isinstance(content, str):
        return canonical({"v": 1, "text": content})
    if isinstance(content, Mapping):
        return canonical({"v": 1, "content": dict(content)})
    raise TypeError(f"{type(content).__name__} is sealed")


def parse_rules(fields: BodyFields) -> str:
    """Return the text of the access rules."""
    text = fields.lines("text", MOST_RULES)
    fields.end()
    return text


def _plain(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= _MOST_TEXT and not any("\ud800" <= each <= "\udfff" for each in value)
    return isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < 2**63)
