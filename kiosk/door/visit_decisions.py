"""From the start of a visit to its logged decision, and what follows from that.

One thread only, the inference thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kiosk.core.decisions import UNCOUNTED, Decision, Factor, Mode, Reason, Verdict
from kiosk.core.door_state import ChallengeDropped, Decided, Event, WalkedOff
from kiosk.core.errors import KioskError
from kiosk.core.people import Person
from kiosk.core.thresholds import Thresholds
from kiosk.door.credentials import Credentials
from kiosk.door.face_pauses import FacePauses
from kiosk.door.liveness_gate import NOTHING_AGAINST, LivenessGate, Proof
from kiosk.door.look_offers import LookOffers
from kiosk.door.verification import Answer, VerifyService
from kiosk.door.visit import Visit

NOT_COMPLETED = frozenset({Reason.TRACK_LOST, Reason.CHALLENGE_FAILED})
"""Failures of a challenge that say nothing against the person: it was not answered."""


class VisitDecisions:
    """Begins visits, decides them through ``VerifyService``, and tells the state machine.

    ``thresholds``: the distances in force. ``latest``: the decision that the screen shows.
    ``let_in``: the person who was let in by their face and has been there ever since.
    """

    def __init__(
        self,
        verify: VerifyService,
        visit: Visit,
        credentials: Credentials,
        gate: LivenessGate,
        thresholds: Thresholds,
        *,
        looks: LookOffers,
        pauses: FacePauses,
        feed: Callable[[Event, float], None],
        fault: Callable[[str, float], None],
        on_company: Callable[[Decision], None],
    ) -> None:
        """``looks``: asks members whether to keep a look. ``pauses``: of faces that failed to be
        shown live. ``feed``: gives the state machine an event. ``fault``: takes the door out of
        service. ``on_company``: told of an accept while somebody else stood close behind.
        """
        self._verify = verify
        self._visit = visit
        self._credentials = credentials
        self._gate = gate
        self._looks = looks
        self._pauses = pauses
        self._feed = feed
        self._fault = fault
        self._on_company = on_company
        self.thresholds = thresholds
        self.latest: Decision | None = None
        self.let_in: int | None = None

    @property
    def threshold(self) -> float:
        """The distance that decides now: 1:1 while an identity is claimed, else 1:N."""
        return self.thresholds.of(self._credentials.mode)

    def use_thresholds(self, thresholds: Thresholds, now: float) -> None:
        """Decide with these distances from now on; votes so far are forgotten."""
        self.charge_failed(now)
        self.thresholds = thresholds
        self._visit.restart_vote(self.threshold)

    def wait_s(self, now: float) -> float:
        """Seconds for which the face that was rejected last has to wait; 0 if it does not."""
        made = self.latest
        if made is None or made.reason is not Reason.TOO_MANY_TRIES:
            return 0.0
        return self._pauses.remaining(made.person_id, now)

    # visits

    def begin_visit(self, *, elsewhere: bool = True) -> None:
        """Begin another visit. ``elsewhere``: its face is in another place than the last one."""
        self._visit.begin(self.threshold)
        self._looks.begin_visit()
        self._gate.reset(elsewhere=elsewhere)

    def drop_claim(self) -> None:
        """Go back to 1:N, if an identity is claimed."""
        if self._credentials.person is not None:
            self._credentials.drop()
            self._visit.restart_vote(self.threshold)

    def walk_off(self, now: float, *, gone: bool = True) -> None:
        """Log a visitor who leaves before the decision as unfinished.

        Nothing was asked of members who only passed by, so nothing is logged either. What counts as
        a failure is the same as if they had stayed: every second recognised one in a row, and each
        face that had been compared and was not known; otherwise pictures could be tried without
        limit. ``gone``: the visitor is not there; who stays sees a failure that counts as a reject.
        """
        if self._visit.failed is not None and not self._visit.decided:
            self._leave(self._visit.failed, now, counts=True)
            return
        verdict = self._visit.undecided
        came = self._visit.intent.shown or self._credentials.person is not None
        if verdict is None or not came:
            return
        counts = self._gate.count_walk_off()
        if counts and not gone:
            self.decide(verdict, now, Proof(Reason.TRACK_LOST))
        else:
            self._leave(verdict, now, Proof(Reason.TRACK_LOST), counts=counts)

    def abandon_visit(self, now: float) -> None:
        """End a visit that awaits proof of liveness as a walk-off, and begin another.

        Otherwise a photo could be tried without limit, dropped each time just before the challenge.
        """
        if self._visit.undecided is not None or self._visit.failed is not None:
            self.walk_off(now, gone=False)
            self.begin_visit()

    def charge_failed(self, now: float) -> None:
        """Log and count a face that is not known, if nothing was decided on it yet.

        What follows begins another vote, and a failed one must not be traded for it.
        """
        if self._visit.failed is not None and not self._visit.decided:
            self.abandon_visit(now)

    # decisions

    def decide(self, verdict: Verdict, now: float, proof: Proof = NOTHING_AGAINST) -> None:
        """Decide on a compared face, and show it."""
        claimed = self._credentials.person
        given = self._credentials.given
        answer = self._ask(verdict, now, proof)
        if answer.decision.accepted and self._visit.company.near(now):
            self._on_company(answer.decision)
        # what was tried with a number counts for that number, and nobody else waits for it
        self._finish(answer, now, counts=claimed is None, of_face=True)
        self._count(verdict, claimed, answer, now)
        self._looks.decided(answer.decision, given, self.thresholds, now)
        self.let_in = answer.decision.person_id if answer.decision.accepted else None

    def fail_challenge(self, verdict: Verdict, now: float, proof: Proof) -> None:
        """Decide on a person whose challenge was not completed.

        A member who was let in a moment ago and only stands there is not rejected: nothing was
        asked of the door. It counts like a walk-off all the same.
        """
        stays = self.let_in is not None and verdict.person_id == self.let_in
        if not stays or self._credentials.person is not None or proof.against not in NOT_COMPLETED:
            self.decide(verdict, now, proof)
            return
        self._leave(verdict, now, proof, counts=self._gate.count_walk_off())
        self._feed(ChallengeDropped(), now)

    def _leave(
        self, verdict: Verdict, now: float, proof: Proof = NOTHING_AGAINST, *, counts: bool
    ) -> None:
        """Log a visitor who left, and show nothing. ``counts``: as a failed attempt."""
        claimed = self._credentials.person
        answer = self._ask(verdict, now, proof, left=True)
        self._visit.decided = True
        if counts:
            if claimed is None and answer.decision.reason not in UNCOUNTED:
                self._feed(WalkedOff(), now)
            self._count(verdict, claimed, answer, now)
        self._report_failure(answer, now)

    def _ask(self, verdict: Verdict, now: float, proof: Proof, *, left: bool = False) -> Answer:
        if self._credentials.person and verdict.reason is not Reason.MATCH:
            verdict = _against_claim(verdict)
        return self._verify.decide(
            verdict,
            self._credentials.mode,
            self._visit.quality,
            self.threshold,
            self._credentials.given,
            against=proof.against or self._pause(verdict, now),
            liveness=self._gate.score(verdict, proof),
            basis=self._credentials.basis,
            left=left,
        )

    def _count(self, verdict: Verdict, claimed: Person | None, answer: Answer, now: float) -> None:
        """Count what was decided for the claimed number and for the recognised face."""
        if claimed:
            self._settle(claimed, answer, now)
        if verdict.reason is Reason.MATCH and verdict.person_id is not None:
            self._count_face(verdict.person_id, answer.decision, now)

    def _pause(self, verdict: Verdict, now: float) -> Reason | None:
        """Why a live face opens nothing now: too many others were not live. A PIN proves more."""
        paused = verdict.reason is Reason.MATCH and self._pauses.paused(verdict.person_id, now)
        proven = Factor.PIN in self._credentials.given
        return Reason.TOO_MANY_TRIES if paused and not proven else None

    def _count_face(self, person_id: int, decision: Decision, now: float) -> None:
        if decision.accepted:
            self._pauses.accepted(person_id)
        else:
            self._pauses.decided(person_id, decision.reason, now)

    def decide_without_face(
        self, person: Person, given: frozenset[Factor], basis: str, now: float
    ) -> None:
        """Decide on number or card and PIN alone, for a person who enters without a face.

        ``basis``: the person's when the number or card was presented.
        """
        verdict = Verdict(Reason.MATCH, person.id)
        answer = self._verify.decide(verdict, Mode.VERIFY, 0.0, self.threshold, given, basis=basis)
        self._finish(answer, now, counts=False)
        self._settle(person, answer, now)

    def reject(
        self,
        reason: Reason,
        mode: Mode,
        now: float,
        number: str = "",
        person: Person | None = None,
        *,
        counts: bool = True,
    ) -> None:
        """Reject without a comparison. ``counts``: unless it counts for a number already."""
        answer = self._verify.refuse(reason, mode, self.threshold, number, person)
        self._finish(answer, now, counts=counts)

    def _settle(self, claimed: Person, answer: Answer, now: float) -> None:
        """Reset the tries of a number that came with its owner's face; count a guess otherwise."""
        try:
            self._credentials.settle(claimed, answer.decision)
        except KioskError as error:  # no number is tried uncounted
            self._fault(error.key, now)

    def _finish(
        self,
        answer: Answer,
        now: float,
        *,
        counts: bool,
        of_face: bool = False,
    ) -> None:
        """Show and count a decision that was logged.

        ``of_face``: a face was rejected that is not looked at again while it stays.
        """
        decision = answer.decision
        self._visit.decided = True
        self._gate.decided(decision)
        self.latest = decision
        attempt = decision.reason not in UNCOUNTED
        self._feed(Decided(decision.accepted, counts and attempt, of_face and attempt), now)
        self._report_failure(answer, now)

    def _report_failure(self, answer: Answer, now: float) -> None:
        if answer.decision.reason is Reason.LOG_FAILED:
            self._fault(answer.failed or "error.storage", now)


def _against_claim(verdict: Verdict) -> Verdict:
    """A vote that did not match, as a verdict on the claimed identity."""
    unknown = verdict.reason is Reason.UNKNOWN
    reason = Reason.NOT_THE_CLAIMED_PERSON if unknown else verdict.reason
    return replace(verdict, reason=reason, person_id=None)
