"""Augmentation of single pictures with torchvision's transforms: what a camera by a door does to a
face.

Faces are tensors (3, size, size) float32 RGB in 0..1. All randomness comes from torch's global
generator.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from kiosk.learning.networks.siamese import Backbone
from kiosk.learning.networks.torchvision_compat import ensure_torchvision

Augment = Callable[[Tensor], Tensor]


def as_faces(crops: NDArray[np.uint8]) -> Tensor:
    """Convert ``BGRImage`` crops (n, h, w, 3) to (n, 3, h, w) float32 RGB in 0..1."""
    return (
        torch.from_numpy(np.ascontiguousarray(crops[..., ::-1].transpose(0, 3, 1, 2))).float() / 255
    )


def prepared(faces: Tensor, backbone: Backbone) -> Tensor:
    """Normalise faces (n, 3, h, w) in 0..1 to (pixel - mean) / scale, pixels in 0..255."""
    mean = torch.tensor(backbone.mean, device=faces.device)[:, None, None]
    return (faces * 255 - mean) / backbone.scale


def uniform(low: float, high: float) -> float:
    """Draw one number uniformly from [low, high)."""
    return float(torch.empty(1).uniform_(low, high))


class LowLight(nn.Module):
    """Gamma of e^±``strength``, then sensor noise, stronger in the dark."""

    def __init__(self, strength: float = 0.6, noise: float = 0.05) -> None:
        super().__init__()
        self.strength = strength
        self.noise = noise

    def forward(self, face: Tensor) -> Tensor:
        """Return a face of the same shape."""
        bent = uniform(-self.strength, self.strength)
        dark = face.clamp(1e-3, 1) ** float(np.exp(bent))
        amount = uniform(0, self.noise) * (1 + max(0.0, bent))
        return (dark + amount * torch.randn_like(dark)).clamp(0, 1)


class ColourCast(nn.Module):
    """Colour of a lamp: each channel times 1 ± ``strength``."""

    def __init__(self, strength: float = 0.12) -> None:
        super().__init__()
        self.strength = strength

    def forward(self, face: Tensor) -> Tensor:
        """Return a face of the same shape."""
        gains = torch.empty(3, 1, 1).uniform_(1 - self.strength, 1 + self.strength)
        return (face * gains).clamp(0, 1)


class SmallFace(nn.Module):
    """A distant face: downscaled to a share of its size and enlarged again."""

    def __init__(self, least: float = 0.3, most: float = 0.8) -> None:
        super().__init__()
        self.least = least
        self.most = most

    def forward(self, face: Tensor) -> Tensor:
        """Return a face of the same shape."""
        size = face.shape[-2:]
        share = uniform(self.least, self.most)
        small = functional.interpolate(
            face[None], size=[max(4, int(side * share)) for side in size], mode="area"
        )
        return functional.interpolate(small, size=size, mode="bilinear", align_corners=False)[0]


class Jpeg(nn.Module):
    """JPEG compression.

    torchvision's own needs a compiled library that a CPU build of torch may lack, so OpenCV does
    it.
    """

    def __init__(self, least: int = 25, most: int = 90) -> None:
        super().__init__()
        self.least = least
        self.most = most

    def forward(self, face: Tensor) -> Tensor:
        """Return a face of the same shape."""
        pixels = (face.permute(1, 2, 0).numpy()[..., ::-1] * 255).round().astype(np.uint8)
        quality = int(torch.randint(self.least, self.most + 1, (1,)))
        _, coded = cv2.imencode(
            ".jpg", np.ascontiguousarray(pixels), [cv2.IMWRITE_JPEG_QUALITY, quality]
        )
        back = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
        return (
            torch.from_numpy(np.ascontiguousarray(back[..., ::-1].transpose(2, 0, 1))).float() / 255
        )


def augmentation(size: int) -> Augment:
    """All transforms for faces of ``size`` pixels.

    Mirror, small rotation and shift, light, blur, compression.
    """
    ensure_torchvision()
    from torchvision.transforms import v2

    border = max(2, size // 8)
    steps: list[nn.Module] = [
        v2.RandomHorizontalFlip(),
        v2.Pad(border, padding_mode="edge"),
        v2.RandomAffine(
            degrees=9,
            translate=(0.04, 0.04),
            scale=(0.93, 1.08),
            interpolation=v2.InterpolationMode.BILINEAR,
        ),
        v2.CenterCrop(size),
        v2.ColorJitter(contrast=0.25, saturation=0.3),
        ColourCast(),
        v2.RandomGrayscale(p=0.05),
        v2.RandomApply([SmallFace()], p=0.25),
        v2.RandomApply([v2.GaussianBlur(5, (0.3, 1.5))], p=0.2),
        LowLight(),
        v2.RandomApply([Jpeg()], p=0.3),
    ]
    whole = v2.Compose(steps)

    def augment(face: Tensor) -> Tensor:
        result: Tensor = whole(face)
        return result

    return augment
