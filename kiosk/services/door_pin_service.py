"""People's PINs for the door, and who resembles whom."""

from __future__ import annotations

from typing import Protocol

from kiosk.core.errors import StorageError
from kiosk.core.masking import masked_number
from kiosk.core.people import Person
from kiosk.core.ports import AuditPort
from kiosk.core.rights import Actor, Right, require


class PersonPort(Protocol):
    """Enrolled people by id."""

    def get(self, person_id: int) -> Person | None: ...


class PinStorePort(Protocol):
    """The stored PINs."""

    def set(self, person_id: int, pin: str) -> None: ...


class LookAlikeNamesPort(Protocol):
    """People who resemble a person, as (name, distance), nearest first."""

    def names_of(self, person_id: int) -> list[tuple[str, float]]: ...


class DoorPinService:
    """Sets PINs; safe from any thread that may block, since Argon2id takes a moment."""

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

    def set_pin(self, actor: Actor, person_id: int, pin: str) -> None:
        """Set a person's PIN; replacing one needs another right than the first one does.

        Raises ``SignInError`` without the right, and ``StorageError`` for an unknown person.
        """
        require(actor, Right.SET_DOOR_PIN)
        person = self._people.get(person_id)
        if person is None:
            raise StorageError(
                "That person is not enrolled any more; look at the list again.",
                key="error.person_gone",
            )
        if person.has_pin:
            require(actor, Right.REPLACE_DOOR_PIN)
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

    def look_alikes(self, actor: Actor, person_id: int) -> list[tuple[str, float]]:
        """Return (name, distance) of everybody who resembles a person, nearest first."""
        require(actor, Right.VIEW_PEOPLE)
        return self._look_alikes.names_of(person_id)
