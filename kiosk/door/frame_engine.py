"""One step of the inference thread for each frame: the door, an enrolment, codes."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kiosk.core.decisions import Decision
from kiosk.core.door_state import DoorState, Effect
from kiosk.core.errors import KioskError
from kiosk.core.frames import Frame, Observation
from kiosk.core.people import Person
from kiosk.core.ports import (
    CalibrationPort,
    CodesPort,
    GalleryPort,
    LookAlikePort,
    PeoplePort,
    PipelinePort,
)
from kiosk.core.rights import Actor
from kiosk.core.templates import EmbedderInfo
from kiosk.core.thresholds import Derived, Thresholds
from kiosk.core.view_models import DoorView, EnrolView
from kiosk.door.claims import Claim, Next
from kiosk.door.credential_reader import CredentialReader
from kiosk.door.door_service import RETRY_S, DoorService
from kiosk.services.enrolment import EnrolService

log = logging.getLogger(__name__)


CALM_S = 2.0
"""Seconds for which the door must have been idle before the capture thread may skip frames."""


FORGIVEN_AGAIN_S = 900.0
"""Seconds between two times that rejects are forgiven because a face stands there: a print put up
again and again must not end every lock-out."""

RELOADED_AT_ONCE = 500
"""More people than this who changed at once are not read one by one, but with everybody."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What one step shows: the door always, the enrolment while one runs.

    ``calm``: nobody has been there for a while, and nothing else is going on. ``face``: there was a
    face in the frame that was looked at last.
    """

    door: DoorView
    enrol: EnrolView | None = None
    sounds: tuple[Effect, ...] = ()
    calm: bool = False
    face: bool = False


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """The camera in use, for the screens.

    ``mode``: what it delivers, as text. ``problem``: why there are no pictures, if that is known.
    """

    title: str = ""
    demo: bool = False
    mode: str = ""
    problem: KioskError | None = None


@dataclass(frozen=True, slots=True)
class EngineHooks:
    """How the engine reaches the application, from the inference thread.

    ``alert``: the end of a message key about the door or its lock, empty while all is well.
    ``on_stage``: called with a stage of a frame and the seconds that it took. ``on_pin``: called
    with the claim of a badge or card whose owner must enter a PIN. ``on_company``: called with an
    accept while somebody else stood close behind the person. ``has_lock``: whether a lock hangs on
    the door.
    """

    alert: Callable[[], str] = lambda: ""
    on_stage: Callable[[str, float], None] = lambda name, seconds: None
    on_pin: Callable[[Claim], None] = lambda claim: None
    on_company: Callable[[Decision], None] = lambda decision: None
    has_lock: bool = True


NO_HOOKS = EngineHooks()


@dataclass(frozen=True, slots=True)
class CodeInput:
    """Badges and cards. ``camera``: finds codes in frames; ``None`` if only the reader is used."""

    reader: CredentialReader
    camera: CodesPort | None = None


class Engine:
    """Owns pipeline, gallery, door and enrolment. Every method runs on the inference thread.

    ``calibration``: derives the thresholds and who looks alike when the gallery changes; without
    it the door's own thresholds stay. ``look_alikes``: where those pairs are stored. ``codes``:
    without it no badge or card is read. ``stall_s``: seconds without a frame until the camera
    counts as lost. ``idle_interval_s``: seconds between two looks at an empty place.
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
        calibration: CalibrationPort | None = None,
        look_alikes: LookAlikePort | None = None,
        hooks: EngineHooks = NO_HOOKS,
        codes: CodeInput | None = None,
    ) -> None:
        self.pipeline = pipeline
        self.gallery = gallery
        self.people = people
        self.door = door
        self.enrol = enrol
        self._calibration = calibration
        self._look_alikes = look_alikes
        self.derived: Derived | None = None
        self.own_threshold = door.thresholds.identify
        self._hooks = hooks
        self._codes = codes
        self._stall_s = stall_s
        self._idle_interval_s = idle_interval_s
        self._frame_at: float | None = None
        self._looked_at = float("-inf")
        self._scene_changed = False
        self._busy_at = float("-inf")
        self._camera_ok = True
        self._face = False
        self._standing = self._standing_found = 0
        self._forgiven_at = float("-inf")
        self._times: deque[float] = deque(maxlen=30)
        self._latency_s = 0.0
        self._stale_at: float | None = None
        self.camera = CameraFacts()
        try:
            self.load_gallery()
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        """End the background work. For an engine that makes no more steps."""
        if self._calibration is not None:
            self._calibration.stop()
        if self._codes is not None and self._codes.camera is not None:
            self._codes.camera.close()

    @property
    def threshold(self) -> float:
        """The distance that decides on the face alone (1:N)."""
        return self.door.thresholds.identify

    @property
    def info(self) -> EmbedderInfo:
        """The embedder in use."""
        return self.pipeline.info

    def _use(self, thresholds: Thresholds) -> None:
        self.door.use_thresholds(thresholds)
        self.enrol.use_thresholds(thresholds)

    def load_gallery(self) -> None:
        """Read the templates and derive the thresholds; raises ``KioskError`` if that fails."""
        table = self.people.template_table(self.info.id)
        self.gallery.load(table)
        if self._calibration is not None:
            self._adopt(self._calibration.read(table))
        self.door.gallery_changed()

    def _adopt(self, derived: Derived) -> None:
        self.derived = derived
        if self._look_alikes is not None:
            self._look_alikes.replace(self.info.id, derived.look_alikes)
        self._use(derived.thresholds)

    def _refresh_gallery(self, person_ids: Sequence[int]) -> None:
        """Read the templates of ``person_ids`` and of everybody else whose templates changed."""
        self._read_people(person_ids)
        others = self._outdated()
        if len(others) > RELOADED_AT_ONCE:
            self.load_gallery()
            return
        self._read_people(others)
        if self._calibration is not None:
            self._adopt(self._calibration.changed([*person_ids, *others]))
        self.door.gallery_changed()

    def _read_people(self, person_ids: Sequence[int]) -> None:
        if not person_ids:
            return
        table = self.people.template_table(self.info.id, person_ids)
        for person_id in person_ids:
            self.gallery.update(person_id, table.of_person(person_id))

    def _outdated(self) -> list[int]:
        """Return whose templates differ from the stored ones.

        Only new templates are listed, unless the number of all says that some were deleted: going
        through 50,000 people takes longer than a frame may wait.
        """
        newer = self.people.template_versions(self.info.id, self.gallery.newest)
        if self.gallery.templates_with(newer) == self.people.template_count(self.info.id):
            return self.gallery.outdated(newer, partly=True)
        return self.gallery.outdated(self.people.template_versions(self.info.id))

    def reload_gallery(self, now: float, person_id: int | None = None) -> None:
        """Compare with the people who are stored now: some were enrolled, changed or deleted.

        ``person_id``: who it was, if known. If that fails the gallery is emptied, since a deleted
        person may be in the old one, and the door is out of service until a later attempt succeeds.
        """
        try:
            if self._stale_at is not None:
                self.load_gallery()
            else:
                self._refresh_gallery([] if person_id is None else [person_id])
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
        """Take in the newest frame, if any, and let time pass; ``now`` is on the frame's clock."""
        if self._frame_at is None:
            self._frame_at = self._busy_at = now
        if self._stale_at is not None and now - self._stale_at >= RETRY_S:
            self.reload_gallery(now)
        self._take_calibration()
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

    def _take_calibration(self) -> None:
        """Use what the calibration has found in the background, between two visits."""
        if self._calibration is None or self.door.busy:
            return
        derived = self._calibration.finished()
        if derived is None:
            return
        try:
            self._adopt(derived)
        except KioskError as error:  # each visitor's look-alikes are looked for all the same
            log.warning("the look-alikes could not be stored: %s", error)
            self._use(derived.thresholds)

    def claim(self, number: str, now: float) -> Claim:
        """Claim a number typed while the door was paused.

        Verify again unless a PIN is due or the number is asked for again.
        """
        return self._after_keypad(self.door.claim, number, now)

    def enter_pin(self, pin: str, now: float) -> Claim:
        """Check the PIN that was asked for; verify again unless it was wrong."""
        return self._after_keypad(self.door.enter_pin, pin, now)

    def card(self, code: str, now: float) -> None:
        """Claim the owner of a card; verify them unless a PIN is due."""
        self.door.resume(now)
        if self._codes is not None:
            self._after_code(self._codes.reader.card(code, now), now)

    def _after_keypad(self, check: Callable[[str, float], Claim], typed: str, now: float) -> Claim:
        self.door.resume(now)
        claim = check(typed, now)
        if claim.next is Next.PIN or claim.asks_again:
            self.door.pause(now)
        return claim

    def answer_look(self, yes: bool, now: float) -> None:
        """Keep the look of the member who was let in, or not; compare with it from now on."""
        person_id = self.door.answer_look(yes, now)
        if person_id is not None:
            self.reload_gallery(now, person_id)

    def start_enrolment(self, actor: Actor, person: Person, now: float) -> None:
        """Pause the door and start a guided capture; raises ``SignInError`` or ``EnrolError``."""
        self.door.pause(now)
        self.enrol.start(actor, person, now)

    def save_enrolment(self, now: float) -> Person:
        """Store the captured person and compare faces with them from now on."""
        person_id = None
        try:
            person = self.enrol.save()
            person_id = person.id
            return person
        finally:  # a write that timed out may have been committed
            self.reload_gallery(now, person_id)

    def _due(self, frame: Frame, now: float) -> bool:
        """Return whether to look at ``frame``.

        An empty place is looked at now and then; when the scene changes at once, and twice as often
        while it keeps changing.
        """
        waited = now - self._looked_at
        if self.enrol.active or self.door.fast or waited >= self._idle_interval_s:
            self._scene_changed = False
            return True
        if self._scene_changed and waited < self._idle_interval_s / 2:
            return False
        self._scene_changed = self.pipeline.scene_changed(frame)
        return self._scene_changed

    def _look(self, frame: Frame, now: float) -> None:
        self._looked_at = now
        began = time.perf_counter()
        seen = self.pipeline.observe(
            frame,
            embed=self.enrol.active or self.door.wants_embedding,
            # a person who is enrolled, or staff at the screen, may stand there for minutes
            everybody=self.enrol.active or self.door.paused,
        )
        self._face = seen.main is not None
        self._note_standing(seen, now)
        self._hooks.on_stage(
            "look" if seen.embedding is None else "look_and_compare", time.perf_counter() - began
        )
        if self.enrol.active:
            self.enrol.observe(seen, now)
        began = time.perf_counter()
        self._to_door(seen, now)
        if seen.main is not None and self.door.state is DoorState.ACCEPTED:
            self.pipeline.visited(seen.main)
        self._hooks.on_stage("decide", time.perf_counter() - began)
        self._read_codes(frame, now)
        self._times.append(now)

    def _note_standing(self, seen: Observation, now: float) -> None:
        """Forgive the rejects in a row, now and then, where a face turns out to stand there."""
        self._standing = len(seen.standing)
        if seen.standing_found > self._standing_found:
            log.warning("a face has been there for minutes and is ignored until it leaves")
            if now - self._forgiven_at >= FORGIVEN_AGAIN_S:
                self._forgiven_at = now
                self.door.forgive(now)
        self._standing_found = seen.standing_found

    def _to_door(self, seen: Observation, now: float) -> None:
        try:
            self.door.observe(seen, now)
        except KioskError as error:  # a damaged gallery, for instance; the door stays locked
            log.error("the door cannot decide: %s", error)
            self.door.fault(error.key, now)

    def _read_codes(self, frame: Frame, now: float) -> None:
        codes = self._codes
        if codes is None or codes.camera is None:
            return
        if self.enrol.active or not self.door.reads_codes:
            return
        found = codes.camera.read(frame)
        self._after_code(codes.reader.seen(found.qr, found.bar, now), now)

    def _after_code(self, claim: Claim, now: float) -> None:
        if claim.next is Next.PIN:
            self.door.pause(now)
            self._hooks.on_pin(claim)

    def measured(self, latency_s: float) -> None:
        """Note the seconds from capture to view of the latest frame, for the status line."""
        self._latency_s = latency_s
        self._hooks.on_stage("frame_to_view", latency_s)

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
            camera_mode=self.camera.mode,
            camera_problem=None if self._camera_ok else self.camera.problem,
            camera_ok=self._camera_ok,
            faces_ignored=self._standing,
            alert=self._hooks.alert(),
            has_lock=self._hooks.has_lock,
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
            face=self._face,
        )
