"""The teacher's files read without OpenVINO, and the network that begins with them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from kiosk.core.errors import LearningError
from kiosk.learning.networks.mobilefacenet import PUBLISHED, MobileFaceNet, take_published
from kiosk.learning.networks.onnx_export import disagreement, to_onnx
from kiosk.learning.networks.openvino_reader import read_constants
from kiosk.learning.networks.siamese import NetworkSpec, SiameseNetwork, spec_of
from tests.helpers.data import DATA, needs_data
from tests.helpers.openvino import Writer, publish, random_trunk


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A folder with the files of a random network, that network and its head."""
    folder = tmp_path_factory.mktemp("teacher")
    trunk = random_trunk()
    head = np.random.default_rng(1).normal(size=(256, 512)).astype(np.float16).astype(np.float32)
    publish(trunk, head, folder)
    return folder, trunk, head


def test_the_published_weights_compute_what_they_computed(published):
    folder, there, head = published
    mine = MobileFaceNet().eval()
    assert np.array_equal(take_published(mine, folder), head)
    faces = torch.rand(2, 3, 128, 128)
    with torch.inference_mode():
        a, b = mine(faces), there(faces)
    assert float((a - b).abs().max()) < 2e-3 * float(b.abs().max()), (
        "the first layer went through half precision twice"
    )
    assert all(
        torch.equal(x.slope, y.slope)
        for x, y in zip(mine.layers(), there.layers(), strict=True)
        if hasattr(x, "slope")
    )


def test_another_network_and_damaged_files_are_one_sentence(published, tmp_path):
    folder, _, _ = published
    with pytest.raises(LearningError, match="not here"):
        take_published(MobileFaceNet(), tmp_path)
    xml = (folder / PUBLISHED).read_text()
    numbers = (folder / PUBLISHED).with_suffix(".bin").read_bytes()
    for content, rest, says in (
        (xml[:200], numbers, "damaged"),
        (xml, numbers[:-4], "damaged"),
        (xml.replace("f16", "i8"), numbers, "damaged"),
    ):
        (tmp_path / PUBLISHED).write_text(content)
        (tmp_path / PUBLISHED).with_suffix(".bin").write_bytes(rest)
        with pytest.raises(LearningError, match=says):
            take_published(MobileFaceNet(), tmp_path)
    other = Writer()
    other.step("Convolution", np.ones((2, 3, 1, 1)))
    other.write(tmp_path / PUBLISHED)
    with pytest.raises(LearningError, match="another network"):
        take_published(MobileFaceNet(), tmp_path)


def test_constants_come_in_the_order_of_their_layers(tmp_path):
    writer = Writer()
    writer.step("Multiply", np.array([2.0]))
    writer.step("Add", np.array([[1.0, -1.0]]))
    writer.write(tmp_path / "net.xml")
    assert [(c.used_by, c.value.tolist()) for c in read_constants(tmp_path / "net.xml")] == [
        ("Multiply", [2.0]),
        ("Add", [[1.0, -1.0]]),
    ]


def test_in_onnx_the_slopes_are_fixed_and_nothing_else_changes():
    network = SiameseNetwork("mobilefacenet", "16").eval()
    network.trunk.load_state_dict(random_trunk().state_dict())
    content = to_onnx(network, 128)
    assert disagreement(network, content, 128) < 1e-4
    assert b"LeakyRelu" in content and b"PRelu" not in content


def test_frozen_blocks_learn_nothing_and_the_others_do():
    network = SiameseNetwork("mobilefacenet", "16")
    network.trunk.freeze(5)
    network(torch.rand(2, 3, 128, 128)).sum().backward()
    learned = {name for name, p in network.named_parameters() if p.grad is not None}
    assert learned and not any(
        name.startswith(("trunk.stem", "trunk.depthwise", "trunk.blocks.4")) for name in learned
    )
    assert "trunk.blocks.5.widen.weight" in learned and "head.0.weight" in learned


def test_weights_tell_their_network_and_the_size_is_fixed():
    assert spec_of(SiameseNetwork("mobilefacenet", "16").state_dict()) == NetworkSpec(
        "mobilefacenet", "16"
    )
    with pytest.raises(LearningError, match="at most 128"):
        NetworkSpec("mobilefacenet").size(150)
    with pytest.raises(LearningError, match="at least 128"):
        NetworkSpec("mobilefacenet").size(112)


@needs_data
@pytest.mark.data
def test_the_real_teacher_agrees_with_the_embeddings_of_the_pool():
    from kiosk.learning.data.augmentation import prepared
    from kiosk.learning.data.batch_augmentation import BatchCropper
    from kiosk.learning.data.unlabelled_pool import load_pool

    pool = load_pool(DATA)
    cutter = BatchCropper("reid_128")
    rows = np.arange(0, 3000, 100)
    from concurrent.futures import ThreadPoolExecutor

    trunk = MobileFaceNet().eval()
    head = torch.from_numpy(pool.pca.T @ take_published(trunk, DATA / "teacher"))
    with ThreadPoolExecutor(2) as workers, torch.inference_mode():
        faces = prepared(
            cutter.plain(pool.faces(rows, workers), 128), NetworkSpec("mobilefacenet").facts
        )
        found = torch.nn.functional.normalize(trunk(faces) @ head.T)
    assert float((found * pool.targets[rows]).sum(1).mean()) > 0.95
