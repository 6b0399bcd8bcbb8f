"""Write a MobileFaceNet like Open Model Zoo: OpenVINO's .xml and .bin, half precision, BGR."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from kiosk.learning.networks import mobilefacenet
from kiosk.learning.networks.mobilefacenet import MobileFaceNet, Slope


class Writer:
    """Collects layers, each with at most one constant, in a row."""

    def __init__(self) -> None:
        self.layers: list[str] = []
        self.edges: list[str] = []
        self.numbers = b""
        self._last = self._layer("Parameter")

    def step(self, kind: str, value: np.ndarray) -> None:
        """Append a layer of ``kind`` with a constant that is converted from half precision."""
        content = value.astype("<f2").tobytes()
        shape = ",".join(map(str, value.shape))
        const = self._layer(
            "Const",
            f'<data element_type="f16" shape="{shape}" offset="{len(self.numbers)}" '
            f'size="{len(content)}"/>',
        )
        self.numbers += content
        convert = self._layer("Convert")
        layer = self._layer(kind)
        for source, target, port in (
            (const, convert, 0),
            (self._last, layer, 0),
            (convert, layer, 1),
        ):
            self.edges.append(
                f'<edge from-layer="{source}" from-port="0" to-layer="{target}" to-port="{port}"/>'
            )
        self._last = layer

    def _layer(self, kind: str, inside: str = "") -> int:
        self.layers.append(
            f'<layer id="{len(self.layers)}" name="l" type="{kind}" version="opset1">'
            f"{inside}</layer>"
        )
        return len(self.layers) - 1

    def write(self, file: Path) -> None:
        """Both files."""
        file.write_text(
            f'<?xml version="1.0"?><net><layers>{"".join(self.layers)}</layers>'
            f"<edges>{''.join(self.edges)}</edges></net>"
        )
        file.with_suffix(".bin").write_bytes(self.numbers)


def publish(trunk: MobileFaceNet, head: np.ndarray, folder: Path) -> None:
    """Write ``trunk`` and the last layer ``head`` (256, 512) under the published name."""
    writer = Writer()  # blue, green, red, as published
    scale = np.array([0.01437378, 0.0213623, 0.01864624])
    writer.step("Multiply", scale.reshape(1, 3, 1, 1))
    writer.step("Add", np.array([-0.92626953, -1.4453125, -1.5302734]).reshape(1, 3, 1, 1))
    for module in trunk.layers():
        if isinstance(module, Slope):
            writer.step("PReLU", module.slope.numpy().reshape(1))
            continue
        weight = module.weight.detach().numpy()
        if module is trunk.stem:
            weight = weight[:, ::-1] / scale[:, None, None] / mobilefacenet.SCALE
        writer.step(
            "GroupConvolution" if module.groups > 1 else "Convolution",
            weight[:, None] if module.groups > 1 else weight,
        )
        writer.step("Add", module.bias.detach().numpy().reshape(1, -1, 1, 1))
    writer.step("Convolution", head.reshape(*head.shape, 1, 1))
    folder.mkdir(parents=True, exist_ok=True)
    writer.write(folder / mobilefacenet.PUBLISHED)


def random_trunk(seed: int = 0) -> MobileFaceNet:
    """Return a trunk with random weights that are exact in half precision."""
    torch.manual_seed(seed)
    trunk = MobileFaceNet().eval()
    with torch.no_grad():
        for module in trunk.layers():
            if isinstance(module, Slope):
                module.slope.copy_((torch.rand(()) * 2 - 0.5).half().float())
            else:
                assert module.bias is not None
                torch.nn.init.kaiming_normal_(
                    module.weight
                )  # with these sizes faces still differ after fifty layers, and none explodes
                module.weight.copy_((0.65 * module.weight).half().float())
                module.bias.copy_((0.1 * module.bias).half().float())
    return trunk
