"""The Siamese network: one shared branch for both pictures of a pair, and the distance of its
outputs.

Bromley et al., "Signature verification using a 'Siamese' time delay neural network", 1993. The
branch is a backbone and a head of linear layers; its output is normalised to length 1, so distances
lie in 0..2.
"""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_linear_bn_eval

from kiosk.core.errors import LearningError
from kiosk.learning.networks import mobilefacenet, resnet29
from kiosk.learning.networks.mobilefacenet import MobileFaceNet, Slope
from kiosk.learning.networks.resnet29 import Resnet29, Unit
from kiosk.learning.networks.torchvision_compat import ensure_torchvision

MOMENTUM = 0.1
"""Momentum of every BatchNorm. With torchvision's 0.01 the running statistics lag so far behind
that evaluation collapses early.
"""


@dataclass(frozen=True, slots=True)
class Backbone:
    """What a backbone outputs, and how a face is cropped and normalised for it.

    ``features``: size of its output. ``size``: intended pixels; it works on ``smallest`` to
    ``largest``. ``alignment``: name of the landmark template. A prepared pixel is (pixel -
    ``mean``) / ``scale``, RGB. ``head``: the usual widths after it.
    """

    features: int
    size: int
    smallest: int
    alignment: str
    mean: tuple[float, float, float]
    scale: float
    head: str
    largest: int = 4096


BACKBONES = {
    "mobilenet_v3_large": Backbone(
        960, 112, 32, "arcface_112", (127.5, 127.5, 127.5), 127.5, "512-128"
    ),
    "mobilenet_v3_faces": Backbone(
        960, 128, 128, "reid_128", (127.5, 127.5, 127.5), 127.5, "512-128", 128
    ),
    "resnet29": Backbone(
        resnet29.FEATURES,
        150,
        resnet29.SMALLEST,
        "dlib_150",
        (122.782, 117.001, 104.298),
        256.0,
        "128",
    ),
    "mobilefacenet": Backbone(
        mobilefacenet.FEATURES,
        mobilefacenet.SIDE,
        mobilefacenet.SIDE,
        "reid_128",
        mobilefacenet.MEAN,
        mobilefacenet.SCALE,
        "128",
        mobilefacenet.SIDE,
    ),
}
HEADS = ("512-128", "512-256-128", "512-256-256-128")
"""The founders' heads for MobileNetV3-Large, by the number of hidden layers. Other widths work too.
"""


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """The architecture: a backbone and the widths of the head's layers.

    The last width is the embedding's dimension. ``batch_norm``: whether BatchNorm stands between
    the head's layers during training.
    """

    backbone: str = "mobilenet_v3_large"
    head: str = ""
    batch_norm: bool = True

    def __post_init__(self) -> None:
        if self.backbone not in BACKBONES:
            raise LearningError(
                f"There is no backbone {self.backbone!r}; use one of {', '.join(BACKBONES)}."
            )
        if self.head and not re.fullmatch(r"[1-9]\d{0,4}(-[1-9]\d{0,4})*", self.head):
            raise LearningError(
                f"The head {self.head!r} is not a row of widths; write it as 512-128 or "
                "512-256-128."
            )

    @property
    def facts(self) -> Backbone:
        """The backbone's requirements and output."""
        return BACKBONES[self.backbone]

    @property
    def widths(self) -> list[int]:
        """Widths of the head's layers, without the backbone's features."""
        return [int(width) for width in (self.head or self.facts.head).split("-")]

    @property
    def dimension(self) -> int:
        """Dimension of an embedding."""
        return self.widths[-1]

    def size(self, wanted: int = 0) -> int:
        """Return the side of the input in pixels: ``wanted``, or 0 for the usual one.

        ``LearningError`` if out of range.
        """
        if wanted and wanted < self.facts.smallest:
            raise LearningError(
                f"{self.backbone} needs pictures of at least {self.facts.smallest} pixels, not "
                f"{wanted}; choose a larger --size."
            )
        if wanted > self.facts.largest:
            raise LearningError(
                f"{self.backbone} takes pictures of at most {self.facts.largest} pixels, not "
                f"{wanted}; choose a smaller --size."
            )
        return wanted or self.facts.size


