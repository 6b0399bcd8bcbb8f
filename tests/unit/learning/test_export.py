"""The exported network is the trained one, and a kiosk can run it."""

from __future__ import annotations

import tomllib

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from kiosk.core.errors import LearningError
from kiosk.learning.networks import onnx_export as exporting
from kiosk.learning.networks.onnx_export import disagreement, export, read_facts, to_onnx
from kiosk.learning.networks.siamese import SiameseNetwork
from kiosk.vision.models.manifest import ModelEntry
from kiosk.vision.recognition.embedder import OnnxEmbedder


@pytest.fixture(scope="module")
def network() -> SiameseNetwork:
    torch.manual_seed(0)
    made = SiameseNetwork("mobilenet_v3_large", "24-16-8").train()
    for _ in range(3):
        made(torch.randn(8, 3, 48, 48))
    return made.eval()


def test_onnx_runtime_gives_what_torch_gives_for_any_number_of_faces(network):
    content = to_onnx(network, 48)
    assert disagreement(network, content, 48) <= 1e-4
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    for n in (1, 5):
        faces = np.random.default_rng(n).normal(size=(n, 3, 48, 48)).astype(np.float32)
        with torch.inference_mode():
            assert (
                np.abs(
                    session.run(None, {"face": faces})[0] - network(torch.from_numpy(faces)).numpy()
                ).max()
                < 1e-4
            )
    assert not {node.op_type for node in onnx.load_from_string(content).graph.node} & {
        "BatchNormalization"
    }


def test_the_residual_network_is_exported_with_its_gains_folded(tmp_path):
    torch.manual_seed(0)
    made = SiameseNetwork("resnet29", "16").eval()
    for unit in made.trunk.units():
        nn.init.uniform_(unit.affine.weight, 0.5, 1.5)
        nn.init.normal_(unit.affine.bias, 0, 0.1)
    content = to_onnx(made, 112)
    assert disagreement(made, content, 112) <= 1e-4
    kinds = [node.op_type for node in onnx.load_from_string(content).graph.node]
    assert kinds.count("Conv") == 29 and kinds.count("Mul") == 0


def test_exported_network_runs_in_the_kiosk(network, tmp_path):
    path = export(network, tmp_path, 48, 0.87)
    facts = tomllib.loads((tmp_path / "network.toml").read_text())
    assert facts == read_facts(tmp_path) and facts["threshold"] == 0.87 and facts["input"] == 48
    values = {
        key: tuple(value) if isinstance(value, list) else value for key, value in facts.items()
    }
    embedder = OnnxEmbedder(
        ModelEntry(id="mine", kind="embedder", file=path.name, root=tmp_path, **values)
    )
    crops = np.random.default_rng(0).integers(0, 255, (2, 48, 48, 3)).astype(np.uint8)
    ready = (
        torch.from_numpy(crops[..., ::-1].transpose(0, 3, 1, 2).copy()).float() - 127.5
    ) / 127.5
    with torch.inference_mode():
        assert np.abs(embedder.embed(list(crops)) - network(ready).numpy()).max() < 1e-4


def test_an_export_that_differs_is_not_written(network, tmp_path, monkeypatch):
    other = SiameseNetwork("mobilenet_v3_large", "24-16-8").eval()
    wrong = to_onnx(other, 48)
    monkeypatch.setattr(exporting, "to_onnx", lambda *_: wrong)
    with pytest.raises(LearningError, match="differs"):
        export(network, tmp_path, 48, 0.8)
    assert list(tmp_path.iterdir()) == []


def test_weights_that_are_no_numbers_are_not_exported(tmp_path):
    broken = SiameseNetwork("mobilenet_v3_large", "8").eval()
    with torch.no_grad():
        broken.head[0].bias.fill_(float("nan"))
    with pytest.raises(LearningError, match="finite"):
        export(broken, tmp_path, 32, 0.8)
