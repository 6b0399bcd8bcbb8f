"""What past decisions would have become at another threshold, from the frames kept beside the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kiosk.errors import StorageError
from kiosk.evidence import Becomes, Changed, Replay
from kiosk.types import Decision, LogEntry, Mode, Outcome, Reason, Verdict

Replayer = Callable[[bytes, float], tuple[Verdict | None, bool]]
"""(verdict, whether it may differ) of stored frames at a threshold: ``vision.replay``."""

SHOWN = 200

BY_VOTE = frozenset({Reason.MATCH, Reason.UNKNOWN, Reason.AMBIGUOUS, Reason.NOT_THE_CLAIMED_PERSON})
"""Reasons that the vote alone gives. Whoever was refused for another one (an expired date, a wrong PIN, a flat picture) stays
refused at every threshold."""


NameOf = Callable[[int], str]
"""The name of an enrolled person; empty where they are gone."""


def changes(rows: Sequence[tuple[LogEntry, bytes]], embedder_id: str, thresholds: Mapping[Mode, float], replay: Replayer, name_of: NameOf,
            shown: int = SHOWN) -> Replay:
    """``rows``, newest first, once more with ``thresholds``: by face alone or with a number, as each was.

    Rows of another network, whose distances mean something else, and rows without readable frames are not replayed. An accept of
    somebody who was refused is counted although the policy was not asked: the number is never too small.
    """
    replayed, found = 0, list[Changed]()
    for entry, trace in rows:
        made = entry.decision
        if not trace or made.embedder_id != embedder_id or made.reason not in BY_VOTE:
            continue
        try:
            verdict, differs = replay(trace, thresholds[made.mode])
        except StorageError:
            continue
        replayed += 1
        becomes = _becomes(made, verdict) if differs else None
        if becomes is not None:
            found.append(_changed(entry, becomes, verdict, name_of))
    counted = {kind: sum(one.becomes is kind for one in found) for kind in Becomes}
    oldest = rows[-1][0].decision.at if rows else None
    return Replay(len(rows), replayed, counted[Becomes.OPENED], counted[Becomes.REFUSED] + counted[Becomes.UNDECIDED], counted[Becomes.UNDECIDED],
                  tuple(found[:shown]), oldest)


def _becomes(made: Decision, verdict: Verdict | None) -> Becomes | None:
    """What else the decision would have been; ``None`` where the door would have done the same."""
    opens = verdict is not None and verdict.reason is Reason.MATCH
    if opens is (made.outcome is Outcome.ACCEPT):
        return None
    return Becomes.OPENED if opens else Becomes.UNDECIDED if verdict is None else Becomes.REFUSED


def _changed(entry: LogEntry, becomes: Becomes, verdict: Verdict | None, name_of: NameOf) -> Changed:
    made = entry.decision
    person = verdict.person_id if becomes is Becomes.OPENED and verdict else None
    who = name_of(person) if person is not None else made.person_name
    return Changed(entry.id, made.at, who, made.mode, made.reason, made.distance, becomes)
