"""Trains the network against presentation attacks from published weights.

The loss is the cross-entropy of genuine against attack; the two attack classes of the published
network count together. Sources are drawn equally often whatever their number of faces, and genuine
faces as often as attacks. The result is a running mean of the weights (Polyak, Juditsky, 1992).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kiosk.learning.data.appearance_samples import Samples
from kiosk.learning.networks.minifasnet import GENUINE, MiniFASNet

REPORT_EVERY = 50
BATCH = 128
"""Faces that are judged at once, without training."""


@dataclass(frozen=True, slots=True)
class AppearanceSettings:
    """``steps`` of ``batch`` faces; AdamW with ``lr``, a warm-up and half a cosine, ``decay``.

    ``smoothing``: how far targets stay from 0 and 1. ``mean``: of the running mean, a step.
    """

    steps: int = 600
    batch: int = 48
    lr: float = 0.0015
    decay: float = 0.01
    warmup: int = 40
    smoothing: float = 0.05
    mean: float = 0.99
    seed: int = 0


class BalancedDraw:
    """Draws rows so that genuine faces and attacks, and the sources of each, are equally likely."""

    def __init__(self, samples: Samples, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._groups = {
            genuine: [
                np.flatnonzero((samples.source == source) & (samples.genuine == genuine))
                for source in np.unique(samples.source[samples.genuine == genuine])
            ]
            for genuine in (False, True)
        }

    def rows(self, count: int) -> NDArray[np.int64]:
        """Return ``count`` rows, half of them genuine, in no order."""
        chosen = []
        for place in range(count):
            groups = self._groups[place % 2 == 0]
            group = groups[int(self._rng.integers(len(groups)))]
            chosen.append(int(group[int(self._rng.integers(len(group)))]))
        return np.array(chosen, np.int64)


def train_appearance(
    network: MiniFASNet,
    samples: Samples,
    settings: AppearanceSettings,
    report: Callable[[int, float, MiniFASNet], None] = lambda step, loss, mean: None,
) -> MiniFASNet:
    """Train ``network`` in place; return the mean of its weights, in evaluation mode.

    ``report``: called every ``REPORT_EVERY`` steps with the step, the loss since the last call and
    the mean so far.
    """
    torch.manual_seed(settings.seed)
    draw = BalancedDraw(samples, settings.seed)
    maps = early_maps(network, samples)
    optimizer = torch.optim.AdamW(network.parameters(), settings.lr, weight_decay=settings.decay)
    mean = copy.deepcopy(network)
    total = 0.0
    network.train()
    for step in range(settings.steps):
        rate = settings.lr * _schedule(step, settings)
        for group in optimizer.param_groups:
            group["lr"] = rate
        rows = draw.rows(settings.batch)
        loss = _loss(
            network.late(maps[torch.from_numpy(rows)].float()),
            torch.from_numpy(samples.genuine[rows]),
            settings.smoothing,
        )
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        _follow(mean, network, min(settings.mean, (1 + step) / (10 + step)))
        total += float(loss.detach())
        if (step + 1) % REPORT_EVERY == 0:
            report(step + 1, total / REPORT_EVERY, mean.eval())
            total = 0.0
    return mean.eval()


def as_input(patches: NDArray[np.uint8]) -> Tensor:
    """Return (n, 3, 80, 80) float32 of (n, 80, 80, 3) BGR patches, in 0..255."""
    return torch.from_numpy(np.ascontiguousarray(patches.transpose(0, 3, 1, 2))).float()


@torch.inference_mode()
def early_maps(network: MiniFASNet, samples: Samples) -> Tensor:
    """Return the (n, channels, 10, 10) float16 maps that the fixed layers make of the faces."""
    network.eval()
    parts = [
        network.early(as_input(samples.patches[i : i + BATCH])).half()
        for i in range(0, len(samples.patches), BATCH)
    ]
    return torch.cat(parts)


def _schedule(step: int, settings: AppearanceSettings) -> float:
    warm = min(1.0, (step + 1) / settings.warmup)
    return warm * 0.5 * (1 + math.cos(math.pi * step / settings.steps))


def _loss(logits: Tensor, genuine: Tensor, smoothing: float) -> Tensor:
    shares = logits.log_softmax(dim=1)
    others = [i for i in range(shares.shape[1]) if i != GENUINE]
    attack = shares[:, others].logsumexp(dim=1)
    wanted = genuine.float() * (1 - 2 * smoothing) + smoothing
    return -(wanted * shares[:, GENUINE] + (1 - wanted) * attack).mean()


@torch.no_grad()
def _follow(mean: MiniFASNet, network: MiniFASNet, share: float) -> None:
    """Move the running mean towards the network; counters are copied."""
    for kept, new in zip(mean.state_dict().values(), network.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.mul_(share).add_(new, alpha=1 - share)
        else:
            kept.copy_(new)


@torch.inference_mode()
def genuine_scores(network: MiniFASNet, samples: Samples) -> NDArray[np.float64]:
    """Return (n,) probabilities of a genuine face."""
    scores = [
        network(as_input(samples.patches[i : i + BATCH]))
        .softmax(dim=1)[:, GENUINE]
        .double()
        .numpy()
        for i in range(0, len(samples.patches), BATCH)
    ]
    return np.concatenate(scores).astype(np.float64) if scores else np.zeros(0)
