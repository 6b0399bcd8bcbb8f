"""A whole door without camera, networks or database; only the observations are invented."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from kiosk.access.policy import may_enter
from kiosk.core.decisions import Decision, LogEntry, Reason
from kiosk.core.door_state import Machine, Timing
from kiosk.core.errors import LockError, StorageError
from kiosk.core.frames import Face, Observation, Quality, QualityIssue
from kiosk.core.people import Person
from kiosk.core.ports import LivenessPort, Policy
from kiosk.core.templates import EmbedderInfo, EnrolledVersions, Template, TemplateTable
from kiosk.core.thresholds import Thresholds
from kiosk.core.view_models import ChallengeView
from kiosk.door.claims import Claims
from kiosk.door.door_service import DoorService
from kiosk.door.intent import Intent
from kiosk.door.look_offers import LookOffers, LooksPort
from kiosk.door.verification import VerifyService
from kiosk.vision.detection.tracker import Tracker
from kiosk.vision.recognition.consensus import Consensus, VotingRule
from kiosk.vision.recognition.gallery import Gallery

NOW = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)
INFO = EmbedderInfo("net", "Net", 8, 1.0, 2.0)
RULE = VotingRule(threshold=1.0)


def vector(person: int, wobble: float = 0.0) -> np.ndarray:
    """A unit vector for ``person``; different people are sqrt(2) apart."""
    made = np.zeros(8, np.float32)
    made[person] = 1.0
    made[(person + 1) % 8] += wobble
    return made / np.linalg.norm(made)


def observation(
    at: float,
    person: int | None,
    *,
    issue: QualityIssue | None = None,
    x: float = 200.0,
    yaw: float = 0.0,
    pitch: float = 0.0,
    wobble: float = 0.05,
    eyes: float = 60.0,
) -> Observation:
    """What the pipeline says when ``person`` stands at ``x``; nobody when ``None``."""
    if person is None:
        return Observation(at, (640, 480))
    box = np.array([x, 100, x + 160, 300], np.float32)
    face = Face(box, np.zeros((5, 2), np.float32), 0.999)
    quality = Quality(eyes, 200, 120, yaw, pitch, 0, (issue,) if issue else ())
    embedding = None if issue else vector(person, wobble)
    return Observation(at, (640, 480), (face,), face, quality, embedding, "net")


class AlwaysLive:
    """Liveness that every face shows at once."""

    asks = True
    wait_s = 0.5
    challenge_s = 8.0
    score = 1.0

    def reset(self, *, elsewhere: bool = True) -> None: ...
    def learn(self, seen: Observation, now: float) -> None: ...
    def observe(self, seen: Observation, person: int | None, now: float) -> bool:
        return False

    def refusal(self, now: float) -> Reason | None:
        return None

    def passed(self, person: int, now: float) -> bool:
        return True

    def challenge(self, person: int, now: float) -> None:
        raise AssertionError("nobody needs a challenge")

    def challenge_view(self, now: float) -> ChallengeView | None:
        return None

    def challenge_failed(self, now: float) -> Reason | None:
        return None

    def challenge_passed(self, person: int | None) -> bool:
        return True


class MemoryPeople:
    """People and templates in a dictionary."""

    def __init__(self) -> None:
        self.stored: dict[int, Person] = {}
        self.vectors: list[Template] = []
        self.broken = False
        self._next_id = 1

    def basis(self, person_id: int) -> str:
        person = self.get(person_id)
        return repr((person, person_id)) if person is not None else ""

    def get(self, person_id: int) -> Person | None:
        if self.broken:
            raise StorageError("The database does not answer.")
        return self.stored.get(person_id)

    def by_number(self, number: str) -> Person | None:
        return next((p for p in self.stored.values() if p.number == number), None)

    def by_typed_number(self, number: str) -> Person | None:
        return next(
            (
                p
                for p in self.stored.values()
                if p.number.replace("-", "") == number.replace("-", "")
            ),
            None,
        )

    def templates(self, embedder_id: str) -> list[Template]:
        if self.broken:
            raise StorageError("The database does not answer.")
        return [t for t in self.vectors if t.embedder_id == embedder_id]

    def template_table(
        self, embedder_id: str, person_ids: Sequence[int] | None = None
    ) -> TemplateTable:
        templates = self.templates(embedder_id)
        if person_ids is not None:
            templates = [t for t in templates if t.person_id in person_ids]
        return TemplateTable.of(templates, INFO.dimension)

    def template_versions(self, embedder_id: str, after: int = 0) -> EnrolledVersions:
        table = TemplateTable.of(self.templates(embedder_id), INFO.dimension)
        people = np.unique(table.person_ids)
        own = [table.of_person(person_id).ids for person_id in people]
        newest = np.array([ids.max() for ids in own], np.int64)
        counts = np.array([len(ids) for ids in own], np.int64)
        newer = newest > after
        return EnrolledVersions(people[newer], newest[newer], counts[newer])

    def template_count(self, embedder_id: str) -> int:
        return len(self.templates(embedder_id))

    def _numbered(self, templates: Sequence[Template], person_id: int) -> list[Template]:
        """As stored: with ids that are never used twice."""
        first = self._next_id
        self._next_id += len(templates)
        return [replace(t, person_id=person_id, id=n) for n, t in enumerate(templates, first)]

    def add_with_templates(
        self, person: Person, templates: Sequence[Template], by: str = ""
    ) -> Person:
        if self.broken:
            raise StorageError("The database does not answer.")
        person = replace(person, id=len(self.stored) + 1, templates=len(templates))
        self.stored[person.id] = person
        self.vectors += self._numbered(templates, person.id)
        return person

    def enrol_again(self, person: Person, templates: Sequence[Template], by: str = "") -> Person:
        assert person.id is not None
        self.stored[person.id] = person
        self.vectors = [t for t in self.vectors if t.person_id != person.id]
        self.vectors += self._numbered(templates, person.id)
        return person


class MemoryLog:
    """Rows in a list; ``broken`` refuses them. Notes whether the lock was open when a row came."""

    def __init__(self, lock: NotedLock) -> None:
        self.rows: list[Decision] = []
        self.bases: list[str | None] = []
        self.open_when_written: list[bool] = []
        self.broken = False
        self._lock = lock

    def append(self, decision: Decision, basis: str | None = None) -> LogEntry:
        if self.broken:
            raise StorageError("The database is full.")
        self.rows.append(decision)
        self.bases.append(basis)
        self.open_when_written.append(self._lock.is_open)
        return LogEntry(len(self.rows), decision)


class MemoryPins:
    """PINs in the clear."""

    def __init__(self, people: MemoryPeople) -> None:
        self._people = people
        self.pins: dict[int, str] = {}

    def set(self, person_id: int, pin: str) -> None:
        self.pins[person_id] = pin
        self._people.stored[person_id] = replace(self._people.stored[person_id], has_pin=True)

    def matches(self, person_id: int, pin: str) -> bool:
        return self.pins.get(person_id) == pin


class MemoryTries:
    """Counts; ``waits`` says how long a number must wait, ``broken`` cannot count."""

    def __init__(self) -> None:
        self.counted: dict[str, int] = {}
        self.waits: dict[str, int] = {}
        self.broken = False

    def wait(self, number: str, *, face_follows: bool = False) -> int:
        return self.waits.get(number, 0)

    def failed(self, number: str) -> None:
        if self.broken:
            raise StorageError("The database is full.")
        self.counted[number] = self.counted.get(number, 0) + 1

    def took_back(self, number: str) -> None:
        self.counted[number] -= 1

    def succeeded(self, number: str) -> None:
        self.counted.pop(number, None)


class NotedLock:
    """A lock that remembers; ``broken`` does not open."""

    def __init__(self) -> None:
        self.is_open = False
        self.opened = 0
        self.reasons: list[str] = []
        self.broken = False

    def open(self, seconds: float, reason: str) -> None:
        if self.broken:
            raise LockError("The relay does not answer.")
        self.is_open = True
        self.opened += 1
        self.reasons.append(reason)

    def close(self) -> None:
        self.is_open = False


class Door:
    """The door with people 1..n enrolled as vectors 1..n."""

    def __init__(
        self,
        enrolled: int = 3,
        timing: Timing | None = None,
        policy: Policy = may_enter,
        liveness: LivenessPort | None = None,
        asks_pin: Callable[[Person], bool] = lambda person: person.look_alike,
        duress: Callable[[], bool] = lambda: False,
        on_duress: Callable[[Person], None] = lambda person: None,
        looks: LooksPort | None = None,
        intent: Intent | None = None,
        lease_over: Callable[[], Reason | None] = lambda: None,
    ) -> None:
        self.people = MemoryPeople()
        self.lock = NotedLock()
        self.log = MemoryLog(self.lock)
        self.gallery = Gallery("net", 8)
        for index in range(1, enrolled + 1):
            templates = [Template(0, "net", vector(index))]
            self.people.add_with_templates(Person(f"2026-{index}", f"사람{index}"), templates)
        self.gallery.replace(self.people.templates("net"))
        self.clock_error: StorageError | None = None
        self.at = NOW
        verify = VerifyService(
            self.people,
            self.log,
            self.lock,
            policy,
            self._clock,
            embedder_id="net",
            open_s=4.0,
        )
        self.decisions: list[Decision] = []
        verify.listeners.append(self.decisions.append)
        self.pins = MemoryPins(self.people)
        self.tries = MemoryTries()
        self.claims = Claims(
            self.people,
            self.gallery,
            self.pins,
            self.tries,
            asks_pin,
            duress_enabled=duress,
            on_duress=on_duress,
            lease_over=lease_over,
        )
        self.accompanied: list[Decision] = []
        self.service = DoorService(
            self.gallery,
            self.claims,
            Consensus(RULE),
            Tracker(),
            verify,
            Machine(timing or Timing()),
            INFO,
            thresholds=Thresholds.same(1.0),
            votes_needed=4,
            claim_s=20.0,
            liveness=liveness,
            looks=LookOffers(looks, self.gallery),
            intent=intent,
            on_company=self.accompanied.append,
            faces_off=lambda: lease_over() is not None,
        )
        self.now = 0.0

    def see(self, person: int | None, seconds: float, **facts: object) -> None:
        """``person`` stands there for ``seconds``, at ten frames a second."""
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            self.service.observe(observation(self.now, person, **facts), self.now)

    @property
    def last(self) -> Decision:
        return self.decisions[-1]

    def _clock(self) -> datetime:
        if self.clock_error is not None:
            raise self.clock_error
        return self.at
