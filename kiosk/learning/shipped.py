"""A shipped ResNet-29 back from its ONNX file, so that training can go on without a second copy of the weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper

from kiosk.errors import LearningError
from kiosk.learning.export import TOLERANCE, disagreement
from kiosk.learning.network import NetworkSpec, SiameseNetwork
from kiosk.learning.resnet29 import Resnet29
from kiosk.learning.weightfile import load_network

Layer = tuple[NDArray[np.float32], NDArray[np.float32]]


def load_start(path: Path) -> SiameseNetwork:
    """What training goes on from: a run's folder, a state file, or an ONNX file; raises ``LearningError``."""
    return load_onnx(path) if path.suffix == ".onnx" else load_network(path)


def load_onnx(file: Path) -> SiameseNetwork:
    """The network of an ONNX file that ``export`` or the kiosk's own writer made, its gains folded into the convolutions.

    Raises ``LearningError`` where the file is no ResNet-29 with a single layer as its head, or computes something else.
    """
    try:
        content = file.read_bytes()
        graph = onnx.load_model_from_string(content).graph
    except Exception as error:  # protobuf's errors have no common ancestor of ours
        raise LearningError(f"{file} cannot be read as an ONNX network ({type(error).__name__}); restore it or name a run's folder.") from None
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    layers = [_layer(node, held) for node in graph.node if node.op_type in ("Conv", "Gemm")]
    network = SiameseNetwork.of(NetworkSpec("resnet29", str(len(layers[-1][1])) if layers and layers[-1] else ""))
    if not _fill(network, layers):
        raise LearningError(f"{file} is no ResNet-29 with one layer after it; fine-tuning starts from that, or from a run's folder.")
    size = graph.input[0].type.tensor_type.shape.dim[-1].dim_value or network.spec.size()
    if not disagreement(network, content, size) <= TOLERANCE:
        raise LearningError(f"{file} computes something else than a ResNet-29; name a run's folder to start from.")
    return network.eval()


def _layer(node: onnx.NodeProto, held: dict[str, NDArray[np.float32]]) -> Layer | None:
    """(weight, bias) as torch has them."""
    if len(node.input) != 3 or not all(name in held for name in node.input[1:]):
        return None
    weight, bias = held[node.input[1]], held[node.input[2]]
    transposed = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
    return (weight, bias) if node.op_type == "Conv" or transposed else (weight.T, bias)


@torch.no_grad()
def _fill(network: SiameseNetwork, layers: list[Layer | None]) -> bool:
    """Copy the layers in their order; whether they are the ones that the network has."""
    trunk, head = network.trunk, network.head[0]
    assert isinstance(trunk, Resnet29) and isinstance(head, torch.nn.Linear)
    mine: list[torch.nn.Conv2d | torch.nn.Linear] = [*(unit.conv for unit in trunk.units()), head]
    if len(mine) != len(layers):
        return False
    for module, layer in zip(mine, layers, strict=True):
        if layer is None or module.bias is None or tuple(module.weight.shape) != layer[0].shape or len(module.bias) != len(layer[1]):
            return False
        module.weight.copy_(torch.from_numpy(layer[0].copy()))
        module.bias.copy_(torch.from_numpy(layer[1].copy()))
    return True
