"""Enrolled people, and the accounts of staff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from kiosk.core.consent import Consent, ConsentKind
from kiosk.core.reports import Unreached
from kiosk.core.signature import UNSIGNED, Signature


class PersonRole(StrEnum):
    """Relation of an enrolled person to the laboratory.

    ``STUDENT``: a student of unknown level, enrolled by an older program or imported as such.
    """

    STAFF = "staff"
    GRADUATE = "graduate"
    RESEARCHER = "researcher"
    UNDERGRADUATE = "undergraduate"
    VISITOR = "visitor"
    STUDENT = "student"


OFFERED_ROLES = (
    PersonRole.STAFF,
    PersonRole.GRADUATE,
    PersonRole.RESEARCHER,
    PersonRole.UNDERGRADUATE,
    PersonRole.VISITOR,
)
"""The roles to choose from, in the order in which they are shown."""


class CredentialMode(StrEnum):
    """How a person opens the door; people with a PIN or a card have no templates."""

    FACE = "face"
    PIN = "pin"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class Person:
    """An enrolled person.

    ``valid_from``, ``valid_until``: inclusive local dates. ``until_time``: the local time of the
    last day from which on they may not enter; only with ``valid_until``. ``groups``: groups of the
    access rules.
    ``consented_at``: when they consented to face recognition, having read version
    ``consent_version`` of the text in ``consent_language``. ``consents``: all consents in force, at
    most one of each kind; to store another one, add it here, or set ``consented_at`` for the face.
    ``signature``: drawn with consents that are to be stored; the store never fills it in.
    ``look_alike``: another enrolled person resembles them, so the face alone does not open the
    door. ``has_pin``: whether a PIN for the door is set. The store fills in ``consent_version``,
    ``look_alike``, ``has_pin``, ``last_entry`` and ``genuine``; changing them here has no effect.
    ``last_entry``: the local day on which the door last let them in. ``genuine``:
    false if somebody changed the row in the database without the kiosk; such a person is disabled.
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
    genuine: bool = True
    until_time: time | None = None
    last_entry: date | None = None
    consents: tuple[Consent, ...] = ()
    signature: Signature = field(default=UNSIGNED, repr=False, compare=False)

    def ended(self, now: datetime) -> bool:
        """Whether the right to enter has ended at ``now``, a local time."""
        if self.valid_until is None:
            return False
        if self.until_time is not None and now.date() == self.valid_until:
            return now.time() >= self.until_time
        return now.date() > self.valid_until

    def consent(self, kind: ConsentKind) -> Consent | None:
        """Return the consent of that kind, if it is in force."""
        return next((consent for consent in self.consents if consent.kind is kind), None)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a person, or only their face, was deleted.

    ``document``: the signed statement, ready to be written as JSON.
    """

    id: int
    at: datetime
    person_id: int
    document: Mapping[str, Any]

    @property
    def face_only(self) -> bool:
        """Whether only the face was deleted."""
        return bool(self.document["statement"]["deleted"] == "face")

    @property
    def unreached(self) -> tuple[Unreached, ...]:
        """Where data of the person may be left."""
        return tuple(
            Unreached(str(place["place"]), str(place["why"]))
            for place in self.document["statement"].get("not_reached", ())
        )


class AccountRole(StrEnum):
    """Role of an account (``kiosk.core.rights.RIGHTS``)."""

    STAFF = "staff"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Account:
    """An account that signs in with a PIN, which is stored only as an Argon2id hash.

    ``pin_given_at``: when somebody else last chose the PIN, at the latest at the creation.
    ``pin_is_own``: whether its owner has chosen another one since.
    """

    name: str
    role: AccountRole
    enabled: bool = True
    created_at: datetime | None = None
    id: int | None = None
    pin_given_at: datetime | None = None
    pin_is_own: bool = False
