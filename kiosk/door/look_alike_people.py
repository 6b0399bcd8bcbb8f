"""People whose look-alikes are looked for at the moment they come to the door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kiosk.core.people import Person
from kiosk.core.ports import GalleryPort, PersonLookup


class LookAlikePeople:
    """A ``PersonLookup`` that trusts no list of look-alikes which may be out of date.

    A person enrolled a moment ago is not in the stored list yet, and in a large gallery the list
    takes a while. One search of the gallery says whether anybody is at most ``distance`` away.
    """

    def __init__(
        self, people: PersonLookup, gallery: GalleryPort, distance: Callable[[], float]
    ) -> None:
        self._people = people
        self._gallery = gallery
        self._distance = distance

    def basis(self, person_id: int) -> str:
        """Return the digest of everything stored that lets that person in."""
        return self._people.basis(person_id)

    def get(self, person_id: int) -> Person | None:
        """Return the person with that id."""
        return self._checked(self._people.get(person_id))

    def by_typed_number(self, number: str) -> Person | None:
        """Return the person with a number typed on a keypad without a hyphen."""
        return self._checked(self._people.by_typed_number(number))

    def _checked(self, person: Person | None) -> Person | None:
        if person is None or person.id is None or person.look_alike:
            return person
        near = self._gallery.near(person.id, self._distance())
        return replace(person, look_alike=True) if near else person
