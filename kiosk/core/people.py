"""Enrolled people, and the accounts of staff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class PersonRole(StrEnum):
    """What an enrolled person is to the laboratory."""

    STUDENT = "student"
    STAFF = "staff"
    VISITOR = "visitor"


class CredentialMode(StrEnum):
    """How a person chose to open the door. Who chose a PIN or a card has no templates, and is no less a person."""

    FACE = "face"
    PIN = "pin"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may come in. ``valid_from`` and ``valid_until`` are inclusive local dates. ``groups``: names that the access
    rules give a meaning to.

    ``consented_at``: when they agreed to be recognised by face, to version ``consent_version`` of the text, which they read in
    ``consent_language``. The version is found by the store and only read here.
    ``look_alike``: somebody else enrolled looks too much like them, so the face alone does not open. ``has_pin``: a PIN for
    the door was set. Both are found by the kiosk and only read here.
    """

    number: str
    name: str
    role: PersonRole = PersonRole.STUDENT
    enabled: bool = True
    valid_from: date | None = None
    valid_until: date | None = None
    consented_at: datetime | None = None
    created_at: datetime | None = None
    templates: int = 0
    id: int | None = None
    look_alike: bool = False
    has_pin: bool = False
    groups: tuple[str, ...] = ()
    entry: CredentialMode = CredentialMode.FACE
    consent_language: str = ""
    consent_version: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a person, or their face alone, was deleted: ``document`` is a signed statement, ready to be written as JSON."""

    id: int
    at: datetime
    person_id: int
    document: Mapping[str, Any]

    @property
    def face_only(self) -> bool:
        """Whether the person stayed, without their face."""
        return bool(self.document["statement"]["deleted"] == "face")


class AccountRole(StrEnum):
    """What somebody who signs in may do: staff enrol, administrators do everything."""

    STAFF = "staff"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who signs in with a PIN. The PIN itself is stored only as an Argon2id hash."""

    name: str
    role: AccountRole
    enabled: bool = True
    created_at: datetime | None = None
    id: int | None = None
