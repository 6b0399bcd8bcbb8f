"""From a verdict of the frames to a decision: policy, the log's row, and only then the lock."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from kiosk.core.decisions import (
    ACCEPTING,
    BY_FACE,
    Decision,
    Factor,
    Mode,
    Outcome,
    Reason,
    Verdict,
)
from kiosk.core.errors import KioskError, LockError
from kiosk.core.people import Person
from kiosk.core.ports import Clock, LockPort, LogPort, PersonLookup, Policy

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision as it was carried out. ``failed``: message key of what broke, if anything."""

    decision: Decision
    failed: str = ""


class VerifyService:
    """Decides, writes the row, opens: in that order, so that every opening is in the log.

    ``listeners`` are called with every decision, after it was carried out.
    """

    def __init__(
        self,
        people: PersonLookup,
        access_log: LogPort,
        lock: LockPort,
        policy: Policy,
        clock: Clock,
        *,
        embedder_id: str,
        open_s: float,
    ) -> None:
        self._people = people
        self._log = access_log
        self._lock = lock
        self._policy = policy
        self._clock = clock
        self._embedder_id = embedder_id
        self._open_s = open_s
        self.listeners: list[Callable[[Decision], None]] = []

    def decide(
        self,
        verdict: Verdict,
        mode: Mode,
        quality: float,
        threshold: float,
        given: frozenset[Factor] = BY_FACE,
        *,
        against: Reason | None = None,
        liveness: float | None = None,
        basis: str | None = None,
        left: bool = False,
    ) -> Answer:
        """Carry out what ``verdict``, reached at ``threshold``, allows with the factors ``given``.

        Any failure leaves the door locked. ``against``: why the recognised person is not accepted
        as present; the policy is not asked then, so that a photo leaves no trace in its memory.
        ``liveness``: 0..1, kept in the row. ``basis``: the person's (``PersonLookup.basis``) when
        they claimed who they are; by default that of now. The row is a reject if it changed.
        ``left``: the visitor is gone before the decision was due; nothing opens, and the row says
        unfinished instead of rejected.
        """
        blank = self._blank(verdict, mode, quality, threshold)
        try:
            accepts = verdict.reason is Reason.MATCH and not against and not left
            if accepts and basis is None and verdict.person_id is not None:
                basis = self._people.basis(verdict.person_id)
            decision = self._judge(replace(blank, at=self._clock()), verdict, given, against)
            decision = replace(decision, liveness=liveness)
            if left:
                decision = replace(decision, outcome=Outcome.UNFINISHED)
        except KioskError as error:
            log.error("the person or the time could not be looked up: %s", error)
            return self._log_failed(blank, error.key)
        return self._carry_out(decision, basis)

    def refuse(
        self,
        reason: Reason,
        mode: Mode,
        threshold: float,
        number: str = "",
        person: Person | None = None,
    ) -> Answer:
        """Reject without a comparison: an unknown number, say. ``person``: its owner, if known."""
        decision = self._blank(Verdict(reason), mode, 0.0, threshold)
        try:
            decision = replace(decision, at=self._clock())
        except KioskError as error:
            log.error("the time could not be looked up: %s", error)
            return self._log_failed(decision, error.key)
        if person is not None:
            return self._carry_out(_named(decision, person, reason))
        return self._carry_out(replace(decision, person_number=number))

    def close(self) -> None:
        """Lock the door. An unreachable lock is logged: it locks by itself."""
        try:
            self._lock.close()
        except LockError as error:
            log.error("the lock did not confirm that it closed: %s", error)

    def _judge(
        self,
        blank: Decision,
        verdict: Verdict,
        given: frozenset[Factor],
        against: Reason | None,
    ) -> Decision:
        """Fill ``blank`` with who it is and whether they may enter at its time."""
        if verdict.reason not in (Reason.MATCH, Reason.AMBIGUOUS):
            return blank
        person = self._people.get(verdict.person_id) if verdict.person_id is not None else None
        if verdict.reason is Reason.AMBIGUOUS:
            # which of two look-alikes it is stays open, but not that they are asked for a PIN
            pin_helps = person is not None and person.look_alike and person.has_pin
            return replace(blank, reason=Reason.PIN_NEEDED if pin_helps else Reason.AMBIGUOUS)
        reason = against or self._policy(person, blank.at, given)
        accepted = Reason.MATCH if Factor.FACE in given else Reason.WITHOUT_FACE
        return _named(blank, person, reason or accepted)

    def _blank(self, verdict: Verdict, mode: Mode, quality: float, threshold: float) -> Decision:
        """A reject for the verdict's reason that names nobody.

        Its time is the machine's, which is not trusted: a row is dated by the clock, if that works.
        """
        return Decision(
            at=datetime.now().astimezone(),
            outcome=Outcome.REJECT,
            reason=verdict.reason,
            mode=mode,
            threshold=threshold,
            embedder_id=self._embedder_id,
            distance=verdict.distance,
            runner_up=verdict.runner_up,
            frames=verdict.frames,
            votes=verdict.votes,
            quality=quality,
            trace=verdict.trace,
        )

    def _carry_out(self, decision: Decision, basis: str | None = None) -> Answer:
        """Log, then open if accepted and nothing that it stands on changed meanwhile."""
        try:
            stored = self._log.append(decision, basis).decision
        except KioskError as error:
            log.error("the access log could not be written: %s", error)
            return self._log_failed(decision, error.key)
        if stored.outcome is not decision.outcome:
            log.info("an accept did not hold any more: %s", stored.reason.value)
            decision = replace(decision, outcome=stored.outcome, reason=stored.reason)
        if not decision.accepted:
            return self._publish(Answer(decision))
        try:
            self._lock.open(self._open_s, decision.reason.value)
        except KioskError as error:
            log.error("the lock did not open: %s", error)
            return self._lock_failed(decision, error.key)
        return self._publish(Answer(decision))

    def _lock_failed(self, decision: Decision, key: str) -> Answer:
        self.close()
        rejected = replace(decision, outcome=Outcome.REJECT, reason=Reason.LOCK_FAILED, trace=b"")
        try:
            rejected = replace(rejected, at=self._clock())
            self._log.append(rejected)
        except KioskError as error:
            log.error("the failed lock could not be logged: %s", error)
        return self._publish(Answer(rejected, key))

    def _log_failed(self, decision: Decision, key: str) -> Answer:
        """Reject because no row could be written."""
        rejected = replace(decision, outcome=Outcome.REJECT, reason=Reason.LOG_FAILED)
        return self._publish(Answer(rejected, key))

    def _publish(self, answer: Answer) -> Answer:
        for listener in self.listeners:
            listener(answer.decision)
        return answer


def _named(blank: Decision, person: Person | None, reason: Reason) -> Decision:
    """``blank`` decided for ``reason``, with the person's name and number, if there is one."""
    if person is None:
        return replace(blank, reason=reason)
    return replace(
        blank,
        outcome=Outcome.ACCEPT if reason in ACCEPTING else Outcome.REJECT,
        reason=reason,
        person_id=person.id,
        person_name=person.name,
        person_number=person.number,
    )
