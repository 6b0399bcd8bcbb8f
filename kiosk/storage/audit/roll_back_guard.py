"""Keeps the door locked while the database is older than what the kiosk had written.

Disabled people, old PINs and old rules may be back in it. An administrator who was one when the
newest link was noted confirms the database by signing in, as with a clock that is not trusted; so
does the command ``log confirm``, for which the keys are needed.
"""

from __future__ import annotations

from collections.abc import Mapping

from kiosk.core.errors import StorageError
from kiosk.storage.audit import audit_log
from kiosk.storage.audit.audit_log import SYSTEM
from kiosk.storage.audit.hash_chain import Chain, last_link
from kiosk.storage.audit.head_anchor import CONFIRMED, ROLLED_BACK, Anchor, HeadAnchor
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock


class RollBackGuard:
    """Compares one open database with its anchor. Callable from any thread."""

    def __init__(self, database: Database, chain: Chain, anchor: HeadAnchor, clock: Clock) -> None:
        self._database = database
        self._chain = chain
        self._anchor = anchor
        self._clock = clock

    def require_newest(self) -> None:
        """Raise ``StorageError`` if the database is behind its anchor; record that once."""
        self._database.call(self._require_newest)

    def behind(self) -> Anchor | None:
        """Return what the database should hold; ``None`` if it does."""
        return self._database.call(lambda: self._anchor.behind(self._database.connection))

    def confirm(self, by: str) -> bool:
        """Take the database as it is; return whether it was behind."""
        return self._database.call(self._confirm, by)

    def may_sign_in(self, name: str, pin_hash: str) -> bool:
        """Return whether the account may sign in; in the database's thread."""
        return self._anchor.may_sign_in(self._database.connection, name, pin_hash)

    def signed_in(self, name: str, pin_hash: str) -> None:
        """Confirm, if this administrator was one already when the anchor was noted.

        With the two-administrator rule, another one must have signed in before, too.
        In the database's thread, in the transaction of the sign-in. ``pin_hash``: as stored before.
        """
        sql = self._database.connection
        if self._anchor.behind(sql) is not None:
            by = self._anchor.approve(sql, name, pin_hash)
            if by:
                self._confirm(by)

    # below: in the database's thread

    def _require_newest(self) -> None:
        known = self._anchor.behind(self._database.connection)
        if known is None:
            return
        self._record(known)
        raise StorageError(
            f"The database is not as this kiosk had noted it with link {known.newest} of the log:"
            " its end was removed, or an older database or table was put back. Sign in as an"
            " administrator of that time, or run `log confirm`, if the database is the right one.",
            key="error.log_rolled_back",
        )

    def _record(self, known: Anchor) -> None:
        sql = self._database.connection
        recorded = sql.execute(
            "SELECT 1 FROM actions WHERE event = ? AND json_extract(detail, '$.noted') = ?",
            [ROLLED_BACK, known.newest],
        ).fetchone()
        if recorded is None:
            detail = {"noted": known.newest, "newest": last_link(sql)[0]}
            self._write(ROLLED_BACK, SYSTEM, detail)

    def _confirm(self, by: str) -> bool:
        sql = self._database.connection
        known = self._anchor.behind(sql)
        if known is None:
            return False
        detail = {"noted": known.newest, "newest": last_link(sql)[0]}
        self._anchor.confirm(self._write(CONFIRMED, by, detail))
        return True

    def _write(self, event: str, by: str, detail: Mapping[str, object]) -> int:
        with self._database.transaction():
            return audit_log.write(
                self._database.connection, self._chain, event, by, detail, self._clock()
            )
