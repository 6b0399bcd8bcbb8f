"""Faces under other light, on the network's device: what changes at a door from day to day.

A face is taken for half an ellipsoid that looks at the camera; a lamp at a random place shades it
(Lambert's cosine law) in linear light. Then comes the camera: exposure that burns or crushes, the
colour of lamps, the response of a sensor, glare on glasses, and what a webcam's compression leaves.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

GAMMA = 2.2
"""Exponent from a picture's values to linear light."""
SIDE_LIGHT = 0.6
"""Share of the faces with a lamp at the side, above or below."""
GLARE = 0.15
"""Share of the faces with glare where glasses are."""


def relit(faces: Tensor, strength: float = 1.0) -> Tensor:
    """Return (b, 3, s, s) in 0..1 under other light; ``faces`` the same, ``strength`` 0 to 1."""
    linear = faces.clamp(0, 1) ** GAMMA
    linear = linear * _shading(faces, strength) * _lamps(faces, strength)
    linear = _glare(linear, strength)
    return _compressed(_sensor(linear, strength), strength)


def some_relit(faces: Tensor, share: float) -> Tensor:
    """Return ``faces`` (b, 3, s, s) in 0..1 with a random ``share`` of them under other light."""
    if not share:
        return faces
    chosen = _uniform(faces, 0, 1) < share
    return torch.where(chosen, relit(faces), faces)


def _uniform(faces: Tensor, low: float, high: float, channels: int = 1) -> Tensor:
    drawn = torch.empty(len(faces), channels, 1, 1, device=faces.device)
    return drawn.uniform_(low, high)


def _grid(faces: Tensor) -> tuple[Tensor, Tensor]:
    """Return x and y (1, 1, s, s) in -1..1, to the right and down."""
    line = torch.linspace(-1, 1, faces.shape[-1], device=faces.device)
    return line.view(1, 1, 1, -1), line.view(1, 1, -1, 1)


def _shading(faces: Tensor, strength: float) -> Tensor:
    """Return the light (b, 1, s, s) that falls on an ellipsoid from a lamp and from all around."""
    x, y = _grid(faces)
    across, along = x / 0.95, (y - 0.05) / 1.25
    depth = (1 - across**2 - along**2).clamp_min(0.02).sqrt()
    azimuth = _uniform(faces, -1.4, 1.4)
    height = _uniform(faces, -0.5, 1.0)
    lamp = torch.cat([azimuth.sin(), -height.sin(), azimuth.cos() * height.cos()], 1)
    lamp = functional.normalize(lamp, dim=1)
    cosine = (across * lamp[:, :1] + along * lamp[:, 1:2] + depth * lamp[:, 2:]).clamp_min(0)
    around = 1 - strength * _uniform(faces, 0.3, 0.95)
    light = around + (1 - around) * cosine * _uniform(faces, 1.0, 2.0)
    return torch.where(_uniform(faces, 0, 1) < SIDE_LIGHT * strength, light, torch.ones_like(light))


def _lamps(faces: Tensor, strength: float) -> Tensor:
    """Return the colour (b, 3, 1, 1) of lamps, from candle to blue sky."""
    warm = strength * _uniform(faces, -0.35, 0.35)
    tint = strength * _uniform(faces, -0.08, 0.08)
    return torch.cat([warm.exp(), (tint - 0.1 * warm).exp(), (-warm).exp()], 1)


def _glare(linear: Tensor, strength: float) -> Tensor:
    """Add a bright spot near each eye of some faces."""
    x, y = _grid(linear)
    spots = torch.zeros_like(linear[:, :1])
    for side in (-0.37, 0.37):
        across = x - side - _uniform(linear, -0.1, 0.1)
        along = y + 0.08 - _uniform(linear, -0.08, 0.08)
        width = _uniform(linear, 0.04, 0.14)
        spots = spots + torch.exp(-((across / width) ** 2) - (along / (0.6 * width)) ** 2)
    some = (_uniform(linear, 0, 1) < GLARE * strength).float()
    return linear + some * _uniform(linear, 0.3, 1.5) * spots


def _sensor(linear: Tensor, strength: float) -> Tensor:
    """Expose and develop to 0..1: burnt or crushed ends, another response, less colour."""
    exposed = linear * torch.exp(strength * _uniform(linear, -1.3, 1.1))
    picture = exposed.clamp(1e-4, 1) ** (
        1 / (GAMMA * torch.exp(strength * _uniform(linear, -0.25, 0.25)))
    )
    curved = picture * picture * (3 - 2 * picture)
    picture = torch.lerp(picture, curved, strength * _uniform(linear, -0.3, 0.8))
    veil = strength * _uniform(linear, 0, 0.15)  # stray light in the lens lifts the darks
    picture = veil + (1 - veil) * picture
    grey = picture.mean(1, keepdim=True)
    return torch.lerp(
        picture, grey.expand_as(picture), strength * _uniform(linear, -0.2, 0.7)
    ).clamp(0, 1)


def _compressed(picture: Tensor, strength: float) -> Tensor:
    """Leave what a webcam's encoder leaves: colour at half the size, coarse steps, some noise."""
    size = picture.shape[-1]
    grey = picture.mean(1, keepdim=True)
    colour = functional.avg_pool2d(picture - grey, 4)
    colour = functional.interpolate(colour, size=[size, size], mode="bilinear", align_corners=False)
    step = 1 / 255 + strength * _uniform(picture, 0, 0.04)
    noisy = grey + strength * _uniform(picture, 0, 0.04) * torch.randn_like(grey)
    return (torch.round(noisy / step) * step + colour).clamp(0, 1)
