"""Boundaries of the vote: which frames count, when it answers, and what the verdict states."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from kiosk.core.decisions import Reason, Verdict
from kiosk.core.templates import Match
from kiosk.core.voting_trace import unpack
from kiosk.vision.recognition.consensus import Consensus, VotingRule, milliseconds

RULE = VotingRule(
    threshold=1.0,
    margin=0.25,
    votes=4,
    window_s=1.0,
    agreement=0.75,
    min_span_s=0.25,
    patience_s=4.0,
)
NEAR = 0.5
FAR = 1.5
NO_VOTE = 1.25


def near(person: int = 1, distance: float = NEAR, other: float = 1.75) -> Match:
    return Match(person, distance, 9, other)


def voted(frames: Iterable[tuple[float, Match]], rule: VotingRule = RULE) -> Consensus:
    consensus = Consensus(rule)
    for at, match in frames:
        consensus.add(at, match)
    return consensus


def every(
    seconds: float, matches: Iterable[Match], began: float = 0.0
) -> list[tuple[float, Match]]:
    return [(began + number * seconds, match) for number, match in enumerate(matches)]


def reason(verdict: Verdict | None) -> Reason | None:
    return verdict.reason if verdict is not None else None


# which frames count


def test_frames_as_old_as_the_window_count_and_older_ones_do_not():
    strangers = every(0.0625, [near(distance=FAR)] * 4)
    members = every(0.0625, [near()] * 6, began=0.6875)
    assert reason(voted([*strangers, *members]).verdict(1.0)) is None, "six of ten"
    later = every(0.0625, [near()] * 8, began=0.6875)
    assert voted([*strangers, *later]).votes == 8
    assert reason(voted([*strangers, *later]).verdict(1.125)) is Reason.MATCH, "eight of ten"


def test_a_slow_machine_keeps_one_and_a_half_times_the_needed_votes_however_old():
    """Six frames where four must agree; otherwise it would never reach a verdict."""
    frames = every(1.5, [near(distance=FAR), near(2), *[near()] * 5])
    assert reason(voted(frames).verdict(9.0)) is not Reason.MATCH, "one of the six is for another"
    frames = every(1.5, [near(2), *[near()] * 6])
    assert reason(voted(frames).verdict(9.0)) is Reason.MATCH, "that one is too old now"


def test_the_window_is_not_shortened_on_a_fast_machine():
    consensus = voted(every(0.03125, [near()] * 33))
    assert consensus.votes == 33
    consensus.add(1.03125, near())
    assert consensus.votes == 33, "the first is older than a second"


def test_the_votes_shown_are_those_of_the_leading_person():
    assert Consensus(RULE).votes == 0
    assert voted(every(0.1, [near(distance=FAR)])).votes == 0
    assert voted(every(0.1, [near(1), near(2), near(1), near(3), near(1)])).votes == 3


@pytest.mark.parametrize(
    ("match", "supports"),
    [
        (near(distance=1.0), True),
        (near(distance=1.001), False),
        (near(distance=0.5, other=0.75), True),
        (near(distance=0.5, other=0.749), False),
    ],
)
def test_a_frame_supports_a_person_within_the_threshold_and_the_margin(match, supports):
    assert Consensus(RULE).supports(match) is supports


def test_another_threshold_starts_the_vote_again():
    consensus = voted(every(0.1, [near()] * 3))
    consensus.reset(0.25)
    assert consensus.votes == 0 and consensus.rule.threshold == 0.25
    for at, match in every(0.1, [near()] * 6, began=0.3):
        consensus.add(at, match)
    assert consensus.votes == 0, "too far now"
    consensus.reset(2.0)
    consensus.add(1.0, near())
    assert consensus.votes == 1 and consensus.rule.margin == RULE.margin


def test_a_clock_that_goes_back_restarts_the_track_and_one_that_stands_still_does_not():
    consensus = voted([(1.0, near()), (1.0, near()), (1.25, near())])
    assert consensus.votes == 3
    consensus.add(1.2, near())
    assert consensus.votes == 1


# when it answers


@pytest.mark.parametrize(("frames", "answer"), [(3, None), (4, Reason.MATCH)])
def test_the_configured_number_of_votes_accepts(frames, answer):
    assert reason(voted(every(0.25, [near()] * frames)).verdict(0.75)) is answer


def test_exactly_the_configured_agreement_is_enough():
    agreeing = [near()] * 3 + [near(distance=NO_VOTE)] + [near()] * 3 + [near(distance=NO_VOTE)]
    assert reason(voted(every(0.0625, agreeing)).verdict(0.5)) is Reason.MATCH, "six of eight"
    fewer = [*agreeing, near(distance=NO_VOTE)]
    assert reason(voted(every(0.0625, fewer)).verdict(0.5)) is None, "six of nine"


@pytest.mark.parametrize(("last", "answer"), [(0.249, None), (0.25, Reason.MATCH)])
def test_votes_must_span_the_minimum_time(last, answer):
    frames = [(0.0, near()), (0.0625, near()), (0.125, near()), (last, near())]
    assert reason(voted(frames).verdict(last)) is answer
    later = [(at + 8.0, match) for at, match in frames]
    assert reason(voted(later).verdict(8.0 + last)) is answer, "at any time of the clock"


def test_only_frames_that_support_the_person_count_for_the_span():
    frames = every(0.0625, [near()] * 4, began=0.25)
    for other in (near(1, NO_VOTE), near(2, NO_VOTE)):
        assert reason(voted([(0.0, other), *frames]).verdict(0.5)) is None
        assert reason(voted([*frames, (0.75, other)]).verdict(0.75)) is None
    assert reason(voted([*frames, (0.75, near())]).verdict(0.75)) is Reason.MATCH


def test_a_track_without_agreement_is_unknown_when_patience_ends_and_not_before():
    frames = every(0.25, [near(1), near(2), near(1), near(2)])
    assert reason(voted(frames).verdict(3.999)) is None
    assert reason(voted(frames).verdict(4.0)) is Reason.UNKNOWN
    assert reason(voted(frames[:3]).verdict(60.0)) is None, "three frames are too few to say so"


def test_a_clear_stranger_is_unknown_after_a_third_of_the_patience_with_enough_frames():
    rule = replace(RULE, patience_s=3.0)
    frames = every(0.0625, [near(distance=FAR)] * 12)
    assert reason(voted(frames, rule).verdict(0.999)) is None
    assert reason(voted(frames, rule).verdict(1.0)) is Reason.UNKNOWN
    assert reason(voted(frames[:11], rule).verdict(1.0)) is None
    assert reason(voted(frames[:11], rule).verdict(2.999)) is None


@pytest.mark.parametrize(
    "doubt",
    [
        near(),
        near(distance=1.0, other=1.125),
        near(distance=NEAR, other=0.6),
    ],
)
def test_one_frame_within_the_threshold_rules_out_the_early_answer(doubt):
    frames = every(0.0625, [near(distance=FAR)] * 6 + [doubt] + [near(distance=FAR)] * 8)
    assert reason(voted(frames).verdict(1.5)) is None
    assert reason(voted(frames).verdict(4.0)) is Reason.UNKNOWN


# what the verdict states


@pytest.mark.parametrize(
    ("doubtful", "clear", "answer"),
    [
        (2, 2, Reason.AMBIGUOUS),
        (1, 3, Reason.UNKNOWN),
        (2, 3, Reason.UNKNOWN),
    ],
)
def test_half_of_the_frames_in_doubt_are_ambiguous(doubtful, clear, answer):
    matches = [near(distance=NEAR, other=0.625)] * doubtful + [near(distance=FAR)] * clear
    verdict = voted(every(0.125, matches)).verdict(5.0)
    assert reason(verdict) is answer


def test_a_reject_names_the_nearest_person_and_the_median_of_all_distances():
    matches = [
        Match(1, 1.25, 4, 1.5),
        Match(2, 1.125, 5, 1.75),
        Match(3, 1.5, 6, 2.0),
        Match(3, 1.375, 7, 1.625),
        Match(1, 1.75, 8, 1.875),
    ]
    verdict = voted(every(0.125, matches)).verdict(4.5)
    assert verdict is not None and verdict.reason is Reason.UNKNOWN
    assert (verdict.person_id, verdict.votes, verdict.frames) == (2, 0, 5)
    assert (verdict.distance, verdict.runner_up) == (1.375, 1.75)


def test_an_accept_states_the_medians_of_the_persons_distances_and_of_the_runner_up():
    matches = [
        near(1, 0.25, 1.5),
        near(1, 0.5, 1.625),
        near(1, 0.75, 1.75),
        near(2, 1.25, 1.25),
        near(1, 0.625, 2.0),
        near(1, 0.375, 1.875),
    ]
    verdict = voted(every(0.125, matches)).verdict(0.75)
    assert verdict is not None and verdict.reason is Reason.MATCH
    assert (verdict.person_id, verdict.votes, verdict.frames) == (1, 5, 6)
    assert (verdict.distance, verdict.runner_up) == (0.5, 1.75)
    assert len(unpack(verdict.trace)) == 6


def test_with_one_person_enrolled_there_is_no_runner_up():
    verdict = voted(every(0.25, [Match(1, 0.5)] * 4)).verdict(0.75)
    assert verdict is not None and verdict.reason is Reason.MATCH and verdict.runner_up is None


def test_seconds_are_rounded_to_milliseconds():
    rounded = [milliseconds(seconds) for seconds in (0.0, 0.0004, 0.0006, 1.0, 61.25)]
    assert rounded == [0, 0, 1, 1000, 61250]
