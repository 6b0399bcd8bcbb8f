"""Published weights as the start of a distillation, and the way back to them at its end."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kiosk.learning.data.unlabelled_pool import Pool
from kiosk.learning.networks import mobilefacenet
from kiosk.learning.networks.mobilefacenet import MobileFaceNet
from kiosk.learning.networks.resnet29 import Resnet29, published_weights, take_published
from kiosk.learning.networks.siamese import SiameseNetwork
from kiosk.learning.training.distil_settings import DistilSettings
from kiosk.learning.training.pool_batches import PoolBatches, in_chunks
from kiosk.learning.training.training_loop import generator

RIDGE_ROWS = 6400
RIDGE = 1e-2


class PublishedStart:
    """Loads published weights into a network, with a head that suits the pool's targets."""

    def __init__(self, pool: Pool, settings: DistilSettings, batches: PoolBatches) -> None:
        self._pool = pool
        self._settings = settings
        self._batches = batches

    def load(self, network: SiameseNetwork) -> bool:
        """Load published weights and a matching single-layer head, if there are any.

        Return whether there were.
        """
        head = self._load_trunk(network.trunk)
        if len(network.head) != 1 or not isinstance(network.trunk, Resnet29 | MobileFaceNet):
            return False
        if head is None:
            self.fit_head(network)
            return True
        assert isinstance(network.head[0], nn.Linear)
        with torch.no_grad():
            network.head[0].weight.copy_(torch.from_numpy(self._pool.pca.T @ head))
            network.head[0].bias.zero_()
        return True

    def fit_head(self, network: SiameseNetwork) -> None:
        """Fit the single layer from the trunk's features to the teacher's embeddings."""
        rows = generator(self._settings.seed, 4).permutation(self._batches.rows)[:RIDGE_ROWS]
        features = torch.cat([self._features(network, part) for part in in_chunks(rows)])
        weight, bias = ridge(features, self._pool.targets[rows])
        head = network.head[0]
        assert isinstance(head, nn.Linear)
        with torch.no_grad():
            head.weight.copy_(weight)
            head.bias.copy_(bias)

    @torch.no_grad()
    def move_back(self, network: SiameseNetwork, device: torch.device) -> bool:
        """Move ``network`` the settings' ``average`` of the way back to the published weights.

        Wortsman et al., "Robust fine-tuning of zero-shot models", 2022: keeps what few pictures
        taught without losing what many had. Return whether there was anything to move to.
        """
        share = self._settings.average
        if not share or self._settings.start:
            return False  # weights from elsewhere may be folded, so their mean is meaningless
        start = SiameseNetwork.of(network.spec).to(device)
        if not self.load(start):
            return False
        for mine, theirs in zip(network.parameters(), start.parameters(), strict=True):
            mine.lerp_(theirs, share)
        if isinstance(network.trunk, Resnet29):
            self.fit_head(network)  # the two heads were fitted to different features
        return True

    def _load_trunk(self, trunk: nn.Module) -> NDArray[np.float32] | None:
        """Copy the published weights of ``trunk``.

        Return the teacher's head if it is the teacher's trunk.
        """
        if isinstance(trunk, MobileFaceNet):
            return mobilefacenet.take_published(trunk, Path(self._settings.pool) / "teacher")
        if isinstance(trunk, Resnet29):
            take_published(trunk, published_weights())
        return None

    @torch.inference_mode()
    def _features(self, network: SiameseNetwork, rows: NDArray[np.int64]) -> Tensor:
        network.eval()
        features: Tensor = network.features(self._batches.plain(rows)).cpu()
        return features


def settled(network: SiameseNetwork) -> SiameseNetwork:
    """Return a copy as stored in files."""
    result = copy.deepcopy(network)
    if isinstance(result.trunk, Resnet29):
        result.trunk.settle()
    return result


def ridge(features: Tensor, targets: Tensor, strength: float = RIDGE) -> tuple[Tensor, Tensor]:
    """Fit weight (d, f) and bias (d,) of the linear layer from ``features`` (n, f) to ``targets``
    (n, d).

    Hoerl, Kennard, "Ridge regression", 1970; ``strength`` in units of the features' mean variance;
    the bias is not penalised.
    """
    x = torch.cat([features, torch.ones(len(features), 1)], 1).double()
    penalty = torch.full(
        (x.shape[1],), strength * len(x) * float(features.var(0).mean()), dtype=torch.float64
    )
    penalty[-1] = 0
    solved = torch.linalg.solve(x.T @ x + torch.diag(penalty), x.T @ targets.double()).float()
    return solved[:-1].T.contiguous(), solved[-1]
