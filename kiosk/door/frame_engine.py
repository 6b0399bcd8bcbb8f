"""What the inference thread does with each frame: the door, an enrolment, or nothing but a picture."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from kiosk.core.door_state import DoorState, Effect
from kiosk.core.errors import KioskError
from kiosk.core.frames import Frame, Observation
from kiosk.core.people import Person
from kiosk.core.ports import (
    Calibrate,
    CodesPort,
    GalleryPort,
    LookAlikePort,
    PeoplePort,
    PipelinePort,
)
from kiosk.core.templates import EmbedderInfo
from kiosk.core.thresholds import Derived
from kiosk.core.view_models import DoorView, EnrolView
from kiosk.door.claims import Claim, Next
from kiosk.door.credential_reader import CredentialReader
from kiosk.door.door_service import RETRY_S, DoorService
from kiosk.services.enrolment import EnrolService

log = logging.getLogger(__name__)


CALM_S = 2.0
"""So long the door must have been idle before fewer pictures are enough."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What one step of the engine has to show: the door always, the enrolment while one runs."""

    door: DoorView
    enrol: EnrolView | None = None
    sounds: tuple[Effect, ...] = ()
    calm: bool = False
    """Nobody has been there for a while, and nothing else is going on."""


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """What is known of the camera in use."""

    title: str = ""
    demo: bool = False


