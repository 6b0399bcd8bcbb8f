"""Exact search; templates of different networks never meet."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.core.errors import GalleryError
from kiosk.core.templates import Template
from kiosk.vision.recognition.gallery import Gallery


def unit(*values: float) -> np.ndarray:
    vector = np.array(values, np.float32)
    return vector / np.linalg.norm(vector)


def test_an_empty_gallery_knows_nobody():
    gallery = Gallery("net", 2)
    assert gallery.search(unit(1, 0)) is None and gallery.people == 0


def test_the_runner_up_is_another_person_not_another_template():
    gallery = Gallery("net", 2)
    gallery.replace(
        [
            Template(5, "net", unit(1, 0)),
            Template(5, "net", unit(1, 0.1)),
            Template(9, "net", unit(0, 1)),
        ]
    )
    match = gallery.search(unit(1, 0.05))
    assert (match.person_id, match.runner_up_id) == (5, 9)
    assert match.runner_up_distance > 1.0


def test_distances_agree_with_a_plain_loop():
    random = np.random.default_rng(3)
    vectors = random.normal(size=(300, 16)).astype(np.float32)
    people = random.integers(0, 40, 300)
    gallery = Gallery("net", 16)
    gallery.replace([Template(int(p), "net", v) for p, v in zip(people, vectors, strict=True)])
    probe = random.normal(size=16).astype(np.float32)
    each = {}
    for person in set(people.tolist()):
        own = vectors[people == person].astype(float)
        mean = own.mean(axis=0)
        mean *= np.mean([np.linalg.norm(v) for v in own]) / np.linalg.norm(mean)
        each[person] = float(np.linalg.norm(mean - probe))
    first, second = sorted(each.items(), key=lambda item: item[1])[:2]
    match = gallery.search(probe)
    assert (match.person_id, match.runner_up_id) == (first[0], second[0])
    assert match.distance == pytest.approx(first[1], rel=1e-4)
    assert gallery.verify(probe, second[0]).distance == pytest.approx(second[1], rel=1e-4)


def test_a_single_person_has_no_runner_up():
    gallery = Gallery("net", 2)
    gallery.replace([Template(1, "net", unit(1, 0))])
    assert gallery.search(unit(0, 1)).runner_up_distance == float("inf")


def test_templates_of_another_network_are_left_out():
    gallery = Gallery("net", 2)
    gallery.replace([Template(1, "other", unit(1, 0))])
    assert gallery.search(unit(1, 0)) is None and gallery.people == gallery.templates == 0
    assert gallery.verify(unit(1, 0), 1) is None


@pytest.mark.parametrize("vector", [np.array([np.nan, 1], np.float32), np.ones(3, np.float32)])
def test_damaged_templates_and_probes_are_refused(vector):
    gallery = Gallery("net", 2)
    with pytest.raises(GalleryError):
        gallery.replace([Template(1, "net", vector)])
    with pytest.raises(GalleryError):
        gallery.search(vector)


def test_more_templates_of_somebody_are_no_more_chances_for_a_stranger():
    random = np.random.default_rng(5)
    centre = unit(*random.normal(size=32))
    strangers = [unit(*random.normal(size=32)) for _ in range(200)]
    wobbly = [unit(*(centre + 0.15 * random.normal(size=32))) for _ in range(8)]

    def nearest(templates):
        gallery = Gallery("net", 32)
        gallery.replace([Template(1, "net", v) for v in templates])
        return np.array([gallery.search(s).distance for s in strangers])

    by_one = np.mean([nearest([w]) for w in wobbly], axis=0)
    by_all = nearest(wobbly)
    assert np.abs(by_all - by_one).mean() < 0.1, (
        "the distance to a person does not shrink with the number of templates"
    )
    assert Gallery("net", 32).distance(strangers[0], wobbly) == pytest.approx(by_all[0], abs=1e-5)


def test_templates_that_cancel_out_match_nobody():
    gallery = Gallery("net", 2)
    gallery.replace([Template(1, "net", unit(1, 0)), Template(1, "net", unit(-1, 0))])
    assert gallery.search(unit(1, 0)).distance > 0.9 and gallery.search(unit(0, 1)).distance > 0.9
