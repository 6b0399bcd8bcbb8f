"""The door: observations and commands in, decisions and a view for the screen out.

One thread only, the inference thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kiosk.core.decisions import Decision, Factor, Mode, Reason
from kiosk.core.door_state import (
    CameraBack,
    CameraLost,
    Challenged,
    DoorState,
    Effect,
    Event,
    FaceSeen,
    Fault,
    Hint,
    Machine,
    NobodySeen,
    Paused,
    Recovered,
    Resumed,
    SomebodyElse,
    Tick,
    forgiven,
    taken_over,
    transition,
)
from kiosk.core.frames import Observation
from kiosk.core.ports import ConsensusPort, GalleryPort, LivenessPort, TrackerPort
from kiosk.core.templates import EmbedderInfo
from kiosk.core.thresholds import Thresholds
from kiosk.core.view_models import HINT_OF_ISSUE, DoorView
from kiosk.door.claims import Claim, Claims
from kiosk.door.credential_input import CredentialInput
from kiosk.door.credentials import Credentials
from kiosk.door.door_presenter import DoorPresenter
from kiosk.door.face_pauses import FacePauses
from kiosk.door.intent import Intent
from kiosk.door.liveness_gate import LivenessGate, Proof
from kiosk.door.look_offers import LookOffers
from kiosk.door.verification import VerifyService
from kiosk.door.visit import Presence, Visit
from kiosk.door.visit_decisions import VisitDecisions
from kiosk.door.visitor_examination import Conclusion, VisitorExamination

RETRY_S = 10.0
"""Seconds after a fault until the door tries again; it still opens only after a committed row."""

ELSEWHERE_S = 1.0
"""Seconds after which a recognised person who looks elsewhere is asked to look at the camera."""

COMPARING = frozenset(
    {DoorState.IDLE, DoorState.APPROACH, DoorState.VERIFYING, DoorState.CHALLENGE}
)
"""States in which faces are compared."""
LET_IN = frozenset({DoorState.ACCEPTED, DoorState.COOLDOWN})
"""States in which a member who was let in may be asked whether to keep their look."""
EXAMINING = frozenset({DoorState.APPROACH, DoorState.VERIFYING, DoorState.CHALLENGE})
"""States in which a visitor may be recognised."""


class DoorService:
    """Drives the door's state machine; opens only through ``VerifyService``.

    ``fast``: whether every frame should be looked at. ``fault_key``: the message of the fault that
    the door is out of service for. ``sounds``: to be played and removed by the caller.
    """

    def __init__(
        self,
        gallery: GalleryPort,
        claims: Claims,
        consensus: ConsensusPort,
        tracker: TrackerPort,
        verify: VerifyService,
        machine: Machine,
        info: EmbedderInfo,
        *,
        thresholds: Thresholds,
        votes_needed: int,
        claim_s: float,
        liveness: LivenessPort | None = None,
        looks: LookOffers | None = None,
        intent: Intent | None = None,
        on_company: Callable[[Decision], None] = lambda decision: None,
        faces_off: Callable[[], bool] = lambda: False,
    ) -> None:
        """``on_company``: told of an accept while somebody else stood close behind. ``faces_off``:
        whether no face may be compared now.
        """
        self._faces_off = faces_off
        self._gallery = gallery
        self._tracker = tracker
        self._verify = verify
        self._machine = machine
        self._visit = Visit(consensus, info, intent)
        self._presence = Presence()
        self._gate = LivenessGate(liveness)
        self._credentials = credentials = Credentials(claims, gallery, claim_s)
        timing = machine.timing
        self._face_pauses = FacePauses(timing.max_failures, timing.forget_failures_s)
        self._looks = looks or LookOffers(None, gallery)
        self._examination = VisitorExamination(
            self._visit, self._presence, credentials, self._gate, self._looks
        )
        self._decisions = VisitDecisions(
            verify,
            self._visit,
            credentials,
            self._gate,
            thresholds,
            looks=self._looks,
            pauses=self._face_pauses,
            feed=self._feed,
            fault=self.fault,
            on_company=on_company,
        )
        self._credential_input = CredentialInput(
            credentials,
            self._visit,
            self._decisions,
            machine=lambda: self._machine,
            fault=self.fault,
        )
        self._presenter = DoorPresenter(
            self._visit, self._presence, credentials, self._gate, self._looks, info, votes_needed
        )
        self._fault_at = float("-inf")
        self._now = float("-inf")  # of the latest frame or tick
        self.fast = False
        self.fault_key = ""
        self.sounds: list[Effect] = []

    @property
    def state(self) -> DoorState:
        """The state shown now."""
        return self._machine.state

    @property
    def paused(self) -> bool:
        """Whether staff have the kiosk, whatever state is shown: a lost camera hides it."""
        return self._machine.paused

    @property
    def busy(self) -> bool:
        """Whether a visitor is being examined, so that nothing should change under them."""
        return self.state in EXAMINING

    @property
    def thresholds(self) -> Thresholds:
        """The distances in force."""
        return self._decisions.thresholds

    @property
    def threshold(self) -> float:
        """The distance that decides now: 1:1 while an identity is claimed, else 1:N."""
        return self._decisions.threshold

    @property
    def recognised_at(self) -> float | None:
        """When the present visitor was recognised; ``None`` if they have not been."""
        return self._visit.recognised_at if self._visit.recognised is not None else None

    @property
    def wants_embedding(self) -> bool:
        """Whether faces are compared at all in this state.

        Also while a face is ignored until it leaves, to notice that another person has taken its
        place, and while a member is asked whether to keep their look.
        """
        if self._faces_off():
            return False
        return self.state in COMPARING or self._ignores_face or self._looks.asking

    @property
    def reads_codes(self) -> bool:
        """Whether badges held to the camera are read in this state."""
        return self.state in COMPARING or self._ignores_face or self.state is DoorState.LOCKED_OUT

    def waits(self, now: float) -> bool:
        """Return whether faces and codes that claim nobody have to wait: too many were rejected."""
        return self._machine.locked_out(now)

    @property
    def _ignores_face(self) -> bool:
        return self._machine.ignores_face

    def view(self, now: float) -> DoorView:
        """What the door's screen shows at ``now``."""
        return self._presenter.view(
            self._machine,
            self._decisions.latest,
            now,
            threshold=self.threshold,
            people=self._gallery.people,
            fault_key=self.fault_key,
            wait_s=self._decisions.wait_s(now),
        )

    # frames and time

    def observe(self, seen: Observation, now: float) -> None:
        """Take in one frame's observation."""
        self._expire(now)
        self._gate.learn(seen, now)
        if not self._presence.see(seen, now) or self._faces_off():
            self._watch_challenge(now)
            self._feed(NobodySeen(), now)
            if self._presence.away_s(now) >= self._machine.timing.gone_s:
                self._decisions.let_in = None
            return
        if self._tracker.update(seen):
            self._abort_challenge(now)
            self._decisions.walk_off(now)
            self._decisions.begin_visit(elsewhere=not self._tracker.jumped)
            self._looks.end()
            self._feed(SomebodyElse(), now)
        self._feed(FaceSeen(self._hint(seen, now)), now)
        # a state entered just now has reset the tracker: the visit begins with this face
        self._tracker.update(seen)
        self._looks.watch(seen, self.thresholds.verify, now)
        self._visit.see(seen, now)
        if self.state in EXAMINING:
            self._examine(seen, now)

    def tick(self, now: float) -> None:
        """Let time pass without a frame."""
        self._expire(now)
        self._watch_challenge(now)
        self._feed(Tick(), now)

    def _expire(self, now: float) -> None:
        """End what time alone ends: an unused claim, and the wait after a fault."""
        self._now = now
        self._credential_input.expire(now)
        if self.fault_key and now - self._fault_at >= RETRY_S:
            self.recovered(now)

    # credentials

    def claim(self, number: str, now: float, by: Factor = Factor.NUMBER) -> Claim:
        """Claim the identity of ``number``, typed or read from a card (``by``).

        Faces are compared with that person alone from now on, perhaps after a PIN.
        """
        return self._credential_input.claim(number, now, by)

    def enter_pin(self, pin: str, now: float) -> Claim:
        """Check the PIN that was asked for."""
        return self._credential_input.enter_pin(pin, now)

    def refuse(self, reason: Reason, now: float) -> None:
        """Reject something that was shown and names nobody: a forged badge, say."""
        self._credential_input.refuse(reason, now)

    def cancel_claim(self, now: float) -> None:
        """Go back to 1:N and take no PIN any more, except during a challenge."""
        self._credential_input.cancel(now)

    def answer_look(self, yes: bool, now: float) -> int | None:
        """Answer whether to keep the look of the member who was let in.

        Return the member's id if it was stored; the gallery is to be read again then.
        """
        return self._looks.answer(yes, now)

    # staff, camera, faults, gallery

    def pause(self, now: float) -> None:
        """Verify nobody: staff use the kiosk."""
        self._abort_challenge(now)
        self._feed(Paused(), now)

    def resume(self, now: float) -> None:
        """Verify again: staff are done."""
        if self._machine.paused:
            self._presence.restart(now)
        self._feed(Resumed(), now)

    def camera(self, alive: bool, now: float) -> None:
        """React to a camera that came back or was lost."""
        if alive:
            self._feed(CameraBack(), now)
            return
        self._abort_challenge(now)
        self._feed(CameraLost(), now)
        self._presence.lose_camera()

    def fault(self, key: str, now: float) -> None:
        """Go out of service: something the door needs has failed. ``key`` names the message."""
        self._abort_challenge(now)
        self.fault_key = key
        self._fault_at = now
        self._feed(Fault(), now)

    def recovered(self, now: float) -> None:
        """Go back into service: the fault is over."""
        self.fault_key = ""
        self._feed(Recovered(), now)

    def forgive(self, now: float) -> None:
        """Forget the rejects in a row of faces and codes that claim nobody, and their lock-out."""
        self._machine = forgiven(self._machine)
        self._feed(Tick(), now)

    def take_over(self, predecessor: DoorService) -> None:
        """Continue what ``predecessor``, which was paused, knows.

        Those are its rejects in a row, its lock-outs, and the empty view of the place.
        """
        self._gate.take_over(predecessor._gate)
        self._machine = taken_over(self._machine, predecessor._machine)
        self._face_pauses.take_over(predecessor._face_pauses)

    def use_thresholds(self, thresholds: Thresholds) -> None:
        """Decide, show and log with these distances from now on; votes so far are forgotten."""
        self._decisions.use_thresholds(thresholds, self._now)

    def gallery_changed(self) -> None:
        """Forget votes and PIN requests, and the claim of a person who can no longer be found."""
        self._decisions.charge_failed(self._now)
        self._credential_input.gallery_changed()
        self._decisions.begin_visit()

    # from a frame to a decision

    def _examine(self, seen: Observation, now: float) -> None:
        """Look at one frame of a person who may be let in, and decide where that is possible."""
        result = self._examination.examine(seen, self._machine, now)
        if self._examination.turned:
            self.sounds.append(Effect.SOUND_TURN)
        if result is None:
            self._watch_challenge(now)
        self._conclude(result, now)

    def _conclude(self, result: Conclusion | Challenged | None, now: float) -> None:
        match result:
            case Conclusion(verdict, proof) if proof.against and self.state is DoorState.CHALLENGE:
                self._decisions.fail_challenge(verdict, now, proof)
            case Conclusion(verdict, proof):
                self._decisions.decide(verdict, now, proof)
            case Challenged():
                self._feed(result, now)

    def _watch_challenge(self, now: float) -> None:
        """End a challenge that has failed by now, with or without a frame."""
        if self.state is not DoorState.CHALLENGE:
            return
        if self._visit.recognised is None:  # the people enrolled changed meanwhile
            self._decisions.reject(Reason.TRACK_LOST, Mode.IDENTIFY, now)
            return
        self._conclude(self._examination.challenge_failure(self._machine, now), now)

    def _abort_challenge(self, now: float) -> None:
        """Count a challenge that is broken off as a failure, so that it cannot be traded."""
        if self.state is DoorState.CHALLENGE and self._visit.recognised is not None:
            proof = Proof(Reason.TRACK_LOST)
            self._decisions.fail_challenge(self._visit.recognised, now, proof)
        self._decisions.let_in = None  # who is there next may be somebody else

    def _hint(self, seen: Observation, now: float) -> Hint:
        """What to ask for so that the face can be compared; ``NONE`` if it is good enough."""
        if seen.quality is not None and seen.quality.issues:
            return HINT_OF_ISSUE[seen.quality.issues[0]]
        intent = self._visit.intent
        if intent.is_far(seen):
            return Hint.COME_CLOSER
        if self._examination.means_to_come_in or not intent.looks_elsewhere(seen):
            return Hint.NONE
        told = self._machine.hint is Hint.LOOK_HERE
        known = self.recognised_at is not None and now - self.recognised_at >= ELSEWHERE_S
        return Hint.LOOK_HERE if told or known else Hint.NONE

    # the state machine

    def _feed(self, event: Event, now: float) -> None:
        machine = replace(self._machine, claimed=self._credentials.person is not None)
        self._machine, effects = transition(machine, event, now)
        for effect in effects:
            self._apply(effect, now)
        away = self._presence.away_s(now) >= self._machine.timing.gone_s
        if self.state not in LET_IN or away:
            self._looks.end()

    def _apply(self, effect: Effect, now: float) -> None:
        match effect:
            case Effect.NEW_TRACK:
                self._decisions.walk_off(now)
                self._tracker.reset()
                self._decisions.begin_visit()
            case Effect.FORGET_CLAIM:
                self._decisions.drop_claim()
            case Effect.LOCK_DOOR:
                self._verify.close()
            case Effect.FAST_DETECTION | Effect.SLOW_DETECTION:
                self.fast = effect is Effect.FAST_DETECTION
            case Effect.SOUND_ACCEPT | Effect.SOUND_REJECT | Effect.SOUND_TURN:
                self.sounds.append(effect)
