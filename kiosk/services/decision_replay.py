"""Replay past decisions at another threshold, from the voting traces beside the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from kiosk.core.decisions import Decision, LogEntry, LogFilter, Mode, Outcome, Reason, Verdict
from kiosk.core.errors import StorageError
from kiosk.core.people import Person
from kiosk.core.rights import Actor, Right, require
from kiosk.core.threshold_analysis import ReplayDiff, ReplayOutcome, ReplayReport

Replayer = Callable[[bytes, float], tuple[Verdict | None, bool]]
"""Returns (verdict, whether it may differ) of a voting trace at a threshold.

See ``kiosk.vision.recognition.vote_replay``.
"""

MAX_SHOWN = 200
"""Number of changed decisions listed."""

BY_VOTE = frozenset({Reason.MATCH, Reason.UNKNOWN, Reason.AMBIGUOUS, Reason.NOT_THE_CLAIMED_PERSON})
"""Reasons that come from the vote alone.

A reject for another reason (an expired date, a wrong PIN, a photograph) is a reject at every
threshold.
"""


NameOf = Callable[[int], str]
"""Returns the name of an enrolled person; empty if they were deleted."""


class TracesPort(Protocol):
    """The newest entries of the access log with their voting traces."""

    def recent(self, wanted: LogFilter, limit: int) -> list[tuple[LogEntry, bytes]]: ...


class ReplayPeoplePort(Protocol):
    """Finds enrolled people."""

    def get(self, person_id: int) -> Person | None: ...


class DecisionReplayService:
    """Replays the decisions of any day; run it on a thread that may block."""

    def __init__(self, traces: TracesPort, people: ReplayPeoplePort, replay: Replayer) -> None:
        self._traces = traces
        self._people = people
        self._replay = replay

    def replay(
        self, actor: Actor, wanted: LogFilter, threshold: float, limit: int
    ) -> tuple[str, ReplayReport]:
        """Replay the newest ``limit`` decisions that pass ``wanted`` at one threshold.

        Returns the embedder's id of the newest one with a trace (empty if there is none), and the
        decisions of that network that would be different. Raises ``SignInError`` without the
        rights to tune the threshold and to see any day.
        """
        require(actor, Right.TUNE_THRESHOLD)
        require(actor, Right.VIEW_HISTORY)
        rows = self._traces.recent(wanted, limit)
        embedder_id = next((entry.decision.embedder_id for entry, trace in rows if trace), "")
        thresholds = dict.fromkeys(Mode, threshold)
        report = changes(
            rows, embedder_id, thresholds, self._replay, self._name_of, shown=len(rows)
        )
        return embedder_id, report

    def _name_of(self, person_id: int) -> str:
        person = self._people.get(person_id)
        return person.name if person else ""


def changes(
    rows: Sequence[tuple[LogEntry, bytes]],
    embedder_id: str,
    thresholds: Mapping[Mode, float],
    replay: Replayer,
    name_of: NameOf,
    shown: int = MAX_SHOWN,
) -> ReplayReport:
    """Replay ``rows``, newest first, with the thresholds of their modes.

    Skips rows of another network, whose distances are not comparable, and rows without a readable
    trace. A reject that becomes a match counts as opened although the access policy is not
    evaluated, so the count is an upper bound.
    """
    replayed = 0
    found = list[ReplayDiff]()
    for entry, trace in rows:
        made = entry.decision
        if not trace or made.embedder_id != embedder_id or made.reason not in BY_VOTE:
            continue
        try:
            verdict, differs = replay(trace, thresholds[made.mode])
        except StorageError:
            continue
        replayed += 1
        outcome = _changed_outcome(made, verdict) if differs else None
        if outcome is not None:
            found.append(_changed(entry, outcome, verdict, name_of))
    counted = {kind: sum(one.outcome is kind for one in found) for kind in ReplayOutcome}
    oldest = rows[-1][0].decision.at if rows else None
    return ReplayReport(
        len(rows),
        replayed,
        counted[ReplayOutcome.OPENED],
        counted[ReplayOutcome.REFUSED] + counted[ReplayOutcome.UNDECIDED],
        counted[ReplayOutcome.UNDECIDED],
        tuple(found[:shown]),
        oldest,
    )


def _changed_outcome(made: Decision, verdict: Verdict | None) -> ReplayOutcome | None:
    """Return what the decision would become; ``None`` if it would be the same."""
    opens = verdict is not None and verdict.reason is Reason.MATCH
    if opens is (made.outcome is Outcome.ACCEPT):
        return None
    return (
        ReplayOutcome.OPENED
        if opens
        else ReplayOutcome.UNDECIDED
        if verdict is None
        else ReplayOutcome.REFUSED
    )


def _changed(
    entry: LogEntry, outcome: ReplayOutcome, verdict: Verdict | None, name_of: NameOf
) -> ReplayDiff:
    made = entry.decision
    person = verdict.person_id if outcome is ReplayOutcome.OPENED and verdict else None
    who = name_of(person) if person is not None else made.person_name
    return ReplayDiff(entry.id, made.at, who, made.mode, made.reason, made.distance, outcome)
