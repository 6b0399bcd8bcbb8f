"""Augmentation of whole batches on the network's device.

For distillation, where one epoch is tens of thousands of faces.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from kiosk.vision.detection.alignment import TEMPLATES, similarity


class BatchCropper:
    """Cuts the crop of ``alignment`` out of the pool's pictures.

    These have 128 pixels and the ArcFace points 8 pixels further in.
    """

    POOL = 128
    MARGIN = 8.0

    def __init__(self, alignment: str) -> None:
        drawn_for, points = TEMPLATES[alignment]
        _, pool_points = TEMPLATES["arcface_112"]
        self._base = torch.from_numpy(
            _normalised(
                similarity(points, pool_points + np.float32(self.MARGIN)), drawn_for, self.POOL
            )
        )

    def plain(self, pool: Tensor, size: int) -> Tensor:
        """Convert (b, 3, 128, 128) uint8 RGB to (b, 3, size, size) float32 in 0..1."""
        return self.cut(pool, size, torch.eye(3, device=pool.device).expand(len(pool), 3, 3))

    def varied(self, pool: Tensor, size: int, strength: float = 1.0) -> Tensor:
        """The same, with the crop varied as in ``changes``."""
        return self.cut(pool, size, self.changes(len(pool), strength, pool.device))

    @staticmethod
    def changes(b: int, strength: float, where: torch.device) -> Tensor:
        """Return (b, 3, 3) random transforms that imitate a detector's boxes.

        Half are mirrored; rotation up to 9°, shift up to 5 %, scale up to 8 %, all times
        ``strength``.
        """
        shift = 0.05 * strength
        angle = strength * _between(b, -0.15, 0.15, where)
        scale = 1 + strength * _between(b, -0.08, 0.09, where)
        flip = torch.where(_between(b, 0, 1, where) < 0.5, -1.0, 1.0)
        cos = torch.cos(angle) * scale
        sin = torch.sin(angle) * scale
        zero = torch.zeros(b, device=where)
        rows = (
            torch.stack([cos * flip, -sin, _between(b, -shift, shift, where)], 1),
            torch.stack([sin * flip, cos, _between(b, -shift, shift, where)], 1),
            torch.stack([zero, zero, zero + 1], 1),
        )
        return torch.stack(rows, 1)

    def cut(self, pool: Tensor, size: int, change: Tensor) -> Tensor:
        """Warp (b, 3, 128, 128) uint8 RGB to (b, 3, size, size) float32 in 0..1.

        ``change``: (b, 3, 3) between coordinates in -1..1, one for each picture.
        """
        theta = (self._base.to(pool.device) @ change)[:, :2]
        grid = functional.affine_grid(theta, [len(pool), 3, size, size], align_corners=False)
        return functional.grid_sample(
            pool.float() / 255, grid, padding_mode="border", align_corners=False
        )


def _normalised(matrix: np.ndarray, out_size: float, in_size: float) -> np.ndarray:
    """Convert a (2, 3) pixel transform from crop to picture to (3, 3) in coordinates -1..1."""

    def pixels(size: float) -> np.ndarray:
        return np.array([[size / 2, 0, size / 2], [0, size / 2, size / 2], [0, 0, 1]])

    whole = np.vstack([matrix, [0, 0, 1]])
    return np.asarray(np.linalg.inv(pixels(in_size)) @ whole @ pixels(out_size), np.float32)


def _between(count: int, low: float, high: float, where: torch.device) -> Tensor:
    return torch.empty(count, device=where).uniform_(low, high)


def degraded(faces: Tensor, strength: float = 1.0) -> Tensor:
    """Augment (b, 3, s, s) in 0..1: light, lamp colour, some grey, 60 % downscaled, an eighth
    occluded, noise.

    Every effect is scaled by ``strength``.
    """
    return _noisy(_covered(_enlarged(_relit(faces, strength), strength), strength), strength)


def _each(faces: Tensor, low: float, high: float) -> Tensor:
    return _between(len(faces), low, high, faces.device).view(-1, 1, 1, 1)


def _relit(x: Tensor, strength: float) -> Tensor:
    x = x.clamp(1e-3, 1) ** torch.exp(strength * _each(x, -0.5, 0.5))
    mean = x.mean((1, 2, 3), keepdim=True)
    x = (x - mean) * (1 + strength * _each(x, -0.3, 0.3)) + mean * (
        1 + strength * _each(x, -0.4, 0.3)
    )
    x = x * (1 + strength * torch.empty(len(x), 3, 1, 1, device=x.device).uniform_(-0.1, 0.1))
    return torch.where(_each(x, 0, 1) < 0.08 * strength, x.mean(1, keepdim=True).expand_as(x), x)


def _enlarged(x: Tensor, strength: float) -> Tensor:
    """Downscale the first 0.6 · ``strength`` of the batch to 0.17 to 0.62 of their size.

    Four neighbours share one size.
    """
    size = x.shape[-1]
    some = int(len(x) * 0.6 * strength)
    parts = []
    for first in range(0, some, 4):
        small = max(
            8, int(size * math.exp(float(torch.empty(1).uniform_(math.log(0.17), math.log(0.62)))))
        )
        less = functional.interpolate(
            x[first : min(first + 4, some)], size=[small, small], mode="area"
        )
        parts.append(
            functional.interpolate(less, size=[size, size], mode="bilinear", align_corners=False)
        )
    return torch.cat([*parts, x[some:]])


def _covered(x: Tensor, strength: float) -> Tensor:
    """Cover an eighth of the faces with a box of one grey: a hand, a mask, a strap."""
    line = torch.linspace(0, 1, x.shape[-1], device=x.device)
    inside = ((line[None, :, None] - _each(x, 0, 1)[:, 0]).abs() < _each(x, 0.05, 0.2)[:, 0]) & (
        (line[None, None, :] - _each(x, 0, 1)[:, 0]).abs() < _each(x, 0.05, 0.25)[:, 0]
    )
    hit = inside & (_each(x, 0, 1)[:, 0] < 0.12 * strength)
    return torch.where(hit[:, None], _each(x, 0, 1).expand_as(x), x)


def _noisy(x: Tensor, strength: float) -> Tensor:
    return (x + strength * _each(x, 0, 0.03) * torch.randn_like(x)).clamp(0, 1)
