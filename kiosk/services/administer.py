"""Use cases behind the staff screens: signing in, people and log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol

from kiosk.core.consent import require_consents
from kiosk.core.decisions import LogEntry, LogFilter
from kiosk.core.errors import SignInError
from kiosk.core.people import Account, AccountRole, Person
from kiosk.core.people_filter import PeopleFilter
from kiosk.core.ports import AuditPort, Clock
from kiosk.core.reports import USUAL, Action, Order
from kiosk.core.rights import Actor, Right, may, require
from kiosk.core.view_models import ActionsPage, LogPage, PeoplePage
from kiosk.services.entry_change import check_entry_change


class PeopleAdminPort(Protocol):
    """What administration needs of the people store."""

    def get(self, person_id: int) -> Person | None: ...
    def by_number(self, number: str) -> Person | None: ...
    def listed(
        self, only: PeopleFilter, limit: int, offset: int, order: Order
    ) -> tuple[list[Person], int]: ...
    def count(self, only: PeopleFilter) -> int: ...
    def all_of(self, only: PeopleFilter) -> list[int]: ...
    def enrolled(self, embedder_id: str) -> int: ...
    def add(self, person: Person, by: str = "") -> Person: ...
    def update(self, person: Person, by: str = "") -> Person: ...
    def set_enabled(self, person_id: int, enabled: bool, by: str = "") -> Person: ...


class LogAdminPort(Protocol):
    """What administration needs of the access log."""

    def query(
        self, wanted: LogFilter, limit: int, offset: int, order: Order
    ) -> tuple[list[LogEntry], int]: ...


class SignInPort(Protocol):
    """Accounts of people who may sign in."""

    def create(
        self, name: str, role: AccountRole, pin: str, by: str = "", *, own: bool = False
    ) -> Account: ...
    def verify(self, name: str, pin: str) -> Account: ...
    def list(self) -> Sequence[Account]: ...
    def never_any(self) -> bool: ...


class ActionsPort(AuditPort, Protocol):
    """The audit log, written and read."""

    def query(self, wanted: LogFilter, limit: int, offset: int) -> tuple[list[Action], int]: ...


class AdministerService:
    """Every method but those of signing in checks the actor's right and raises ``SignInError``.

    The stores record who changes people and accounts. Safe to call from any thread that may block.
    """

    def __init__(
        self,
        people: PeopleAdminPort,
        access_log: LogAdminPort,
        accounts: SignInPort,
        clock: Clock,
        gallery_changed: Callable[[], None],
        actions: ActionsPort,
    ) -> None:
        self._people = people
        self._log = access_log
        self._accounts = accounts
        self._clock = clock
        self._gallery_changed = gallery_changed
        self._actions = actions

    def first_admin(self, name: str, pin: str) -> Account:
        """Create the first account; raises ``SignInError`` if there is one already."""
        if not self._accounts.never_any():
            raise SignInError(
                "An administrator exists already; sign in instead.", key="error.admin_exists"
            )
        return self._accounts.create(name, AccountRole.ADMIN, pin, name, own=True)

    def needs_first_admin(self) -> bool:
        """Whether there never was an account; not if somebody removed them from the database."""
        return self._accounts.never_any()

    def sign_in(self, name: str, pin: str) -> Account:
        """Return the account of ``name``; raises ``SignInError`` if the PIN is wrong or paused."""
        return self._accounts.verify(name, pin)

    def people(
        self, actor: Actor, only: PeopleFilter, offset: int, limit: int, order: Order = USUAL
    ) -> PeoplePage:
        """Return a page of the people who meet ``only``."""
        require(actor, Right.VIEW_PEOPLE)
        rows, total = self._people.listed(only, limit, offset, order)
        return PeoplePage(tuple(rows), total, offset)

    def people_ids(self, actor: Actor, only: PeopleFilter) -> frozenset[int]:
        """Return the ids of all people who meet ``only``."""
        require(actor, Right.VIEW_PEOPLE)
        return frozenset(self._people.all_of(only))

    def people_count(self, actor: Actor, only: PeopleFilter) -> int:
        """Return how many people meet ``only``."""
        require(actor, Right.VIEW_PEOPLE)
        return self._people.count(only)

    def enrolled(self, actor: Actor, embedder_id: str) -> int:
        """Count the people who have templates of ``embedder_id``."""
        require(actor, Right.VIEW_PEOPLE)
        return self._people.enrolled(embedder_id)

    def number_owner(self, actor: Actor, number: str) -> Person | None:
        """Return the person with this student number."""
        require(actor, Right.ENROL)
        return self._people.by_number(number)

    def save_person(self, actor: Actor, person: Person) -> Person:
        """Store changed details of a person; raises ``StorageError`` where one is refused."""
        require(actor, Right.CHANGE_PEOPLE)
        before = self._people.get(person.id) if person.id is not None else None
        if before is not None:
            check_entry_change(before, person.entry)
        try:
            return self._people.update(person, actor.name)
        finally:  # a write that was given up may have been committed
            self._gallery_changed()

    def set_person_enabled(self, actor: Actor, person_id: int, enabled: bool) -> Person:
        """Let a person use the door, or not."""
        require(actor, Right.CHANGE_PEOPLE)
        try:
            return self._people.set_enabled(person_id, enabled, actor.name)
        finally:
            self._gallery_changed()

    def add_person(self, actor: Actor, person: Person) -> Person:
        """Enrol a person who uses a PIN or a card, without a face.

        Raises ``EnrolError`` without their consent to personal data.
        """
        require(actor, Right.ENROL)
        require_consents(person.consents)
        try:
            return self._people.add(person, actor.name)
        finally:
            self._gallery_changed()

    def log(
        self, actor: Actor, wanted: LogFilter, offset: int, limit: int, order: Order = USUAL
    ) -> LogPage:
        """Return a page of the access log; only of today where ``actor`` may see no other day."""
        require(actor, Right.VIEW_TODAY)
        rows, total = self._log.query(self.allowed(actor, wanted), limit, offset, order)
        return LogPage(tuple(rows), total, offset)

    def allowed(self, actor: Actor, wanted: LogFilter) -> LogFilter:
        """Return ``wanted`` narrowed to the days that ``actor`` may see."""
        if may(actor, Right.VIEW_HISTORY):
            return wanted
        today: date = self._clock().date()
        return replace(wanted, since=today, until=today)

    def actions(self, actor: Actor, wanted: LogFilter, offset: int, limit: int) -> ActionsPage:
        """Return a page of the audit log."""
        require(actor, Right.VIEW_AUDIT_LOG)
        rows, total = self._actions.query(wanted, limit, offset)
        return ActionsPage(tuple(rows), total, offset)
