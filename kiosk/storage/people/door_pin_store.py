"""PINs for the door, and the limit on guessing numbers and PINs."""

from __future__ import annotations

import sqlite3

from kiosk.core.errors import StorageError
from kiosk.core.masking import HASHED
from kiosk.storage.crypto.number_mask import NumberMask
from kiosk.storage.crypto.pin_hashing import FREE_TRIES, PinHasher, check_pin, wait_after
from kiosk.storage.crypto.row_seals import genuine
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock, iso, local_now, microseconds

ALL = "*"
"""Subject that counts failed tries of all numbers together."""

FREE_IN_ALL = 15
"""Number of failed tries of all numbers together after which the first wait for all begins."""

LONGEST_IN_ALL_S = 60
"""Maximum wait for all numbers in seconds; who needs only the face does not wait.

Long enough to make guessing the PINs of many numbers hopeless (1,440 tries a day), and short enough
that wrong numbers keep nobody else out.
"""

LONGEST_IN_ALL_WITH_FACE_S = 15
"""The same for numbers whose owner's face must match too: slow, but never closed by others."""

LONGEST_WITH_FACE_S = 300
"""Maximum wait in seconds for one such number."""

NUMBER_QUIET_S = 24 * 3600
"""Seconds without a failed try after which the count of one number restarts."""

ALL_QUIET_S = 3600
"""Seconds without a failed try after which the count of all numbers restarts."""

_SECOND = 1_000_000
_GENUINE = genuine("door_pins")


class DoorPinStore:
    """The PINs of enrolled people, stored as peppered Argon2id hashes. Callable from any thread."""

    def __init__(self, database: Database, pins: PinHasher, clock: Clock = local_now) -> None:
        self._database = database
        self._pins = pins
        self._clock = clock

    def set(self, person_id: int, pin: str) -> None:
        """Set the PIN of a person.

        Raise ``StorageError`` if it is too easy to guess or the person does not exist.
        """
        check_pin(pin)
        self._database.call(self._set, person_id, self._pins.hash(pin))

    def clear(self, person_id: int) -> None:
        """Delete the PIN of a person, if there is one."""
        self._database.call(self._clear, person_id)

    def matches(self, person_id: int, pin: str) -> bool:
        """Return whether ``pin`` is that person's; without a PIN, false after the same time.

        A right PIN whose hash is of an older kind is hashed again.
        """
        stored = self._database.call(self._hash_of, person_id)
        if not self._pins.matches(stored, pin) or stored is None:
            return False
        if self._pins.outdated(stored):
            self._database.call(self._hash_again, person_id, stored, self._pins.hash(pin))
        return True

    def _set(self, person_id: int, pin_hash: str) -> None:
        with self._database.transaction():
            if not self._database.sqlite.execute(
                "SELECT 1 FROM people WHERE id = ?", [person_id]
            ).fetchone():
                raise StorageError(
                    "That person is not enrolled any more; look at the list again.",
                    key="error.person_gone",
                )
            row = {"person_id": person_id, "pin_hash": pin_hash, "set_at": iso(self._clock())}
            table = self._database.sqlite.table("door_pins")
            table.delete_where("person_id = ?", [person_id])
            table.insert(row)  # a row that is changed keeps the broken seal of somebody else's

    def _hash_again(self, person_id: int, stored: str, pin_hash: str) -> None:
        with self._database.transaction():
            self._database.sqlite.execute(
                "UPDATE door_pins SET pin_hash = ? WHERE person_id = ? AND pin_hash = ?",
                [pin_hash, person_id, stored],
            )

    def _clear(self, person_id: int) -> None:
        with self._database.transaction():
            self._database.sqlite.table("door_pins").delete_where("person_id = ?", [person_id])

    def _hash_of(self, person_id: int) -> str | None:
        row = self._database.sqlite.execute(
            f"SELECT pin_hash FROM door_pins WHERE person_id = ? AND {_GENUINE}", [person_id]
        ).fetchone()
        return str(row[0]) if row else None


