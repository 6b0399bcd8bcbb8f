"""dlib's ResNet-29 (King, 2017; CC0) as a trainable torch module, with its published weights.

The layers are those of ``kiosk.vision.models.prepare.resnet29_onnx``, which also reads the file.
Nothing is folded, so that training moves convolutions and gains separately, as in the original
training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

from kiosk.vision.models.prepare import in_package
from kiosk.vision.models.prepare import resnet29_onnx as published

FEATURES = 256
MOMENTUM = 0.1
SMALLEST = 105
"""Pixels: below this too little remains for the last block, a 3×3 convolution without padding."""


class Affine(nn.Module):
    """``weight * x + bias`` per channel: what remains of batch normalisation after training."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) to the same shape."""
        return x * self.weight[:, None, None] + self.bias[:, None, None]


class Unit(nn.Module):
    """A convolution with its affine layer.

    During distillation BatchNorm replaces the affine layer.
    """

    affine: Affine | nn.BatchNorm2d

    def __init__(self, into: int, out: int, kernel: int, stride: int = 1, pad: int = 0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(into, out, kernel, stride, pad)
        self.affine = Affine(out)

    def forward(self, x: Tensor) -> Tensor:
        """Return the affine layer's output of the convolution of ``x``."""
        result: Tensor = self.affine(self.conv(x))
        return result

    @torch.no_grad()
    def normalise(self, mean: Tensor, variance: Tensor) -> None:
        """Replace the affine layer by an equivalent BatchNorm.

        The statistics, (channels,) each, are those of the convolution's output.
        """
        affine = self.affine
        norm = nn.BatchNorm2d(len(mean), momentum=MOMENTUM).to(mean.device)
        assert (
            isinstance(affine, Affine)
            and norm.running_mean is not None
            and norm.running_var is not None
        )
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance.clamp_min(1e-8))
        norm.weight.copy_(affine.weight * torch.sqrt(norm.running_var + norm.eps))
        norm.bias.copy_(affine.bias + affine.weight * mean)
        self.affine = norm

    @torch.no_grad()
    def settle(self) -> None:
        """Replace BatchNorm by the affine layer that computes the same at evaluation."""
        norm = self.affine
        if isinstance(norm, Affine):
            return
        assert norm.running_mean is not None and norm.running_var is not None
        affine = Affine(norm.num_features).to(norm.weight.device)
        affine.weight.copy_(norm.weight / torch.sqrt(norm.running_var + norm.eps))
        affine.bias.copy_(norm.bias - affine.weight * norm.running_mean)
        self.affine = affine

    @torch.no_grad()
    def take(self, layer: published.Layer) -> None:
        """Copy the weights of a published layer."""
        mine = (self.conv.weight, self.conv.bias, self.affine.weight, self.affine.bias)
        for parameter, values in zip(
            mine, (layer.weight, layer.bias, layer.gain, layer.offset), strict=True
        ):
            assert parameter is not None
            parameter.copy_(torch.from_numpy(values.copy()).view_as(parameter))

    def folded(self) -> nn.Conv2d:
        """Return one convolution that computes the same."""
        self.settle()
        out = nn.Conv2d(
            self.conv.in_channels,
            self.conv.out_channels,
            self.conv.kernel_size,  # type: ignore[arg-type]
            self.conv.stride,  # type: ignore[arg-type]
            self.conv.padding,  # type: ignore[arg-type]
        )
        bias = self.conv.bias
        assert bias is not None and out.bias is not None
        with torch.no_grad():
            out.weight.copy_(self.conv.weight * self.affine.weight[:, None, None, None])
            out.bias.copy_(bias * self.affine.weight + self.affine.bias)
        return out


class ResidualBlock(nn.Module):
    """Two units added to their input; a downsampled shortcut is zero-padded."""

    def __init__(self, into: int, out: int, down: bool) -> None:
        super().__init__()
        self.first = Unit(into, out, 3, 2, 0) if down else Unit(into, out, 3, 1, 1)
        self.second = Unit(out, out, 3, 1, 1)
        self._down = down
        self._more = out - into

    def forward(self, x: Tensor) -> Tensor:
        """(n, into, h, w) to (n, out, h, w), about half as high and wide if it downsamples."""
        y: Tensor = self.second(functional.relu(self.first(x)))
        if self._down:
            x = functional.avg_pool2d(x, 2, 2)
            height = max(x.shape[2], y.shape[2])
            width = max(x.shape[3], y.shape[3])
            x = functional.pad(x, (0, width - x.shape[3], 0, height - x.shape[2], 0, self._more))
            y = functional.pad(y, (0, width - y.shape[3], 0, height - y.shape[2]))
        return functional.relu(x + y)


class Resnet29(nn.Module):
    """The trunk: prepared faces (n, 3, size, size) to features (n, 256).

    ``size`` is at least ``SMALLEST``.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = Unit(3, 32, 7, 2)
        blocks = []
        channels = 32
        for out, down in published.BLOCKS:
            blocks.append(ResidualBlock(channels, out, down))
            channels = out
        self.blocks = nn.ModuleList(blocks)

    def forward(self, x: Tensor) -> Tensor:
        """Return the features before the head."""
        x = functional.max_pool2d(functional.relu(self.stem(x)), 3, 2)
        for block in self.blocks:
            x = block(x)
        return x.mean((2, 3))

    @torch.no_grad()
    def normalise(self, batches: Iterable[Tensor]) -> None:
        """Replace every affine layer by BatchNorm with the statistics of ``batches`` of prepared
        faces.

        Without batches the statistics stay empty, for a checkpoint to fill. The published network
        was trained with BatchNorm; without it, larger steps ruin it.
        """
        sums = {unit: torch.zeros(2, unit.conv.out_channels) for unit in self.units()}
        hooks = [unit.conv.register_forward_hook(_adding(sums[unit])) for unit in self.units()]
        count = 0
        for faces in batches:
            self.eval()(faces)
            count += 1
        for hook in hooks:
            hook.remove()
        for unit, (first, second) in sums.items():
            mean = first / max(1, count)
            unit.normalise(
                mean.to(unit.conv.weight.device),
                (second / max(1, count) - mean**2).to(unit.conv.weight.device),
            )

    def settle(self) -> None:
        """Restore affine layers, for evaluation and for files."""
        for unit in self.units():
            unit.settle()

    def units(self) -> list[Unit]:
        """Return all convolutions with their affine layers, in order."""
        return [module for module in self.modules() if isinstance(module, Unit)]


def _adding(sums: Tensor) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
    """Return a hook that sums a layer's output.

    It adds means and mean squares per channel to ``sums`` (2, channels).
    """

    def add(_: nn.Module, __: tuple[Tensor, ...], output: Tensor) -> None:
        sums.add_(torch.stack([output.mean((0, 2, 3)), (output * output).mean((0, 2, 3))]).cpu())

    return add


def published_weights() -> published.Resnet29Weights:
    """Read dlib's network from the package that carries it.

    ``WeightsError`` if it is not installed.
    """
    return published.read_dlib(
        in_package("face_recognition_models", "dlib_face_recognition_resnet_model_v1.dat")
    )


def take_published(trunk: Resnet29, weights: published.Resnet29Weights) -> None:
    """Copy all layers before the head into ``trunk``."""
    for unit, layer in zip(trunk.units(), weights.layers, strict=True):
        unit.take(layer)
