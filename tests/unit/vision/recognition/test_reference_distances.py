"""The reference beside the weights: read whole or not at all, and never another network's."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.app.bootstrap.calibrator import calibrator
from kiosk.core import paths
from kiosk.core.config import Config, config_from
from kiosk.core.errors import WeightsError
from kiosk.core.templates import Template
from kiosk.learning.evaluation.reference_writer import read_reference, write_reference
from kiosk.learning.evaluation.verification_metrics import Scores
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.recognition.reference_distances import reference_of, sound_reference_of
from kiosk.vision.recognition.threshold_calibration import Tail
from tests.unit.vision.recognition.test_threshold_calibration import crowd, reference

SCORES = Scores.of([0.1, 0.9, 1.1], [1, 0, 0])


def test_written_distances_calibrate_as_before(tmp_path):
    file = tmp_path / "reference.npz"
    made = reference()
    write_reference(file, "net", "abcd1234" * 8, SCORES, made)
    write_reference(file, "other", "ff" * 32, SCORES)
    found = reference_of(file, "net@abcd1234")
    assert found is not None and found.pairs == made.pairs
    for fmr in (1e-2, 1e-4, 1e-6):
        assert Tail.fit(found).careful(fmr) == pytest.approx(Tail.fit(made).careful(fmr), abs=1e-6)
    assert reference_of(file, "net@deadbeef") is None, "another network of that name"
    assert (
        reference_of(file, "nobody@abcd1234") is None
        and reference_of(tmp_path / "none.npz", "net@abcd1234") is None
    )
    assert reference_of(file, "other@ffffffff") is None, "distances without people cannot calibrate"
    assert len(read_reference(file, "other", "ff" * 32)[1]) == 2


def test_what_is_damaged_is_told_from_what_was_never_measured(tmp_path):
    file = tmp_path / "reference.npz"
    assert sound_reference_of(file, "net@abcd1234") is None
    write_reference(file, "net", "abcd1234" * 8, SCORES, reference())
    write_reference(file, "other", "ff" * 32, SCORES)
    assert sound_reference_of(file, "net@abcd1234") is not None
    assert sound_reference_of(file, "other@ffffffff") is None
    with pytest.raises(WeightsError, match="made by another network"):
        sound_reference_of(file, "net@deadbeef")
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(WeightsError, match="no usable reference of net"):
        sound_reference_of(file, "net@abcd1234")


@pytest.mark.parametrize(
    "part, value",
    [
        ("tail", [np.nan]),
        ("tail_first", [10_000]),
        ("counts", [1.0]),
        ("comparisons", 0),
        ("quantiles", []),
        ("tail_second", []),
    ],
)
def test_a_damaged_reference_is_none(tmp_path, caplog, part, value):
    file = tmp_path / "reference.npz"
    write_reference(file, "net", "aa" * 32, SCORES, reference())
    with np.load(file) as stored:
        parts = dict(stored)
    before = parts[f"net/{part}"]
    parts[f"net/{part}"] = np.array(
        [*value, *before[len(value) :]] if part in ("tail", "tail_first") else value, before.dtype
    )
    np.savez(file, **parts)
    assert reference_of(file, "net@aaaaaaaa") is None
    assert "no usable reference of net" in caplog.text
    file.write_bytes(b"PK\x03\x04 junk")
    assert reference_of(file, "net@aaaaaaaa") is None


def test_the_shipped_reference_is_of_the_shipped_network():
    entry = Manifest.load(paths.MANIFEST).entry("siamese")
    found = reference_of(paths.REFERENCE, entry.identity)
    assert found is not None and found.people == 50


@pytest.mark.slow
def test_the_settings_fix_a_threshold_or_say_the_target(tmp_path):
    file = tmp_path / "reference.npz"
    write_reference(file, "net", "aa" * 32, SCORES, reference())
    vectors, who = crowd(6)
    templates = [Template(int(p), "net@aaaaaaaa", v) for v, p in zip(vectors, who, strict=True)]
    strict, loose = (
        calibrator(config.recognition, "net@aaaaaaaa", 0.8, reference=file)
        for config in (Config(), config_from({"recognition": {"max_false_accepts": 300}}))
    )
    assert strict(templates).identify.threshold < loose(templates).identify.threshold
    assert strict(templates).identify.people == 6 and strict([]).identify.people == 1
    assert strict(templates).identify.threshold <= strict(templates[:3]).identify.threshold
    fixed = calibrator(
        config_from({"recognition": {"threshold": 0.7}}).recognition,
        "net@aaaaaaaa",
        0.8,
        reference=file,
    )(templates)
    assert (
        fixed.identify.threshold == fixed.verify.threshold == 0.7
        and fixed.identify.key == "calibration.fixed"
    )
    assert fixed.identify.fpir > fixed.verify.fpir > strict(templates).verify.fpir, (
        "what a hand-set distance lets in is said too"
    )
