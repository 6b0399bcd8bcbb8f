"""The limit on guessing PINs of accounts, by name and for all names together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from kiosk.storage.crypto.pin_hashing import FREE_TRIES, wait_after
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock, local_now, microseconds

PURPOSE = "sign-in names"
"""Purpose of the subkey that hashes typed names: somebody may type a PIN there."""

LONGEST_WAIT_S = 300
"""Maximum wait in seconds, after which the right PIN always signs in.

A longer one would let a stranger at the screen keep an administrator out. At most 12 tries an hour
remain, of a million PINs of six digits.
"""

FREE_IN_ALL = 10
"""Number of wrong PINs of all names together after which the first wait for all begins."""

QUIET_S = 24 * 3600
"""Seconds without a try after which a count restarts."""

ALL = "sign-in"
"""Subject that counts the wrong PINs of all names at this screen together."""

_SECOND = 1_000_000


class SignInTries:
    """Counts tries in the table ``door_tries``, so that a restart does not reset them.

    A name that nobody has is counted like any other: the answers do not tell which names there are.
    Every method runs in the database's thread, inside a transaction. ``name_key``: returns the key
    of the hashes of names. (The counts in the table ``accounts`` are those of older programs.)
    """

    def __init__(
        self, database: Database, name_key: Callable[[], bytes], clock: Clock = local_now
    ) -> None:
        self._database = database
        self._name_key = name_key
        self._clock = clock

    def wait(self, folded: str) -> int:
        """Return the seconds before the name may be tried, 0 for no wait."""
        now = microseconds(self._clock())
        return max(self._remaining_s(subject, now) for subject in (self._subject(folded), ALL))

    def count(self, folded: str) -> None:
        """Count a try as failed; call it before the PIN is compared."""
        now = microseconds(self._clock())
        for subject in (self._subject(folded), ALL):
            failures = self._state(subject, now)[0] + 1
            wait = _wait_of(subject, failures)
            until = now + wait * _SECOND if wait else 0
            row = {"subject": subject, "failures": failures}
            row |= {"blocked_until_us": until, "at_us": now}
            self._database.sqlite.table("door_tries").upsert(row, pk="subject")
        self._database.sqlite.execute(
            "DELETE FROM door_tries WHERE at_us < ?", [now - QUIET_S * _SECOND]
        )

    def succeeded(self, folded: str) -> None:
        """Reset the counts of the name and of all names: somebody who may sign in is there."""
        for subject in (self._subject(folded), ALL):
            self._forget(subject)

    def end_wait(self, folded: str) -> None:
        """Reset the count of the name, whose PIN was changed."""
        self._forget(self._subject(folded))

    def _remaining_s(self, subject: str, now: int) -> int:
        """Return the seconds left; setting the clock back does not lengthen the wait."""
        failures, until = self._state(subject, now)
        left = min(until - now, _wait_of(subject, failures) * _SECOND)
        return max(0, -(-left // _SECOND))

    def _state(self, subject: str, now: int) -> tuple[int, int]:
        """Return failures and the end of the wait; zeros after the quiet time."""
        row = self._database.sqlite.execute(
            "SELECT failures, blocked_until_us, at_us FROM door_tries WHERE subject = ?", [subject]
        ).fetchone()
        if row is None or now - row[2] > QUIET_S * _SECOND:
            return 0, 0
        return int(row[0]), int(row[1])

    def _forget(self, subject: str) -> None:
        self._database.sqlite.execute("DELETE FROM door_tries WHERE subject = ?", [subject])

    def _subject(self, folded: str) -> str:
        key = self._name_key()
        return f"s{hashlib.blake2b(folded.encode(), key=key, digest_size=12).hexdigest()}"


def _wait_of(subject: str, failures: int) -> int:
    if subject == ALL:
        failures = max(0, failures - FREE_IN_ALL + FREE_TRIES)
    return min(LONGEST_WAIT_S, wait_after(failures))
