"""Make the body of a fact, and open it.

People, accounts and shared settings are sealed with a key that is new with each version. The body
names the key by its digest and is itself named by the signed line, so that nobody can put another
key or another person's body in its place.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kiosk.core.fleet import Content, Draft, Fact, FactKind, FleetAccount, FleetPerson, LocalChange
from kiosk.fleet.trust.body_fields import BodyFields, BodyRefused
from kiosk.fleet.trust.content_codec import (
    SEALED_KINDS,
    account_part,
    parse_account,
    parse_rules,
    parse_settings,
    plain_body,
    settings_part,
)
from kiosk.fleet.trust.key_wrapping import key_digest
from kiosk.fleet.trust.node_documents import MOST_GROUPS
from kiosk.fleet.trust.person_codec import open_part, parse_person, private_part
from kiosk.storage.crypto.aead import SealBroken, length_prefixed, seal, unseal
from kiosk.storage.crypto.key_store import new_key
from kiosk.storage.crypto.signing import canonical


class KeyMissing(Exception):
    """The body can be opened by a key that is not there yet, or that is not the right one."""


@dataclass(frozen=True, slots=True)
class SealedDraft:
    """A draft, and the key of its sealed part; empty where nothing is sealed."""

    draft: Draft
    key: bytes = b""


class BodySealer:
    """Makes and opens the bodies of the facts of ``fleet``."""

    def __init__(self, fleet: str, *, sealed_names: bool = True) -> None:
        self.fleet = fleet
        self.sealed_names = sealed_names

    def draft(self, change: LocalChange) -> SealedDraft:
        """Return the draft of ``change``; raise ``BodyRefused`` for what no node could read."""
        base = 0 if change.kind is FactKind.DELETION else change.base
        key = b"" if _plain(change) else new_key()
        body = self._body(change, base + 1, key)
        self._open(change.kind, change.subject, base + 1, body, key)
        draft = Draft(
            change.kind, change.subject, base, change.audience, body, change.at, change.account
        )
        return SealedDraft(draft, key)

    def open(self, fact: Fact, key: bytes | None) -> Content:
        """Return what a verified fact says.

        Raise ``KeyMissing`` if ``key`` is not the one that its body names, and ``BodyRefused`` for
        a body that no node of this version writes.
        """
        return self._open(fact.kind, fact.subject, fact.version, fact.body or b"", key)

    def _body(self, change: LocalChange, version: int, key: bytes) -> bytes:
        content = change.content
        if not key:
            return plain_body(content)
        opened: dict[str, Any] = {}
        if isinstance(content, FleetPerson):
            opened = open_part(content, sealed_names=self.sealed_names)
            private = private_part(content, sealed_names=self.sealed_names)
        elif isinstance(content, FleetAccount):
            private = account_part(content)
        elif isinstance(content, Mapping):
            private = settings_part(content)
        else:
            raise TypeError(f"{type(content).__name__} cannot be a {change.kind}")
        sealed = seal(key, private, self._data(change.kind, change.subject, version))
        digest = key_digest(self.fleet, change.subject, version, key)
        return canonical(
            {
                "v": 1,
                "key": digest.hex(),
                "open": opened,
                "sealed": base64.b64encode(sealed).decode("ascii"),
            }
        )

    def _open(
        self, kind: FactKind, subject: str, version: int, body: bytes, key: bytes | None
    ) -> Content:
        fields = BodyFields.parse(_name(kind), body)
        fields.version()
        if fields.has("gone"):
            _check_gone(kind, fields)
            return None
        if kind not in SEALED_KINDS:
            return _plain_content(kind, fields)
        digest = fields.hexed("key", 32)
        opened = fields.nested("open")
        sealed = fields.base64("sealed")
        fields.end()
        if key is None or key_digest(self.fleet, subject, version, key) != digest:
            raise KeyMissing
        try:
            private = unseal(key, sealed, self._data(kind, subject, version))
        except SealBroken:
            raise fields.refused("its sealed part was not sealed with its key") from None
        return _private_content(kind, opened, private)

    def _data(self, kind: FactKind, subject: str, version: int) -> bytes:
        return length_prefixed("munjigi fleet body 1", self.fleet, str(kind), subject, version)


def groups_of(body: bytes) -> tuple[str, ...]:
    """Return the groups in the open part of a person's body; raise ``BodyRefused``."""
    return BodyFields.parse("a person", body).nested("open").texts("groups", MOST_GROUPS)


def _plain(change: LocalChange) -> bool:
    return change.kind not in SEALED_KINDS or change.content is None


def _name(kind: FactKind) -> str:
    return f"a fact of the kind {kind}"


def _check_gone(kind: FactKind, fields: BodyFields) -> None:
    gone = fields.flag("gone")
    fields.end()
    if not gone or kind is FactKind.PERSON:
        raise BodyRefused(_name(kind), "it says that something is gone and does not")


def _plain_content(kind: FactKind, fields: BodyFields) -> Content:
    if kind is FactKind.RULES:
        return parse_rules(fields)
    content = fields.nested("content").rest()
    fields.end()
    return dict(content)


def _private_content(kind: FactKind, opened: BodyFields, private: bytes) -> Content:
    if kind is FactKind.PERSON:
        return parse_person(opened, private)
    opened.end()
    return parse_account(private) if kind is FactKind.ACCOUNT else dict(parse_settings(private))
