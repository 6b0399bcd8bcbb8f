"""The distances behind the screen, against the plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.core.threshold_analysis import Source
from kiosk.learning.evaluation.reference_writer import write_reference
from kiosk.learning.evaluation.verification_metrics import Scores
from kiosk.vision.recognition.distance_samples import (
    of_decisions,
    of_reference,
    of_site,
    own_distances,
)
from kiosk.vision.recognition.template_fusion import fused
from kiosk.vision.recognition.threshold_calibration import Impostors
from tests.unit.vision.recognition.test_threshold_calibration import crowd


def test_people_here_are_compared_as_at_the_door():
    vectors, who = crowd(6, each=3, seed=2)
    order = np.random.default_rng(0).permutation(len(who))
    found = of_site(vectors[order], who[order] + 100, 2.0)
    one = vectors.astype(np.float64)
    means = fused(one, np.arange(0, 18, 3))
    impostor = sorted(
        np.linalg.norm(one[i] - means[p]) for i in range(18) for p in range(6) if who[i] != p
    )
    genuine = []
    for i in range(18):
        others = one[(who == who[i]) & (np.arange(18) != i)]
        mean = others.mean(axis=0)
        genuine.append(
            np.linalg.norm(
                one[i] - mean / np.linalg.norm(mean) * np.linalg.norm(others, axis=1).mean()
            )
        )
    np.testing.assert_allclose(found.impostor.values, impostor, atol=1e-9)
    np.testing.assert_allclose(found.genuine.values, sorted(genuine), atol=1e-9)
    assert (found.people, found.pairs, found.genuine.total, found.impostor.total) == (6, 15, 18, 90)
    middle = float(np.median(genuine))
    low, high = found.frr_band(middle)
    assert low <= found.at(middle).frr <= high


@pytest.mark.parametrize(("people", "each"), [(1, 5), (1, 1), (2, 1), (5, 1)])
def test_few_people_and_single_templates_have_an_answer(people, each):
    found = of_site(*crowd(people, each=each), 2.0)
    assert found.genuine.total == (people * each if each > 1 else 0)
    assert found.impostor.total == people * each * (people - 1)
    assert (found.bands is None) is (people < 2)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
def test_damaged_templates_are_not_drawn(bad):
    vectors, who = crowd(4, each=2)
    vectors[0] = bad
    found = of_site(vectors, who, 2.0)
    assert np.isfinite(found.impostor.values).all() and found.genuine.total == 6
    assert of_site(np.full((2, 16), bad, np.float32), np.array([1, 2]), 2.0).empty


@pytest.mark.slow
def test_a_reference_is_read_as_it_was_measured_and_an_older_one_lacks_the_same_person(tmp_path):
    vectors, who = crowd(30, each=4, seed=5)
    vectors = vectors.astype(np.float64)
    impostors = Impostors.among(vectors, who)
    own = own_distances(vectors, who, np.arange(0, 120, 4))
    scores = Scores.of([0.1, 0.9], [1, 0])
    write_reference(tmp_path / "r.npz", "net", "aa" * 32, scores, impostors, own)
    found = of_reference(tmp_path / "r.npz", "net@aaaaaaaa", 2.0)
    here = of_site(vectors, who, 2.0)
    assert (found.source, found.impostor.total, found.people, found.pairs) == (
        Source.REFERENCE,
        here.impostor.total,
        30,
        435,
    )
    for threshold in np.quantile(here.impostor.values, [0.0001, 0.001, 0.005]):
        assert found.at(float(threshold)).fp == here.at(float(threshold)).fp, (
            "the nearest one by one"
        )
    for threshold in (0.9, 1.2, 1.5):
        assert found.at(threshold).far == pytest.approx(here.at(threshold).far, abs=2e-3)
        assert found.at(threshold).frr == pytest.approx(here.at(threshold).frr, abs=1e-6)
    write_reference(tmp_path / "r.npz", "net", "aa" * 32, scores, impostors)
    assert of_reference(tmp_path / "r.npz", "net@aaaaaaaa", 2.0).genuine.total == 0
    assert (
        of_reference(tmp_path / "r.npz", "net@bbbbbbbb", 2.0).empty
        and of_reference(tmp_path / "gone.npz", "net", 2.0).empty
    )


def test_damaged_distances_within_people_are_left_out(tmp_path, caplog):
    vectors, who = crowd(30, each=4, seed=5)
    impostors = Impostors.among(vectors, who)
    write_reference(
        tmp_path / "r.npz",
        "net",
        "aa" * 32,
        Scores.of([0.1, 0.9], [1, 0]),
        impostors,
        (np.array([np.nan, 0.1]), np.array([0, 0])),
    )
    assert (
        of_reference(tmp_path / "r.npz", "net@aaaaaaaa", 2.0).genuine.total == 0
        and "unusable distances" in caplog.text
    )


def test_decisions_are_no_truth():
    found = of_decisions(np.array([0.3, 0.2]), np.array([0.9]))
    assert (
        not found.truth
        and found.bands is None
        and (found.at(0.25).tp, found.at(0.25).fn, found.at(0.25).fp) == (1, 1, 0)
    )


def test_two_thousand_templates_take_a_moment_only():
    vectors, who = crowd(400, each=5, seed=2)
    found = of_site(vectors, who, 2.0)
    assert found.impostor.total == 2000 * 399
