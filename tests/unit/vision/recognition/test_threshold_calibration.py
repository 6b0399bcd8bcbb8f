"""The threshold for a target: monotone, careful, deterministic, true for known tails."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.core.decisions import Mode
from kiosk.core.errors import ConfigError
from kiosk.vision.recognition.threshold_calibration import (
    SITE_PEOPLE,
    Impostors,
    Site,
    Tail,
    calibrate,
    fmr_needed,
)

CAP = 0.8


def crowd(
    people: int, each: int = 3, seed: int = 0, spread: float = 0.25, dimension: int = 16
) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors of made-up people, and whose each is."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(people, dimension))
    vectors = np.repeat(centres / np.linalg.norm(centres, axis=1, keepdims=True), each, axis=0)
    vectors = vectors + spread / math.sqrt(dimension) * rng.normal(size=vectors.shape)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), np.repeat(
        np.arange(people), each
    )


def reference(seed: int = 1, people: int = 120) -> Impostors:
    made = Impostors.among(*crowd(people, seed=seed))
    assert made is not None
    return made


REFERENCE = reference()
EMPTY = Site(0, 0)
targets = st.floats(0.05, 1000)
sizes = st.integers(1, 2000)


def nearer(impostors: Impostors, by: float = 0.0, factor: float = 1.0) -> Impostors:
    moved = [np.maximum(part * factor - by, 0) for part in (impostors.quantiles, impostors.tail)]
    return dataclasses.replace(impostors, quantiles=moved[0], tail=moved[1])


@pytest.mark.slow
@given(st.tuples(targets, targets).map(sorted), sizes)
@settings(max_examples=25, deadline=None)
def test_a_stricter_target_never_gives_a_laxer_threshold(pair, size):
    strict, loose = (calibrate(target, EMPTY, REFERENCE, cap=CAP, people=size) for target in pair)
    assert strict.threshold <= loose.threshold


@pytest.mark.slow
@given(targets, st.tuples(sizes, sizes).map(sorted))
@settings(max_examples=25, deadline=None)
def test_more_people_never_give_a_laxer_threshold(target, pair):
    few, many = (calibrate(target, EMPTY, REFERENCE, cap=CAP, people=size) for size in pair)
    assert many.threshold <= few.threshold and 0 <= few.fpir_low <= few.fpir <= few.fpir_high <= 1


@pytest.mark.slow
@given(targets, sizes, st.floats(0, 0.3), st.floats(0.5, 1))
@settings(max_examples=25, deadline=None)
def test_strangers_who_come_nearer_never_give_a_laxer_threshold(target, size, by, factor):
    before = calibrate(target, EMPTY, REFERENCE, cap=CAP, people=size)
    assert (
        calibrate(target, EMPTY, nearer(REFERENCE, by, factor), cap=CAP, people=size).threshold
        <= before.threshold + 1e-9
    )


@pytest.mark.parametrize("people", [2, 5, SITE_PEOPLE + 10])
def test_a_site_whose_people_are_alike_is_stricter_and_never_laxer_than_the_reference(people):
    alone = calibrate(10, EMPTY, REFERENCE, cap=CAP, people=people)
    vectors, who = crowd(people, seed=7)
    alike = vectors + np.float32(1.5) * np.eye(16, dtype=np.float32)[0]
    alike /= np.linalg.norm(alike, axis=1, keepdims=True)
    usual, near = (calibrate(10, Site.of(v, who), REFERENCE, cap=CAP) for v in (vectors, alike))
    assert near.threshold < usual.threshold <= alone.threshold
    assert near.source == ("reference" if people < SITE_PEOPLE else "reference+site")


def test_equal_input_gives_equal_output():
    site = Site.of(*crowd(40, seed=3))
    assert calibrate(5, site, REFERENCE, cap=CAP) == calibrate(5, site, reference(), cap=CAP)


def test_the_fit_finds_a_tail_that_is_known():
    """Uniform: P(d <= t) = t, so that an FMR of 1e-4 is at 1e-4 of the range above its end."""
    rng = np.random.default_rng(4)
    first, second = np.triu_indices(300, 1)
    gumbel = 1.0 - 0.05 * rng.exponential(size=len(first))
    tail = Tail.fit(Impostors.of(gumbel, first, second))
    for fmr in (1e-3, 1e-4, 1e-5):
        true = 1.0 + 0.05 * math.log(fmr)
        assert tail.threshold(fmr) == pytest.approx(true, abs=0.04)
        assert tail.careful(fmr) <= tail.threshold(fmr)
        assert tail.fmr(tail.threshold(fmr))[0] == pytest.approx(fmr, rel=1e-6)
    assert tail.threshold(0.3) == pytest.approx(float(np.quantile(gumbel, 0.3)), abs=0.01), (
        "counted where there is enough to count"
    )


def test_new_strangers_keep_to_the_target():
    """Calibrated on some people, tried on others of the same kind."""
    vectors, who = crowd(40, seed=11)
    found = calibrate(200, Site.of(vectors, who), REFERENCE, cap=2.0)
    centres = np.stack([vectors[who == p].mean(axis=0) for p in range(40)])
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    strangers, _ = crowd(4000, each=1, seed=12)
    nearest = np.linalg.norm(strangers[:, None] - centres[None], axis=2).min(axis=1)
    assert 0.002 < (nearest <= found.threshold).mean() < 0.04


def test_unprovable_target_is_reported_and_takes_the_stricter_end():
    many = calibrate(10, EMPTY, REFERENCE, cap=2.0, people=50)
    assert not many.supported and many.key == "calibration.extrapolated"
    assert many.proven > many.target, "3 / pairs, for 50 people"
    assert many.threshold <= Tail.fit(REFERENCE).careful(fmr_needed(1e-3, 50)) + 1e-12
    few = calibrate(1000, EMPTY, REFERENCE, cap=2.0, people=1)
    assert few.supported and few.key == "calibration.supported"
    hundred = Impostors.among(*crowd(100, each=1))
    assert (
        hundred is not None
        and hundred.pairs == 4950
        and hundred.proves() == pytest.approx(6e-4, rel=0.02)
    )


def test_never_above_the_network_s_own_without_evidence():
    far = nearer(REFERENCE, by=-1.0)
    assert calibrate(1, EMPTY, far, cap=CAP, people=500).threshold == CAP
    assert calibrate(1000, EMPTY, far, cap=CAP, people=1).threshold > CAP, "with evidence it may be"


def test_one_to_one_is_one_person():
    site = Site.of(*crowd(20, seed=5))
    identify, verify = (
        calibrate(10, site, REFERENCE, cap=2.0, mode=mode) for mode in (Mode.IDENTIFY, Mode.VERIFY)
    )
    assert verify.people == 1 and verify.threshold > identify.threshold


@pytest.mark.parametrize("target", [0, -1, 10_001, math.nan, math.inf])
def test_a_target_that_is_none_is_refused(target):
    with pytest.raises(ConfigError, match="strangers in 10,000"):
        calibrate(target, EMPTY, REFERENCE, cap=CAP)


def test_calibration_of_empty_and_minimal_galleries():
    nobody = calibrate(1, EMPTY, None, cap=CAP)
    assert (
        nobody.threshold == CAP
        and not nobody.supported
        and nobody.key == "calibration.no_data"
        and nobody.proven == pytest.approx(1)
    )
    one = Site.of(*crowd(1, each=1))
    assert one.impostors is None and calibrate(1, one, None, cap=CAP).threshold == CAP
    assert (
        calibrate(1, one, REFERENCE, cap=CAP).threshold
        == calibrate(1, EMPTY, REFERENCE, cap=CAP).threshold
    )
    two = Site.of(*crowd(2, each=1))
    assert calibrate(1, two, None, cap=CAP).threshold <= min(CAP, two.impostors.tail[0] / 2)


def test_people_who_are_all_equal_let_nobody_in():
    vectors = np.tile(crowd(1, each=1)[0], (SITE_PEOPLE + 5, 1))
    for who in (np.arange(len(vectors)), np.arange(len(vectors)) % 2):
        for known in (None, REFERENCE):
            found = calibrate(1, Site.of(vectors, who), known, cap=CAP)
            assert found.threshold < 0.05 or (known is REFERENCE and len(np.unique(who)) == 2)
    assert (
        calibrate(1, Site.of(vectors, np.arange(len(vectors))), REFERENCE, cap=CAP).threshold < 1e-6
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
def test_damaged_templates_never_widen(bad):
    vectors, who = crowd(35, seed=9)
    sound = calibrate(100, Site.of(vectors, who), REFERENCE, cap=CAP)
    more = Site.of(
        np.vstack([vectors, np.full((2, 16), bad, np.float32)]), np.append(who, [99, 99])
    )
    assert more.damaged == 2 and more.people == 36
    assert calibrate(100, more, REFERENCE, cap=CAP).threshold <= sound.threshold
    spoilt = vectors.copy()
    spoilt[0] = bad
    found = calibrate(1000, Site.of(spoilt, who), REFERENCE, cap=CAP)
    assert not found.supported and found.threshold <= CAP
    assert Site.of(np.full((4, 16), bad, np.float32), np.arange(4)).impostors is None


def test_distances_that_are_no_numbers_are_no_reference():
    for distances in ([math.nan, 1.0], []):
        with pytest.raises(ValueError, match="finite"):
            Impostors.of(
                np.array(distances),
                np.zeros(len(distances), np.int64),
                np.ones(len(distances), np.int64),
            )


def test_many_templates_take_a_moment_only():
    vectors, who = crowd(900, each=5, seed=2)
    site = Site.of(vectors, who)
    assert site.people == 900 and site.impostors.people < 900, "some people stand for all"
