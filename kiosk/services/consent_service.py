"""Consents of enrolled people: who has to be asked, and what they decide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kiosk.core.consent import Consent, ConsentKind
from kiosk.core.consent_choice import ConsentChoice
from kiosk.core.consent_due import ConsentDue
from kiosk.core.errors import EnrolError, StorageError
from kiosk.core.people import Person, Receipt
from kiosk.core.rights import Actor, Right, require
from kiosk.core.signature import Signature


class ConsentPort(Protocol):
    """What these use cases need of the people store, which records what was given."""

    def get(self, person_id: int) -> Person | None: ...
    def give_consents(
        self,
        person_id: int,
        consents: Sequence[Consent],
        by: str,
        signature: Signature,
        refused: Sequence[ConsentKind],
    ) -> Person: ...
    def withdraw(self, person_id: int, by: str = "") -> Receipt: ...
    def withdraw_other(self, person_id: int, kind: ConsentKind, by: str = "") -> object: ...


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """What came of asking an enrolled person again.

    ``withdrawn``: what they had agreed to before, and not now. ``receipt``: of their templates,
    which were deleted with the consent to the face.
    """

    person: Person
    withdrawn: tuple[ConsentKind, ...] = ()
    receipt: Receipt | None = None


class ConsentService:
    """For the screens and the command line; safe from any thread that may block.

    ``due``: returns everybody who has to be asked, by number. ``asked``: returns what somebody is
    asked for, who has templates or not. ``gallery_changed``: called with the id of a person after
    their templates were deleted, even if that failed.
    """

    def __init__(
        self,
        people: ConsentPort,
        due: Callable[[], Sequence[ConsentDue]],
        clock: Callable[[], datetime],
        asked: Callable[[bool], Sequence[ConsentKind]],
        gallery_changed: Callable[[int], None] = lambda _person_id: None,
    ) -> None:
        self._people = people
        self._due = due
        self._clock = clock
        self._asked = asked
        self._gallery_changed = gallery_changed

    def due(self, actor: Actor) -> Sequence[ConsentDue]:
        """Return whose consents are missing, or to terms that changed materially since."""
        require(actor, Right.VIEW_PEOPLE)
        return self._due()

    def give_again(self, actor: Actor, person_id: int, choice: ConsentChoice) -> ConsentAnswer:
        """Store what an enrolled person decided when asked again.

        An optional consent that they had given and do not give now is withdrawn, by themselves:
        what was stored under it is deleted first. Raises ``SignInError`` without the right to
        enrol, ``StorageError`` for an unknown person, and ``EnrolError`` where the required
        consent was refused: then everything stays, and deleting the person is a decision apart.
        """
        require(actor, Right.ENROL)
        if choice.refused:
            raise EnrolError(
                "The required consent was refused; the older one stays until it is withdrawn.",
                key="error.consent_refused",
            )
        person = self._people.get(person_id)
        if person is None:
            raise StorageError(
                "That person is not enrolled any more; look at the list again.",
                key="error.person_gone",
            )
        asked = self._asked(person.templates > 0)
        withdrawn = choice.withdrawn(person, asked)
        receipt = self._withdraw(actor, person_id, withdrawn)
        refused = tuple(kind for kind in asked if kind not in choice.agreed)
        given = choice.consents(self._clock())
        after = self._people.give_consents(person_id, given, actor.name, choice.signature, refused)
        return ConsentAnswer(after, withdrawn, receipt)

    def _withdraw(
        self, actor: Actor, person_id: int, kinds: Sequence[ConsentKind]
    ) -> Receipt | None:
        for kind in kinds:
            if kind is not ConsentKind.FACE:
                self._people.withdraw_other(person_id, kind, actor.name)
        if ConsentKind.FACE not in kinds:
            return None
        try:
            return self._people.withdraw(person_id, actor.name)
        finally:
            self._gallery_changed(person_id)
