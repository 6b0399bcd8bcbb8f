"""Guard against slowness by ratios in one run, far below those of benchmarks/bench.py."""

from __future__ import annotations

import pytest

from benchmarks.speed.timing import compare
from benchmarks.speed.vision import detector, facenet_mtcnn, rgb
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_person

pytestmark = pytest.mark.slow


def test_detection_and_following_are_several_times_faster_than_their_peers():
    ours = detector(1)
    theirs = facenet_mtcnn()
    image = draw_person(CAST[0].looks, noise_seed=1)
    seen = rgb(image)
    faces = ours.detect(image)
    times = compare(
        {
            "cascade": lambda: ours.detect(image),
            "followed": lambda: ours.refind(image, faces),
            "facenet-pytorch": lambda: theirs.detect(seen, landmarks=True),
        },
        rounds=2,
    )
    assert times["facenet-pytorch"].median > 2.5 * times["cascade"].median
    assert times["cascade"].median > 2 * times["followed"].median
