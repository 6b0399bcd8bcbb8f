"""What the door would have said to the frames of a past decision with another rule: the vote itself, on its own trace."""

from __future__ import annotations

import numpy as np

from kiosk.core.decisions import Verdict
from kiosk.core.voting_trace import VotingRule, VotingTrace, unpack
from kiosk.vision.recognition.consensus import Consensus


def replayed(trace: VotingTrace, rule: VotingRule) -> Verdict | None:
    """The vote by ``rule``, asked after each frame as the door does; ``None`` where the frames end before it answers."""
    consensus = Consensus(rule)
    for at, match in trace.matches:
        consensus.take(at, match)
        verdict = consensus.answer_at(at)
        if verdict is not None:
            return verdict
    return None


def alike(trace: VotingTrace, rule: VotingRule) -> bool:
    """Whether ``rule`` differs from the trace's in threshold or margin only, and judges every single frame the same.

    The vote looks at each frame only through "near enough" and "nobody nearly as near" (and at the order of distances, which no
    threshold changes), so then it says the same, and need not be taken again.
    """
    before = trace.rule
    if (before.votes, before.window_s, before.agreement, before.min_span_s, before.patience_s) != (
        rule.votes,
        rule.window_s,
        rule.agreement,
        rule.min_span_s,
        rule.patience_s,
    ):
        return False
    return all(
        np.array_equal(a, b)
        for a, b in zip(_judged(trace, before), _judged(trace, rule), strict=True)
    )


def _judged(trace: VotingTrace, rule: VotingRule) -> tuple[np.ndarray, np.ndarray]:
    distance = trace.distance.astype(np.float64)
    runner_up = trace.runner_up.astype(np.float64)
    return distance <= rule.threshold, runner_up - distance < rule.margin


def replay(
    content: bytes, threshold: float, margin: float | None = None, votes: int | None = None
) -> tuple[Verdict | None, bool]:
    """What the stored frames ``content`` give at ``threshold`` (and perhaps another margin and number of votes), and whether
    that may differ from what was decided. Raises ``StorageError`` where they cannot be read.
    """
    trace = unpack(content)
    old = trace.rule
    rule = VotingRule(
        threshold,
        old.margin if margin is None else margin,
        old.votes if votes is None else votes,
        old.window_s,
        old.agreement,
        old.min_span_s,
        old.patience_s,
    )
    if alike(trace, rule):
        return None, False
    return replayed(trace, rule), True
