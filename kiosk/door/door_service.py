"""The door itself: observations and commands in, what the screen shows out. One thread only."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from kiosk.core.decisions import Factor, Mode, Reason, Verdict
from kiosk.core.door_state import (
    CameraBack,
    CameraLost,
    Challenged,
    Decided,
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
    taken_over,
    transition,
)
from kiosk.core.errors import KioskError
from kiosk.core.frames import Observation
from kiosk.core.masking import masked, masked_number
from kiosk.core.people import Person
from kiosk.core.ports import ConsensusPort, GalleryPort, LivenessPort, TrackerPort
from kiosk.core.templates import EmbedderInfo, Match
from kiosk.core.view_models import HINT_OF_ISSUE, DoorView
from kiosk.door.claims import Claim, Claims, Next
from kiosk.door.verification import BY_FACE, Answer, VerifyService

HISTORY_S = 5.0
GONE_S = 0.7
GONE_FRAMES = 3
"""A face that is away for so long, and in so many frames in a row, during a challenge has lost it; or for as long as ends a visit."""
PROVEN = frozenset({Factor.NUMBER, Factor.PIN})
UNCOUNTED = frozenset(
    {
        Reason.LOG_FAILED,
        Reason.LOCK_FAILED,
        Reason.NO_GROUP,
        Reason.OUT_OF_SCHEDULE,
        Reason.LOCKDOWN,
        Reason.OTHER_DOOR_OPEN,
        Reason.FIRST_PERSON_NEEDED,
        Reason.SECOND_PERSON_NEEDED,
        Reason.PIN_NEEDED,
        Reason.NO_PIN,
        Reason.TOO_MANY_TRIES,
        Reason.NUMBER_NEEDED,
        Reason.CARD_NEEDED,
        Reason.OLD_CODE,
        Reason.ENROL_AGAIN,
    }
)
"""Rejects that nobody tried to get around the door by: they do not count towards its pause."""

RETRY_S = 10.0
"""After a fault the door tries again; without a committed row it still opens for nobody."""


@dataclass(slots=True)
class _Visit:
    """What is remembered while somebody stands there."""

    match: Match | None = None
    recognised: Verdict | None = None
    recognised_at: float = 0.0
    decided: bool = False
    looked: int = 0
    good: int = 0
    history: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=300))

    @property
    def quality(self) -> float:
        return self.good / self.looked if self.looked else 0.0


DEAF = frozenset(
    {
        DoorState.LOCKED_OUT,
        DoorState.CAMERA_LOST,
        DoorState.OUT_OF_SERVICE,
        DoorState.PAUSED,
        DoorState.CHALLENGE,
    }
)
"""No number, PIN, card or badge is taken here."""


class DoorService:
    """Drives the door's state machine from observations; opens only through ``VerifyService``."""

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
        threshold: float,
        votes_needed: int,
        claim_s: float,
        liveness: LivenessPort | None = None,
    ) -> None:
        self._gallery = gallery
        self._claims = claims
        self._consensus = consensus
        self._tracker = tracker
        self._verify = verify
        self._liveness = liveness
        self._machine = machine
        self._info = info
        self.threshold = self._verify_threshold = threshold
        self._votes_needed = votes_needed
        self._claim_s = claim_s
        self._claimed: Person | None = None
        self._by = Factor.NUMBER
        self._given = BY_FACE
        self._claim_until = float("-inf")
        self._visit = _Visit()
        self._seen: Observation | None = None
        self._last: Answer | None = None
        self._present_at = 0.0
        self._missed = 0
        self._walked_off = 0
        self.fast = False
        self.fault_key = ""
        self._fault_at = float("-inf")
        self.sounds: list[Effect] = []

    def set_threshold(self, threshold: float, verify: float | None = None) -> None:
        """Decide, show and log with another distance from now on; ``verify``: where a number was typed (1:1)."""
        self.threshold = threshold
        self._verify_threshold = threshold if verify is None else verify
        self._use_threshold()

    @property
    def deciding(self) -> float:
        """The distance that decides now: for everybody, or for whoever's number was typed."""
        return self._verify_threshold if self._claimed else self.threshold

    def _use_threshold(self) -> None:
        self._verify.threshold = self.deciding
        self._consensus.set_threshold(self.deciding)

    @property
    def state(self) -> DoorState:
        """The state shown now."""
        return self._machine.state

    @property
    def paused(self) -> bool:
        """Whether staff have the kiosk, whatever state is shown: a lost camera hides it."""
        return self._machine.paused

    def take_over(self, before: DoorService) -> None:
        """Go on in place of ``before``, which was paused meanwhile: rejects in a row and a pause after too many go on too."""
        self._machine = taken_over(self._machine, before._machine)

    @property
    def recognised_at(self) -> float | None:
        """When the present visitor was first recognised; ``None`` where that has not happened."""
        return self._visit.recognised_at if self._visit.recognised is not None else None

    @property
    def wants_embedding(self) -> bool:
        """Whether faces are compared at all in this state."""
        return self.state in (
            DoorState.IDLE,
            DoorState.APPROACH,
            DoorState.VERIFYING,
            DoorState.CHALLENGE,
        )

    def observe(self, seen: Observation, now: float) -> None:
        """Take in one frame's observation."""
        self._expire(now)
        self._seen = seen
        if self._liveness is not None:
            self._liveness.learn(seen, now)
        if seen.main is None or seen.quality is None:
            self._missed += 1
            self._watch_challenge(now)
            self._feed(NobodySeen(), now)
            return
        self._present_at = now
        self._missed = 0
        if self._tracker.update(seen):
            self._lose_challenge(now)
            self._walk_off(now)
            self._new_track(elsewhere=not self._tracker.jumped)
            self._feed(SomebodyElse(), now)
        issues = seen.quality.issues
        self._feed(FaceSeen(HINT_OF_ISSUE[issues[0]] if issues else Hint.NONE), now)
        self._tracker.update(
            seen
        )  # a visit that has just begun forgot the face that it begins with
        self._visit.looked += 1
        if self.state in (DoorState.APPROACH, DoorState.VERIFYING, DoorState.CHALLENGE):
            self._look(seen, now)

    def tick(self, now: float) -> None:
        """Let time pass without a frame."""
        self._expire(now)
        self._watch_challenge(now)
        self._feed(Tick(), now)

    def claim(self, number: str, now: float, by: Factor = Factor.NUMBER) -> Claim:
        """Somebody typed a student number, or showed it ``by`` a card: compare with that person alone from now on, perhaps after the PIN."""
        self._by = by
        return self._follow(lambda: self._begin(number, now), now)

    def _begin(self, number: str, now: float) -> Claim:
        self._set_claim(None)  # a number typed anew ends what was proven before
        return self._claims.begin(number, now)

    def enter_pin(self, pin: str, now: float) -> Claim:
        """Somebody typed the PIN that was asked for."""
        return self._follow(lambda: self._claims.enter(pin, now), now)

    def _follow(self, step: Callable[[], Claim], now: float) -> Claim:
        if self._ignores_credentials(now):
            return Claim()
        try:
            claim = step()
        except KioskError as error:
            self.fault(error.key, now)
            return Claim()
        if claim.reason is not None:
            self._finish(
                self._verify.refuse(claim.reason, Mode.VERIFY, claim.number, claim.person), now
            )
        elif claim.next is Next.FACE:
            self._claim_until = now + self._claim_s
            self._set_claim(
                claim.person, BY_FACE | {self._by} | (PROVEN if claim.proven else BY_FACE)
            )
            self._new_track()
        elif claim.next is Next.DOOR and claim.person is not None:
            self._without_face(claim.person, now)
        return claim

    def _ignores_credentials(self, now: float) -> bool:
        """Return whether numbers, PINs, cards and badges are ignored in this state.

        Also during the last reject before a lock-out: opening then would lock the door again as soon
        as the lock-out starts.
        """
        return self.state in DEAF or self._machine.locked_out(now)

    def _without_face(self, person: Person, now: float) -> None:
        """Number or card and the PIN were right of somebody who chose to come in without their face."""
        answer = self._verify.decide(
            Verdict(Reason.MATCH, person.id), Mode.VERIFY, 0.0, frozenset({self._by, Factor.PIN})
        )
        self._finish(answer, now)
        self._settle(person, answer, now)

    def _set_claim(self, person: Person | None, given: frozenset[Factor] = BY_FACE) -> None:
        before = self._claimed
        self._claimed = person
        self._given = given
        if before is not person:
            self._use_threshold()

    def refuse(self, reason: Reason, now: float) -> None:
        """Something was shown that names nobody: a forged badge, say."""
        if not self._ignores_credentials(now):
            self._finish(self._verify.refuse(reason, Mode.VERIFY), now)

    def cancel_claim(self) -> None:
        """Back to 1:N; no PIN is waited for any more."""
        if (
            self.state is DoorState.CHALLENGE
        ):  # else whoever does not like what is asked could have something else asked
            return
        self._claims.forget()
        self._set_claim(None)
        self._new_track()

    def pause(self, now: float) -> None:
        """Staff take the kiosk: nobody is verified."""
        self._lose_challenge(now)
        self._feed(Paused(), now)

    def resume(self, now: float) -> None:
        """Staff are done."""
        if self._machine.paused:
            self._present_at = now
        self._feed(Resumed(), now)

    def camera(self, alive: bool, now: float) -> None:
        """The camera came back or went away."""
        if not alive:
            self._lose_challenge(now)
        self._feed(CameraBack() if alive else CameraLost(), now)
        if not alive:
            self._seen = None

    def fault(self, key: str, now: float) -> None:
        """Something the door cannot work without failed; ``key`` names the message."""
        self._lose_challenge(now)
        self.fault_key = key
        self._fault_at = now
        self._feed(Fault(), now)

    def recovered(self, now: float) -> None:
        """The fault is over."""
        self.fault_key = ""
        self._feed(Recovered(), now)

    def _expire(self, now: float) -> None:
        """What time alone ends: an unused claim, and the wait after a fault."""
        if (
            self._claimed is not None
            and now > self._claim_until
            and self.state is not DoorState.CHALLENGE
        ):
            self.cancel_claim()
        if self.fault_key and now - self._fault_at >= RETRY_S:
            self.recovered(now)

    def gallery_changed(self) -> None:
        """People were enrolled or deleted: votes for them no longer count, nor does a claim for somebody who is gone."""
        self._claims.forget()
        if self._claimed is not None and not (
            self._claimed.id and self._gallery.has(self._claimed.id)
        ):
            self._set_claim(None)
        self._new_track()

    def view(self, now: float) -> DoorView:
        """What the door's screen shows at ``now``."""
        machine = self._machine
        match = self._visit.match
        seen = self._seen
        shows_decision = (
            machine.state in (DoorState.ACCEPTED, DoorState.REJECTED) and self._last is not None
        )
        decision = self._last.decision if shows_decision and self._last else None
        return DoorView(
            state=machine.state,
            hint=machine.hint,
            mode=Mode.VERIFY if self._claimed else Mode.IDENTIFY,
            face=seen.main if seen else None,
            frame_size=seen.sized if seen else (640, 480),
            distance=match.distance if match else None,
            runner_up=match.runner_up_distance
            if match and match.runner_up_id is not None
            else None,
            threshold=self.deciding,
            far=self._info.far,
            history=tuple((now - at, d) for at, d in self._visit.history if now - at <= HISTORY_S),
            votes=self._consensus.votes,
            votes_needed=self._votes_needed,
            remaining=machine.remaining(now),
            duration=max(0.0, machine.until - machine.since)
            if machine.until != float("inf")
            else 0.0,
            decision=decision,
            masked_name=masked(decision.person_name) if decision and decision.accepted else "",
            claimed=masked_number(self._claimed.number) if self._claimed else "",
            away_s=max(0.0, now - self._present_at),
            people_enrolled=self._gallery.people,
            embedder_title=self._info.title,
            service_key=self.fault_key,
            challenge=self._liveness.challenge_view(now)
            if self._liveness and machine.state is DoorState.CHALLENGE
            else None,
        )

    def _look(self, seen: Observation, now: float) -> None:
        """One more frame of somebody who may be let in."""
        match = (
            self._compare(seen, now)
            if seen.embedding is not None and self.state is not DoorState.APPROACH
            else None
        )
        person = match.person_id if match is not None and self._consensus.supports(match) else None
        if self._liveness is not None and self._liveness.observe(seen, person, now):
            self.sounds.append(Effect.SOUND_TURN)
        if self.state is DoorState.CHALLENGE:
            self._go_on_with_challenge(person, now)
        elif self._visit.recognised is not None and self._liveness is not None:
            self._prove(self._visit.recognised, self._liveness, now)
        elif match is not None:
            self._vote(match, now)

    def _compare(self, seen: Observation, now: float) -> Match:
        self._visit.good += 1
        match = self._nearest(seen)
        if match is None:  # nobody is enrolled: the distance to nobody is the farthest there is
            match = Match(person_id=0, distance=self._info.far)
        self._visit.match = match
        self._visit.history.append((now, match.distance))
        return match

    def _vote(self, match: Match, now: float) -> None:
        self._consensus.add(now, match)
        verdict = self._consensus.verdict(now)
        if verdict is None:
            return
        if verdict.reason is Reason.MATCH and self._liveness is not None:
            self._visit.recognised = verdict  # the vote is over, and this is what the row will tell
            self._visit.recognised_at = now
            self._prove(verdict, self._liveness, now)
        else:
            self._decide(verdict, now)

    def _prove(self, verdict: Verdict, liveness: LivenessPort, now: float) -> None:
        """The face is recognised: decide once it is shown, or ruled out, that somebody real stands there."""
        assert verdict.person_id is not None
        against = liveness.refusal(now)
        if against or liveness.passed(verdict.person_id, now):
            self._decide(verdict, now, against)
        elif now - self._visit.recognised_at >= liveness.wait_s:
            if liveness.asks:
                liveness.challenge(verdict.person_id, now)
                self._feed(Challenged(liveness.challenge_s), now)
            else:
                self._decide(verdict, now, Reason.NOT_SHOWN_LIVE)

    def _go_on_with_challenge(self, person: int | None, now: float) -> None:
        self._watch_challenge(now)
        verdict = self._visit.recognised
        liveness = self._liveness
        if verdict is None or liveness is None or self.state is not DoorState.CHALLENGE:
            return
        against = liveness.refusal(now)
        if against or liveness.challenge_passed(person if person == verdict.person_id else None):
            self._decide(verdict, now, against, shown=not against)

    def _watch_challenge(self, now: float) -> None:
        """What time alone does to a challenge."""
        if self.state is not DoorState.CHALLENGE or self._liveness is None:
            return
        if self._visit.recognised is None:  # the people enrolled changed meanwhile
            self._finish(self._verify.refuse(Reason.TRACK_LOST, Mode.IDENTIFY), now)
            return
        away_s = now - self._present_at
        gone = away_s >= self._machine.timing.gone_s or (
            away_s >= GONE_S and self._missed >= GONE_FRAMES
        )
        over = Reason.CHALLENGE_FAILED if now >= self._machine.until else None
        failed = Reason.TRACK_LOST if gone else self._liveness.challenge_failed(now) or over
        if failed:
            self._decide(self._visit.recognised, now, failed)

    def _lose_challenge(self, now: float) -> None:
        """What breaks a challenge off counts as a failure: nobody gets another one by looking away."""
        if self.state is DoorState.CHALLENGE and self._visit.recognised is not None:
            self._decide(self._visit.recognised, now, Reason.TRACK_LOST)

    def _walk_off(self, now: float) -> None:
        """Who was recognised and goes before it was decided is logged. Every second in a row is a reject that counts: a member
        who passes by is none, but nobody tries a picture again and again until the moment before the question."""
        if self._visit.recognised is not None and not self._visit.decided:
            self._walked_off += 1
            self._decide(
                self._visit.recognised, now, Reason.TRACK_LOST, quietly=self._walked_off % 2 == 1
            )

    def _decide(
        self,
        verdict: Verdict,
        now: float,
        against: Reason | None = None,
        *,
        shown: bool = False,
        quietly: bool = False,
    ) -> None:
        mode = Mode.VERIFY if self._claimed else Mode.IDENTIFY
        if self._claimed and verdict.reason is not Reason.MATCH:
            reason = (
                Reason.NOT_THE_CLAIMED_PERSON
                if verdict.reason is Reason.UNKNOWN
                else verdict.reason
            )
            verdict = replace(verdict, reason=reason, person_id=None)
        score = None
        if self._liveness is not None and verdict.reason is Reason.MATCH:
            score = 1.0 if shown else self._liveness.score
        claimed = self._claimed
        answer = self._verify.decide(
            verdict, mode, self._visit.quality, self._given, against=against, liveness=score
        )
        self._finish(answer, now, quietly=quietly)
        if claimed:
            self._settle(claimed, answer, now)

    def _settle(self, claimed: Person, answer: Answer, now: float) -> None:
        """A number with its owner's face begins anew; with anybody else's it was a guess."""
        try:
            self._claims.settle(claimed, answer.decision)
        except KioskError as error:  # no number is tried uncounted
            self.fault(error.key, now)

    def _nearest(self, seen: Observation) -> Match | None:
        assert seen.embedding is not None
        if self._claimed is None or self._claimed.id is None:
            return self._gallery.search(seen.embedding)
        return self._gallery.verify(seen.embedding, self._claimed.id)

    def _finish(self, answer: Answer, now: float, *, quietly: bool = False) -> None:
        """Show and count what was decided and logged; ``quietly``: neither."""
        self._visit.decided = True
        if answer.decision.accepted:
            self._walked_off = 0
        if not quietly:
            self._last = answer
            self._feed(
                Decided(answer.decision.accepted, counts=answer.decision.reason not in UNCOUNTED),
                now,
            )
        if answer.decision.reason is Reason.LOG_FAILED:
            self.fault(answer.failed or "error.storage", now)

    def _feed(self, event: Event, now: float) -> None:
        self._machine, effects = transition(self._machine, event, now)
        for effect in effects:
            self._apply(effect, now)

    def _apply(self, effect: Effect, now: float) -> None:
        match effect:
            case Effect.NEW_TRACK:
                self._walk_off(now)
                self._tracker.reset()
                self._new_track()
            case Effect.FORGET_CLAIM:
                self._set_claim(None)
            case Effect.LOCK_DOOR:
                self._verify.close()
            case Effect.FAST_DETECTION | Effect.SLOW_DETECTION:
                self.fast = effect is Effect.FAST_DETECTION
            case Effect.SOUND_ACCEPT | Effect.SOUND_REJECT | Effect.SOUND_TURN:
                self.sounds.append(effect)

    def _new_track(self, *, elsewhere: bool = True) -> None:
        self._consensus.reset()
        if self._liveness is not None:
            self._liveness.reset(elsewhere=elsewhere)
        history = self._visit.history
        self._visit = _Visit(history=history)
