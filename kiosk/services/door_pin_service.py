"""Setting people's PINs for the door, and saying who looks like whom."""

from __future__ import annotations

from typing import Protocol

from kiosk.core.errors import SignInError, StorageError
from kiosk.core.masking import masked_number
from kiosk.core.people import Account, AccountRole, Person
from kiosk.core.ports import AuditPort


class PersonPort(Protocol):
    """Who is enrolled."""

    def get(self, person_id: int) -> Person | None: ...


class PinStorePort(Protocol):
    """Where PINs are kept."""

    def set(self, person_id: int, pin: str) -> None: ...


class LookAlikeNamesPort(Protocol):
    """Who looks like a person: (name, distance), nearest first."""

    def names_of(self, person_id: int) -> list[tuple[str, float]]: ...


class DoorPinService:
    """For whoever is signed in; safe from any thread that may block, since Argon2id takes a moment."""

    def __init__(
        self,
        people: PersonPort,
        pins: PinStorePort,
        look_alikes: LookAlikeNamesPort,
        audit: AuditPort,
    ) -> None:
        self._people = people
        self._pins = pins
        self._look_alikes = look_alikes
        self._audit = audit

    def set_pin(self, actor: Account, person_id: int, pin: str) -> None:
        """Give a person their first PIN; another one in its place only administrators may."""
        if not actor.enabled:
            raise SignInError("Sign in first; nobody is signed in.", key="error.sign_in_first")
        person = self._people.get(person_id)
        if person is None:
            raise StorageError(
                "That person is not enrolled any more; look at the list again.",
                key="error.person_gone",
            )
        if person.has_pin and actor.role is not AccountRole.ADMIN:
            raise SignInError(
                "Only an administrator may do that; ask one to sign in.", key="error.admin_only"
            )
        self._audit.record(
            "door_pin.set",
            actor.name,
            {
                "person": person_id,
                "number": masked_number(person.number),
                "replaced": person.has_pin,
            },
        )
        self._pins.set(person_id, pin)

    def look_alikes(self, person_id: int) -> list[tuple[str, float]]:
        """(name, distance) of everybody who looks like that person, nearest first."""
        return self._look_alikes.names_of(person_id)
