"""Loads a shipped network from its ONNX file, so that training can continue from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import nn

from kiosk.core.errors import LearningError
from kiosk.learning.networks.mobilefacenet import MobileFaceNet, Slope
from kiosk.learning.networks.onnx_export import TOLERANCE, disagreement
from kiosk.learning.networks.resnet29 import Resnet29
from kiosk.learning.networks.siamese import NetworkSpec, SiameseNetwork
from kiosk.learning.networks.weight_files import load_network

Layer = tuple[NDArray[np.float32], NDArray[np.float32]]
Normalising = nn.BatchNorm1d | nn.BatchNorm2d
Weighted = nn.Conv2d | nn.Linear | Slope

FOR_FACES = "mobilenet_v3_faces"
POOLING = "trunk.1.weight"
"""Name of the weights of a ``mobilenet_v3_faces``'s pooling, as the export writes them."""


def load_start(path: Path) -> SiameseNetwork:
    """Load the starting point of a training: a run's folder, a state file, or an ONNX file.

    ``LearningError``.
    """
    return load_onnx(path) if path.suffix == ".onnx" else load_network(path)


def load_onnx(file: Path) -> SiameseNetwork:
    """Load the network of an ONNX file written by ``export`` or by the kiosk.

    BatchNorm and gains are folded in; before a MobileNetV3 is trained on, its BatchNorm layers need
    statistics (``measure_statistics``). Raise ``LearningError`` unless it is a MobileNetV3-Large
    with a head of linear layers, or a ResNet-29 or MobileFaceNet with a single-layer head, and
    computes the same.
    """
    content, graph = _read(file)
    held = _held(graph)
    layers = [
        _layer(node, held) for node in graph.node if node.op_type in ("Conv", "Gemm", "LeakyRelu")
    ]
    backbone = _backbone(graph, held)
    network = SiameseNetwork.of(NetworkSpec(backbone, _head(graph, held)))
    if not _fill(network, layers, held):
        raise LearningError(
            f"{file} is no MobileNetV3-Large, and no ResNet-29 or MobileFaceNet with one layer "
            "after it; fine-tuning starts from those, or from a run's folder."
        )
    size = graph.input[0].type.tensor_type.shape.dim[-1].dim_value or network.spec.size()
    if not disagreement(network, content, size) <= TOLERANCE:
        raise LearningError(
            f"{file} computes something else than a {backbone}; name a run's folder to start from."
        )
    return network.eval()


def spec_of_onnx(file: Path) -> NetworkSpec:
    """Read the architecture of such a file without building it; ``load_onnx`` checks it.

    Raise ``LearningError``.
    """
    _, graph = _read(file)
    held = _held(graph)
    return NetworkSpec(_backbone(graph, held), _head(graph, held))


def _read(file: Path) -> tuple[bytes, onnx.GraphProto]:
    try:
        content = file.read_bytes()
        return content, onnx.load_model_from_string(content).graph
    except Exception as error:  # protobuf's errors have no common ancestor of ours
        raise LearningError(
            f"{file} cannot be read as an ONNX network ({type(error).__name__}); restore it or "
            "name a run's folder."
        ) from None


def _held(graph: onnx.GraphProto) -> dict[str, NDArray[np.float32]]:
    """Return the weights by name; the export stores equal ones once, with other names for them."""
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Identity" and node.input[0] in held:
            held[node.output[0]] = held[node.input[0]]
    return held


def _layer(node: onnx.NodeProto, held: Mapping[str, NDArray[np.float32]]) -> Layer | None:
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


def _backbone(graph: onnx.GraphProto, held: Mapping[str, NDArray[np.float32]]) -> str:
    kinds = {node.op_type for node in graph.node}
    if "LeakyRelu" in kinds:
        return "mobilefacenet"
    if "HardSwish" not in kinds:
        return "resnet29"
    return "mobilenet_v3_faces" if POOLING in held else "mobilenet_v3_large"


def _head(graph: onnx.GraphProto, held: Mapping[str, NDArray[np.float32]]) -> str:
    """Return the widths of the head's layers; empty if they cannot be read."""
    read = [_layer(node, held) for node in graph.node if node.op_type == "Gemm"]
    return "-".join(str(len(layer[1])) for layer in read if layer)


@torch.no_grad()
def _fill(
    network: SiameseNetwork,
    layers: list[Layer | None],
    held: Mapping[str, NDArray[np.float32]],
) -> bool:
    """Copy the layers in order; return whether they are the network's."""
    mine = _layers(network)
    if len(mine) != len(layers):
        return False
    for (module, norm), layer in zip(mine, layers, strict=True):
        weight, bias = layer or (None, None)
        tensors = (
            [(module.slope, weight)]
            if isinstance(module, Slope)
            else [(module.weight, weight), (norm.bias if norm else module.bias, bias)]
        )
        for tensor, values in tensors:
            if tensor is None or values is None or tuple(tensor.shape) != values.shape:
                return False
            tensor.copy_(torch.from_numpy(values.copy()))
        if norm:
            norm.weight.fill_((1 + norm.eps) ** 0.5)
    if network.spec.backbone == FOR_FACES:
        pooling = network.get_parameter(POOLING)
        values = held[POOLING]
        if tuple(pooling.shape) != values.shape:
            return False
        pooling.copy_(torch.from_numpy(values.copy()))
    return True


def _layers(network: SiameseNetwork) -> list[tuple[Weighted, Normalising | None]]:
    """Return all layers with weights in the order of computation, and the BatchNorm that holds
    the bias of one that has none.
    """
    trunk = network.trunk
    if isinstance(trunk, Resnet29 | MobileFaceNet):
        head = network.head[0]
        assert isinstance(head, nn.Linear)
        own: Iterable[Weighted] = (
            trunk.layers()
            if isinstance(trunk, MobileFaceNet)
            else (unit.conv for unit in trunk.units())
        )
        return [(layer, None) for layer in (*own, head)]
    found: list[tuple[Weighted, Normalising | None]] = []
    for module in _as_computed(network):
        if isinstance(module, nn.Conv2d | nn.Linear):
            found.append((module, None))
        elif found[-1][0].bias is None:
            found[-1] = (found[-1][0], module)
        else:  # the head's, already folded into the layer before it
            module.weight.fill_((1 + module.eps) ** 0.5)
    return found


def _as_computed(network: SiameseNetwork) -> list[nn.Conv2d | nn.Linear | Normalising]:
    """Return the layers with weights in the order in which one face goes through them."""
    seen: list[nn.Conv2d | nn.Linear | Normalising] = []
    kinds = (nn.Conv2d, nn.Linear, nn.BatchNorm1d, nn.BatchNorm2d)
    handles = [
        module.register_forward_pre_hook(lambda layer, _: seen.append(layer))
        for module in network.modules()
        if isinstance(module, kinds)
    ]
    network.eval()
    network(torch.zeros(1, 3, network.spec.size(), network.spec.size()))
    for handle in handles:
        handle.remove()
    return seen
