"""A door on a real database without camera and networks: visits are simulated, the rest is real."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from kiosk.access.policy import may_enter
from kiosk.core.decisions import Decision, LogEntry
from kiosk.core.door_state import DoorState, Machine, Timing
from kiosk.core.errors import KioskError
from kiosk.core.people import Person
from kiosk.core.templates import Template
from kiosk.core.thresholds import Thresholds
from kiosk.door.claims import Claims
from kiosk.door.door_service import RETRY_S, DoorService
from kiosk.door.verification import VerifyService
from kiosk.storage.db.timestamps import Clock, local_now
from kiosk.storage.store import Store
from kiosk.vision.detection.tracker import Tracker
from kiosk.vision.recognition.consensus import Consensus
from kiosk.vision.recognition.gallery import Gallery
from tests.helpers.door import INFO, RULE, observation, vector

MEMBERS = (1, 2, 3)
"""The people enrolled."""

STRANGER = 6
"""A person who is not enrolled."""

Say = Callable[[str], None]


def print_line(line: str) -> None:
    """Print ``line`` at once, so that it is out before a kill."""
    print(line, flush=True)


class Room:
    """Opens or creates the database of ``data``.

    ``say`` gets "row ID OUTCOME" after each committed row and "open ID" when the door opens.
    """

    def __init__(
        self, data: Path, say: Say = print_line, clock: Clock = local_now, busy_s: float = 0.2
    ) -> None:
        self.say = say
        self.store = Store.open(data / "munjigi.db", busy_timeout_s=busy_s)
        self.people = self.store.people
        self.log = self.store.access_log
        if not self.people.search("", 1, 0)[1]:
            for who in MEMBERS:
                self.people.add_with_templates(
                    Person(f"M-{who}", f"사람{who}"), [Template(0, "net", vector(who))]
                )
        self.gallery = Gallery("net", 8)
        self.last = 0
        self.decisions: list[Decision] = []
        verify = VerifyService(
            self.people,
            self,
            self,
            may_enter,
            self.store.trusted_clock(clock),
            embedder_id="net",
            open_s=1.0,
        )
        verify.listeners.append(self.decisions.append)
        claims = Claims(
            self.people,
            self.gallery,
            self.store.door_pins,
            self.store.door_tries,
            lambda person: person.look_alike,
        )
        self.door = DoorService(
            self.gallery,
            claims,
            Consensus(RULE),
            Tracker(),
            verify,
            Machine(Timing(open_s=0.5, reject_s=0.5, cooldown_s=0.2, max_failures=10_000)),
            INFO,
            thresholds=Thresholds.same(1.0),
            votes_needed=4,
            claim_s=20.0,
        )
        self.now = 0.0
        self.reload()

    def reload(self) -> None:
        """Load the gallery from the stored people."""
        self.gallery.replace(self.people.templates("net"))
        self.door.gallery_changed()

    def append(self, decision: Decision, basis: str | None = None) -> LogEntry:
        """Append to the log and report the row, as the access log."""
        entry = self.log.append(decision, basis)
        self.last = entry.id
        self.say(f"row {entry.id} {entry.decision.outcome.value}")
        return entry

    def open(self, seconds: float, reason: str) -> None:
        """Report the opening, as the lock."""
        self.say(f"open {self.last}")

    def close(self) -> None:
        """Do nothing, as the lock."""

    def visit(self, who: int) -> Decision | None:
        """Let a person come until the decision and leave; return it, ``None`` for no decision."""
        before = len(self.decisions)
        for step in range(60):
            self.now += 0.1
            gone = len(self.decisions) > before or step > 45
            try:
                self.door.observe(observation(self.now, None if gone else who), self.now)
            except KioskError as error:  # as the engine does it
                self.door.fault(error.key, self.now)
            if gone and self.door.state is DoorState.IDLE:
                break
        return self.decisions[-1] if len(self.decisions) > before else None

    def wait(self) -> None:
        """Wait until the door tries again after a fault."""
        self.now += RETRY_S + 1
        self.door.tick(self.now)

    @property
    def out_of_service(self) -> str:
        """The message key of the fault where the door is out of service, else ""."""
        return self.door.fault_key if self.door.state is DoorState.OUT_OF_SERVICE else ""

    def shut(self) -> None:
        """Close the database."""
        self.store.close()


def shifted(clock: Clock, by: Callable[[], float]) -> Clock:
    """Return ``clock`` shifted by ``by()`` seconds."""
    from datetime import timedelta

    def now() -> datetime:
        return clock() + timedelta(seconds=by())

    return now
