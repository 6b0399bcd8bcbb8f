"""From a verdict to a log row and the lock: what the row states; nothing opens without one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from kiosk.core.decisions import Decision, Factor, LogEntry, Mode, Outcome, Reason, Verdict
from kiosk.core.errors import LockError, StorageError
from kiosk.core.people import Person
from kiosk.core.ports import Policy
from kiosk.door.verification import VerifyService
from tests.helpers.door import NOW, MemoryLog, MemoryPeople, NotedLock

SEEN = Verdict(Reason.MATCH, 1, distance=0.25, runner_up=1.5, frames=6, votes=5, trace=b"frames")
NOBODY = Verdict(Reason.UNKNOWN, 1, distance=1.25, runner_up=None, frames=12, trace=b"trace")

THRESHOLD = 0.75


class Lock(NotedLock):
    """Record the times it was opened for and the closings; ``stuck`` fails to close."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self.closed = 0
        self.stuck = False

    def open(self, seconds: float, reason: str) -> None:
        super().open(seconds, reason)
        self.seconds.append(seconds)

    def close(self) -> None:
        self.closed += 1
        if self.stuck:
            raise LockError("The relay does not answer.")
        super().close()


class People(MemoryPeople):
    """Record who was looked up."""

    def __init__(self) -> None:
        super().__init__()
        self.lookups: list[int] = []

    def get(self, person_id: int) -> Person | None:
        self.lookups.append(person_id)
        return super().get(person_id)


class FullLog(MemoryLog):
    """Take ``rows`` rows and no more."""

    def __init__(self, lock: NotedLock, rows: int) -> None:
        super().__init__(lock)
        self.capacity = rows

    def append(self, decision: Decision, basis: str | None = None) -> LogEntry:
        if len(self.rows) >= self.capacity:
            raise StorageError("The disk is full.", key="error.disk")
        return super().append(decision, basis)


class Bench:
    """A service with one person enrolled; its clock advances by a second with every reading."""

    def __init__(self, policy: Policy = lambda person, now, given: None, rows: int = 99) -> None:
        self.people = People()
        self.people.add_with_templates(Person("2026-1", "홍길동"), ())
        self.lock = Lock()
        self.log = FullLog(self.lock, rows)
        self.ticks = 0
        self.published: list[Decision] = []
        self.service = VerifyService(
            self.people,
            self.log,
            self.lock,
            policy,
            self.clock,
            embedder_id="net@1",
            open_s=6.5,
        )
        self.service.listeners.append(self.published.append)

    def clock(self) -> datetime:
        self.ticks += 1
        return NOW + timedelta(seconds=self.ticks)


def test_the_row_of_an_accept_states_everything_that_was_measured():
    bench = Bench()
    answer = bench.service.decide(SEEN, Mode.VERIFY, 0.5, THRESHOLD, liveness=0.875)
    assert answer.failed == "" and bench.log.rows == bench.published == [answer.decision]
    assert answer.decision == Decision(
        at=answer.decision.at,
        outcome=Outcome.ACCEPT,
        reason=Reason.MATCH,
        mode=Mode.VERIFY,
        threshold=THRESHOLD,
        embedder_id="net@1",
        person_id=1,
        person_name="홍길동",
        person_number="2026-1",
        distance=0.25,
        runner_up=1.5,
        frames=6,
        votes=5,
        quality=0.5,
        liveness=0.875,
        trace=b"frames",
    )
    assert bench.lock.is_open and bench.lock.seconds == [6.5] and bench.lock.reasons == ["match"]


def test_accept_that_the_log_stores_as_a_reject_opens_nothing():
    bench = Bench()
    append = bench.log.append

    def changed(decision: Decision, basis: str | None = None) -> LogEntry:
        assert basis == bench.people.basis(1)
        return append(replace(decision, outcome=Outcome.REJECT, reason=Reason.CHANGED_MEANWHILE))

    bench.log.append = changed
    answer = bench.service.decide(SEEN, Mode.IDENTIFY, 0.5, THRESHOLD)
    assert answer.decision == bench.published[0] == bench.log.rows[0] and answer.failed == ""
    assert answer.decision.reason is Reason.CHANGED_MEANWHILE and not bench.lock.opened


