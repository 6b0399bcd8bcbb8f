"""Batches of a distillation: rows of the pool, cropped, augmented and prepared for the network."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kiosk.core.errors import LearningError
from kiosk.learning.data.augmentation import prepared
from kiosk.learning.data.batch_augmentation import BatchCropper, degraded
from kiosk.learning.data.occlusion import Coverer
from kiosk.learning.data.relighting import some_relit
from kiosk.learning.data.unlabelled_pool import Pool
from kiosk.learning.networks.siamese import Backbone, SiameseNetwork
from kiosk.learning.training.distil_settings import DistilSettings
from kiosk.learning.training.training_loop import generator

NORMALISE_ROWS = 768
"""Rows from which BatchNorm statistics are taken."""
FAVOURED = 0.15
"""Share of the pool that counts as similar to the favoured sources."""
CHUNK = 64
"""Faces that go through the network at once outside training."""


class PoolBatches:
    """Draws and prepares the faces of one pool.

    ``held_apart``, ``rows``: sorted rows of the pool for validation and for training. ``steps``:
    batches per epoch. ``cropper``: crops for the network. ``facts``: what its backbone needs.
    """

    def __init__(
        self, pool: Pool, settings: DistilSettings, facts: Backbone, device: torch.device
    ) -> None:
        self._pool = pool
        self._settings = settings
        self._facts = facts
        self._device = device
        self.workers = ThreadPoolExecutor(4)
        order = generator(settings.seed, 1).permutation(len(pool))
        held = max(8, round(len(pool) * settings.share))
        self.held_apart = np.sort(order[:held])
        self.rows = np.sort(order[held:])
        self.steps = len(self.rows) // settings.batch
        if not self.steps:
            raise LearningError(
                f"The pool's {len(self.rows)} faces do not fill one batch of {settings.batch}; "
                "choose a smaller --batch."
            )
        self.cropper = BatchCropper(facts.alignment)
        self._cover = Coverer(facts.alignment)
        self._frequencies = self._draw_frequencies()

    @property
    def plain_size(self) -> int:
        """Picture size of the last stage, in pixels."""
        return self._settings.sizes()[-1][0]

    def draw(self, epoch: int) -> NDArray[np.int64]:
        """Return (steps, batch) rows of an epoch."""
        chance = generator(self._settings.seed, 2, epoch)
        count = self.steps * self._settings.batch
        if self._frequencies is None:
            return chance.permutation(self.rows)[:count].reshape(self.steps, -1)
        return chance.choice(self.rows, count, p=self._frequencies).reshape(self.steps, -1)

    def augmented(self, rows: NDArray[np.int64], size: int) -> Tensor:
        """Return augmented, prepared faces (b, 3, size, size)."""
        return self._prepare(self.cropper.varied(self._faces(rows), size, self._settings.strength))

    def augmented_crops(self, rows: NDArray[np.int64], size: int, crops: Tensor) -> Tensor:
        """Return the same with given ``crops`` (b, 3, 3), see ``BatchCropper.cut``."""
        return self._prepare(self.cropper.cut(self._faces(rows), size, crops))

    def plain(self, rows: NDArray[np.int64]) -> Tensor:
        """Return prepared faces (b, 3, s, s) without augmentation, at the last stage's size."""
        return prepared(self.cropper.plain(self._faces(rows), self.plain_size), self._facts)

    def some_augmented(self) -> Iterator[Tensor]:
        """Yield augmented batches at the first stage's size, for BatchNorm statistics."""
        rows = generator(self._settings.seed, 5).permutation(self.rows)[:NORMALISE_ROWS]
        for part in in_chunks(rows):
            yield self.augmented(part, self._settings.size_at(0))

    @torch.inference_mode()
    def agreement(self, network: SiameseNetwork) -> float:
        """Return the mean cosine to the teacher on the held-apart faces, cropped plainly."""
        network.eval()
        cosines = [
            (network(self.plain(rows)).cpu() * self._pool.targets[rows]).sum(1)
            for rows in in_chunks(self.held_apart)
        ]
        return float(torch.cat(cosines).mean())

    def _faces(self, rows: NDArray[np.int64]) -> Tensor:
        return self._pool.faces(rows, self.workers).to(self._device)

    def _prepare(self, faces: Tensor) -> Tensor:
        faces = some_relit(self._cover(faces, self._settings.covered), self._settings.relit)
        ready = prepared(degraded(faces, self._settings.strength), self._facts)
        return ready.contiguous(memory_format=torch.channels_last)

    def _draw_frequencies(self) -> NDArray[np.float64] | None:
        """Return how often each row is drawn; ``None`` if once an epoch."""
        favoured = self._pool.like(self._settings.sources.split(","), FAVOURED)[self.rows]
        if not self._settings.favour or not favoured.any():
            return None
        weights = 1 + favoured * self._settings.favour * len(favoured) / favoured.sum()
        return np.asarray(weights / weights.sum(), np.float64)


def in_chunks(rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Split ``rows`` into parts of at most ``CHUNK``."""
    return np.array_split(rows, -(-len(rows) // CHUNK))
