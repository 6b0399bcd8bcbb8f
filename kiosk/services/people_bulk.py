"""The same change for many people at once, with a way back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Protocol

from kiosk.core.errors import KioskError
from kiosk.core.people import Person, PersonRole, Receipt
from kiosk.core.rights import Actor, Right, require

Pair = tuple[Person, Person]
"""A person before and after a change."""


@dataclass(frozen=True, slots=True)
class BulkEdit:
    """What everybody in a selection gets; ``None`` or empty leaves a field as it is.

    ``until``: the last day, with ``until_time``. ``join``, ``leave``: names of groups.
    """

    enabled: bool | None = None
    until: date | None = None
    until_time: time | None = None
    role: PersonRole | None = None
    join: str = ""
    leave: str = ""

    def of(self, person: Person) -> Person:
        """Return ``person`` with the change."""
        groups = tuple(name for name in person.groups if name != self.leave)
        if self.join and self.join not in groups:
            groups = (*groups, self.join)
        changed = replace(
            person,
            enabled=person.enabled if self.enabled is None else self.enabled,
            role=self.role or person.role,
            groups=groups,
        )
        if self.until is None:
            return changed
        return replace(changed, valid_until=self.until, until_time=self.until_time)

    def fits(self, person: Person) -> bool:
        """Whether ``person`` may be changed so: nobody's last day comes before the first."""
        if self.until is not None and person.valid_from is not None:
            return person.genuine and person.valid_from <= self.until
        return person.genuine


@dataclass(frozen=True, slots=True)
class BulkDone:
    """Who was changed, and how many could not be.

    ``unchanged``: had what was asked for. ``refused``: must not be changed so, were changed by
    somebody else meanwhile, or are not enrolled any more.
    """

    changed: tuple[Pair, ...] = ()
    unchanged: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class BulkDeleted:
    """The receipts of the deleted, and why the others were not, if that is so."""

    receipts: tuple[Receipt, ...] = ()
    left: int = 0
    error: KioskError | None = None


class BulkPeoplePort(Protocol):
    """The people of the database, many at once."""

    def by_ids(self, ids: Collection[int]) -> Sequence[Person]: ...
    def change_all(self, pairs: Sequence[Pair], by: str, event: str) -> Sequence[Pair]: ...


class PeopleBulkService:
    """Every method checks the actor's right, may block, and raises ``SignInError`` without it.

    ``delete``: deletes one person for good. ``gallery_changed``: called once after all changes.
    """

    def __init__(
        self,
        people: BulkPeoplePort,
        delete: Callable[[Actor, int], Receipt],
        gallery_changed: Callable[[], None],
    ) -> None:
        self._people = people
        self._delete = delete
        self._gallery_changed = gallery_changed

    def edit(self, actor: Actor, ids: Collection[int], edit: BulkEdit) -> BulkDone:
        """Change everybody among ``ids``."""
        require(actor, Right.CHANGE_PEOPLE)
        people = self._people.by_ids(ids)
        fitting = [person for person in people if edit.fits(person)]
        pairs = [(person, edit.of(person)) for person in fitting if edit.of(person) != person]
        changed = self._store(actor, pairs, "people_changed_together")
        return BulkDone(
            changed, len(fitting) - len(pairs), len(ids) - len(fitting) + len(pairs) - len(changed)
        )

    def undo(self, actor: Actor, done: BulkDone) -> BulkDone:
        """Take back a change of those whom nobody has changed since."""
        require(actor, Right.CHANGE_PEOPLE)
        pairs = [(after, before) for before, after in done.changed]
        changed = self._store(actor, pairs, "people_change_undone")
        return BulkDone(changed, 0, len(pairs) - len(changed))

    def delete(
        self,
        actor: Actor,
        ids: Iterable[int],
        progress: Callable[[int], None] = lambda done: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> BulkDeleted:
        """Delete people for good, one after the other, until one cannot be deleted."""
        require(actor, Right.DELETE_PEOPLE)
        left = list(ids)
        receipts: list[Receipt] = []
        error = None
        while left and error is None and not stopped():
            try:
                receipts.append(self._delete(actor, left[0]))
                left.pop(0)
                progress(len(receipts))
            except KioskError as refusal:
                error = refusal
        self._gallery_changed()
        return BulkDeleted(tuple(receipts), len(left), error)

    def _store(self, actor: Actor, pairs: Sequence[Pair], event: str) -> tuple[Pair, ...]:
        if not pairs:
            return ()
        try:
            return tuple(self._people.change_all(pairs, actor.name, event))
        finally:  # a write that was given up may have been committed
            self._gallery_changed()