class TryStore:
    """Failed tries by student number and in total, stored so that a restart does not reset them.

    Where the owner's face must match as well, the waits are bounded so that nobody can keep a
    member out who has the right PIN and the right face.

    After five failed tries a number must wait 30 s, doubling up to an hour (NIST SP 800-63B-4,
    section 3.2.2). After ``FREE_IN_ALL`` failed tries of all numbers together every number must
    wait 30 s, doubling up to ``LONGEST_IN_ALL_S``.

    ``mask``: hashes the numbers, which may be anything that somebody typed; without its key every
    method raises ``StorageError``.
    """

    def __init__(self, database: Database, mask: NumberMask, clock: Clock = local_now) -> None:
        self._database = database
        self._mask = mask
        self._clock = clock

    def wait(self, number: str, *, face_follows: bool = False) -> int:
        """Return the seconds before ``number`` may be tried, 0 for no wait.

        ``face_follows``: number and PIN open nothing without its owner's face.
        """
        return self._database.call(self._wait, self._mask.hashed(number), face_follows)

    def failed(self, number: str) -> None:
        """Count a failed try; call it before the PIN is compared."""
        self._database.call(self._add, self._mask.hashed(number), 1)

    def took_back(self, number: str) -> None:
        """Take back the last counted try, because it was right."""
        self._database.call(self._add, self._mask.hashed(number), -1)

    def succeeded(self, number: str) -> None:
        """Reset the count of ``number`` after number, PIN and face were right; not that of all."""
        self._database.call(self._forget, self._mask.hashed(number))

    # below: in the database's thread

    def _wait(self, subject: str, face_follows: bool) -> int:
        now = microseconds(self._clock())
        with self._database.transaction():
            return max(self._remaining_s(name, now, face_follows) for name in (subject, ALL))

    def _remaining_s(self, subject: str, now: int, face_follows: bool) -> int:
        failures, until, failed_at = self._state(subject, now)
        maximum = _wait_of(subject, failures) * _SECOND
        # the clock was set back: that must not lengthen the wait
        if until - now > maximum:
            until = now + maximum
            failed_at = now
            self._put(subject, failures, until, now)
        if face_follows:
            longest = LONGEST_IN_ALL_WITH_FACE_S if subject == ALL else LONGEST_WITH_FACE_S
            until = min(until, failed_at + longest * _SECOND)
        return max(0, -(-(until - now) // _SECOND))

    def _add(self, subject: str, tries: int) -> None:
        now = microseconds(self._clock())
        with self._database.transaction():
            for name in (subject, ALL):
                failures = max(0, self._state(name, now)[0] + tries)
                wait = _wait_of(name, failures) if tries > 0 else 0
                self._put(name, failures, now + wait * _SECOND if wait else 0, now)
            self._database.sqlite.execute(
                "DELETE FROM door_tries WHERE at_us < ?", [now - NUMBER_QUIET_S * _SECOND]
            )

    def _forget(self, subject: str) -> None:
        with self._database.transaction():
            self._database.sqlite.execute("DELETE FROM door_tries WHERE subject = ?", [subject])

    def _state(self, subject: str, now: int) -> tuple[int, int, int]:
        """Return failures, end of the wait and time of the last try; zeros after the quiet time."""
        row = self._database.sqlite.execute(
            "SELECT failures, blocked_until_us, at_us FROM door_tries WHERE subject = ?", [subject]
        ).fetchone()
        quiet = ALL_QUIET_S if subject == ALL else NUMBER_QUIET_S
        if row is None or now - row[2] > quiet * _SECOND:
            return 0, 0, now
        return int(row[0]), int(row[1]), int(row[2])

    def _put(self, subject: str, failures: int, until: int, now: int) -> None:
        row = {"subject": subject, "failures": failures, "blocked_until_us": until, "at_us": now}
        self._database.sqlite.table("door_tries").upsert(row, pk="subject")


def hash_plain(sql: sqlite3.Connection, mask: NumberMask) -> bool:
    """Hash the numbers that an older program stored in clear; return whether there were any.

    Runs in the thread of the connection, in the caller's transaction.
    """
    older = [
        subject
        for (subject,) in sql.execute("SELECT subject FROM door_tries WHERE subject != ?", [ALL])
        if not subject.startswith(HASHED)
    ]
    for subject in older:
        hashed = mask.hashed(subject.removeprefix("n"))
        sql.execute(
            "UPDATE OR REPLACE door_tries SET subject = ? WHERE subject = ?", [hashed, subject]
        )
    return bool(older)


def _wait_of(subject: str, failures: int) -> int:
    if subject == ALL:
        return min(LONGEST_IN_ALL_S, wait_after(max(0, failures - FREE_IN_ALL + FREE_TRIES)))
    return wait_after(failures)
