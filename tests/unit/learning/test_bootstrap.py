"""Intervals by resampling people."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.learning.evaluation.bootstrap_intervals import (
    drawn,
    intervals,
    of_rows,
    pair_weights,
    percentiles,
    share_interval,
)
from kiosk.learning.evaluation.verification_metrics import Scores, figures


def experiment(people: int, pictures: int, seed: int):
    """Distances of all pairs of points that scatter around their people."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(people), pictures)
    points = rng.normal(size=(people, 6))[who] + 0.45 * rng.normal(size=(len(who), 6))
    first, second = np.triu_indices(len(who), 1)
    return np.linalg.norm(points[first] - points[second], axis=1), who[first], who[second]


def test_a_draw_is_as_large_as_the_people_and_seeded():
    counts = drawn(7, 50, seed=3)
    assert counts.shape == (50, 7) and (counts.sum(axis=1) == 7).all() and counts.min() >= 0
    assert np.array_equal(counts, drawn(7, 50, seed=3)) and not np.array_equal(
        counts, drawn(7, 50, seed=4)
    )


def test_weights_of_pairs_by_hand():
    assert pair_weights(
        np.array([0, 1, 3]), np.array([0, 1, 2, 1, 0]), np.array([0, 1, 2, 2, 2])
    ).tolist() == [0, 1, 3, 3, 0]


def test_intervals_hold_the_figures_and_come_again():
    distances, first, second = experiment(12, 4, seed=1)
    scores = Scores.of(distances, first == second)
    found = intervals(scores, first, second, 2.0, resamples=200, seed=5)
    assert found == intervals(scores, first, second, 2.0, resamples=200, seed=5)
    point = figures(scores, 2.0)
    for name in ("accuracy", "eer", "pos_m", "neg_m", "sensitivity", "far"):
        low, high = found[name]
        assert low <= point[name] <= high and low < high, name
    assert "tar@far=1e-4" not in found, "what cannot be measured has no interval"


def test_intervals_do_not_depend_on_the_order_of_pairs():
    distances, first, second = experiment(6, 3, seed=2)
    turned = np.random.default_rng(0).permutation(len(distances))
    a = intervals(Scores.of(distances, first == second), first, second, 2.0, resamples=50)
    b = intervals(
        Scores.of(distances[turned], (first == second)[turned]),
        first[turned],
        second[turned],
        2.0,
        resamples=50,
    )
    assert a.keys() == b.keys()
    for name, limits in a.items():
        assert limits == pytest.approx(b[name]), name


def test_people_are_what_counts_not_pairs():
    """Ten times the pictures of the same few people hardly narrow the interval; more people do."""

    def width(people: int, pictures: int) -> float:
        distances, first, second = experiment(people, pictures, seed=4)
        low, high = intervals(
            Scores.of(distances, first == second), first, second, 2.0, resamples=150
        )["neg_m"]
        return high - low

    few = width(6, 3)
    many_pictures = width(6, 12)
    many_people = width(60, 3)
    assert many_pictures > 0.6 * few and many_people < 0.6 * few


def test_folds_are_resampled_too():
    distances, first, second = experiment(10, 3, seed=6)
    scores = Scores.of(distances, first == second)
    folds = np.arange(len(distances)) % 3
    low, high = intervals(scores, first, second, 0.01, folds, resamples=80)["accuracy"]
    assert low <= figures(scores, 0.01, folds[scores.order])["accuracy"] <= high


def test_percentiles_and_rows_by_hand():
    assert percentiles(np.arange(201.0)) == pytest.approx((5.0, 195.0))
    rows = [
        {"a": 1.0, "b": None, "c": 1.0},
        {"a": 1.0, "b": None, "c": None},
        {"a": 1.0, "b": 2.0, "c": 1.0},
    ]
    assert of_rows(rows) == {"a": (1.0, 1.0), "c": (1.0, 1.0)} and of_rows([]) == {}


def test_a_share_over_people():
    assert share_interval({}) is None
    assert share_interval({"a": (0, 9), "b": (0, 3)}) == (0.0, 0.0)
    low, high = share_interval({str(i): (i % 2, 1) for i in range(100)})
    assert 0.35 < low < 0.45 and 0.55 < high < 0.65
