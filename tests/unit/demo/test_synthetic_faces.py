"""Drawn people: any pose, always the same person, found by the real detector."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core import paths
from kiosk.demo.synthetic_faces.cast import CAST, MEMBERS, STRANGERS, choose_cast, pair_gaps
from kiosk.demo.synthetic_faces.draw_person import draw_corridor, draw_person
from kiosk.demo.synthetic_faces.head_shape import UNITS_PER_HEIGHT, HeadPose, HeadShape
from kiosk.demo.synthetic_faces.looks import random_looks
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.recognition.embedder import load_embedder

pytestmark = pytest.mark.slow

POSES = [
    (0.0, 0.0, 0.0),
    (0.5, 0.0, 0.0),
    (-0.5, 0.0, 0.0),
    (0.0, 0.3, 0.0),
    (0.0, -0.3, 0.0),
    (0.3, 0.15, 0.1),
    (-0.3, -0.15, -0.1),
]


@pytest.fixture(scope="module")
def manifest():
    return Manifest.load(paths.MANIFEST)


@pytest.fixture(scope="module")
def detector(manifest):
    return load_mtcnn(manifest, min_face_size=50)


def expected_landmarks(looks, pose: HeadPose) -> np.ndarray:
    """Return where the five landmarks of the drawn face lie in the picture."""
    points = np.array(
        [
            (-looks.eye_gap, -0.05, 0.02),
            (looks.eye_gap, -0.05, 0.02),
            (0, looks.nose_length, looks.nose_depth),
            (-looks.mouth_width, looks.mouth_y, 0.05),
            (looks.mouth_width, looks.mouth_y, 0.05),
        ]
    )
    return pose.seen(looks.shape.surface(points[:, :2], points[:, 2]))


@pytest.mark.parametrize("actor", CAST, ids=lambda actor: actor.number)
def test_the_cast_is_detected_with_certainty_and_correct_landmarks(detector, actor):
    for (yaw, pitch, roll), height in zip(
        POSES, itertools.cycle((190, 90, 300, 140)), strict=False
    ):
        scale = height / UNITS_PER_HEIGHT
        pose = HeadPose(yaw, pitch, roll, scale, (320, 250 - 0.17 * scale))
        faces = detector.detect(
            draw_person(
                actor.looks, centre=(320, 250), height=height, yaw=yaw, pitch=pitch, roll=roll
            )
        )
        assert len(faces) == 1, (yaw, pitch, height)
        assert faces[0].probability >= 0.985, (yaw, pitch, height)
        off = np.linalg.norm(faces[0].landmarks - expected_landmarks(actor.looks, pose), axis=1)
        assert off.max() < 0.35 * 2 * actor.looks.eye_gap * scale, (yaw, pitch, height)


def test_height_and_centre_are_those_of_the_detectors_box(detector):
    shares = []
    offsets = []
    for actor in CAST:
        face = detector.detect(draw_person(actor.looks, centre=(300, 250), height=180))[0]
        shares.append(face.height / 180)
        offsets.append(np.subtract(face.centre, (300, 250)) / 180)
    assert abs(np.mean(shares) - 1) < 0.08
    assert np.abs(np.mean(offsets, axis=0)).max() < 0.06


def test_the_same_arguments_give_the_same_picture():
    looks = random_looks(3)
    assert (
        draw_person(looks, yaw=0.2, noise_seed=5)
        == draw_person(random_looks(3), yaw=0.2, noise_seed=5)
    ).all()
    assert (draw_person(looks, noise_seed=5) != draw_person(looks, noise_seed=6)).any()
    assert (draw_corridor(noise_seed=5) != draw_corridor(noise_seed=6)).any()


def test_light_background_and_expression_change_the_picture():
    looks = CAST[0].looks
    plain = draw_person(looks, background=(10, 200, 30), noise_seed=None)
    assert tuple(plain[0, 0]) == (10, 200, 30)
    assert draw_person(looks, light=0.3).mean() < 0.4 * draw_person(looks).mean()
    assert (
        draw_person(looks, blink=1.0, noise_seed=None) != draw_person(looks, noise_seed=None)
    ).any()
    assert (
        draw_person(looks, mouth=1.0, noise_seed=None) != draw_person(looks, noise_seed=None)
    ).any()
    with pytest.raises(ValueError, match="background"):
        draw_person(looks, background=plain[:100])


def test_the_cached_corridor_is_never_painted_on():
    before = draw_corridor(noise_seed=None)
    draw_person(CAST[1].looks, noise_seed=None)
    assert (draw_corridor(noise_seed=None) == before).all()


@given(
    seed=st.integers(0, 10**9),
    x=st.floats(-400, 1000),
    y=st.floats(-400, 900),
    height=st.floats(4, 900),
    yaw=st.floats(-1.6, 1.6),
    pitch=st.floats(-1.0, 1.0),
    roll=st.floats(-1.0, 1.0),
    blink=st.floats(0, 1),
    mouth=st.floats(0, 1),
)
def test_any_person_anywhere_can_be_drawn(seed, x, y, height, yaw, pitch, roll, blink, mouth):
    image = draw_person(
        random_looks(seed),
        size=(320, 240),
        centre=(x, y),
        height=height,
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        blink=blink,
        mouth=mouth,
    )
    assert image.shape == (240, 320, 3) and image.dtype == np.uint8 and image.flags.c_contiguous


def test_the_nose_moves_more_than_the_eyes_and_the_far_eye_narrows():
    shape = HeadShape()
    nose, left, right = (
        shape.surface([p], lift)
        for p, lift in (((0.0, 0.32), 0.3), ((-0.3, 0.0), 0.0), ((0.3, 0.0), 0.0))
    )
    turned = HeadPose(0.4, 0, 0, 100, (0, 0))
    straight = HeadPose(0, 0, 0, 100, (0, 0))

    def shift(point):
        return float(turned.seen(point)[0, 0] - straight.seen(point)[0, 0])

    assert shift(nose) > shift(left) > 0
    widths = [
        np.ptp(turned.seen(shape.surface([(s * 0.3 - 0.1, 0), (s * 0.3 + 0.1, 0)]))[:, 0])
        for s in (-1, 1)
    ]
    assert widths[0] > 1.3 * widths[1]  # looking to the right edge, the right eye is the far one
    assert shift(right) < shift(nose)


def test_the_cast_has_distinct_names_and_numbers():
    assert (
        len(CAST) == 8
        and len({a.seed for a in CAST})
        == len({a.number for a in CAST})
        == len({a.name for a in CAST})
        == 8
    )
    assert MEMBERS == 3 and all(MEMBERS <= index < len(CAST) for index in STRANGERS)


@pytest.mark.parametrize("name", ["siamese", "dlib"])
def test_real_embedders_tell_the_cast_apart_at_their_own_threshold(manifest, detector, name):
    """Probes are close to templates of the same person and far from all others."""
    embedder = load_embedder(manifest, name)

    def embed(actor, poses, heights):
        rows = []
        for number, ((yaw, pitch), height) in enumerate(zip(poses, heights, strict=True)):
            image = draw_person(
                actor.looks, height=height, yaw=yaw, pitch=pitch, noise_seed=number + height
            )
            rows.append(embedder.embed([embedder.crop(image, detector.detect(image)[0])])[0])
        return np.stack(rows)

    templates = [
        embed(a, [(0, 0), (0.35, 0), (-0.35, 0), (0, -0.25), (0, 0.25)], [200] * 5) for a in CAST
    ]
    probes = [embed(a, [(0.1, 0.03), (-0.12, -0.04)], [170, 215]) for a in CAST]
    distance = np.array(
        [
            [np.linalg.norm(p[:, None] - t[None], axis=-1).min(axis=1) for t in templates]
            for p in probes
        ]
    )
    same = np.eye(len(CAST), dtype=bool)
    assert distance[same].max() < 0.85 * embedder.info.threshold
    assert distance[~same].min() > embedder.info.threshold + 0.03
    assert distance[:5, :5][~same[:5, :5]].min() > 1.1 * embedder.info.threshold


def clustered(centres: np.ndarray, spread: float) -> dict[int, list[np.ndarray]]:
    rng = np.random.default_rng(0)
    return {
        seed: [(centre + spread * rng.normal(size=(4, 2))).astype(np.float32)]
        for seed, centre in enumerate(centres)
    }


def test_choose_cast_takes_people_far_from_each_other(monkeypatch):
    centres = np.array([(0, 0), (0.1, 0), (10, 0), (10, 0.1), (0, 10), (5, 5), (10, 10.0)])
    people = clustered(centres, 0.01)
    monkeypatch.setattr("kiosk.demo.synthetic_faces.cast.random_looks", lambda seed: seed)
    chosen = choose_cast(lambda seed: people[seed], range(7), 4, first=2)
    assert len(chosen) == 4 and 5 not in chosen
    assert (
        len({0, 1} & set(chosen)) == 1 and len({2, 3} & set(chosen)) == 1 and {4, 6} <= set(chosen)
    )
    far = np.linalg.norm(centres[chosen[0]] - centres[chosen[1]])
    assert far > 13  # the first two are a diagonal


def test_choose_cast_skips_people_who_vary_or_are_not_found(monkeypatch):
    people = clustered(np.array([(0, 0), (4, 0), (0, 4), (4, 4.0)]), 0.01)
    people[3] = [people[3][0] + 3 * np.random.default_rng(1).normal(size=(4, 2)).astype(np.float32)]
    monkeypatch.setattr("kiosk.demo.synthetic_faces.cast.random_looks", lambda seed: seed)
    assert set(choose_cast(lambda seed: people[seed], range(4), 3)) == {0, 1, 2}
    with pytest.raises(ValueError, match="only 2 candidates"):
        choose_cast(lambda seed: people[seed] if seed < 2 else None, range(4), 3)


def test_the_gap_is_the_smallest_over_the_embedders():
    near = clustered(np.array([(0, 0), (1.0, 0), (0, 9)]), 0.0)
    far = clustered(np.array([(0, 0), (8.0, 0), (0, 9)]), 0.0)
    both = [[near[i][0], far[i][0]] for i in range(3)]
    gaps = pair_gaps(both)
    assert gaps[0, 1] == pytest.approx(pair_gaps([[near[i][0]] for i in range(3)])[0, 1])
    assert np.isinf(np.diag(gaps)).all() and (gaps == gaps.T).all()
