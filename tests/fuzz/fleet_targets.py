"""What other nodes of a fleet write: bodies in the database, and their private parts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime

from kiosk.core.errors import KioskError
from kiosk.core.fleet import Fact, FactKind, FleetPerson
from kiosk.fleet.trust.body_fields import BodyFields
from kiosk.fleet.trust.content_codec import parse_account, parse_settings
from kiosk.fleet.trust.key_ring import RingNode
from kiosk.fleet.trust.node_documents import NodeDocument
from kiosk.fleet.trust.orders import DoorOrder
from kiosk.fleet.trust.person_codec import open_part, parse_person, private_part
from kiosk.fleet.trust.sealed_bodies import BodySealer, KeyMissing, groups_of
from tests.fuzz.target import FuzzTarget

_AT = datetime(2026, 3, 2, tzinfo=UTC)
_SEALER = BodySealer("f" * 64)
_WORDS = (b"true", b"null", b"[]", b"{}", b'"v":1', b'"\\ud800"', b"1e999", b"-1", b"9" * 400, b":")


def _body(data: bytes) -> None:
    """Read ``data`` as the body of each kind of fact, as far as it goes without its key."""
    for kind in FactKind:
        fact = Fact(2, kind, "1" * 32, 1, ("*",), b"", b"", _AT, "a" * 32, "", b"", data)
        with contextlib.suppress(KioskError, KeyMissing):
            content = _SEALER.open(fact, None)
            if isinstance(content, dict):
                DoorOrder.of(content)
                RingNode.of(content)
    with contextlib.suppress(KioskError):
        assert NodeDocument.parse(NodeDocument.parse(data).body())
    with contextlib.suppress(KioskError):
        assert all(isinstance(group, str) for group in groups_of(data))


def _private(data: bytes) -> None:
    """Read ``data`` as the private part of a person, an account or the shared settings."""
    read: tuple[Callable[[bytes], object], ...] = (parse_account, parse_settings, _person)
    for parse in read:
        with contextlib.suppress(KioskError):
            parse(data)


def _person(data: bytes) -> None:
    """Read a person; what is accepted is written again as it was."""
    opened = {"groups": ["lab"], "enabled": True, "until": "2026-12-31", "until_time": "18:00:00"}
    person: FleetPerson = parse_person(BodyFields("a person", opened), data)
    again = parse_person(
        BodyFields("a person", open_part(person, sealed_names=True)),
        private_part(person, sealed_names=True),
    )
    assert (again.number, again.cards, again.consents) == (
        person.number,
        person.cards,
        person.consents,
    )


FLEET = (
    FuzzTarget("fleet_body", _body, (*_WORDS, b'"open":{', b'"gone":true', b'"content":{')),
    FuzzTarget("fleet_private", _private, (*_WORDS, b'"templates":[', b'"values":4096', bytes(4))),
)
