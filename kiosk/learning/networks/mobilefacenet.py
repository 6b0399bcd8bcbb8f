"""MobileFaceNet (Chen et al., 2018) with squeeze-and-excitation, as in Open Model Zoo's
face-reidentification-retail-0095.

That network (Intel, Apache-2.0) is the teacher of ``train distil``; a student of the same shape can
start from its weights. Its PReLU layers have one slope each, kept fixed: written as LeakyRelu, ONNX
Runtime fuses them with the preceding convolution (1.9 ms a face instead of 6.7 with PReLU, on the
same two cores).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from kiosk.core.errors import LearningError
from kiosk.learning.networks.openvino_reader import Constant, read_constants

FEATURES = 512
SIDE = 128
"""Pixels: the last depthwise convolution covers exactly what remains of this size."""
MEAN = (82.068, 67.658, 64.441)
"""Mean of red, green and blue, 0..255, that the published network subtracts."""
SCALE = 64.0
STAGES = ((64, 128, 5), (128, 256, 7), (128, 256, 3))
"""Channels, expanded channels, blocks; the first block of each stage halves the picture (the last
one widens to ``FEATURES``).
"""
PUBLISHED = "face-reidentification-retail-0095.xml"


class Slope(nn.Module):
    """Leaky ReLU with a fixed ``slope``."""

    slope: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("slope", torch.tensor(0.25))

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape."""
        return functional.leaky_relu(x, float(self.slope))


class Excitation(nn.Module):
    """Squeeze-and-excitation: scales each channel by a factor in 0..1 (Hu et al., 2018)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(channels, channels // 8, 1)
        self.slope = Slope()
        self.widen = nn.Conv2d(channels // 8, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape."""
        return x * torch.sigmoid(self.widen(self.slope(self.narrow(x.mean((2, 3), keepdim=True)))))


class BottleneckBlock(nn.Module):
    """Inverted bottleneck: expand, depthwise convolution, project, excite.

    Residual if the shape stays.
    """

    def __init__(self, into: int, between: int, out: int, down: bool) -> None:
        super().__init__()
        self.widen = nn.Conv2d(into, between, 1)
        self.wide_slope = Slope()
        self.depthwise = nn.Conv2d(between, between, 3, 2 if down else 1, 1, groups=between)
        self.depth_slope = Slope()
        self.narrow = nn.Conv2d(between, out, 1)
        self.excite = Excitation(out)
        self._adds = not down

    def forward(self, x: Tensor) -> Tensor:
        """(n, into, h, w) to (n, out, h, w), half as high and wide if it downsamples."""
        y: Tensor = self.wide_slope(self.widen(x))
        y = self.excite(self.narrow(self.depth_slope(self.depthwise(y))))
        return x + y if self._adds else y


class MobileFaceNet(nn.Module):
    """The trunk: prepared faces (n, 3, 128, 128) to features (n, 512)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 64, 3, 2, 1)
        self.stem_slope = Slope()
        self.depthwise = nn.Conv2d(64, 64, 3, 1, 1, groups=64)
        self.depth_slope = Slope()
        self.blocks = nn.ModuleList(_blocks())
        self.widen = nn.Conv2d(128, FEATURES, 1)
        self.wide_slope = Slope()
        self.whole = nn.Conv2d(FEATURES, FEATURES, SIDE // 16, groups=FEATURES)

    def forward(self, x: Tensor) -> Tensor:
        """Return the features before the head."""
        x = self.depth_slope(self.depthwise(self.stem_slope(self.stem(x))))
        for block in self.blocks:
            x = block(x)
        whole: Tensor = self.whole(self.wide_slope(self.widen(x)))
        return whole.flatten(1)

    def freeze(self, blocks: int) -> None:
        """Freeze everything before block ``blocks``.

        The first half of the layers costs three quarters of a training step.
        """
        for module in (self.stem, self.depthwise, *list(self.blocks)[:blocks]):
            module.requires_grad_(False)

    def layers(self) -> list[nn.Conv2d | Slope]:
        """Return all layers with weights, in the order of computation."""
        return [module for module in self.modules() if isinstance(module, nn.Conv2d | Slope)]


def _blocks() -> list[BottleneckBlock]:
    blocks = []
    channels = 64
    for stage, (out, between, count) in enumerate(STAGES):
        for i in range(count):
            blocks.append(
                BottleneckBlock(
                    channels, FEATURES if stage == 2 and i == 0 else between, out, i == 0
                )
            )
            channels = out
    return blocks


def take_published(trunk: MobileFaceNet, folder: Path) -> NDArray[np.float32]:
    """Copy the published weights from the teacher's files in ``folder`` into ``trunk``; return its
    head (256, 512).

    The published network takes BGR with a scale for each channel; both go into the first layer.
    Raises ``LearningError`` if the files are missing or hold another network.
    """
    constants = read_constants(folder / PUBLISHED)
    try:
        scale, shift = (constants[i].value.reshape(3) for i in (0, 1))
        layers = _in_order(constants[2:])
        _fill(trunk, layers[:-1], scale[::-1], shift[::-1])
        return layers[-1][0].reshape(-1, FEATURES)
    except (ValueError, IndexError, RuntimeError):
        raise LearningError(
            f"{folder / PUBLISHED} holds another network than {Path(PUBLISHED).stem}; restore the "
            "teacher's files."
        ) from None


def _in_order(constants: list[Constant]) -> list[list[NDArray[np.float32]]]:
    """Yield the arrays of each layer: weight and optional bias of a convolution, or a slope."""
    layers: list[list[NDArray[np.float32]]] = []
    for constant in constants:
        if constant.used_by == "Add":
            layers[-1].append(constant.value)
        else:
            layers.append([constant.value])
    return layers


@torch.no_grad()
def _fill(
    trunk: MobileFaceNet,
    layers: list[list[NDArray[np.float32]]],
    scale: NDArray[np.float32],
    shift: NDArray[np.float32],
) -> None:
    for module, arrays in zip(trunk.layers(), layers, strict=True):
        if isinstance(module, Slope):
            module.slope.copy_(torch.from_numpy(arrays[0].reshape(()).copy()))
            continue
        assert module.bias is not None
        weight, bias = arrays
        module.weight.copy_(torch.from_numpy(weight.reshape(module.weight.shape).copy()))
        module.bias.copy_(torch.from_numpy(bias.reshape(-1).copy()))
    if not np.allclose(-shift / scale, MEAN, atol=0.01):
        raise ValueError("another mean")
    flipped = trunk.stem.weight.flip(1) * torch.from_numpy(scale.copy())[:, None, None] * SCALE
    trunk.stem.weight.copy_(flipped)
