"""A student of another shape follows the teacher's inner maps of the very cuts that it is shown
itself.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
import torch

from kiosk.core.errors import LearningError
from kiosk.learning.data.augmentation import prepared
from kiosk.learning.data.batch_augmentation import BatchCropper
from kiosk.learning.data.unlabelled_pool import load_pool
from kiosk.learning.networks.mobilefacenet import MobileFaceNet, take_published
from kiosk.learning.networks.siamese import BACKBONES, SiameseNetwork
from kiosk.learning.networks.weight_files import load_network, save_network
from kiosk.learning.training.distil import Distiller
from kiosk.learning.training.distil_settings import DistilSettings
from kiosk.learning.training.feature_hints import DONE, MAPS, FeatureHint, TeacherMaps
from kiosk.learning.training.run_folder import Run
from tests.helpers.openvino import publish, random_trunk
from tests.helpers.textures import pattern

FACES = 16


@pytest.fixture(scope="module")
def pool_folder(tmp_path_factory):
    """Sixteen faces of eight people, and a teacher with random weights."""
    folder = tmp_path_factory.mktemp("pool")
    rng = np.random.default_rng(0)
    jpegs = [
        cv2.imencode(".jpg", pattern(row // 2, 128, row % 2))[1].ravel() for row in range(FACES)
    ]
    np.savez(
        folder / "pool-0.npz",
        jpeg=np.concatenate(jpegs),
        offset=np.cumsum([0, *map(len, jpegs)]),
        index=np.arange(FACES),
    )
    np.savez(
        folder / "pool-teacher.npz",
        embedding=np.repeat(rng.normal(size=(FACES // 2, 12)), 2, axis=0),
        pca=np.linalg.qr(rng.normal(size=(12, 8)))[0],
    )
    publish(
        random_trunk(),
        rng.normal(size=(12, 512)).astype(np.float16).astype(np.float32),
        folder / "teacher",
    )
    return folder


def distiller(folder, pool_folder, **values) -> Distiller:
    settings = DistilSettings(
        **(
            {
                "pool": str(pool_folder),
                "backbone": "mobilenet_v3_faces",
                "head": "16-8",
                "batch": 4,
                "epochs": 2,
                "lr": 0.002,
                "warmup": 0,
                "share": 0.2,
                "hint": 1.0,
                "views": 2,
                "strength": 0.1,
                "covered": 0.0,
            }
            | values
        )
    )
    run = (
        Run.open(folder)
        if (folder / "config.toml").exists()
        else Run.create(folder, "distil", settings)
    )
    return Distiller(run, settings, load_pool(pool_folder), shown=False)


def maps_of(folder, pool_folder, views=2) -> TeacherMaps:
    maps = TeacherMaps(folder, load_pool(pool_folder), BatchCropper("reid_128"), views)
    with ThreadPoolExecutor(2) as workers:
        maps.prepare(0.5, workers, lambda steps: steps)
    return maps


def test_a_kept_map_is_what_the_teacher_makes_of_that_cut(tmp_path, pool_folder):
    maps = maps_of(tmp_path, pool_folder)
    pool = load_pool(pool_folder)
    trunk = MobileFaceNet().eval()
    take_published(trunk, pool_folder / "teacher")
    with ThreadPoolExecutor(2) as workers, torch.inference_mode():
        cut = BatchCropper("reid_128").cut(
            pool.faces(np.array([7]), workers), 128, torch.from_numpy(maps.cuts[7:8, 1].copy())
        )
        x = trunk.depth_slope(
            trunk.depthwise(trunk.stem_slope(trunk.stem(prepared(cut, BACKBONES["mobilefacenet"]))))
        )
        for block in trunk.blocks:
            x = block(x)
    kept = np.asarray(maps.maps[7, 1], np.float32)
    assert np.abs(kept - x[0].numpy()).max() < 0.05 * np.abs(kept).max()
    assert not np.allclose(maps.cuts[7, 0], maps.cuts[7, 1]), "every view is another cut"


def test_maps_are_computed_once_and_again_after_a_kill_in_the_middle(tmp_path, pool_folder):
    first = np.array(maps_of(tmp_path, pool_folder).maps)
    assert np.array_equal(first, maps_of(tmp_path, pool_folder).maps)
    (tmp_path / DONE).unlink()  # as a kill leaves it
    np.save(tmp_path / MAPS, np.zeros(3))
    assert maps_of(tmp_path, pool_folder).maps.shape == first.shape


def test_maps_of_another_pool_are_refused(tmp_path, pool_folder):
    maps_of(tmp_path, pool_folder)
    with pytest.raises(LearningError, match="another pool"):
        maps_of(tmp_path, pool_folder, views=1)


def test_the_hint_changes_nothing_of_the_embedding(tmp_path, pool_folder):
    hint = FeatureHint(maps_of(tmp_path, pool_folder).maps)
    network = SiameseNetwork("mobilenet_v3_faces", "16-8").eval()
    faces = torch.rand(2, 3, 128, 128)
    with torch.inference_mode():
        embeddings, far = hint(network, faces, torch.zeros(2, 128, 8, 8))
        assert torch.allclose(embeddings, network(faces), atol=1e-6) and far > 0


def test_the_student_comes_nearer_to_the_teachers_maps(tmp_path, pool_folder):
    work = distiller(tmp_path, pool_folder, epochs=10, relational=0.0, apart=0.0)
    seen: list[float] = []
    embedded = work._embedded

    def noted(rows, size):
        embeddings, far = embedded(rows, size)
        seen.append(far.item())
        return embeddings, far

    work._embedded = noted  # type: ignore[method-assign]
    work.train()
    assert np.mean(seen[-4:]) < 0.7 * np.mean(seen[:4])


@pytest.mark.parametrize("step", [1, 2], ids=["in the middle", "before the epoch's row"])
def test_a_stopped_run_with_a_hint_goes_on_as_if_nothing_had_been(
    step, tmp_path, pool_folder, stopped
):
    values = {"epochs": 1}  # of two steps
    whole = distiller(tmp_path / "whole", pool_folder, **values).train()
    stopped(distiller(tmp_path / "stopped", pool_folder, **values), step)
    assert distiller(tmp_path / "stopped", pool_folder, **values).train() == whole
    first, second = (load_network(tmp_path / name).state_dict() for name in ("whole", "stopped"))
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_a_mobilenet_that_was_trained_before_goes_on_as_the_one_for_faces(tmp_path, pool_folder):
    before = SiameseNetwork("mobilenet_v3_large", "16-8").eval()
    save_network(tmp_path / "before.safetensors", before)
    started = distiller(
        tmp_path / "run", pool_folder, start=str(tmp_path / "before.safetensors")
    )._network.eval()
    faces = torch.rand(2, 3, 128, 128)
    with torch.inference_mode():
        assert started.spec.backbone == "mobilenet_v3_faces" and torch.allclose(
            started(faces), before(faces), atol=1e-5
        )


def test_a_hint_for_a_network_of_another_kind_is_refused(tmp_path, pool_folder):
    save_network(tmp_path / "before.safetensors", SiameseNetwork("resnet29", "8"))
    with pytest.raises(LearningError, match="not of a resnet29"):
        distiller(tmp_path / "run", pool_folder, start=str(tmp_path / "before.safetensors"))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"hint": -1.0}, "--hint"),
        ({"views": 0}, "--views"),
        ({"backbone": "mobilenet_v3_large"}, "mobilenet_v3_faces"),
    ],
)
def test_wrong_settings_are_said(values, sentence, tmp_path, pool_folder):
    with pytest.raises(LearningError, match=sentence):
        distiller(tmp_path, pool_folder, **values)


def test_without_the_teachers_files_it_says_where_they_belong(tmp_path, pool_folder):
    bare = tmp_path / "bare"
    bare.mkdir()
    for file in pool_folder.glob("*.npz"):
        (bare / file.name).write_bytes(file.read_bytes())
    with pytest.raises(LearningError, match="teacher"):
        distiller(tmp_path / "run", bare).train()