class SiameseNetwork(nn.Module):
    """Prepared faces (n, 3, size, size) float32 to embeddings (n, dimension) of length 1."""

    def __init__(
        self, backbone: str = "mobilenet_v3_large", head: str = "", batch_norm: bool = True
    ) -> None:
        super().__init__()
        self.spec = NetworkSpec(backbone, head, batch_norm)
        self.trunk = _trunk(backbone)
        self.head = _head([self.spec.facts.features, *self.spec.widths], batch_norm)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                module.momentum = MOMENTUM

    @classmethod
    def of(cls, spec: NetworkSpec) -> SiameseNetwork:
        """Return the network of ``spec`` with random weights."""
        return cls(spec.backbone, spec.head, spec.batch_norm)

    def features(self, faces: Tensor) -> Tensor:
        """Return (n, features), the head's input."""
        x: Tensor = self.trunk(faces)
        return x

    def forward(self, faces: Tensor) -> Tensor:
        """Return (n, dimension) embeddings of length 1."""
        return functional.normalize(self.head(self.trunk(faces)).float())

    def pair(self, first: Tensor, second: Tensor) -> Tensor:
        """Return (n,) Euclidean distances between the embeddings of ``first`` and ``second``."""
        both = self(torch.cat([first, second]))
        return distances(both[: len(first)], both[len(first) :])


def distances(first: Tensor, second: Tensor) -> Tensor:
    """Return (n,) Euclidean distances of rows.

    A tiny constant keeps the gradient finite for equal rows.
    """
    return (((first - second) ** 2).sum(1) + 1e-12).sqrt()


class _Mean(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))


class _WeightedMean(nn.Module):
    """A mean with a learned weight for each cell of each channel, so that position counts.

    Chen et al., "MobileFaceNets", 2018, section 3.1. Initialised as the plain mean.
    """

    def __init__(self, channels: int, cells: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels, cells, cells), 1 / cells**2))

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.weight).sum((2, 3))


def _mobilenet(pooling: nn.Module) -> nn.Module:
    """MobileNetV3-Large (Howard et al., 2019), randomly initialised, with pooling."""
    ensure_torchvision()
    from torchvision.models import mobilenet_v3_large

    return nn.Sequential(mobilenet_v3_large(weights=None).features, pooling)


def _trunk(backbone: str) -> nn.Module:
    if backbone == "mobilenet_v3_large":
        return _mobilenet(_Mean())
    if backbone == "mobilenet_v3_faces":
        return _mobilenet(_WeightedMean(960, 4))
    return Resnet29() if backbone == "resnet29" else MobileFaceNet()


_TELLING = {
    "trunk.1.weight": "mobilenet_v3_faces",
    "trunk.stem.conv.weight": "resnet29",
    "trunk.whole.weight": "mobilefacenet",
}


def _head(widths: list[int], batch_norm: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for into, out in itertools.pairwise(widths[:-1]):
        layers += [nn.Linear(into, out), *([nn.BatchNorm1d(out)] if batch_norm else []), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1]))


def spec_of(state: Mapping[str, Tensor]) -> NetworkSpec:
    """Infer the architecture of a state dict from its names and shapes; ``LearningError``."""
    layers = sorted(
        (key for key in state if re.fullmatch(r"head\.\d+\.weight", key)),
        key=lambda key: int(key.split(".")[1]),
    )
    widths = [len(state[key]) for key in layers if state[key].ndim == 2]
    if not widths or not any(key.startswith("trunk.") for key in state):
        raise LearningError(
            "The file holds no Siamese network's weights; name the weights.safetensors of a "
            "training run."
        )
    backbone = next((name for key, name in _TELLING.items() if key in state), "mobilenet_v3_large")
    return NetworkSpec(
        backbone, "-".join(map(str, widths)), len(widths) < 2 or "head.1.running_mean" in state
    )


def folded(network: SiameseNetwork) -> SiameseNetwork:
    """Return a copy for inference, on the CPU, with BatchNorm folded into the preceding layers and
    fixed slopes.

    MobileNet's own BatchNorm layers stay: the export folds them.
    """
    result = copy.deepcopy(network).cpu().eval()
    result.head = nn.Sequential(*_folded_head(list(result.head)))
    for module in list(result.trunk.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, Unit):
                setattr(module, name, child.folded())
            elif isinstance(child, Slope):
                setattr(module, name, nn.LeakyReLU(float(child.slope)))
    return result.eval()


def _folded_head(layers: list[nn.Module]) -> list[nn.Module]:
    out: list[nn.Module] = []
    for layer in layers:
        if isinstance(layer, nn.BatchNorm1d):
            previous = out.pop()
            assert isinstance(previous, nn.Linear)
            layer = fuse_linear_bn_eval(previous, layer)
        out.append(layer)
    return out
