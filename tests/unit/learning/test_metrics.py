"""Figures against examples worked out by hand, and what must hold for any distances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.errors import LearningError
from kiosk.learning.evaluation.verification_metrics import (
    Confusion,
    Scores,
    by_folds,
    figures,
    most_accepted_by_chance,
    sensitivity_without_false_accepts,
)

# genuine 1 2 3 6, impostor 4 5 7 8 9
DISTANCES = [1, 4, 2, 5, 3, 7, 6, 8, 9]
SAME = [1, 0, 1, 0, 1, 0, 1, 0, 0]


@st.composite
def experiments(draw):
    """Distances with many ties, at least one of each kind."""
    pairs = draw(st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=40))
    extra = [(draw(st.integers(0, 12)), True), (draw(st.integers(0, 12)), False)]
    values, same = zip(*(pairs + extra), strict=True)
    return np.array(values) / 8, np.array(same)


def test_a_confusion_matrix_by_hand():
    c = Confusion(tp=30, fp=10, tn=50, fn=10)
    assert (c.sensitivity, c.specificity, c.ppv, c.npv) == (0.75, 50 / 60, 0.75, 50 / 60)
    assert c.f1 == pytest.approx(0.75) and c.accuracy == 0.8
    assert Confusion(1, 3, 2, 4).f1 == pytest.approx(2 * 1 / (2 * 1 + 3 + 4))


def test_undefined_rate_is_none_not_zero():
    c = Confusion(tp=0, fp=0, tn=5, fn=0)
    assert c.sensitivity is None and c.ppv is None and c.f1 is None and c.specificity == 1.0
    assert Confusion(0, 2, 5, 3).f1 == 0.0


def test_counts_at_a_threshold_include_the_threshold_itself():
    scores = Scores.of(DISTANCES, SAME)
    assert scores.confusion(5) == Confusion(tp=3, fp=2, tn=3, fn=1)
    assert scores.confusion(4.99) == Confusion(tp=3, fp=1, tn=4, fn=1)
    assert scores.confusion(0.5) == Confusion(0, 0, 5, 4) and scores.confusion(99) == Confusion(
        4, 5, 0, 0
    )


def test_every_figure_by_hand():
    found = figures(Scores.of(DISTANCES, SAME), 5)
    assert found["accuracy"] == found["accuracy_at_threshold"] == pytest.approx(6 / 9)
    assert found["best_accuracy"] == pytest.approx(8 / 9)
    assert (
        found["far"] == 2 / 5
        and found["frr"] == 1 / 4
        and found["pos_m"] == 3.0
        and found["neg_m"] == pytest.approx(33 / 5)
    )
    # from (FAR 1/5, FRR 1/4) to (2/5, 1/4): FAR = FRR = 1/4
    assert found["eer"] == pytest.approx(0.25)


def test_far_is_never_exceeded_and_tiny_samples_say_so():
    genuine = np.arange(200) / 200
    impostor = 0.5 + np.arange(150) / 150
    curve = Scores.of([*genuine, *impostor], [1] * 200 + [0] * 150).curve()
    # 1e-2 of 150 is 1.5: one impostor (0.5) may pass, not the second (0.50667); genuine up to 0.505
    # do
    assert curve.tar_at(1e-2) == pytest.approx(102 / 200)
    assert 0.505 < curve.threshold_at(1e-2) < 0.50667
    assert curve.tar_at(1e-3) is None and curve.threshold_at(1e-3) is None
    assert curve.tar_at(0.5 / 150) == pytest.approx(100 / 200), (
        "half a pair is expected: none may pass, and that can be shown"
    )


def test_equal_distances_stand_or_fall_together():
    curve = Scores.of([1, 2, 2, 2, 3], [1, 1, 0, 1, 0]).curve()
    assert curve.tp.tolist() == [0, 1, 3, 3] and curve.fp.tolist() == [0, 0, 1, 2]
    assert curve.tar_at(0.49) == pytest.approx(1 / 3)


def test_a_distance_of_zero_can_be_refused():
    scores = Scores.of([0, 0, 1], [1, 0, 0])
    assert scores.curve().best()[0] == pytest.approx(2 / 3)
    assert scores.confusion(float(scores.curve().thresholds[0])) == Confusion(0, 0, 2, 1)


def test_folds_choose_the_threshold_elsewhere():
    # fold 1 is parted between 1 and 2, fold 2 between 3 and 4: each is judged by the other's
    # threshold
    scores = Scores.of([1, 2, 3, 4], [1, 0, 1, 0])
    folds = np.array([1, 1, 2, 2])[scores.order]
    found = by_folds(scores, folds)
    assert found.thresholds == (3.5, 1.5) and found.accuracies == (0.5, 0.5)
    assert found.mean == 0.5 and found.standard_error == 0.0
    assert (
        figures(scores, 9.0, folds)["accuracy"] == 0.5 and figures(scores, 9.0)["accuracy"] == 0.5
    )
    with pytest.raises(LearningError, match="one fold only"):
        by_folds(scores, np.ones(4, np.int64))


def test_the_standard_error_is_that_of_the_mean():
    scores = Scores.of([1, 9, 1, 9, 9, 1], [1, 0, 1, 0, 1, 0])
    found = by_folds(scores, np.array([1, 1, 2, 2, 3, 3])[scores.order])
    assert found.accuracies == (1.0, 1.0, 0.0)
    assert found.standard_error == pytest.approx(np.sqrt(1 / 3) / np.sqrt(3))


@pytest.mark.parametrize(
    ("distances", "same", "sentence"),
    [
        ([1, 2], [1, 1], "no pair of different people"),
        ([1, 2], [0, 0], "no pair of the same person"),
        ([1, np.nan], [1, 0], "not finite"),
    ],
)
def test_unusable_scores_are_refused_in_one_sentence(distances, same, sentence):
    with pytest.raises(LearningError, match=sentence):
        Scores.of(distances, same)


def test_no_error_in_n_pairs_proves_no_more_than_three_in_n():
    assert most_accepted_by_chance(0, 900) == pytest.approx(3 / 900)
    assert most_accepted_by_chance(1, 900) is None and most_accepted_by_chance(0, 2) == 1.0


def test_sensitivity_without_false_accepts_is_strict():
    assert sensitivity_without_false_accepts([0.1, 0.5, 0.6, 0.7], [0.6, 0.9]) == (0.5, 0.6)


@given(experiments(), st.floats(-1, 3))
def test_counts_add_up(experiment, threshold):
    values, same = experiment
    c = Scores.of(values, same).confusion(threshold)
    assert c.tp + c.fn == same.sum() and c.fp + c.tn == (~same).sum()
    assert (
        c.tp == ((values <= threshold) & same).sum()
        and c.fp == ((values <= threshold) & ~same).sum()
    )


@given(experiments())
def test_the_curve_agrees_with_the_counts_at_each_of_its_thresholds(experiment):
    scores = Scores.of(*experiment)
    curve = scores.curve()
    for threshold, tp, fp in zip(curve.thresholds, curve.tp, curve.fp, strict=True):
        c = scores.confusion(float(threshold))
        assert (c.tp, c.fp) == (tp, fp)
    best, threshold = curve.best()
    assert scores.confusion(threshold).accuracy == pytest.approx(best)
    assert best >= max(scores.same.mean(), 1 - scores.same.mean()) - 1e-12


@given(experiments(), st.lists(st.floats(1e-3, 1), min_size=2, max_size=6))
def test_tar_rises_with_far_and_keeps_to_it(experiment, fars):
    scores = Scores.of(*experiment)
    curve = scores.curve()
    tars = [(far, curve.tar_at(far)) for far in sorted(fars)]
    measured = [(far, tar) for far, tar in tars if tar is not None]
    assert [tar for _, tar in measured] == sorted(tar for _, tar in measured)
    for far, tar in measured:
        c = scores.confusion(curve.threshold_at(far))
        assert c.sensitivity == pytest.approx(tar) and 1 - c.specificity <= far + 1e-9


@given(experiments())
def test_eer_stays_when_roles_and_order_are_turned(experiment):
    values, same = experiment
    eer = Scores.of(values, same).curve().eer()
    assert 0 <= eer <= 1
    assert Scores.of(10 - values, ~same).curve().eer() == pytest.approx(eer)
    assert Scores.of(values * 7 + 1, same).curve().eer() == pytest.approx(eer), (
        "only the order matters"
    )


@given(experiments(), st.integers(2, 4))
def test_weights_count_like_copies(experiment, times):
    values, same = experiment
    scores = Scores.of(values, same)
    copied = Scores.of(
        np.concatenate([values, *[values[:1]] * (times - 1)]),
        np.concatenate([same, *[same[:1]] * (times - 1)]),
    )
    weights = np.ones(len(values))
    weights[0] = times
    assert figures(scores, 0.7, weights=weights[scores.order]) == pytest.approx(
        figures(copied, 0.7), nan_ok=True
    )
