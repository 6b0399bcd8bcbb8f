"""Replays the vote of a past decision with another rule, from its trace."""

from __future__ import annotations

import numpy as np

from kiosk.core.decisions import Verdict
from kiosk.core.voting_trace import VotingRule, VotingTrace, unpack
from kiosk.vision.recognition.consensus import Consensus


def replayed(trace: VotingTrace, rule: VotingRule) -> Verdict | None:
    """Return the vote by ``rule``, asked after each frame as the door does.

    ``None`` if the frames end before there is an answer.
    """
    consensus = Consensus(rule)
    for at, match in trace.matches:
        consensus.take(at, match)
        verdict = consensus.answer_at(at)
        if verdict is not None:
            return verdict
    return None


def alike(trace: VotingTrace, rule: VotingRule) -> bool:
    """Return whether ``rule`` is sure to give the same answer as the trace's own rule.

    That holds if it differs in threshold or margin only and judges every single frame the same: the
    vote looks at a frame only through "near enough", "no other nearly as near" and the order of
    distances, which no threshold changes.
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
    """Return the vote of a stored trace at ``threshold``, and whether it may differ from before.

    ``margin`` and ``votes``: instead of the trace's own. Raise ``StorageError`` if ``content`` is
    damaged.
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