class Engine:
    """Owns pipeline, gallery, door and enrolment. Every method is called on the inference thread.

    ``calibrate`` derives the thresholds and who looks alike whenever the gallery is read; without it the door's own stays.
    ``look_alikes``: where those pairs are kept. ``alert`` says what is the matter with the door and its lock, as the end of a
    message key. ``codes`` with ``code_reader``: badges at the camera; ``on_pin`` is told whose owner is asked for the PIN.
    ``on_stage`` is told how long the stages of a frame took, seconds.
    """

    def __init__(
        self,
        pipeline: PipelinePort,
        gallery: GalleryPort,
        people: PeoplePort,
        door: DoorService,
        enrol: EnrolService,
        *,
        stall_s: float,
        idle_interval_s: float,
        calibrate: Calibrate | None = None,
        look_alikes: LookAlikePort | None = None,
    ) -> None:
        self.pipeline = pipeline
        self.gallery = gallery
        self.people = people
        self.door = door
        self.enrol = enrol
        self._calibrate = calibrate
        self._look_alikes = look_alikes
        self.derived: Derived | None = None
        self.own_threshold = door.threshold
        self._stall_s = stall_s
        self._idle_interval_s = idle_interval_s
        self._frame_at: float | None = None
        self._looked_at = float("-inf")
        self._stirred = False
        self._busy_at = float("-inf")
        self._camera_ok = True
        self._times: deque[float] = deque(maxlen=30)
        self._latency_s = 0.0
        self._stale_at: float | None = None
        self.camera = CameraFacts()
        self.alert: Callable[[], str] = lambda: ""
        self.on_stage: Callable[[str, float], None] = lambda name, seconds: None
        self.on_pin: Callable[[Claim], None] = lambda claim: None
        self.codes: CredentialReader | None = None
        self.code_reader: CodesPort | None = None
        self.load_gallery()

    @property
    def threshold(self) -> float:
        """The decision distance in use."""
        return self.door.threshold

    @property
    def info(self) -> EmbedderInfo:
        """The embedder in use."""
        return self.pipeline.info

    def load_gallery(self) -> None:
        """Read the templates and derive the threshold; raises ``KioskError`` where they cannot be read or one is damaged."""
        templates = self.people.templates(self.info.id)
        self.gallery.replace(templates)
        if self._calibrate is not None:
            self.derived = derived = self._calibrate(templates)
            if self._look_alikes is not None:
                self._look_alikes.replace(self.info.id, derived.look_alikes)
            self.door.set_threshold(derived.identify.threshold, derived.verify.threshold)
            self.enrol.set_threshold(derived.identify.threshold, derived.look_alike_distance)
        self.door.gallery_changed()

    def reload_gallery(self, now: float) -> None:
        """Read the templates again after somebody was enrolled, changed or deleted.

        Where that fails nobody is compared with the old ones, since somebody deleted may be among them:
        the gallery is empty and the door out of service until a later attempt succeeds.
        """
        try:
            self.load_gallery()
        except Exception as error:
            log.error(
                "the templates cannot be read: %s",
                error,
                exc_info=not isinstance(error, KioskError),
            )
            self.gallery.replace([])
            self._stale_at = now
            self.door.fault(error.key if isinstance(error, KioskError) else KioskError.key, now)
        else:
            if self._stale_at is not None:
                self.door.recovered(now)
            self._stale_at = None

    def step(self, frame: Frame | None, now: float) -> Step:
        """Take in the newest frame, or only let time pass; ``now`` is on the frame's clock."""
        if self._frame_at is None:
            self._frame_at = self._busy_at = now
        if self._stale_at is not None and now - self._stale_at >= RETRY_S:
            self.reload_gallery(now)
        if frame is None:
            self._wait(now)
        else:
            self._frame_at = now
            self._set_camera(True, now)
            if self._due(frame, now):
                self._look(frame, now)
            else:
                self.door.tick(now)
        return self._shown(now)

    def claim(self, number: str, now: float) -> Claim:
        """A number typed while the door is paused for it: verify again, unless the PIN comes first."""
        return self._asked(self.door.claim, number, now)

    def enter_pin(self, pin: str, now: float) -> Claim:
        """The PIN that was asked for, in the same way."""
        return self._asked(self.door.enter_pin, pin, now)

    def card(self, code: str, now: float) -> None:
        """A card was read: verify its owner, unless the PIN comes first."""
        self.door.resume(now)
        if self.codes is not None:
            self._after_code(self.codes.card(code, now), now)

    def _asked(self, step: Callable[[str, float], Claim], typed: str, now: float) -> Claim:
        self.door.resume(now)
        claim = step(typed, now)
        if claim.next is Next.PIN:
            self.door.pause(now)
        return claim

    def start_enrolment(self, person: Person, now: float, by: str = "") -> None:
        """Pause the door and begin a guided capture; raises ``EnrolError``. ``by``: who enrols them."""
        self.door.pause(now)
        self.enrol.start(person, now, by)

    def save_enrolment(self, now: float) -> Person:
        """Store the captured person and compare with them from now on."""
        try:
            return self.enrol.save()
        finally:  # a write that was given up may be committed all the same
            self.reload_gallery(now)

    def _due(self, frame: Frame, now: float) -> bool:
        """An empty place is looked at now and then; once something stirs there at once, and twice as often while it does."""
        waited = now - self._looked_at
        if self.enrol.active or self.door.fast or waited >= self._idle_interval_s:
            self._stirred = False
            return True
        if self._stirred and waited < self._idle_interval_s / 2:
            return False
        self._stirred = self.pipeline.scene_changed(frame)
        return self._stirred

    def _look(self, frame: Frame, now: float) -> None:
        self._looked_at = now
        began = time.perf_counter()
        seen = self.pipeline.observe(frame, embed=self.enrol.active or self.door.wants_embedding)
        self.on_stage(
            "look" if seen.embedding is None else "look_and_compare", time.perf_counter() - began
        )
        if self.enrol.active:
            self.enrol.observe(seen, now)
        began = time.perf_counter()
        self._to_door(seen, now)
        self.on_stage("decide", time.perf_counter() - began)
        self._read_codes(frame, now)
        self._times.append(now)

    def _to_door(self, seen: Observation, now: float) -> None:
        try:
            self.door.observe(seen, now)
        except KioskError as error:  # a damaged gallery, say: the door says so and stays locked
            log.error("the door cannot decide: %s", error)
            self.door.fault(error.key, now)

    def _read_codes(self, frame: Frame, now: float) -> None:
        if (
            self.code_reader is None
            or self.codes is None
            or self.enrol.active
            or not self.door.wants_embedding
        ):
            return
        found = self.code_reader.read(frame)
        for text in found.qr:
            self._after_code(self.codes.seen(text, now), now)
        for digits in found.bar:
            self._after_code(self.codes.bar_code(digits, now), now)

    def _after_code(self, claim: Claim, now: float) -> None:
        if claim.next is Next.PIN:
            self.door.pause(now)
            self.on_pin(claim)

    def measured(self, latency_s: float) -> None:
        """Keep how long the latest frame took, for the screen's status line."""
        self._latency_s = latency_s
        self.on_stage("frame_to_view", latency_s)

    def _wait(self, now: float) -> None:
        if self._frame_at is not None and now - self._frame_at > self._stall_s:
            self._set_camera(False, now)
        self.door.tick(now)

    def _set_camera(self, alive: bool, now: float) -> None:
        if alive is not self._camera_ok:
            self._camera_ok = alive
            self.door.camera(alive, now)
            self.enrol.camera(alive, now)

    def _shown(self, now: float) -> Step:
        sounds = tuple(self.door.sounds)
        self.door.sounds.clear()
        span = self._times[-1] - self._times[0] if len(self._times) > 1 else 0.0
        door = replace(
            self.door.view(now),
            camera_title=self.camera.title,
            camera_ok=self._camera_ok,
            alert=self.alert(),
            demo=self.camera.demo,
            frames_per_s=(len(self._times) - 1) / span if span else 0.0,
            latency_ms=self._latency_s * 1000,
        )
        if self.enrol.active or door.state is not DoorState.IDLE:
            self._busy_at = now
        return Step(
            door,
            self.enrol.view if self.enrol.active else None,
            sounds,
            calm=now - self._busy_at >= CALM_S,
        )
