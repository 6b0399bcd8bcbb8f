"""Rates at any threshold, compared with counting by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.threshold_analysis import (
    TARGET_LIMITS,
    TARGETS,
    Bands,
    Distances,
    GroupFigures,
    GroupReport,
    Sample,
    Source,
)

distances = st.lists(st.floats(0, 2, width=32), max_size=60)


@given(distances, st.floats(-0.5, 2.5))
def test_counts_are_exact_for_whole_and_thinned_samples(values, threshold):
    whole = Sample.of(np.array(values))
    assert whole.total == len(values) and int(whole.within(threshold)) == sum(
        v <= threshold for v in values
    )
    ranks = (
        np.unique(np.linspace(1, max(len(values), 1), 7).round().astype(int))
        if values
        else np.zeros(0, int)
    )
    thin = Sample(np.sort(values)[ranks - 1] if values else np.zeros(0), ranks)
    assert thin.total == whole.total
    assert int(thin.within(threshold)) <= int(whole.within(threshold))


@given(distances, distances, st.floats(0, 2))
def test_rates_follow_from_the_counts(genuine, impostor, threshold):
    found = Distances(Source.SITE, Sample.of(np.array(genuine)), Sample.of(np.array(impostor))).at(
        threshold
    )
    tp, fp = sum(v <= threshold for v in genuine), sum(v <= threshold for v in impostor)
    fn, tn = len(genuine) - tp, len(impostor) - fp
    assert (found.tp, found.fn, found.fp, found.tn) == (tp, fn, fp, tn)
    expected = {
        "far": (fp, fp + tn),
        "frr": (fn, tp + fn),
        "sensitivity": (tp, tp + fn),
        "specificity": (tn, tn + fp),
        "ppv": (tp, tp + fp),
        "npv": (tn, tn + fn),
        "f1": (2 * tp, 2 * tp + fp + fn),
        "accuracy": (tp + tn, tp + tn + fp + fn),
    }
    for name, (part, of) in expected.items():
        assert getattr(found, name) == (pytest.approx(part / of) if of else None), name


@given(distances, distances)
def test_curve_is_monotonic_from_zero_to_one(genuine, impostor):
    far, frr = Distances(
        Source.SITE, Sample.of(np.array(genuine)), Sample.of(np.array(impostor))
    ).curve()
    if not genuine or not impostor:
        assert not len(far)
        return
    assert (far[0], frr[0], far[-1], frr[-1]) == (0, 1, 1, 0)
    assert (np.diff(far) >= 0).all() and (np.diff(frr) <= 0).all()


def test_drawn_points_are_limited_and_include_the_ends():
    sample = Sample.of(np.linspace(0.1, 1.9, 50_000))
    points = sample.points()
    assert len(points) == 3000 and (points.min(), points.max()) == (0.1, 1.9)
    assert len(Sample.of(np.array([0.5, 0.2])).points()) == 2 and not len(
        Sample.of(np.zeros(0)).points()
    )


def test_histogram_gives_shares():
    shares = Sample.of(np.array([0.1, 0.2, 0.3, 0.9])).histogram(np.array([0, 0.25, 0.5, 1.0]))
    assert shares.tolist() == [0.5, 0.25, 0.25]


def test_fpir_grows_with_the_gallery_and_lies_in_its_interval():
    grid = np.linspace(0, 1, 11)
    fmr = np.stack([10 ** (4 * grid - 6), 10 ** (4 * grid - 7), 10 ** (4 * grid - 5)], axis=1)
    known = Distances(
        Source.SITE,
        Sample.of(np.ones(1)),
        Sample.of(np.ones(1)),
        10,
        45,
        Bands(grid, fmr, np.zeros((0, 2))),
    )
    one, low, high = known.fpir(0.5, np.array([1.0, 10.0, 100.0]))
    assert one == pytest.approx([1 - (1 - 1e-4) ** n for n in (1, 10, 100)])
    assert (low < one).all() and (one < high).all() and (np.diff(one) > 0).all()
    assert known.far_band(0.5) == pytest.approx((1e-5, max(1e-3, 3 / 45))), (
        "no match among 45 pairs proves no more than 3 / 45"
    )
    assert known.frr_band(0.5) is None and Distances(Source.LOG).fpir(0.5, np.ones(1)) is None


def test_no_rejection_among_few_people_proves_little():
    grid = np.linspace(0, 1, 11)
    bands = Bands(grid, np.full((11, 3), 1e-4), np.zeros((11, 2)))
    genuine = Sample.of(np.array([0.2, 0.3]))
    known = Distances(Source.SITE, genuine, Sample.of(np.ones(1)), 30, 435, bands)
    assert known.frr_band(0.5) == (0.0, 3 / 30), "no rejection among 30 people"
    assert known.frr_band(0.25) == (0.0, 0.0), "one rejection: the interval of the resamples"
    assert replace(known, people=2).frr_band(0.5) == (0.0, 1.0)


def test_targets_ascend_within_their_limits():
    assert (
        list(TARGETS) == sorted(set(TARGETS))
        and (TARGETS[0], TARGETS[-1]) == TARGET_LIMITS
        and 1.0 in TARGETS
    )
    assert all(math.isclose(b / a, 2, rel_tol=0.3) for a, b in pairwise(TARGETS))


def test_worst_group_is_found_among_measured_ones():
    report = GroupReport(
        0.6,
        "2026-03-01",
        (
            GroupFigures("a", 20, 0.001, None, 0.2),
            GroupFigures("b", 20, 0.01, None, 0.1),
            GroupFigures("c", 2),
        ),
    )
    assert report.worst_far.name == "b" and report.worst_frr.name == "a"
    assert GroupReport(0.6, "", (GroupFigures("c", 2),)).worst_far is None
