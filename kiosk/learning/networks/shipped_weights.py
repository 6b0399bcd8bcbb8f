"""Loads a shipped network from its ONNX file, so that training can continue from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper

from kiosk.core.errors import LearningError
from kiosk.learning.networks.mobilefacenet import MobileFaceNet, Slope
from kiosk.learning.networks.onnx_export import TOLERANCE, disagreement
from kiosk.learning.networks.resnet29 import Resnet29
from kiosk.learning.networks.siamese import NetworkSpec, SiameseNetwork
from kiosk.learning.networks.weight_files import load_network

Layer = tuple[NDArray[np.float32], NDArray[np.float32]]


def load_start(path: Path) -> SiameseNetwork:
    """Load the starting point of a training: a run's folder, a state file, or an ONNX file.

    ``LearningError``.
    """
    return load_onnx(path) if path.suffix == ".onnx" else load_network(path)


def load_onnx(file: Path) -> SiameseNetwork:
    """Load the network of an ONNX file written by ``export`` or by the kiosk, with a ResNet-29's
    gains folded in.

    Raises ``LearningError`` unless it is a ResNet-29 or a MobileFaceNet with a single-layer head
    that computes the same.
    """
    try:
        content = file.read_bytes()
        graph = onnx.load_model_from_string(content).graph
    except Exception as error:  # protobuf's errors have no common ancestor of ours
        raise LearningError(
            f"{file} cannot be read as an ONNX network ({type(error).__name__}); restore it or "
            "name a run's folder."
        ) from None
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    layers = [
        _layer(node, held) for node in graph.node if node.op_type in ("Conv", "Gemm", "LeakyRelu")
    ]
    backbone = (
        "mobilefacenet" if any(node.op_type == "LeakyRelu" for node in graph.node) else "resnet29"
    )
    network = SiameseNetwork.of(
        NetworkSpec(backbone, str(len(layers[-1][1])) if layers and layers[-1] else "")
    )
    if not _fill(network, layers):
        raise LearningError(
            f"{file} is no ResNet-29 or MobileFaceNet with one layer after it; fine-tuning starts "
            "from that, or from a run's folder."
        )
    size = graph.input[0].type.tensor_type.shape.dim[-1].dim_value or network.spec.size()
    if not disagreement(network, content, size) <= TOLERANCE:
        raise LearningError(
            f"{file} computes something else than a {backbone}; name a run's folder to start from."
        )
    return network.eval()


def _layer(node: onnx.NodeProto, held: dict[str, NDArray[np.float32]]) -> Layer | None:
    """Return (weight, bias) in torch's layout; for a slope (slope, nothing)."""
    if node.op_type == "LeakyRelu":
        slope = next(
            (attribute.f for attribute in node.attribute if attribute.name == "alpha"), 0.01
        )
        return np.array(slope, np.float32), np.zeros(0, np.float32)
    if len(node.input) != 3 or not all(name in held for name in node.input[1:]):
        return None
    weight = held[node.input[1]]
    bias = held[node.input[2]]
    transposed = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
    return (weight, bias) if node.op_type == "Conv" or transposed else (weight.T, bias)


@torch.no_grad()
def _fill(network: SiameseNetwork, layers: list[Layer | None]) -> bool:
    """Copy the layers in order; return whether they are the network's."""
    mine = _layers(network)
    if len(mine) != len(layers):
        return False
    for module, layer in zip(mine, layers, strict=True):
        tensors = (module.slope,) if isinstance(module, Slope) else (module.weight, module.bias)
        for tensor, values in zip(tensors, layer or (None, None), strict=False):
            if tensor is None or values is None or tuple(tensor.shape) != values.shape:
                return False
            tensor.copy_(torch.from_numpy(values.copy()))
    return True


def _layers(network: SiameseNetwork) -> list[torch.nn.Conv2d | torch.nn.Linear | Slope]:
    """Return all layers with weights, in the order of computation."""
    trunk = network.trunk
    head = network.head[0]
    assert isinstance(trunk, Resnet29 | MobileFaceNet) and isinstance(head, torch.nn.Linear)
    return [
        *(
            trunk.layers()
            if isinstance(trunk, MobileFaceNet)
            else (unit.conv for unit in trunk.units())
        ),
        head,
    ]
