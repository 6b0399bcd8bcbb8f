"""Attack on the moment between the answer of the policy and the row: somebody is kept out then."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from kiosk.core.decisions import Factor, Mode, Reason, Verdict
from kiosk.core.people import Person
from kiosk.door.verification import VerifyService
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from tests.attacks.table import Outcome, attack
from tests.helpers.door import NotedLock
from tests.helpers.entry_changes import CHANGES, Change, enrolled


class Race:
    """A door whose policy is followed at once by a change that another process stores."""

    def __init__(self, folder: Path) -> None:
        self.store = Store.open(folder / "munjigi.db")
        self.other = Store.open(folder / "munjigi.db")
        self.lock = NotedLock()
        self.change: Change | None = None
        self.service = VerifyService(
            self.store.people,
            self.store.access_log,
            self.lock,
            self._policy,
            local_now,
            embedder_id="net",
            open_s=1.0,
        )

    def run(self, person: Person, change: Change | None) -> bool:
        """Let ``person`` come; return whether the door opened or an accept was stored."""
        self.change = change
        self.lock.opened = 0
        self.service.decide(Verdict(Reason.MATCH, person.id), Mode.IDENTIFY, 1.0, 1.0)
        newest = self.store.access_log.latest()
        assert newest is not None
        self.other.settings.delete("door.override")
        return self.lock.opened > 0 or newest.decision.accepted

    def close(self) -> None:
        self.other.close()
        self.store.close()

    def _policy(
        self, person: Person | None, now: datetime, given: frozenset[Factor]
    ) -> Reason | None:
        assert person is not None
        if self.change is not None:
            self.change(self.other, person)
        return None


@attack("B13", "enter while being disabled, deleted or changed", tries=110, short=11)
def changed_meanwhile(folder: Path, tries: int) -> Outcome:
    """Store every change between policy and row, from a second connection."""
    race = Race(folder)
    changes = list(CHANGES.values())
    succeeded = 0
    try:
        for number in range(tries):
            person = enrolled(race.store, f"2026-{number}")
            assert race.run(person, None), "who is not changed comes in"
            succeeded += race.run(person, changes[number % len(changes)])
    finally:
        race.close()
    return tries, succeeded, f"{len(changes)} kinds of change"
