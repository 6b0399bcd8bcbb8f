"""What staff and administrators may do, checked here and not only by hidden buttons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol

from kiosk.core.decisions import LogEntry, LogFilter
from kiosk.core.errors import SignInError
from kiosk.core.people import Account, AccountRole, Person, Receipt
from kiosk.core.ports import AuditPort, Clock
from kiosk.core.reports import USUAL, Action, Order
from kiosk.core.view_models import AccountsPage, ActionsPage, LogPage, PeoplePage


class PeopleAdminPort(Protocol):
    """What administration needs of the people store."""

    def by_number(self, number: str) -> Person | None: ...
    def search(
        self, text: str, limit: int, offset: int, order: Order, without: str = ""
    ) -> tuple[list[Person], int]: ...
    def add(self, person: Person, by: str = "") -> Person: ...
    def update(self, person: Person, by: str = "") -> Person: ...
    def withdraw(self, person_id: int, by: str = "") -> Receipt: ...
    def delete(self, person_id: int, by: str = "") -> Receipt: ...
    def receipts(self) -> Sequence[Receipt]: ...


class LogAdminPort(Protocol):
    """What administration needs of the access log."""

    def query(
        self, wanted: LogFilter, limit: int, offset: int, order: Order
    ) -> tuple[list[LogEntry], int]: ...


class AccountsPort(Protocol):
    """Who may sign in."""

    def create(self, name: str, role: AccountRole, pin: str, by: str = "") -> Account: ...
    def verify(self, name: str, pin: str) -> Account: ...
    def list(self) -> Sequence[Account]: ...
    def set_pin(self, account_id: int, pin: str, by: str = "") -> None: ...
    def set_enabled(self, account_id: int, enabled: bool, by: str = "") -> None: ...


class ActionsPort(AuditPort, Protocol):
    """The actions, written and read."""

    def query(self, wanted: LogFilter, limit: int, offset: int) -> tuple[list[Action], int]: ...


class AdministerService:
    """Use cases behind the staff screens. Safe to call from any thread that may block.

    The stores write down who changes people and accounts; the rest is recorded here.
    """

    def __init__(
        self,
        people: PeopleAdminPort,
        access_log: LogAdminPort,
        accounts: AccountsPort,
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
        """The wizard's only act; refused once anybody may sign in."""
        if self._accounts.list():
            raise SignInError(
                "An administrator exists already; sign in instead.", key="error.admin_exists"
            )
        return self._accounts.create(name, AccountRole.ADMIN, pin, name)

    def needs_first_admin(self) -> bool:
        """Whether nobody may sign in yet."""
        return not self._accounts.list()

    def sign_in(self, name: str, pin: str) -> Account:
        """The account of ``name``; raises ``SignInError`` when the PIN is wrong or paused."""
        return self._accounts.verify(name, pin)

    def sign_in_names(self) -> list[str]:
        """Names to choose from on the sign-in screen."""
        return [account.name for account in self._accounts.list() if account.enabled]

    def people(
        self, text: str, offset: int, limit: int, order: Order = USUAL, without: str = ""
    ) -> PeoplePage:
        """A page of the people list; ``without``: only of those who must be enrolled again for that network."""
        rows, total = self._people.search(text, limit, offset, order, without)
        return PeoplePage(tuple(rows), total, offset)

    def number_owner(self, number: str) -> Person | None:
        """Whose student number this is."""
        return self._people.by_number(number)

    def save_person(self, actor: Account, person: Person) -> Person:
        """Store changed details; administrators only."""
        _require_admin(actor)
        try:
            return self._people.update(person, actor.name)
        finally:  # a write that was given up may be committed all the same
            self._gallery_changed()

    def add_person(self, actor: Account, person: Person) -> Person:
        """Enrol somebody who comes in by PIN or card, without a face; for whoever is signed in."""
        _require_anybody(actor)
        try:
            return self._people.add(person, actor.name)
        finally:
            self._gallery_changed()

    def withdraw_consent(self, actor: Account, person_id: int) -> Receipt:
        """Delete a person's face, since they took back their consent; administrators only. Returns the signed receipt."""
        _require_admin(actor)
        try:
            return self._people.withdraw(person_id, actor.name)
        finally:
            self._gallery_changed()

    def export_own_data(self, actor: Account, person_id: int) -> None:
        """Write down that ``actor`` exports a person's own data; raises ``SignInError`` unless they may."""
        _require_admin(actor)
        self._actions.record("own_data_exported", actor.name, {"person": person_id})

    def delete_person(self, actor: Account, person_id: int) -> Receipt:
        """Delete a person with all that is stored of them; administrators only. Returns the signed receipt."""
        _require_admin(actor)
        try:
            return self._people.delete(person_id, actor.name)
        finally:
            self._gallery_changed()

    def log(
        self, actor: Account, wanted: LogFilter, offset: int, limit: int, order: Order = USUAL
    ) -> LogPage:
        """A page of the access log; staff see today only."""
        rows, total = self._log.query(self.allowed(actor, wanted), limit, offset, order)
        return LogPage(tuple(rows), total, offset)

    def allowed(self, actor: Account, wanted: LogFilter) -> LogFilter:
        """``wanted`` narrowed to what ``actor`` may see."""
        if actor.role is AccountRole.ADMIN:
            return wanted
        today: date = self._clock().date()
        return replace(wanted, since=today, until=today)

    def actions(self, actor: Account, wanted: LogFilter, offset: int, limit: int) -> ActionsPage:
        """A page of what staff, administrators and the kiosk did; administrators only."""
        _require_admin(actor)
        rows, total = self._actions.query(wanted, limit, offset)
        return ActionsPage(tuple(rows), total, offset)

    def export_log(self, actor: Account, detail: Mapping[str, object]) -> None:
        """Write down that ``actor`` exports the log; raises ``SignInError`` unless they may."""
        _require_admin(actor)
        self._actions.record("log_exported", actor.name, detail)

    def may_administer(self, actor: Account) -> None:
        """Raises ``SignInError`` unless ``actor`` is an administrator: for backups, keys, and the check of the log."""
        _require_admin(actor)

    def door_allowed(self, actor: Account) -> None:
        """Raises ``SignInError`` unless ``actor`` may open the door for everybody or lock it down."""
        _require_admin(actor)

    def accounts(self, actor: Account) -> AccountsPage:
        """Everybody who may sign in."""
        _require_admin(actor)
        return AccountsPage(tuple(self._accounts.list()))

    def add_account(self, actor: Account, name: str, role: AccountRole, pin: str) -> Account:
        """Let somebody else sign in."""
        _require_admin(actor)
        return self._accounts.create(name, role, pin, actor.name)

    def set_pin(self, actor: Account, account_id: int, pin: str) -> None:
        """Give an account another PIN."""
        _require_admin(actor)
        self._accounts.set_pin(account_id, pin, actor.name)

    def set_account_enabled(self, actor: Account, account_id: int, enabled: bool) -> None:
        """Let an account sign in, or not."""
        _require_admin(actor)
        self._accounts.set_enabled(account_id, enabled, actor.name)


def _require_anybody(actor: Account) -> None:
    if not actor.enabled:
        raise SignInError("Sign in first; nobody is signed in.", key="error.sign_in_first")


def _require_admin(actor: Account) -> None:
    if not actor.enabled:
        raise SignInError("Sign in first; nobody is signed in.", key="error.sign_in_first")
    if actor.role is not AccountRole.ADMIN:
        raise SignInError(
            "Only an administrator may do that; ask one to sign in.", key="error.admin_only"
        )