def test_basis_is_read_before_the_person_is_judged():
    bench = Bench()
    bases: list[str | None] = []
    append = bench.log.append

    def keep(decision: Decision, basis: str | None = None) -> LogEntry:
        bases.append(basis)
        return append(decision, basis)

    bench.log.append = keep
    before = bench.people.basis(1)
    bench.people.get = lambda person_id: (
        bench.people.stored.__setitem__(1, replace(bench.people.stored[1], enabled=False))
        or replace(bench.people.stored[1])
    )
    bench.people.basis = lambda person_id: repr(bench.people.stored[1].enabled)
    bench.service.decide(SEEN, Mode.IDENTIFY, 0.5, THRESHOLD)
    bench.service.decide(SEEN, Mode.VERIFY, 0.5, THRESHOLD, basis=before)
    assert bases == ["True", before], "that of the claim, where there is one"


def test_policy_is_asked_for_the_time_of_the_row():
    asked: list[datetime] = []
    bench = Bench(lambda person, now, given: asked.append(now))
    assert bench.service.decide(SEEN, Mode.IDENTIFY, 1.0, THRESHOLD).decision.at == asked[0]


def test_the_row_of_a_stranger_does_not_name_the_nearest_person():
    bench = Bench()
    answer = bench.service.decide(NOBODY, Mode.IDENTIFY, 1.0, THRESHOLD)
    assert bench.log.rows == bench.published == [answer.decision]
    assert answer.decision == Decision(
        at=answer.decision.at,
        outcome=Outcome.REJECT,
        reason=Reason.UNKNOWN,
        mode=Mode.IDENTIFY,
        threshold=THRESHOLD,
        embedder_id="net@1",
        person_id=None,
        person_name="",
        person_number="",
        distance=1.25,
        runner_up=None,
        frames=12,
        votes=0,
        quality=1.0,
        liveness=None,
        trace=b"trace",
    )
    assert not bench.lock.opened and bench.people.lookups == []


def test_a_verdict_without_a_person_opens_nothing_whatever_the_policy_answers():
    bench = Bench()
    for verdict in (Verdict(Reason.MATCH), Verdict(Reason.AMBIGUOUS)):
        answer = bench.service.decide(verdict, Mode.IDENTIFY, 1.0, THRESHOLD)
        assert not answer.decision.accepted and answer.decision.person_id is None
    assert not bench.lock.opened and bench.people.lookups == []


def test_a_person_deleted_meanwhile_is_rejected_whatever_the_policy_answers():
    bench = Bench()
    bench.people.stored.clear()
    answer = bench.service.decide(SEEN, Mode.IDENTIFY, 1.0, THRESHOLD)
    assert not answer.decision.accepted and not bench.lock.opened


def test_the_policy_is_given_the_person_the_time_and_the_factors():
    requests: list[tuple[Person | None, datetime, frozenset[Factor]]] = []

    def policy(person: Person | None, now: datetime, given: frozenset[Factor]) -> Reason | None:
        requests.append((person, now, given))
        return None

    bench = Bench(policy)
    bench.service.decide(SEEN, Mode.IDENTIFY, 1.0, THRESHOLD)
    given = frozenset({Factor.NUMBER, Factor.PIN})
    answer = bench.service.decide(SEEN, Mode.VERIFY, 0.0, THRESHOLD, given)
    assert answer.decision.reason is Reason.WITHOUT_FACE and answer.decision.accepted
    assert [(person.number, at.date(), factors) for person, at, factors in requests] == [
        ("2026-1", NOW.date(), frozenset({Factor.FACE})),
        ("2026-1", NOW.date(), given),
    ]


@pytest.mark.parametrize("reason", [Reason.DURESS, Reason.LOCKDOWN])
def test_the_policys_answer_is_the_rows_reason(reason):
    bench = Bench(lambda person, now, given: reason)
    answer = bench.service.decide(SEEN, Mode.IDENTIFY, 1.0, THRESHOLD)
    assert answer.decision.reason is reason and answer.decision.person_number == "2026-1"
    assert answer.decision.accepted is bench.lock.is_open is (reason is Reason.DURESS)


def test_a_liveness_refusal_comes_before_the_policy():
    def policy(person: Person | None, now: datetime, given: frozenset[Factor]) -> Reason | None:
        raise AssertionError("The policy was asked.")

    answer = Bench(policy).service.decide(
        SEEN, Mode.IDENTIFY, 1.0, THRESHOLD, against=Reason.FROZEN_PICTURE
    )
    assert answer.decision.reason is Reason.FROZEN_PICTURE and not answer.decision.accepted


