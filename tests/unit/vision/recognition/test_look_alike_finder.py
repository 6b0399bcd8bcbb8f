"""Look-alikes, their effect on the threshold, and outliers among templates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.app.bootstrap.calibrator import configured, derive
from kiosk.core.config import RecognitionConfig, config_from
from kiosk.core.decisions import Mode
from kiosk.core.templates import Template
from kiosk.core.thresholds import Choice
from kiosk.vision.recognition import look_alike_finder as module
from kiosk.vision.recognition.look_alike_finder import LookAlikeFinder, look_alikes, no_strangers
from kiosk.vision.recognition.template_fusion import fused
from kiosk.vision.recognition.threshold_calibration import Site, calibrate
from tests.unit.vision.recognition.test_threshold_calibration import CAP, crowd, reference

REFERENCE = reference()


def templates(vectors: np.ndarray, who: np.ndarray) -> list[Template]:
    return [Template(int(p) + 1, "net", v) for v, p in zip(vectors, who, strict=True)]


def with_twins(people: int, apart: float = 0.02) -> tuple[np.ndarray, np.ndarray]:
    """A crowd whose last person is the first one's twin."""
    vectors, who = crowd(people, each=5, seed=3)
    rng = np.random.default_rng(0)
    twin = vectors[who == 0] + apart * rng.normal(size=(5, 16)).astype(np.float32)
    return np.vstack([vectors, twin / np.linalg.norm(twin, axis=1, keepdims=True)]).astype(
        np.float32
    ), np.append(who, [people] * 5)


@given(st.integers(2, 40), st.floats(0, 1.5), st.integers(1, 7))
@settings(max_examples=25)
def test_every_pair_within_the_distance_is_found_whatever_the_chunks(people, distance, chunk):
    vectors, who = crowd(people, seed=people)
    mean = fused(vectors, np.arange(0, len(who), 3)).astype(np.float32).astype(np.float64)
    apart = np.linalg.norm(mean[:, None] - mean[None], axis=2)
    expected = {
        (a, b) for a in range(people) for b in range(a + 1, people) if apart[a, b] <= distance
    }
    before = module.CHUNK
    module.CHUNK = chunk
    try:
        found = look_alikes(vectors, who, distance)
    finally:
        module.CHUNK = before
    assert {(pair.first, pair.second) for pair in found} == expected
    assert [pair.distance for pair in found] == sorted(pair.distance for pair in found)


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 3), st.booleans()), min_size=1, max_size=12
    ),
    st.floats(0.2, 1.6),
)
@settings(max_examples=40)
def test_one_that_remembers_finds_what_one_that_does_not_would(changes, distance):
    """People come, go and are enrolled again in any order."""
    vectors, _ = crowd(40, each=3, seed=8)
    finder = LookAlikeFinder()
    present = {person: person for person in range(6)}
    for person, look, gone in changes:
        if gone and len(present) > 1:
            present.pop(person, None)
        else:
            present[person] = 4 * person + look
        rows = np.concatenate([np.arange(3 * look, 3 * look + 3) for look in present.values()])
        who = np.repeat(np.array(list(present), np.int64), 3)
        assert finder.find(vectors[rows], who, distance) == look_alikes(
            vectors[rows], who, distance
        )


def test_twins_are_found_and_do_not_lock_everybody_else_out():
    vectors, who = with_twins(40)
    choice = Choice(target=1.0)
    without = derive(choice, 1.0, templates(vectors[:-5], who[:-5]), REFERENCE, CAP)
    found = derive(choice, 1.0, templates(vectors, who), REFERENCE, CAP)
    assert [(pair.first, pair.second) for pair in found.look_alikes] == [
        (1, 41)
    ] and without.look_alikes == ()
    as_strangers = calibrate(1.0, Site.of(vectors, who), REFERENCE, cap=CAP).threshold
    assert as_strangers < 0.7 * without.identify.threshold, "else this shows nothing"
    assert found.identify.threshold == pytest.approx(without.identify.threshold, rel=0.05)


def test_people_who_are_alike_by_the_dozen_are_strangers_all_the_same():
    """If many pairs are near, the network cannot tell people apart: the threshold gets stricter."""
    vectors, who = crowd(40, seed=3)
    for factor in (2.5, 4.0):
        alike = vectors + np.float32(factor) * np.eye(16, dtype=np.float32)[0]
        alike /= np.linalg.norm(alike, axis=1, keepdims=True)
        pairs = look_alikes(alike, who, 0.4)
        assert len(pairs) > 60 and no_strangers(pairs, alike, who) == frozenset()


def test_few_people_never_leave_anybody_out():
    vectors, who = with_twins(5)
    pairs = look_alikes(vectors, who, 0.3)
    assert pairs and no_strangers(pairs, vectors, who) == frozenset()


def test_templates_that_are_no_numbers_do_not_stop_the_search():
    vectors, who = with_twins(40)
    vectors[12] = np.nan
    found = derive(Choice(target=1.0), 1.0, templates(vectors, who), REFERENCE, CAP)
    assert (1, 41) in {
        (pair.first, pair.second) for pair in found.look_alikes
    } and found.identify.damaged == 1


@pytest.mark.slow
@given(st.floats(0.05, 1000), st.integers(1, 60))
@settings(max_examples=12)
def test_with_a_number_the_threshold_is_never_stricter_than_without(target, people):
    found = derive(
        Choice(target=target), 1.0, templates(*crowd(people, seed=people)), REFERENCE, CAP
    )
    assert found.verify.threshold >= found.identify.threshold and found.verify.mode is Mode.VERIFY
    loose = derive(Choice(target=1000), 1.0, templates(*crowd(people, seed=people)), REFERENCE, CAP)
    assert found.look_alike_distance <= loose.look_alike_distance + 1e-9 or target < 1


def test_a_lax_target_makes_nobody_look_alike():
    distances = [
        derive(Choice(target=target), 1.0, [], REFERENCE, CAP).look_alike_distance
        for target in (0.1, 1.0, 100.0)
    ]
    assert distances[0] < distances[1] == distances[2]


def test_configured_choice_and_its_thresholds_without_data():
    assert configured(RecognitionConfig()) == Choice(target=1.0)
    assert configured(config_from({"recognition": {"threshold": 0.7}}).recognition) == Choice(
        distance=0.7
    )
    nobody = derive(Choice(distance=0.7), 1.0, [], None, CAP)
    assert nobody.identify.threshold == 0.7 and nobody.identify.key == "calibration.fixed_no_data"


def test_a_picture_of_somebody_else_is_left_out_of_the_fused_template():
    vectors, _ = crowd(2, each=5, seed=1)
    right = fused(vectors[:5], np.array([0]))[0]
    spoilt = vectors[:5].copy()
    spoilt[2] = vectors[7]
    left_out = fused(spoilt, np.array([0]))[0]
    assert np.linalg.norm(left_out - right) < 0.1 < np.linalg.norm(spoilt.mean(axis=0) - right)


@given(st.integers(1, 9), st.integers(1, 4))
@settings(max_examples=30)
def test_people_are_fused_one_by_one_and_a_third_is_left_out_at_most(each, people):
    vectors, _ = crowd(people, each=each, seed=each, spread=1.5)
    starts = np.arange(people) * each
    together = fused(vectors, starts)
    for person, start in enumerate(starts):
        own = vectors[start : start + each]
        alone = fused(own, np.array([0]))[0]
        np.testing.assert_allclose(together[person], alone, atol=1e-12)
        if each < 4:
            mean = own.mean(axis=0, dtype=np.float64)
            np.testing.assert_allclose(alone, mean / np.linalg.norm(mean), atol=1e-6)
