"""Rights of a person over their data: a copy of it, withdrawal of consent, deletion."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from kiosk.core.consent import ConsentKind
from kiosk.core.people import Receipt
from kiosk.core.ports import AuditPort
from kiosk.core.rights import Actor, Right, require


class OwnDataPort(Protocol):
    """What these rights need of the people store, which records deletions itself."""

    def withdraw(self, person_id: int, by: str = "") -> Receipt: ...
    def withdraw_other(self, person_id: int, kind: ConsentKind, by: str = "") -> object: ...
    def delete(self, person_id: int, by: str = "", because: str = "") -> Receipt: ...
    def receipts(self) -> Sequence[Receipt]: ...


class OwnDataService:
    """For the People screen and the command line; safe from any thread that may block.

    ``collect``: everything stored of a person, ready to be written as JSON.
    ``gallery_changed``: called with the person's id after each change, even if it failed: a write
    that was given up may have been committed.
    """

    def __init__(
        self,
        people: OwnDataPort,
        audit: AuditPort,
        collect: Callable[[int], Mapping[str, Any]],
        gallery_changed: Callable[[int], None],
    ) -> None:
        self._people = people
        self._audit = audit
        self._collect = collect
        self._gallery_changed = gallery_changed

    def export(self, actor: Actor, person_id: int) -> Mapping[str, Any]:
        """Return everything stored of a person; the export is recorded first.

        Raises ``SignInError`` without the right, and ``StorageError`` for an unknown person.
        """
        require(actor, Right.EXPORT_OWN_DATA)
        self._audit.record("own_data_exported", actor.name, {"person": person_id})
        return self._collect(person_id)

    def withdraw_consent(
        self, actor: Actor, person_id: int, kind: ConsentKind = ConsentKind.FACE
    ) -> Receipt:
        """Delete what was stored under a consent that was withdrawn; return the signed receipt.

        Without the consent to personal data the whole person is deleted, without the one to the
        face their face. ``kind``: one of these two.
        """
        require(actor, Right.DELETE_PEOPLE)
        try:
            if kind is ConsentKind.PERSONAL:
                return self._people.delete(person_id, actor.name, "consent_withdrawn")
            return self._people.withdraw(person_id, actor.name)
        finally:
            self._gallery_changed(person_id)

    def withdraw_attendance(self, actor: Actor, person_id: int) -> None:
        """Withdraw the consent to work out hours of presence; nothing is stored under it."""
        require(actor, Right.DELETE_PEOPLE)
        self._people.withdraw_other(person_id, ConsentKind.ATTENDANCE, actor.name)

    def delete(self, actor: Actor, person_id: int) -> Receipt:
        """Delete a person with everything stored of them; return the signed receipt."""
        require(actor, Right.DELETE_PEOPLE)
        try:
            return self._people.delete(person_id, actor.name)
        finally:
            self._gallery_changed(person_id)

    def receipts(self, actor: Actor) -> tuple[Receipt, ...]:
        """Return the signed receipts of all deletions, newest first."""
        require(actor, Right.MANAGE_STORED_DATA)
        return tuple(self._people.receipts())
