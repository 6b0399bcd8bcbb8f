"""k of n frames over time, never one frame."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.decisions import Reason
from kiosk.core.templates import Match
from kiosk.vision.recognition.consensus import Consensus, VotingRule

RULE = VotingRule(
    threshold=1.0,
    margin=0.05,
    votes=4,
    window_s=1.0,
    agreement=0.7,
    min_span_s=0.25,
    patience_s=4.0,
)


def fed(*frames: tuple[float, Match]) -> Consensus:
    consensus = Consensus(RULE)
    for at, match in frames:
        consensus.add(at, match)
    return consensus


def near(person: int, distance: float = 0.6, other: float = 1.4) -> Match:
    return Match(person, distance, 99, other)


def test_one_perfect_frame_decides_nothing():
    assert fed((0.0, near(1, 0.01))).verdict(0.0) is None


def test_four_agreeing_frames_over_time_accept():
    consensus = fed(*((i * 0.1, near(1, 0.5 + i / 100)) for i in range(4)))
    verdict = consensus.verdict(0.3)
    assert verdict is not None and verdict.reason is Reason.MATCH
    assert (verdict.person_id, verdict.votes, verdict.frames) == (1, 4, 4)
    assert abs(verdict.distance - 0.515) < 1e-6


def test_agreeing_frames_in_no_time_are_not_enough():
    assert fed(*((i * 0.01, near(1)) for i in range(6))).verdict(0.06) is None


def test_the_rate_of_the_camera_does_not_matter():
    for rate, seconds in ((2, 3.0), (3, 2.0), (10, 0.5), (30, 0.5), (60, 0.5)):
        consensus = fed(*((i / rate, near(1)) for i in range(int(rate * seconds))))
        verdict = consensus.verdict(seconds)
        assert verdict is not None and verdict.reason is Reason.MATCH, rate


def test_agreement_of_less_than_the_share_is_not_enough():
    frames = [(i / 30, near(1) if i % 2 else near(1, 1.3)) for i in range(30)]
    assert fed(*frames).verdict(1.0) is None


def test_votes_for_two_people_never_accept():
    frames = [(i * 0.1, near(1 + i % 2)) for i in range(30)]
    consensus = fed(*frames)
    assert consensus.verdict(3.0) is None
    verdict = consensus.verdict(4.1)
    assert verdict is not None and verdict.reason is Reason.UNKNOWN


def test_a_second_person_nearly_as_near_is_ambiguous():
    verdict = fed(*((i * 0.2, near(1, 0.6, 0.62)) for i in range(22))).verdict(4.2)
    assert verdict is not None and verdict.reason is Reason.AMBIGUOUS


def test_a_clear_stranger_is_told_before_patience_runs_out():
    consensus = fed(*((i * 0.12, near(1, 1.3)) for i in range(12)))
    assert consensus.verdict(1.0) is None
    verdict = consensus.verdict(1.4)
    assert verdict is not None and verdict.reason is Reason.UNKNOWN and verdict.votes == 0


def test_nothing_compared_gives_no_answer_however_long():
    assert Consensus(RULE).verdict(100.0) is None


def test_reset_forgets_votes():
    consensus = fed(*((i * 0.1, near(1)) for i in range(3)))
    consensus.reset()
    consensus.add(0.4, near(1))
    assert consensus.votes == 1 and consensus.verdict(0.4) is None


MATCHES = st.builds(Match, st.integers(1, 3), st.floats(0, 2), st.just(9), st.floats(0, 2))


@pytest.mark.slow
@given(st.lists(st.tuples(st.floats(0, 0.5), MATCHES), max_size=40))
def test_an_accept_always_has_its_votes_within_the_threshold_and_margin(frames):
    consensus = Consensus(RULE)
    now = 0.0
    fed_so_far = []
    for pause, match in frames:
        now += pause
        consensus.add(now, match)
        fed_so_far.append((now, match))
        verdict = consensus.verdict(now)
        if verdict is not None and verdict.reason is Reason.MATCH:
            young = sum(now - at <= RULE.window_s for at, _ in fed_so_far)
            recent = [m for _, m in fed_so_far[-max(young, 6) :]]
            supporting = [
                m
                for m in recent
                if m.distance <= 1.0 and m.runner_up_distance - m.distance >= RULE.margin
            ]
            assert len(supporting) >= max(RULE.votes, RULE.agreement * len(recent))
            assert {m.person_id for m in supporting} == {verdict.person_id}
