"""Compares what two versions say of a person, whatever the order of cards and templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from kiosk.core.fleet import FleetPerson
from kiosk.core.templates import Template
from kiosk.storage.people.vector_blobs import to_blob

Face = tuple[str, int, str, bytes]
"""Embedder, look, pose and vector of a template."""


def face_of(template: Template) -> Face:
    """Return what makes two templates the same."""
    return template.embedder_id, template.look, template.pose, to_blob(template.vector)


def same_faces(one: Sequence[Template], other: Sequence[Template]) -> bool:
    """Return whether both are the same templates."""
    return Counter(map(face_of, one)) == Counter(map(face_of, other))


def same_person(one: FleetPerson, other: FleetPerson) -> bool:
    """Return whether two versions say the same.

    The text of a consent is not compared: a node may not have it.
    """
    return same_faces(one.templates, other.templates) and _plain(one) == _plain(other)


def _plain(person: FleetPerson) -> FleetPerson:
    return replace(
        person,
        groups=tuple(sorted(person.groups)),
        consents=tuple(
            sorted(
                (replace(one, version=None) for one in person.consents), key=lambda one: one.kind
            )
        ),
        cards=tuple(sorted(person.cards, key=lambda card: (card.kind, card.code_hash))),
        templates=(),
    )
