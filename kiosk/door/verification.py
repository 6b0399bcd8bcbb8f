"""From a verdict of the frames to a decision: policy, the log's row, and only then the lock."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from kiosk.core.decisions import ACCEPTING, Decision, Factor, Mode, Outcome, Reason, Verdict
from kiosk.core.errors import KioskError, LockError
from kiosk.core.people import Person
from kiosk.core.ports import Clock, LockPort, LogPort, PeoplePort, Policy

BY_FACE = frozenset({Factor.FACE})

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision as it was carried out. ``failed`` is the message key of what broke on the way, if anything."""

    decision: Decision
    failed: str = ""


class VerifyService:
    """Decides, writes the row, opens: in that order, so that no open door is missing from the log."""

    def __init__(
        self,
        people: PeoplePort,
        access_log: LogPort,
        lock: LockPort,
        policy: Policy,
        clock: Clock,
        *,
        threshold: float,
        embedder_id: str,
        open_s: float,
    ) -> None:
        self._people = people
        self._log = access_log
        self._lock = lock
        self._policy = policy
        self._clock = clock
        self.threshold = threshold
        self._embedder_id = embedder_id
        self._open_s = open_s
        self.listeners: list[Callable[[Decision], None]] = []

    def decide(
        self,
        verdict: Verdict,
        mode: Mode,
        quality: float,
        given: frozenset[Factor] = BY_FACE,
        *,
        against: Reason | None = None,
        liveness: float | None = None,
    ) -> Answer:
        """Carry out what ``verdict`` allows with the proofs ``given``; any failure leaves the door locked.

        ``against``: why somebody recognised does not count as standing there; the policy is not asked then, so that a picture
        leaves no trace in it. ``liveness`` is noted in the row.
        """
        try:
            decision = replace(
                self._judge(verdict, mode, quality, given, against), liveness=liveness
            )
        except KioskError as error:
            log.error("the person could not be looked up: %s", error)
            return self._refused(
                self._decision(verdict, mode, quality, None, Reason.LOG_FAILED), error.key
            )
        return self._carry_out(decision)

    def refuse(
        self, reason: Reason, mode: Mode, number: str = "", person: Person | None = None
    ) -> Answer:
        """A reject without any comparison, an unknown student number say; ``person``: whose number it is, where it is known."""
        decision = self._decision(Verdict(reason), mode, 0.0, person, reason)
        return self._carry_out(decision if person else replace(decision, person_number=number))

    def close(self) -> None:
        """Lock the door; an unreachable lock is logged, since it locks by itself."""
        try:
            self._lock.close()
        except LockError as error:
            log.error("the lock did not confirm that it closed: %s", error)

    def _judge(
        self,
        verdict: Verdict,
        mode: Mode,
        quality: float,
        given: frozenset[Factor],
        against: Reason | None,
    ) -> Decision:
        if verdict.reason not in (Reason.MATCH, Reason.AMBIGUOUS):
            return self._decision(verdict, mode, quality, None, verdict.reason)
        person = self._people.get(verdict.person_id) if verdict.person_id is not None else None
        if (
            verdict.reason is Reason.AMBIGUOUS
        ):  # of two who look alike it is known what to ask for, but not who it is
            asked = person is not None and person.look_alike and person.has_pin
            return self._decision(
                verdict, mode, quality, None, Reason.PIN_NEEDED if asked else Reason.AMBIGUOUS
            )
        reason = against or self._policy(person, self._clock(), given)
        return self._decision(
            verdict,
            mode,
            quality,
            person,
            reason or (Reason.MATCH if Factor.FACE in given else Reason.WITHOUT_FACE),
        )

    def _decision(
        self, verdict: Verdict, mode: Mode, quality: float, person: Person | None, reason: Reason
    ) -> Decision:
        return Decision(
            at=self._clock(),
            outcome=Outcome.ACCEPT
            if reason in ACCEPTING and person is not None
            else Outcome.REJECT,
            reason=reason,
            mode=mode,
            threshold=self.threshold,
            embedder_id=self._embedder_id,
            person_id=person.id if person else None,
            person_name=person.name if person else "",
            person_number=person.number if person else "",
            distance=verdict.distance,
            runner_up=verdict.runner_up,
            frames=verdict.frames,
            votes=verdict.votes,
            quality=quality,
            trace=verdict.trace,
        )

    def _carry_out(self, decision: Decision) -> Answer:
        try:
            self._log.append(decision)
        except KioskError as error:
            log.error("the access log could not be written: %s", error)
            return self._refused(decision, error.key)
        if not decision.accepted:
            return self._tell(Answer(decision))
        try:
            self._lock.open(self._open_s, decision.reason.value)
        except KioskError as error:
            log.error("the lock did not open: %s", error)
            return self._lock_failed(decision, error.key)
        return self._tell(Answer(decision))

    def _lock_failed(self, decision: Decision, key: str) -> Answer:
        self.close()
        denied = replace(
            decision, outcome=Outcome.REJECT, reason=Reason.LOCK_FAILED, at=self._clock(), trace=b""
        )
        try:
            self._log.append(denied)
        except KioskError as error:
            log.error("the failed lock could not be logged: %s", error)
        return self._tell(Answer(denied, key))

    def _refused(self, decision: Decision, key: str) -> Answer:
        """No row could be written: nobody comes in."""
        return self._tell(
            Answer(replace(decision, outcome=Outcome.REJECT, reason=Reason.LOG_FAILED), key)
        )

    def _tell(self, answer: Answer) -> Answer:
        for listener in self.listeners:
            listener(answer.decision)
        return answer
