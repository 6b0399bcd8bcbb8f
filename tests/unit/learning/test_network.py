"""One branch for both pictures, embeddings of length 1, and dlib's published ResNet-29."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from kiosk.core.errors import LearningError
from kiosk.learning.networks.resnet29 import SMALLEST, published_weights, take_published
from kiosk.learning.networks.siamese import HEADS, NetworkSpec, SiameseNetwork, folded, spec_of
from kiosk.learning.networks.weight_files import load_network, save_network
from kiosk.vision.models.prepare.resnet29_onnx import to_onnx


def noise(n: int, size: int) -> torch.Tensor:
    return torch.from_numpy(
        np.random.default_rng(0).normal(size=(n, 3, size, size)).astype(np.float32)
    )


def tiny(head: str = "16-8", batch_norm: bool = True) -> SiameseNetwork:
    torch.manual_seed(0)
    return SiameseNetwork("mobilenet_v3_large", head, batch_norm)


def settled(network: SiameseNetwork, size: int = 32) -> SiameseNetwork:
    """With figures of normalisation and gains that are not 0 and 1."""
    network.train()
    for _ in range(3):
        network(noise(8, size))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d):
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.normal_(module.bias)
    return network.eval()


@pytest.mark.parametrize("head", HEADS)
def test_the_founders_heads_have_their_layers_with_relu_between(head):
    network = SiameseNetwork("mobilenet_v3_large", head)
    linear = [m for m in network.head if isinstance(m, nn.Linear)]
    widths = [int(w) for w in head.split("-")]
    assert [(m.in_features, m.out_features) for m in linear] == list(
        zip([960, *widths], widths, strict=False)
    )
    assert [type(m) for m in network.head][-1] is nn.Linear
    assert (
        sum(isinstance(m, nn.ReLU) for m in network.head)
        == sum(isinstance(m, nn.BatchNorm1d) for m in network.head)
        == len(widths) - 1
    )
    assert network.eval()(noise(1, 32)).shape == (1, 128)


@pytest.mark.usefixtures(
    "quick"
)  # MobileNet's layers, barely trained, take everything for one point
def test_embeddings_have_length_one_and_a_pair_goes_through_the_same_branch():
    network = settled(tiny())
    a, b = noise(3, 32), noise(6, 32)[3:]
    first = network(a)
    second = network(b)
    assert torch.allclose(first.norm(dim=1), torch.ones(3), atol=1e-6)
    gaps = network.pair(a, b)
    assert torch.allclose(gaps, (first - second).norm(dim=1), atol=1e-5) and gaps.min() > 1e-3
    assert torch.allclose(network.pair(b, a), gaps, atol=1e-5)


def test_a_pair_of_equal_pictures_has_a_finite_gradient():
    network = tiny().eval()
    network.pair(noise(2, 32), noise(2, 32)).sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters() if p.grad is not None)


def test_every_batchnorm_follows_faster_than_torchvisions():
    momenta = {
        m.momentum for m in tiny().modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)
    }
    assert momenta == {0.1}


def test_folding_the_head_changes_nothing():
    network = settled(tiny("24-16-8"))
    final = folded(network)
    assert not any(isinstance(m, nn.BatchNorm1d) for m in final.modules())
    with torch.inference_mode():
        assert torch.allclose(final(noise(4, 32)), network(noise(4, 32)), atol=1e-5)
    assert any(isinstance(m, nn.BatchNorm1d) for m in network.modules()), (
        "the trained network itself stays"
    )


def test_the_published_residual_network_is_the_one_that_the_kiosk_runs():
    weights = published_weights()
    network = SiameseNetwork("resnet29").eval()
    take_published(network.trunk, weights)
    with torch.no_grad():
        network.head[0].weight.copy_(torch.from_numpy(weights.head))
        network.head[0].bias.copy_(torch.from_numpy(weights.bias))
    faces = noise(2, 150) * 0.4
    wanted = onnxruntime.InferenceSession(
        to_onnx(weights, normalise=True), providers=["CPUExecutionProvider"]
    ).run(None, {"face": faces.numpy()})[0]
    with torch.inference_mode():
        assert np.abs(network(faces).numpy() - wanted).max() < 1e-5
        assert np.abs(folded(network)(faces).numpy() - wanted).max() < 1e-5
        assert network(noise(1, SMALLEST)).shape == (1, 128)


@pytest.mark.parametrize(
    ("backbone", "head", "batch_norm"),
    [
        ("mobilenet_v3_large", "512-256-128", True),
        ("mobilenet_v3_large", "64-32", False),
        ("mobilenet_v3_faces", "512-128", True),
        ("resnet29", "128", True),
        ("resnet29", "64-16", False),
    ],
)
def test_a_network_is_known_by_its_weights(backbone, head, batch_norm):
    network = SiameseNetwork(backbone, head, batch_norm)
    assert spec_of(network.state_dict()) == NetworkSpec(backbone, head, batch_norm)


def test_the_network_for_faces_begins_with_the_plain_mean():
    plain = SiameseNetwork("mobilenet_v3_large", "16-8").eval()
    weighted = SiameseNetwork("mobilenet_v3_faces", "16-8").eval()
    missing = weighted.load_state_dict(plain.state_dict(), strict=False).missing_keys
    with torch.inference_mode():
        assert missing == ["trunk.1.weight"] and torch.allclose(
            plain(noise(2, 128)), weighted(noise(2, 128)), atol=1e-5
        )


@pytest.mark.parametrize(
    "wrong",
    [{"backbone": "vgg"}, {"head": "512-"}, {"head": "0-128"}, {"head": "a"}, {"head": "512,128"}],
)
def test_an_unknown_network_is_refused_with_a_sentence(wrong):
    with pytest.raises(LearningError, match=r"use one of|write it as"):
        NetworkSpec(**wrong)


def test_too_small_pictures_are_refused():
    assert NetworkSpec("resnet29").size() == 150 and NetworkSpec().size(64) == 64
    with pytest.raises(LearningError, match="at least"):
        NetworkSpec("resnet29").size(64)


def test_weights_come_back_as_they_were_and_only_with_their_checksum(tmp_path):
    network = settled(tiny())
    path = tmp_path / "weights.safetensors"
    save_network(path, network)
    again = load_network(tmp_path)
    with torch.inference_mode():
        assert torch.equal(again(noise(2, 32)), network(noise(2, 32)))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(LearningError, match="not what was noted"):
        load_network(path)


def test_torch_files_are_read_without_running_them(tmp_path):
    network = tiny().eval()
    torch.save(network.state_dict(), tmp_path / "good.pt")
    assert torch.equal(load_network(tmp_path / "good.pt").head[0].weight, network.head[0].weight)
    torch.save(network, tmp_path / "whole.pt")
    (tmp_path / "page.pt").write_text("<html>")
    torch.save({"head.0.weight": torch.zeros(3, 3)}, tmp_path / "other.pt")
    (tmp_path / "half.safetensors").write_bytes(b"\x08\x00\x00")
    for name in ("whole.pt", "page.pt", "other.pt", "half.safetensors", "missing.pt"):
        with pytest.raises(LearningError):
            load_network(tmp_path / name)


def test_weights_of_another_shape_are_refused(tmp_path):
    state = dict(tiny().state_dict())
    del state["trunk.0.0.0.weight"]
    torch.save(state, tmp_path / "part.pt")
    with pytest.raises(LearningError, match="does not fit"):
        load_network(tmp_path / "part.pt")
