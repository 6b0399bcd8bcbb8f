"""MiniFASNet, a small network against presentation attacks, as in Silent-Face-Anti-Spoofing.

A MobileFaceNet (Chen et al., 2018) with pruned widths. The widths are read from the published
weights (Minivision, Apache-2.0), so this file holds none of them. Input: (n, 3, 80, 80), blue,
green and red 0..255. The published output has three classes, of which 1 is a genuine face.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from kiosk.core.errors import LearningError

SIDE = 80
GENUINE = 1
"""Class of a genuine face in the published weights; the others are attacks."""

STAGES = (("conv_23", "conv_3"), ("conv_34", "conv_4"), ("conv_45", "conv_5"))
"""Names in the weights of the block that halves the picture, and of the blocks that follow it."""

EARLY = ("conv_23", "conv_3", "conv_34")
LATE = ("conv_4", "conv_45", "conv_5")
"""The same names, before and after the picture has 10×10 cells."""

State = Mapping[str, Tensor]


class ConvUnit(nn.Module):
    """A convolution without bias, its normalisation and, unless ``linear``, a PReLU."""

    def __init__(
        self, weight: Tensor, *, stride: int = 1, padding: int = 0, linear: bool = False
    ) -> None:
        super().__init__()
        out, per_group, side, _ = weight.shape
        groups = out if per_group == 1 and side > 1 else 1
        into = groups if groups > 1 else per_group
        self.conv = nn.Conv2d(into, out, side, stride, padding, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(out)
        self.prelu = nn.Identity() if linear else nn.PReLU(out)

    def forward(self, x: Tensor) -> Tensor:
        """Return the same number of pictures, with this unit's channels."""
        out: Tensor = self.prelu(self.bn(self.conv(x)))
        return out


class InvertedBlock(nn.Module):
    """Expand, depthwise convolution, project; ``down`` halves the picture, else residual."""

    def __init__(self, state: State, name: str, *, down: bool) -> None:
        super().__init__()
        self.conv = ConvUnit(_weight(state, f"{name}.conv"))
        self.conv_dw = ConvUnit(
            _weight(state, f"{name}.conv_dw"), stride=2 if down else 1, padding=1
        )
        self.project = ConvUnit(_weight(state, f"{name}.project"), linear=True)
        self._adds = not down

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape, or half the sides."""
        out: Tensor = self.project(self.conv_dw(self.conv(x)))
        return x + out if self._adds else out


class BlockRow(nn.Module):
    """Residual blocks one after another."""

    def __init__(self, state: State, name: str) -> None:
        super().__init__()
        count = len({key.split(".")[2] for key in state if key.startswith(f"{name}.model.")})
        self.model = nn.Sequential(
            *(InvertedBlock(state, f"{name}.model.{i}", down=False) for i in range(count))
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape."""
        out: Tensor = self.model(x)
        return out


class MiniFASNet(nn.Module):
    """The network with the widths of ``state``, without its values until they are loaded.

    ``forward``: (n, 3, 80, 80) float32 in 0..255, BGR, to (n, 3) logits.
    """

    def __init__(self, state: State, dropout: float = 0.0) -> None:
        super().__init__()
        self.conv1 = ConvUnit(_weight(state, "conv1"), stride=2, padding=1)
        self.conv2_dw = ConvUnit(_weight(state, "conv2_dw"), padding=1)
        for down, row in STAGES:
            self.add_module(down, InvertedBlock(state, down, down=True))
            self.add_module(row, BlockRow(state, row))
        self.conv_6_sep = ConvUnit(_weight(state, "conv_6_sep"))
        self.conv_6_dw = ConvUnit(_weight(state, "conv_6_dw"), linear=True)
        features, width = state["linear.weight"].shape
        self.linear = nn.Linear(width, features, bias=False)
        self.bn = nn.BatchNorm1d(features)
        self.drop = nn.Dropout(dropout)
        self.prob = nn.Linear(features, len(state["prob.weight"]), bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, 3) logits."""
        return self.late(self.early(x))

    def early(self, x: Tensor) -> Tensor:
        """Return (n, channels, 10, 10), the inner maps of (n, 3, 80, 80) pictures."""
        x = self.conv2_dw(self.conv1(x))
        for name in EARLY:
            x = self.get_submodule(name)(x)
        return x

    def late(self, x: Tensor) -> Tensor:
        """Return (n, 3) logits of inner maps."""
        for name in LATE:
            x = self.get_submodule(name)(x)
        x = self.conv_6_dw(self.conv_6_sep(x)).flatten(1)
        out: Tensor = self.prob(self.drop(self.bn(self.linear(x))))
        return out


class GenuineProbability(nn.Module):
    """A MiniFASNet whose output is (n, 1): the probability of a genuine face."""

    def __init__(self, network: MiniFASNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, 1) in 0..1."""
        shares: Tensor = self.network(x).softmax(dim=1)
        return shares[:, GENUINE : GENUINE + 1]


def load_minifasnet(file: Path, dropout: float = 0.0) -> MiniFASNet:
    """Return the network of a published or trained state file, in evaluation mode.

    Raise ``LearningError`` where the file holds no MiniFASNet without squeeze-and-excitation.
    """
    try:
        state = torch.load(file, weights_only=True, map_location="cpu")
        plain = {key.removeprefix("module."): value for key, value in state.items()}
        network = MiniFASNet(plain, dropout)
        network.load_state_dict(plain)
    except Exception as error:  # pickle's, zip's and torch's errors have no common ancestor
        raise LearningError(
            f"{file} holds no MiniFASNetV2 ({type(error).__name__}); give the published file "
            "2.7_80x80_MiniFASNetV2.pth, or one that this command has trained."
        ) from None
    return network.eval()


def _weight(state: State, name: str) -> Tensor:
    return state[f"{name}.conv.weight"]
