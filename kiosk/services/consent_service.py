"""Consents of enrolled people: who has to be asked, and what they decide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from kiosk.core.consent import Consent
from kiosk.core.consent_choice import ConsentChoice
from kiosk.core.consent_due import ConsentDue
from kiosk.core.errors import EnrolError
from kiosk.core.people import Person
from kiosk.core.rights import Actor, Right, require
from kiosk.core.signature import Signature


class ConsentPort(Protocol):
    """What these use cases need of the people store, which records what was given."""

    def give_consents(
        self, person_id: int, consents: Sequence[Consent], by: str, signature: Signature
    ) -> Person: ...


class ConsentService:
    """For the screens and the command line; safe from any thread that may block.

    ``due``: returns everybody who has to be asked, by number.
    """

    def __init__(
        self,
        people: ConsentPort,
        due: Callable[[], Sequence[ConsentDue]],
        clock: Callable[[], datetime],
    ) -> None:
        self._people = people
        self._due = due
        self._clock = clock

    def due(self, actor: Actor) -> Sequence[ConsentDue]:
        """Return whose consents are missing, or to terms that changed materially since."""
        require(actor, Right.VIEW_PEOPLE)
        return self._due()

    def give_again(self, actor: Actor, person_id: int, choice: ConsentChoice) -> Person:
        """Store what an enrolled person agreed to when asked again; return the person.

        What they refuse stays as it was: withdrawing it is a decision of its own. Raises
        ``SignInError`` without the right to enrol, and ``EnrolError`` where nothing was agreed to.
        """
        require(actor, Right.ENROL)
        if choice.refused:
            raise EnrolError(
                "The required consent was refused; the older one stays until it is withdrawn.",
                key="error.consent_refused",
            )
        given = choice.consents(self._clock())
        return self._people.give_consents(person_id, given, actor.name, choice.signature)
