"""The cascade gives the boxes, probabilities and landmarks of facenet-pytorch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from kiosk.core import paths
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.learning.networks.torchvision_compat import ensure_torchvision, nms
from kiosk.vision.detection.mtcnn import MOST_PROPOSED, MOST_REFINED, AreaIntegral, load_mtcnn
from kiosk.vision.detection.nms import by_union
from kiosk.vision.models.manifest import Manifest
from tests.helpers.data import DATA, needs_data
from tests.helpers.hostile_sheets import small_faces

pytestmark = pytest.mark.slow

SIZE = 40


@pytest.fixture(scope="module")
def ours():
    return load_mtcnn(Manifest.load(paths.MANIFEST), min_face_size=SIZE)


@pytest.fixture(scope="module")
def theirs():
    ensure_torchvision()
    from facenet_pytorch import MTCNN

    return MTCNN(keep_all=True, min_face_size=SIZE)


def assert_same(ours, theirs, image) -> int:
    found = ours.detect(image)
    boxes, probabilities, landmarks = theirs.detect(image[..., ::-1].copy(), landmarks=True)
    boxes = [] if boxes is None else boxes
    assert len(found) == len(boxes)
    for face, box, probability, points in zip(
        found, boxes, probabilities, landmarks if len(boxes) else [], strict=False
    ):
        assert np.abs(face.box - box).max() < 0.01
        assert abs(face.probability - probability) < 1e-4
        assert np.abs(face.landmarks - points).max() < 0.01
    return len(found)


@pytest.mark.parametrize("actor", CAST[:4], ids=lambda actor: actor.number)
@pytest.mark.parametrize("yaw", [0.0, 0.35])
def test_drawn_people_match_the_reference(ours, theirs, actor, yaw):
    assert assert_same(ours, theirs, draw_person(actor.looks, yaw=yaw, noise_seed=3)) >= 1


def test_two_people_in_one_picture_match_the_reference(ours, theirs):
    pair = np.concatenate([draw_person(CAST[i].looks, size=(400, 400)) for i in (0, 1)], axis=1)
    assert assert_same(ours, theirs, np.ascontiguousarray(pair)) == 2


@pytest.mark.data
@needs_data
def test_real_pictures_and_clips_match_the_reference(ours, theirs):
    files = (
        sorted((DATA / "lfw-dev").glob("*/*.jpg"))[::120]
        + sorted((DATA / "asian-dev").glob("*/*.jpg"))[::25]
    )
    images = [cv2.imread(str(file)) for file in files]
    for clip in sorted((DATA / "videos").iterdir()):
        good, frame = cv2.VideoCapture(str(clip)).read()
        images += [frame] if good else []
    assert sum(assert_same(ours, theirs, image) for image in images) >= 0.9 * len(files)


@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (11, 400), (40, 40), (480, 640)])
def test_pictures_of_any_size_without_a_face_give_no_face(ours, shape):
    assert ours.detect(np.zeros((*shape, 3), np.uint8)) == []


def test_noise_gives_finite_boxes(ours):
    image = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    assert all(np.isfinite(face.box).all() for face in ours.detect(image))


@pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="counts the pages that Linux reports"
)
def test_memory_does_not_grow_with_frames(ours):
    image = draw_person(CAST[0].looks)
    random = np.random.default_rng(4)

    def pages_after(frames: int) -> int:
        for _ in range(frames):
            ours.detect(cv2.add(image, random.integers(0, 20, image.shape, dtype=np.uint8)))
        return int(Path("/proc/self/statm").read_text().split()[1])

    before = pages_after(20)
    assert (pages_after(60) - before) * os.sysconf("SC_PAGE_SIZE") < 12 * 2**20


def test_the_runtime_writes_no_telemetry_files(tmp_path):
    code = (
        "import numpy as np\n"
        "from kiosk.core import paths\n"
        "from kiosk.vision.detection.mtcnn import load_mtcnn\n"
        "from kiosk.vision.models.manifest import Manifest\n"
        "mtcnn = load_mtcnn(Manifest.load(paths.MANIFEST))\n"
        "mtcnn.detect(np.zeros((60, 60, 3), np.uint8))\n"
    )
    home = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "ORT_"))} | {
        "HOME": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, env=home, check=True, timeout=60)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_sheet_of_small_faces_takes_bounded_work(ours, monkeypatch):
    crops = []
    run = type(ours)._run_shared

    def counted(self, network, outputs, inputs):
        crops.append(len(inputs))
        return run(self, network, outputs, inputs)

    monkeypatch.setattr(type(ours), "_run_shared", counted)
    sheet = small_faces((720, 1280), 44)
    ours.detect(sheet)
    assert crops == [MOST_PROPOSED, MOST_REFINED]


def test_before_a_wall_of_small_faces_the_person_at_the_door_is_found(ours):
    person = draw_person(CAST[0].looks, size=(400, 400))
    (alone,) = ours.detect(np.ascontiguousarray(person))
    sheet = small_faces((480, 640), 44)
    sheet[40:440, 120:520] = person
    found = ours.detect(sheet)
    assert len(found) > 1 and np.abs(found[0].box - alone.box - [120, 40, 120, 40]).max() < 12


def test_means_equal_adaptive_average_pooling():
    image = np.random.default_rng(1).integers(0, 256, (37, 53, 3), dtype=np.uint8)
    boxes = np.array([[3, 5, 30, 33], [-9, -4, 20, 61], [40.7, 20.2, 90, 36]], np.float32)
    kept, crops = AreaIntegral(image).crops(boxes, 24)
    assert len(kept) == 3
    for (x1, y1, x2, y2), crop in zip(boxes, crops, strict=True):
        top = max(int(y1), 1) - 1
        bottom = min(int(y2), 37)
        left = max(int(x1), 1) - 1
        right = min(int(x2), 53)
        part = torch.from_numpy(image[top:bottom, left:right, ::-1].copy()).permute(2, 0, 1).float()
        wanted = (torch.nn.functional.adaptive_avg_pool2d(part, 24) - 127.5) / 128
        assert np.abs(crop - wanted.numpy()).max() < 1e-5


def test_boxes_outside_the_picture_are_dropped():
    kept, crops = AreaIntegral(np.zeros((50, 50, 3), np.uint8)).crops(
        np.array([[60, 60, 80, 80], [-30, -30, -10, -10]], np.float32), 24
    )
    assert kept.shape == (0, 4) and crops.shape == (0, 3, 24, 24)


def test_suppression_equals_the_reference():
    random = np.random.default_rng(5)
    low = random.uniform(0, 100, (200, 2))
    boxes = np.concatenate([low, low + random.uniform(5, 60, (200, 2))], axis=1).astype(np.float32)
    scores = random.uniform(size=200).astype(np.float32)
    wanted = nms(torch.from_numpy(boxes), torch.from_numpy(scores), 0.4).numpy()
    assert np.array_equal(by_union(boxes, scores, 0.4), wanted)
