"""PINs of people at the door, and how often numbers and PINs may be guessed."""

from __future__ import annotations

import unicodedata

from kiosk.core.errors import StorageError
from kiosk.storage.crypto.pin_hashing import FREE_TRIES, check_pin, hash_pin, matches, wait_after
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock, iso, local_now, microseconds

ALL = "*"
"""The subject under which every failed try counts, whatever number was typed."""

FREE_IN_ALL = 15
LONGEST_IN_ALL_S = 900
"""So many failed tries with any numbers are free; then everybody who types one waits, but never for long: the face
alone still opens for those it is enough for."""

NUMBER_QUIET_S = 24 * 3600
ALL_QUIET_S = 3600
"""After so long without a failed try the count begins anew: for one number, and for all together."""

_SECOND = 1_000_000


class DoorPinStore:
    """The PINs of enrolled people; safe from any thread. Only Argon2id hashes are kept."""

    def __init__(self, database: Database, clock: Clock = local_now) -> None:
        self._database = database
        self._clock = clock

    def set(self, person_id: int, pin: str) -> None:
        """Give a person a PIN in place of any before; ``StorageError`` where it is too easy or nobody has that id."""
        check_pin(pin)
        self._database.call(self._set, person_id, hash_pin(pin))

    def clear(self, person_id: int) -> None:
        """Take a person's PIN away; nothing happens where there is none."""
        self._database.call(self._clear, person_id)

    def matches(self, person_id: int, pin: str) -> bool:
        """Whether ``pin`` is that person's; takes as long, and is false, where they have none."""
        return matches(self._database.call(self._hash_of, person_id), pin)

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
            self._database.sqlite.table("door_pins").upsert(row, pk="person_id")

    def _clear(self, person_id: int) -> None:
        with self._database.transaction():
            self._database.sqlite.table("door_pins").delete_where("person_id = ?", [person_id])

    def _hash_of(self, person_id: int) -> str | None:
        row = self._database.sqlite.execute(
            "SELECT pin_hash FROM door_pins WHERE person_id = ?", [person_id]
        ).fetchone()
        return str(row[0]) if row else None


class TryStore:
    """Failed tries by student number and in all; they outlive a restart, so that a pulled plug wins nothing.

    Five failed tries of one number are free, then it waits 30 s, doubling to an hour (NIST SP 800-63B-4 section 3.2.2); of all numbers
    together ``FREE_IN_ALL``, then 30 s, doubling to ``LONGEST_IN_ALL_S``.
    """

    def __init__(self, database: Database, clock: Clock = local_now) -> None:
        self._database = database
        self._clock = clock

    def wait(self, number: str) -> int:
        """Seconds that ``number`` must wait before it may be tried, 0 for none."""
        return self._database.call(self._wait, subject_of(number))

    def failed(self, number: str) -> None:
        """A try with ``number`` failed, or is about to be judged: it counts before the PIN is looked at."""
        self._database.call(self._add, subject_of(number), 1)

    def took_back(self, number: str) -> None:
        """The try counted last was right."""
        self._database.call(self._add, subject_of(number), -1)

    def succeeded(self, number: str) -> None:
        """Number, PIN and face were right: that number begins anew. What others failed still counts."""
        self._database.call(self._forget, subject_of(number))

    # below: in the database's thread

    def _wait(self, subject: str) -> int:
        now = microseconds(self._clock())
        with self._database.transaction():
            return max(self._left(name, now) for name in (subject, ALL))

    def _left(self, subject: str, now: int) -> int:
        failures, until, _ = self._state(subject, now)
        longest = _wait_of(subject, failures) * _SECOND
        if (
            until - now > longest
        ):  # the clock was set back: the wait must not become longer than it was
            until = now + longest
            self._put(subject, failures, until, now)
        return max(0, -(-(until - now) // _SECOND))

    def _add(self, subject: str, by: int) -> None:
        now = microseconds(self._clock())
        with self._database.transaction():
            for name in (subject, ALL):
                failures = max(0, self._state(name, now)[0] + by)
                wait = _wait_of(name, failures) if by > 0 else 0
                self._put(name, failures, now + wait * _SECOND if wait else 0, now)
            self._database.sqlite.execute(
                "DELETE FROM door_tries WHERE at_us < ?", [now - NUMBER_QUIET_S * _SECOND]
            )

    def _forget(self, subject: str) -> None:
        with self._database.transaction():
            self._database.sqlite.execute("DELETE FROM door_tries WHERE subject = ?", [subject])

    def _state(self, subject: str, now: int) -> tuple[int, int, int]:
        """Failures, until when it waits, when the last try was; zeros where it was quiet for long enough."""
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


def subject_of(number: str) -> str:
    """Under which name the tries of a typed number count: hyphens, case and width do not matter; never ``ALL``."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", number).upper() if c.isalnum())
    return f"n{plain[:40]}"


def _wait_of(subject: str, failures: int) -> int:
    if subject == ALL:
        return min(LONGEST_IN_ALL_S, wait_after(max(0, failures - FREE_IN_ALL + FREE_TRIES)))
    return wait_after(failures)
