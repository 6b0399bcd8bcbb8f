"""Going on from the shipped network's ONNX file, and refusing what is none."""

from __future__ import annotations

import pytest
import torch

from kiosk.core import paths
from kiosk.core.errors import LearningError
from kiosk.learning.networks.batch_norm_statistics import measure_statistics
from kiosk.learning.networks.onnx_export import to_onnx
from kiosk.learning.networks.shipped_weights import load_onnx, load_start
from kiosk.learning.networks.siamese import SiameseNetwork
from kiosk.learning.networks.weight_files import save_network
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.models.prepare.onnx_graph import Graph


def test_the_shipped_network_comes_back_as_what_it_computes():
    network = load_onnx(
        paths.WEIGHTS / "siamese.onnx"
    )  # compared with the file by ONNX Runtime there
    assert (
        network.spec.facts.size == Manifest.load(paths.MANIFEST).entry("siamese").input
        and network.spec.dimension == 128
    )
    assert not network.training


@pytest.mark.parametrize(
    ("backbone", "size", "head"),
    [
        ("resnet29", 112, "16"),
        ("mobilefacenet", 128, "16"),
        ("mobilenet_v3_faces", 128, "24-16"),
        ("mobilenet_v3_large", 64, "16"),
    ],
)
def test_an_exported_network_comes_back_to_be_trained_on(tmp_path, backbone, size, head):
    torch.manual_seed(1)
    network = SiameseNetwork(backbone, head).eval()
    (tmp_path / "net.onnx").write_bytes(to_onnx(network, size))
    again = load_start(tmp_path / "net.onnx")
    assert (again.spec.backbone, again.spec.head) == (backbone, head)
    faces = torch.rand(2, 3, size, size)
    assert torch.allclose(again(faces), network(faces), atol=1e-4)
    assert all(p.requires_grad for p in again.parameters())


def test_statistics_of_faces_change_what_training_sees_and_not_what_the_network_computes():
    torch.manual_seed(1)
    network = SiameseNetwork("mobilenet_v3_large", "24-16").eval()
    faces = torch.rand(16, 3, 64, 64)
    before = network(faces)
    measure_statistics(network, [faces])
    assert torch.allclose(network(faces), before, atol=1e-4)
    assert torch.allclose(network.train()(faces), before, atol=0.05)


def test_a_run_is_a_start_as_well(tmp_path):
    network = SiameseNetwork("resnet29", "16")
    save_network(tmp_path / "weights.safetensors", network)
    assert torch.equal(load_start(tmp_path).head[0].weight, network.head[0].weight)


def test_other_networks_are_refused_in_one_sentence(tmp_path):
    torch.manual_seed(1)
    other = SiameseNetwork("resnet29", "32-16").eval()
    (tmp_path / "deep.onnx").write_bytes(to_onnx(other, 112))
    (tmp_path / "broken.onnx").write_bytes(b"no network at all")
    g = Graph("tiny")
    g.node(
        "Identity",
        g.node("Flatten", g.node("GlobalAveragePool", "face"), axis=1),
        output="embedding",
    )
    (tmp_path / "tiny.onnx").write_bytes(g.build({"face": ["n", 3, 8, 8]}, {"embedding": ["n", 3]}))
    for name, says in (
        ("deep", "no ResNet-29 or"),
        ("broken", "cannot be read"),
        ("tiny", "no ResNet-29 or"),
        ("missing", "cannot be read"),
    ):
        with pytest.raises(LearningError, match=says):
            load_onnx(tmp_path / f"{name}.onnx")
