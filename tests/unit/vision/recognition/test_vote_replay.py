"""Replay of past decisions: reproduced by their own rule, decided again by others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.core.decisions import Reason
from kiosk.core.errors import StorageError
from kiosk.core.templates import Match
from kiosk.core.voting_trace import MOST_FRAMES, VotingRule, pack, unpack
from kiosk.vision.recognition.consensus import Consensus
from kiosk.vision.recognition.vote_replay import alike, replay, replayed

pytestmark = pytest.mark.slow

RULE = VotingRule(threshold=1.0)
rules = st.builds(
    VotingRule,
    threshold=st.floats(0, 2),
    margin=st.floats(0, 0.5),
    votes=st.integers(2, 8),
    window_s=st.floats(0.3, 2),
    agreement=st.floats(0.5, 1),
    min_span_s=st.floats(0, 0.5),
    patience_s=st.floats(1, 3),
)
matches = st.builds(
    Match,
    st.integers(1, 3),
    st.floats(0, 2, width=32),
    st.none(),
    st.one_of(st.floats(0, 2), st.just(float("inf"))),
)
visits = st.lists(st.tuples(st.floats(0, 0.4), matches), min_size=1, max_size=60)


def judged(rule: VotingRule, visit: list[tuple[float, Match]], began: float = 1234.5678):
    """What the door says to these frames: it asks after each, and stops at the first answer."""
    consensus = Consensus(rule)
    now = began
    for pause, match in visit:
        now += pause
        consensus.add(now, match)
        verdict = consensus.verdict(now)
        if verdict is not None:
            return verdict
    return None


@given(rules, visits)
@settings(max_examples=200)
def test_a_decision_is_reproduced_from_its_trace_to_the_last_figure(rule, visit):
    verdict = judged(rule, visit)
    if verdict is None:
        return
    trace = unpack(verdict.trace)
    assert trace.rule == rule and len(trace) == verdict.frames
    assert replayed(trace, rule) == verdict and alike(trace, rule)
    assert replay(verdict.trace, rule.threshold) == (None, False), "nothing that could differ"


@given(rules, visits, st.floats(0, 2), st.floats(0, 0.5), st.integers(2, 8))
@settings(max_examples=200)
def test_at_another_rule_it_is_what_the_vote_would_have_said_to_the_same_frames(
    rule, visit, threshold, margin, votes
):
    verdict = judged(rule, visit)
    if verdict is None:
        return
    other = replace(rule, threshold=threshold, margin=margin, votes=votes)
    again = judged(other, visit[: verdict.frames])
    assert replayed(unpack(verdict.trace), other) == again
    found, differs = replay(verdict.trace, threshold, margin, votes)
    if differs:
        assert found == again
    else:
        assert again is not None and (again.reason, again.person_id) == (
            verdict.reason,
            verdict.person_id,
        )


@given(visits, st.floats(0, 2))
@settings(max_examples=200)
def test_a_threshold_that_judges_every_frame_the_same_cannot_change_the_answer(visit, threshold):
    """The short cut by which thousands of decisions are replayed at once."""
    verdict = judged(RULE, visit)
    if verdict is not None and alike(unpack(verdict.trace), replace(RULE, threshold=threshold)):
        assert judged(replace(RULE, threshold=threshold), visit[: verdict.frames]) == verdict


def test_a_stricter_threshold_than_the_frames_can_tell_leaves_it_open():
    visit = [(0.1, Match(1, 0.6, 2, 1.4))] * 4
    verdict = judged(RULE, visit)
    assert verdict is not None and verdict.reason is Reason.MATCH
    assert replay(verdict.trace, 0.5) == (None, True), (
        "four frames do not say what a fifth would have"
    )


def test_the_trace_is_small_and_holds_no_template():
    verdict = judged(RULE, [(0.1, Match(1, 0.6, 2, 1.4))] * 4)
    assert verdict is not None and len(verdict.trace) < 120


def test_invalid_trace_is_refused_in_one_sentence():
    good = judged(RULE, [(0.1, Match(1, 0.6, 2, 1.4))] * 4).trace
    for bad in (
        b"",
        b"\x01",
        good[:-1],
        good + b"0",
        b"\x02" + good[1:],
        good[:67] + b"\xff\xff" + good[69:],
    ):
        with pytest.raises(StorageError, match="restore a backup"):
            unpack(bad)


def test_a_track_without_frames_or_with_far_too_many_keeps_none():
    assert pack(RULE, []) == b""
    assert pack(RULE, [(i, Match(1, 0.5)) for i in range(MOST_FRAMES + 1)]) == b""


def test_clock_going_back_restarts_the_track():
    consensus = Consensus(RULE)
    for at in (10.0, 10.1, 10.2):
        consensus.add(at, Match(1, 0.5, 2, 1.4))
    consensus.add(3.0, Match(1, 0.5, 2, 1.4))
    assert consensus.votes == 1 and consensus.verdict(3.0) is None
    for at in (3.1, 3.2, 3.3):
        consensus.add(at, Match(1, 0.5, 2, 1.4))
    assert consensus.verdict(3.3).reason is Reason.MATCH
