"""A door on a real database, where members keep looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kiosk.access.policy import may_enter
from kiosk.core.door_state import Machine
from kiosk.core.member_looks import LookRule
from kiosk.core.people import Person
from kiosk.core.templates import EmbedderInfo, Template, Vector
from kiosk.core.thresholds import Thresholds
from kiosk.door.claims import Claims
from kiosk.door.door_service import DoorService
from kiosk.door.look_offers import LookOffers
from kiosk.door.verification import VerifyService
from kiosk.services.look_service import LookService
from kiosk.storage.store import Store
from kiosk.vision.detection.tracker import Tracker
from kiosk.vision.recognition.consensus import Consensus, VotingRule
from kiosk.vision.recognition.gallery import Gallery
from tests.helpers.door import AlwaysLive, MemoryTries, NotedLock, observation
from tests.helpers.look_people import DIMENSION, DrawnFaces
from tests.helpers.set_clock import SetClock

THRESHOLDS = Thresholds(0.9, 1.0, 0.7)
INFO = EmbedderInfo("net", "Net", DIMENSION, 0.97, 2.0)
NUMBER = "2026-1"
PIN = "482915"
DAY_S = 86_400.0


class AnyPin:
    """Takes every PIN: those who come know it, and hashing it each time takes long."""

    def matches(self, person_id: int, pin: str) -> bool:
        return True


class LookDoor:
    """Person 1 is enrolled with five templates, person 2 too; ``clock`` stands at a morning."""

    def __init__(self, file: Path, faces: DrawnFaces, rule: LookRule | None = None) -> None:
        self.clock = SetClock()
        self.store = Store.open(file).using(self.clock)
        self.faces = faces
        self.member = faces.person(1)
        for number in (1, 2):
            person = Person(f"2026-{number}", f"사람{number}", consented_at=self.clock())
            vectors = faces.frames(faces.person(number), 5)
            self.store.people.add_with_templates(person, [Template(0, "net", v) for v in vectors])
        self.store.door_pins.set(1, PIN)
        self.gallery = Gallery("net", DIMENSION)
        self.gallery.load(self.store.people.template_table("net"))
        self.lock = NotedLock()
        self.offers = LookOffers(self._looks(rule or LookRule()), self.gallery)
        self.service = self._door()
        self.now = 0.0

    def visit(self, frames: Sequence[Vector], *, pin: bool = False, yes: bool = True) -> bool:
        """Come the next day with ``frames``, one each tenth of a second; return if let in.

        Every question is answered with ``yes``.
        """
        self.clock.advance(DAY_S)
        self.now += 60.0
        opened = self.lock.opened
        if pin:
            self.service.claim(NUMBER, self.now)
            self.service.enter_pin(PIN, self.now)
        for vector in frames:
            self.now += 0.1
            seen = replace(observation(self.now, 1), embedding=vector)
            self.service.observe(seen, self.now)
        person_id = self.service.answer_look(yes, self.now)
        if person_id is not None:
            self.gallery.update(person_id, self.store.people.template_table("net", [person_id]))
            self.service.gallery_changed()
        for _ in range(80):
            self.now += 0.2
            self.service.observe(observation(self.now, None), self.now)
        self.service.cancel_claim(self.now)
        return self.lock.opened > opened

    @property
    def looks(self) -> int:
        """Looks kept of the member besides the enrolment."""
        return len(self.store.looks.history(1).later)

    def _looks(self, rule: LookRule) -> LookService:
        store = self.store
        return LookService(store.looks, store.people, self.gallery, INFO, rule, self.clock)

    def _door(self) -> DoorService:
        store = self.store
        verify = VerifyService(
            store.people,
            store.access_log,
            self.lock,
            may_enter,
            self.clock,
            embedder_id="net",
            open_s=4.0,
        )
        claims = Claims(store.people, self.gallery, AnyPin(), MemoryTries(), lambda person: True)
        return DoorService(
            self.gallery,
            claims,
            Consensus(VotingRule(threshold=THRESHOLDS.identify)),
            Tracker(),
            verify,
            Machine(),
            INFO,
            thresholds=THRESHOLDS,
            votes_needed=4,
            claim_s=20.0,
            liveness=AlwaysLive(),
            looks=self.offers,
        )
