"""What a person decided on the texts of consent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from kiosk.core.consent import REQUIRED, Consent, ConsentKind
from kiosk.core.people import CredentialMode, Person
from kiosk.core.signature import UNSIGNED, Signature


@dataclass(frozen=True, slots=True)
class ConsentChoice:
    """What a person agreed to, having read the texts in ``language``.

    ``entry``: how they will enter; by face only if they agreed to that. ``signature``: empty where
    the site asks for none.
    """

    agreed: frozenset[ConsentKind]
    language: str
    entry: CredentialMode
    signature: Signature = UNSIGNED

    @property
    def refused(self) -> bool:
        """Whether a required consent was refused, so that nobody is enrolled."""
        return not self.agreed >= REQUIRED

    def withdrawn(self, person: Person, asked: Iterable[ConsentKind]) -> tuple[ConsentKind, ...]:
        """Return which consents an enrolled ``person`` took back: ``asked``, given, not agreed to.

        The one to the face counts as given by everybody whose templates are stored.
        """
        return tuple(
            kind
            for kind in asked
            if kind not in self.agreed
            and (person.consent(kind) or (kind is ConsentKind.FACE and person.templates))
        )

    def of(self, draft: Person, now: datetime) -> Person:
        """Return ``draft`` with the consents given at ``now``."""
        face = ConsentKind.FACE in self.agreed
        return replace(
            draft,
            entry=self.entry,
            consented_at=now if face else None,
            consent_language=self.language if face else "",
            consents=self.consents(now),
            signature=self.signature,
        )

    def consents(self, now: datetime) -> tuple[Consent, ...]:
        """Return what was agreed to, as given at ``now``."""
        agreed = [kind for kind in ConsentKind if kind in self.agreed]
        return tuple(Consent(kind, now, self.language) for kind in agreed)
