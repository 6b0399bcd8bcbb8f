"""Training of the network that tells open eyes from shut ones."""

from __future__ import annotations

import cv2
import numpy as np
import onnxruntime
import pytest
import torch

from kiosk.core.errors import LearningError
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.learning.data.shut_eyes import painted_shut, pulled_shut
from kiosk.learning.training.eye_training import (
    DRAWN_POINTS,
    POOL_POINTS,
    EyeSamples,
    caught,
    eye_network,
    eye_samples,
    fitted,
    onnx_of,
    pool_faces,
    train_eyes,
)
from kiosk.vision.liveness.eye_openness import HEIGHT, WIDTH

pytestmark = pytest.mark.slow


def pool(file, count=6):
    images = [
        draw_person(CAST[i % 8].looks, size=(128, 128), height=96, background=(150, 150, 150))
        for i in range(count)
    ]
    packed = [cv2.imencode(".jpg", image)[1].ravel() for image in images]
    offset = np.cumsum([0, *(len(one) for one in packed)])
    np.savez(file, jpeg=np.concatenate(packed), offset=offset)
    return file


@pytest.mark.parametrize("shut", [painted_shut, pulled_shut])
def test_shut_eyes_change_the_picture_only_around_the_eyes(shut):
    image = draw_person(CAST[2].looks, size=(320, 320), background=(150, 150, 150))
    for seed in range(4):
        made = shut(image, DRAWN_POINTS, np.random.default_rng(seed))
        changed = np.argwhere(np.abs(made.astype(int) - image).max(axis=-1) > 8)
        assert len(changed) > 100
        near = np.abs(changed[:, None, ::-1] - DRAWN_POINTS[:2]).max(axis=-1).min(axis=1)
        assert near.max() <= 32


def test_bright_and_dark_patches_are_learned_and_exported_alike():
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    is_open = np.repeat([1.0, 0.0], 150).astype(np.float32)
    patches = rng.normal(0, 0.5, (300, 2, HEIGHT, WIDTH)).astype(np.float32)
    patches[:150, :, 5:11, 8:16] -= 2
    samples = EyeSamples(patches, is_open)
    network = fitted(samples, epochs=6, batch=64)
    assert caught(network, samples) == (0.0, 1.0)
    session = onnxruntime.InferenceSession(onnx_of(network))
    odds = session.run(None, {"eye": patches[:3].reshape(-1, 1, HEIGHT, WIDTH)})[0]
    with torch.no_grad():
        expected = network(torch.from_numpy(patches[:3].reshape(-1, 1, HEIGHT, WIDTH)))
    assert np.allclose(odds, expected.numpy(), atol=1e-4)


def test_every_face_comes_with_open_and_with_shut_eyes(tmp_path):
    rng = np.random.default_rng(2)
    samples = eye_samples(pool_faces(pool(tmp_path / "pool-0.npz"), 6, rng), rng, drawn=2)
    assert samples.patches.shape == (6 * 4 + 6 * 2, 2, HEIGHT, WIDTH)
    assert samples.is_open.sum() == len(samples.is_open) / 2
    assert POOL_POINTS.shape == (5, 2)


def test_training_writes_a_network_of_the_right_shape(tmp_path):
    files = [pool(tmp_path / f"pool-{i}.npz") for i in range(2)]
    out = tmp_path / "eyes.onnx"
    figures = train_eyes(files, out, faces=6, epochs=1)
    assert all(0 <= share <= 1 for share in figures)
    (given,) = onnxruntime.InferenceSession(out).get_inputs()
    assert given.shape[1:] == [1, HEIGHT, WIDTH]
    assert sum(p.numel() for p in eye_network().parameters()) < 15_000


def test_files_that_are_no_pool_and_a_pool_alone_are_refused(tmp_path):
    (tmp_path / "pool-0.npz").write_bytes(b"no archive")
    with pytest.raises(LearningError, match="is not a pool"):
        list(pool_faces(tmp_path / "pool-0.npz", 3, np.random.default_rng(0)))
    with pytest.raises(LearningError, match="at least two"):
        train_eyes([tmp_path / "pool-0.npz"], tmp_path / "eyes.onnx", faces=3, epochs=1)
