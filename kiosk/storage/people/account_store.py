"""Accounts of staff and administrators, who sign in with PINs."""

from __future__ import annotations

import builtins
import unicodedata
from typing import Any

from kiosk.core.errors import SignInError, StorageError
from kiosk.core.people import Account, AccountRole
from kiosk.storage.audit import audit_log
from kiosk.storage.audit.hash_chain import Chain
from kiosk.storage.audit.head_anchor import accounts_whole
from kiosk.storage.audit.roll_back_guard import RollBackGuard
from kiosk.storage.crypto.pin_hashing import PinHasher, check_pin
from kiosk.storage.crypto.row_seals import RowSeals, genuine
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock, from_iso, iso, local_now
from kiosk.storage.people.normalise import clean_name, search_key
from kiosk.storage.people.sign_in_tries import SignInTries

Row = dict[str, Any]
"""A row of the table ``accounts``."""

_GENUINE = genuine("accounts")

_RECOVERY = "\n"
"""What the tries of the recovery code are counted under; no name of an account has a line end."""


class AccountStore:
    """The accounts of one database. Callable from any thread.

    Every sign-in, successful or not, and every change is recorded in the audit log; ``by`` names
    the actor of a change. ``tries`` limits the guessing of PINs. ``guard`` hears who signs in: an
    administrator confirms an older database. An account that the kiosk did not write itself does
    not exist.
    """

    def __init__(
        self,
        database: Database,
        chain: Chain,
        guard: RollBackGuard,
        tries: SignInTries,
        seals: RowSeals,
        pins: PinHasher,
        clock: Clock = local_now,
    ) -> None:
        self._database = database
        self._chain = chain
        self._guard = guard
        self._tries = tries
        self._seals = seals
        self._pins = pins
        self._clock = clock

    def create(
        self, name: str, role: AccountRole, pin: str, by: str = "", *, own: bool = False
    ) -> Account:
        """Return a new account. ``own``: its owner chose the PIN, not who made the account.

        Raise ``StorageError`` if the name is taken or refused, or the PIN is too easy to guess.
        """
        name = _account_name(name)
        check_pin(pin)
        return self._database.call(self._create, name, role, self._pins.hash(pin), by, own)

    def verify(self, name: str, pin: str) -> Account:
        """Return the account with that name and PIN.

        Raise ``SignInError`` for a wrong name or PIN, a disabled account, and during a wait, when
        the right PIN is refused too; it signs in after the wait, which is short. A try is counted
        before the PIN is compared, so that simultaneous tries or a power cut are no way around the
        limit. An unknown name takes as long as a wrong PIN, and waits as long.
        """
        row = self._database.call(self._count_try, search_key(name))
        if not self._pins.matches(row["pin_hash"] if row else None, pin) or row is None:
            self._database.call(
                self._record,
                "sign_in_failed",
                row["name"] if row else "",
                {} if row else {"account": "unknown"},
            )
            raise SignInError("The name or the PIN is wrong; enter the PIN again.")
        if not row["enabled"]:
            self._database.call(
                self._record, "sign_in_failed", row["name"], {"account": "disabled"}
            )
            raise SignInError(
                "This account is disabled; ask an administrator.", key="error.sign_in_disabled"
            )
        return self._database.call(
            self._complete_sign_in,
            row,
            self._pins.hash(pin) if self._pins.outdated(row["pin_hash"]) else row["pin_hash"],
        )

    def count_recovery_try(self) -> None:
        """Count a try of the recovery code, before it is compared; it waits like a name.

        Raise ``SignInError`` during a wait.
        """
        self._database.call(self._count_recovery_try)

    def recovered(self) -> None:
        """End the waits: somebody who has the recovery code is there."""

        def end() -> None:
            with self._database.transaction():
                self._tries.succeeded(_RECOVERY)

        self._database.call(end)

    def list(self) -> builtins.list[Account]:
        """Return all accounts, by name."""
        return self._database.call(self._list)

    def never_any(self) -> bool:
        """Return whether no account was ever created.

        False too if accounts were removed from the database or replaced: who did that must not be
        asked to create the first administrator; so too while the database is older than noted.
        False while the key of the seals is away.
        """
        try:
            return self._database.call(self._never_any)
        except StorageError as error:
            if not error.key.startswith("error.key_"):
                raise
            return False

    def as_left(self) -> bool:
        """Return whether no account was removed, and no older one put back, outside the kiosk."""
        return self._database.call(lambda: accounts_whole(self._database.connection, self._seals))

    def set_pin(self, account_id: int, pin: str, by: str = "", *, own: bool = False) -> None:
        """Change the PIN of an account and end its wait. ``own``: its owner chose the PIN."""
        check_pin(pin)
        self._database.call(self._set_pin, account_id, self._pins.hash(pin), by, own)

    def set_enabled(self, account_id: int, enabled: bool, by: str = "") -> None:
        """Enable or disable an account.

        Raise ``StorageError`` for disabling the last enabled administrator.
        """
        self._database.call(self._set_enabled, account_id, enabled, by)

    def count(self) -> int:
        """Return the number of accounts."""
        return len(self.list())

    # below: in the database's thread

    def _create(self, name: str, role: AccountRole, pin_hash: str, by: str, own: bool) -> Account:
        table = self._database.sqlite.table("accounts")
        now = iso(self._clock())
        row = {
            "name": name,
            "folded": search_key(name),
            "role": role.value,
            "pin_hash": pin_hash,
            "enabled": 1,
            "created_at": now,
            "pin_given_at": now,
            "pin_is_own": int(own),
        }
        with self._database.transaction():
            if self._taken(row["folded"]):
                raise StorageError(
                    f"There is an account named {name} already; choose another name.",
                    key="accounts.error.name_taken",
                )
            account = _account(self._row(table.insert(row).last_pk))
            self._record("account_created", by, {"account": name, "role": role.value})
            return account

    def _count_try(self, folded_name: str) -> Row | None:
        with self._database.transaction():
            row = self._find("folded = ?", folded_name)
            seconds = self._tries.wait(folded_name)
            if seconds:
                self._record("sign_in_failed", row["name"] if row else "", {"account": "waiting"})
            else:
                self._tries.count(folded_name)
        if seconds:
            raise SignInError(
                f"Too many wrong PINs; try again in {seconds} s.",
                key="error.sign_in_wait",
                seconds=seconds,
            )
        return row

    def _count_recovery_try(self) -> None:
        with self._database.transaction():
            seconds = self._tries.wait(_RECOVERY)
            if not seconds:
                self._tries.count(_RECOVERY)
        if seconds:
            raise SignInError(
                f"Too many wrong codes; try again in {seconds} s.",
                key="error.sign_in_wait",
                seconds=seconds,
            )

    def _complete_sign_in(self, row: Row, pin_hash: str) -> Account:
        with self._database.transaction():
            account = self._row(row["id"])
            if not account["enabled"] or account["pin_hash"] != row["pin_hash"]:
                raise SignInError("The account was changed just now; sign in again.")
            if not self._guard.may_sign_in(row["name"], row["pin_hash"]):
                raise SignInError(
                    "Accounts were changed outside Munjigi, so only those who were administrators"
                    " before can sign in; find out why, then run `log confirm`.",
                    key="error.accounts_changed",
                )
            self._tries.succeeded(row["folded"])
            if self.as_left():  # else the hash must stay the one that was noted
                self._update(row["id"], {"pin_hash": pin_hash})
            self._record("signed_in", row["name"], {"role": row["role"]})
            self._guard.signed_in(row["name"], row["pin_hash"])
            return _account(account)

    def _list(self) -> builtins.list[Account]:
        return [
            _account(row)
            for row in self._database.sqlite.query(
                f"SELECT * FROM accounts WHERE {_GENUINE} ORDER BY folded"
            )
        ]

    def _never_any(self) -> bool:
        sql = self._database.connection
        state = self._seals.state(sql, "accounts")
        found = sql.execute("SELECT 1 FROM accounts").fetchone()
        never = found is None and state is not None and not state.changes
        return never and self._guard.behind() is None

    def _taken(self, folded: object) -> bool:
        query = "SELECT 1 FROM accounts WHERE folded = ?"
        return self._database.sqlite.execute(query, [folded]).fetchone() is not None

    def _set_pin(self, account_id: int, pin_hash: str, by: str, own: bool) -> None:
        """A PIN that another person chose is known to them until the owner chooses another."""
        columns: Row = {"pin_hash": pin_hash, "pin_is_own": int(own)}
        if not own:
            columns["pin_given_at"] = iso(self._clock())
        with self._database.transaction():
            account = self._row(account_id)
            self._tries.end_wait(account["folded"])
            self._update(account_id, columns)
            self._record("account_pin_set", by, {"account": account["name"]})

    def _set_enabled(self, account_id: int, enabled: bool, by: str) -> None:
        with self._database.transaction():
            row = self._row(account_id)
            others = self._find(
                "role = ? AND enabled AND id <> ?", AccountRole.ADMIN.value, account_id
            )
            if (
                not enabled
                and row["role"] == AccountRole.ADMIN.value
                and row["enabled"]
                and not others
            ):
                raise StorageError(
                    "The last administrator cannot be disabled; add another one first.",
                    key="accounts.last_admin",
                )
            self._update(account_id, {"enabled": int(enabled)})
            self._record(
                "account_enabled" if enabled else "account_disabled", by, {"account": row["name"]}
            )

    def _record(self, event: str, by: str, detail: Row) -> None:
        with self._database.transaction():
            audit_log.write(
                self._database.connection, self._chain, event, by, detail, self._clock()
            )

    def _find(self, condition: str, *values: object) -> Row | None:
        sql = f"SELECT * FROM accounts WHERE ({condition}) AND {_GENUINE} LIMIT 1"
        return next(iter(list(self._database.sqlite.query(sql, values))), None)

    def _row(self, account_id: object) -> Row:
        row = self._find("id = ?", account_id)
        if row is None:
            raise StorageError(
                "That account does not exist any more; look at the list again.",
                key="error.account_gone",
            )
        return row

    def _update(self, account_id: int, columns: Row) -> None:
        self._database.sqlite.table("accounts").update(account_id, columns)


def _account_name(text: str) -> str:
    """Return a clean name; raise ``StorageError`` for one that the log uses for another actor.

    "system" and "door" are the kiosk, "command:root" is a user of the machine, and "a + b" are two
    administrators.
    """
    name = clean_name(text)
    key = unicodedata.normalize("NFKC", name).casefold()
    if key in ("system", "door") or key.startswith("command:") or "+" in key:
        raise StorageError(
            f"The name {name} is reserved in the log; choose a name without + and command:.",
            key="accounts.error.name_reserved",
        )
    return name


def _account(row: Row) -> Account:
    return Account(
        row["name"],
        AccountRole(row["role"]),
        bool(row["enabled"]),
        from_iso(row["created_at"]),
        row["id"],
        from_iso(row["pin_given_at"] or row["created_at"]),
        bool(row["pin_is_own"]),
    )