def test_a_reject_without_a_comparison_keeps_the_number_that_was_typed():
    decision = (
        Bench().service.refuse(Reason.UNKNOWN_NUMBER, Mode.VERIFY, THRESHOLD, "9999").decision
    )
    assert (decision.person_id, decision.person_name, decision.person_number) == (None, "", "9999")
    assert (decision.quality, decision.distance, decision.frames) == (0.0, None, 0)
    assert (
        Bench().service.refuse(Reason.OLD_CODE, Mode.VERIFY, THRESHOLD).decision.person_number == ""
    )


def test_a_reject_of_a_known_person_keeps_their_stored_number():
    bench = Bench()
    person = bench.people.stored[1]
    decision = bench.service.refuse(
        Reason.WRONG_PIN, Mode.VERIFY, THRESHOLD, "20261", person
    ).decision
    assert (decision.person_id, decision.person_name, decision.person_number) == (
        1,
        "홍길동",
        "2026-1",
    )


def test_without_a_row_nothing_opens_and_the_failure_is_named():
    bench = Bench(rows=0)
    answer = bench.service.decide(SEEN, Mode.IDENTIFY, 1.0, THRESHOLD)
    assert (answer.decision.outcome, answer.decision.reason) == (Outcome.REJECT, Reason.LOG_FAILED)
    assert answer.failed == "error.disk" and bench.published == [answer.decision]
    assert not bench.lock.opened


def test_when_people_cannot_be_read_nothing_opens_and_no_row_is_written():
    bench = Bench()
    bench.people.broken = True
    answer = bench.service.decide(SEEN, Mode.VERIFY, 0.25, THRESHOLD)
    assert (answer.decision.outcome, answer.decision.reason) == (Outcome.REJECT, Reason.LOG_FAILED)
    assert answer.failed == "error.storage" and bench.published == [answer.decision]
    assert answer.decision.person_id is None and bench.log.rows == [] and not bench.lock.opened


class UntrustedClock(Bench):
    """Fail to tell the time from the reading number ``fails_from`` on."""

    fails_from = 1

    def clock(self) -> datetime:
        now = super().clock()
        if self.ticks >= self.fails_from:
            raise StorageError("The clock is behind the log.", key="error.clock_behind")
        return now


def test_without_a_trusted_clock_nothing_opens_and_no_row_is_written():
    bench = UntrustedClock()
    for answer in (
        bench.service.decide(SEEN, Mode.IDENTIFY, 1.0, THRESHOLD),
        bench.service.decide(NOBODY, Mode.IDENTIFY, 1.0, THRESHOLD),
        bench.service.refuse(Reason.OLD_CODE, Mode.VERIFY, THRESHOLD),
    ):
        assert answer.failed == "error.clock_behind" and not answer.decision.accepted
        assert answer.decision.reason is Reason.LOG_FAILED
    assert len(bench.published) == 3 and bench.log.rows == [] and not bench.lock.opened


def test_a_failing_lock_is_closed_even_if_the_clock_is_no_longer_trusted():
    bench = UntrustedClock()
    bench.fails_from = 2
    bench.lock.broken = True
    answer = bench.service.decide(SEEN, Mode.IDENTIFY, 1.0, THRESHOLD)
    assert answer.decision.reason is Reason.LOCK_FAILED and not answer.decision.accepted
    assert len(bench.log.rows) == 1 and bench.lock.closed == 1


def test_a_failing_lock_is_closed_and_gets_a_row_of_its_own_without_the_trace():
    bench = Bench()
    bench.lock.broken = True
    answer = bench.service.decide(SEEN, Mode.IDENTIFY, 1.0, THRESHOLD)
    accepted, denied = bench.log.rows
    assert accepted.accepted and accepted.trace == b"frames"
    assert (denied.outcome, denied.reason, denied.trace) == (
        Outcome.REJECT,
        Reason.LOCK_FAILED,
        b"",
    )
    assert denied.at > accepted.at and denied.person_number == "2026-1"
    assert answer.failed == "error.lock" and bench.published == [denied] == [answer.decision]
    assert bench.lock.closed == 1


def test_a_failing_lock_is_published_even_if_its_row_cannot_be_written():
    bench = Bench(rows=1)
    bench.lock.broken = True
    answer = bench.service.decide(SEEN, Mode.IDENTIFY, 1.0, THRESHOLD)
    assert answer.decision.reason is Reason.LOCK_FAILED and not answer.decision.accepted
    assert bench.published == [answer.decision] and len(bench.log.rows) == 1


def test_an_error_while_closing_is_not_raised():
    bench = Bench()
    bench.lock.stuck = True
    bench.service.close()
    assert bench.lock.closed == 1
