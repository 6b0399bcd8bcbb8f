"""A person as bytes: an open part that the centre may read, and a private part to be sealed.

The private part is the length of its JSON (4 bytes, big-endian), the JSON, and the templates'
vectors one after the other, float32 little-endian.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from kiosk.core.card_facts import CardKind
from kiosk.core.consent import Consent, ConsentKind
from kiosk.core.fleet import FleetCard, FleetPerson
from kiosk.core.people import CredentialMode, PersonRole
from kiosk.core.templates import Template
from kiosk.fleet.trust.body_fields import BodyFields
from kiosk.fleet.trust.feed_lines import microseconds
from kiosk.fleet.trust.node_documents import MOST_GROUPS
from kiosk.storage.crypto.signing import canonical

WHAT = "a person"

MOST_TEMPLATES = 1000
MOST_CARDS = 100
_MOST_VALUES = 4096
_STORED = np.dtype("<f4")
_MOST_LOOKS = 1_000_000
_CARD_KINDS = frozenset(CardKind)


def open_part(person: FleetPerson, *, sealed_names: bool) -> dict[str, Any]:
    """Return what the centre may read: groups, period, whether they are enabled.

    Without ``sealed_names`` also number and name.
    """
    part: dict[str, Any] = {"groups": list(person.groups), "enabled": person.enabled}
    if person.valid_from is not None:
        part["from"] = person.valid_from.isoformat()
    if person.valid_until is not None:
        part["until"] = person.valid_until.isoformat()
    if person.until_time is not None:
        part["until_time"] = person.until_time.isoformat()
    return part if sealed_names else part | _names(person)


def private_part(person: FleetPerson, *, sealed_names: bool) -> bytes:
    """Return everything else, to be sealed."""
    document: dict[str, Any] = {
        "role": person.role,
        "entry": person.entry,
        "created": microseconds(person.created_at),
        "consents": [_consent(consent) for consent in person.consents],
        "pin": person.pin_hash,
        "cards": [_card(card) for card in person.cards],
        "templates": [_template(template) for template in person.templates],
    }
    if person.pin_set_at is not None:
        document["pin_set"] = microseconds(person.pin_set_at)
    if sealed_names:
        document |= _names(person)
    text = canonical(document)
    vectors = b"".join(_vector_bytes(template) for template in person.templates)
    return len(text).to_bytes(4, "big") + text + vectors


def parse_person(opened: BodyFields, private: bytes) -> FleetPerson:
    """Return the person of both parts; raise ``BodyRefused`` for anything not written above."""
    length = int.from_bytes(private[:4], "big")
    if len(private) < 4 + length:
        raise opened.refused("its private part is cut off")
    fields = BodyFields.parse(WHAT, private[4 : 4 + length])
    named = fields if fields.has("number") else opened
    person = FleetPerson(
        number=named.text("number", 100),
        name=named.text("name", 200),
        role=_word(fields, "role", PersonRole),
        enabled=opened.flag("enabled"),
        entry=_word(fields, "entry", CredentialMode),
        created_at=fields.moment("created"),
        groups=opened.texts("groups", MOST_GROUPS),
        valid_from=opened.optional("from", opened.day),
        valid_until=opened.optional("until", opened.day),
        until_time=opened.optional("until_time", opened.hour),
        consents=tuple(_parse_consent(each) for each in fields.objects("consents", 20)),
        pin_hash=fields.text("pin", 500),
        pin_set_at=fields.optional("pin_set", fields.moment),
        cards=_parse_cards(fields),
        templates=_parse_templates(fields, private[4 + length :]),
    )
    fields.end()
    opened.end()
    return person


def _names(person: FleetPerson) -> dict[str, Any]:
    return {"number": person.number, "name": person.name}


def _consent(consent: Consent) -> dict[str, Any]:
    document: dict[str, Any] = {
        "kind": str(consent.kind),
        "given": microseconds(consent.given_at),
        "language": consent.language,
    }
    return document if consent.version is None else document | {"version": consent.version}


def _parse_consent(fields: BodyFields) -> Consent:
    consent = Consent(
        ConsentKind(_word(fields, "kind", ConsentKind)),
        fields.moment("given"),
        fields.text("language", 20),
        fields.optional("version", lambda name: fields.integer(name, 0, 2**53)),
    )
    fields.end()
    return consent


def _card(card: FleetCard) -> dict[str, Any]:
    document: dict[str, Any] = {
        "kind": card.kind,
        "code": card.code_hash,
        "created": microseconds(card.created_at),
    }
    if card.valid_until is not None:
        document["until"] = card.valid_until.isoformat()
    return document


def _parse_cards(fields: BodyFields) -> tuple[FleetCard, ...]:
    """Return the cards but those of kinds that only a newer program reads: they open nothing."""
    cards = [_parse_card(each) for each in fields.objects("cards", MOST_CARDS)]
    if len({(card.kind, card.code_hash) for card in cards}) < len(cards):
        raise fields.refused("a card is there twice")
    return tuple(card for card in cards if card.kind in _CARD_KINDS)


def _parse_card(fields: BodyFields) -> FleetCard:
    card = FleetCard(
        fields.text("kind", 20),
        fields.text("code", 500),
        fields.moment("created"),
        fields.optional("until", fields.day),
    )
    fields.end()
    return card


def _template(template: Template) -> dict[str, Any]:
    return {
        "embedder": template.embedder_id,
        "pose": template.pose,
        "quality": template.quality,
        "look": template.look,
        "values": int(template.vector.size),
    }


def _vector_bytes(template: Template) -> bytes:
    return np.ascontiguousarray(template.vector, _STORED).tobytes()


def _parse_templates(fields: BodyFields, vectors: bytes) -> tuple[Template, ...]:
    templates = []
    begin = 0
    for each in fields.objects("templates", MOST_TEMPLATES):
        end = begin + each.integer("values", 1, _MOST_VALUES) * _STORED.itemsize
        templates.append(_parse_template(each, vectors[begin:end], end - begin))
        begin = end
    if begin != len(vectors):
        raise fields.refused("its templates have another length")
    return tuple(templates)


def _parse_template(fields: BodyFields, blob: bytes, length: int) -> Template:
    vector = np.frombuffer(blob[: len(blob) // 4 * 4], _STORED).astype(np.float32)
    if len(blob) != length or not np.isfinite(vector).all():
        raise fields.refused("a template is cut off or not finite")
    template = Template(
        person_id=0,
        embedder_id=fields.text("embedder", 200),
        vector=vector,
        pose=fields.text("pose", 40),
        quality=fields.number("quality"),
        look=fields.integer("look", 0, _MOST_LOOKS),
    )
    fields.end()
    return template


def _word(fields: BodyFields, name: str, words: Iterable[str]) -> str:
    word = fields.text(name, 40)
    if word not in set(words):
        raise fields.refused(f"its {name} is unknown")
    return word
