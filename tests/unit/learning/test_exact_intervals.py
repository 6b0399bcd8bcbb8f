"""Exact limits of a share, and how many trials prove a claim."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.learning.evaluation.exact_intervals import (
    at_least,
    at_most,
    clopper_pearson,
    people_for_pairs,
    trials_needed,
)


@pytest.mark.parametrize(
    ("found", "tried", "low", "high"),
    [
        (0, 50, 0.0, 0.0711),
        (5, 50, 0.0333, 0.2181),
        (1, 1, 0.025, 1.0),
        (0, 0, 0.0, 1.0),
        (50, 50, 0.9289, 1.0),
    ],
)
def test_the_exact_interval(found, tried, low, high):
    assert clopper_pearson(found, tried) == pytest.approx((low, high), abs=2e-4)


@settings(max_examples=30, deadline=None)
@given(tried=st.integers(1, 80), share=st.floats(0, 1))
def test_the_interval_holds_the_share_and_narrows_with_more_tries(tried, share):
    found = round(share * tried)
    low, high = clopper_pearson(found, tried)
    assert 0 <= low <= found / tried <= high <= 1
    wider = high - low
    low, high = clopper_pearson(4 * found, 4 * tried)
    assert high - low < wider


def test_more_than_was_tried_is_no_share():
    with pytest.raises(ValueError, match="is no share"):
        clopper_pearson(3, 2)


def test_without_errors_the_limit_is_that_of_the_rule_of_three():
    for limit, trials in ((0.01, 300), (0.015, 200), (0.02, 150), (0.001, 3000), (1e-4, 30_000)):
        assert trials_needed(limit) == trials
        assert 0.98 * limit < at_most(0, trials) <= limit < at_most(0, trials - trials // 20)


def test_as_many_trials_as_are_said_to_be_needed_decide():
    for seen, limit in ((0.005, 0.01), (0.001, 0.02)):
        trials = trials_needed(limit, seen)
        assert at_most(round(seen * trials), trials) <= limit
        assert at_most(round(seen * trials / 2), trials // 2) > limit
    for seen, limit in ((0.04, 0.02), (0.2, 0.05)):
        trials = trials_needed(limit, seen)
        assert at_least(round(seen * trials), trials) >= limit
    assert trials_needed(0.01, 0.01) is None, "no number of trials tells them apart"
    assert trials_needed(0.01, 0.010001) is None


def test_one_in_ten_thousand_needs_as_many_people_as_make_thirty_thousand_pairs():
    people = people_for_pairs(30_000)
    assert people == 246
    assert people * (people - 1) // 2 >= 30_000 > (people - 1) * (people - 2) // 2


def test_many_trials_are_quick_and_exact():
    low, high = clopper_pearson(3000, 100_000)
    assert low == pytest.approx(0.02895, abs=1e-5) and high == pytest.approx(0.03108, abs=1e-5)
