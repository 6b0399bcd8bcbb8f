"""Inner feature maps of the teacher for a student of another shape: more to learn per face than 128
numbers.

Romero et al., "FitNets: hints for thin deep nets", 2015. Each face is cropped in a few ways; the
output of the teacher's last blocks for each crop is computed once, kept in the run's folder, and
compared with the student's map of the same size through a 1×1 convolution that is discarded
afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kiosk.core.errors import LearningError
from kiosk.learning.data.augmentation import prepared
from kiosk.learning.data.batch_augmentation import BatchCropper
from kiosk.learning.data.unlabelled_pool import Pool
from kiosk.learning.networks.mobilefacenet import SIDE, MobileFaceNet, take_published
from kiosk.learning.networks.siamese import BACKBONES, SiameseNetwork

CHANNELS = 128
CELLS = SIDE // 16
"""Channels of the teacher's map."""
STUDENT_CHANNELS = 112
"""Channels of MobileNetV3-Large's last layer before its fifth downsampling; its map has as many
cells.
"""
LAYER = 13
BATCH = 64
MAPS = "teacher-maps.npy"
CUTS = "teacher-cuts.npy"
DONE = "teacher-maps.done"


class TeacherMaps:
    """``cuts`` (n, views, 3, 3): crops of each face.

    ``maps`` (n, views, 128, 8, 8) float16: the teacher's maps.
    """

    def __init__(self, folder: Path, pool: Pool, cutter: BatchCropper, views: int) -> None:
        self._folder = folder
        self._pool = pool
        self._cutter = cutter
        self._shape = (len(pool), views)
        self.cuts: NDArray[np.float32] = np.empty(0, np.float32)
        self.maps: NDArray[np.float16] = np.empty(0, np.float16)

    def prepare(
        self,
        strength: float,
        workers: ThreadPoolExecutor,
        shown: Callable[[Iterable[int]], Iterable[int]],
    ) -> None:
        """Open the files or compute them, 16 KiB per face and view.

        ``LearningError`` without the teacher's files or disk space.
        """
        try:
            if not (self._folder / DONE).exists():
                self._compute(strength, workers, shown)
            self.cuts = np.load(self._folder / CUTS, mmap_mode="r")
            self.maps = np.load(self._folder / MAPS, mmap_mode="r")
        except (OSError, ValueError) as error:
            raise LearningError(
                f"The teacher's maps in {self._folder} cannot be kept or read ({error}); make "
                f"room, delete {DONE} there and use --resume."
            ) from None
        if self.cuts.shape[:2] != self._shape or self.maps.shape != (
            *self._shape,
            CHANNELS,
            CELLS,
            CELLS,
        ):
            raise LearningError(
                f"The teacher's maps in {self._folder} belong to another pool; delete {DONE} there "
                "and use --resume."
            )

    @torch.inference_mode()
    def _compute(
        self,
        strength: float,
        workers: ThreadPoolExecutor,
        shown: Callable[[Iterable[int]], Iterable[int]],
    ) -> None:
        teacher = _body(self._pool.folder / "teacher")
        maps = np.lib.format.open_memmap(
            self._folder / MAPS, "w+", np.float16, (*self._shape, CHANNELS, CELLS, CELLS)
        )
        cuts = np.lib.format.open_memmap(
            self._folder / CUTS, "w+", np.float32, (*self._shape, 3, 3)
        )
        for first in shown(range(0, len(self._pool), BATCH)):
            rows = np.arange(first, min(first + BATCH, len(self._pool)))
            faces = self._pool.faces(rows, workers)
            for view in range(self._shape[1]):
                change = self._cutter.changes(len(rows), strength, faces.device)
                cuts[rows, view] = change.numpy()
                seen = prepared(self._cutter.cut(faces, SIDE, change), BACKBONES["mobilefacenet"])
                # twice as fast, and precise enough for hints
                with torch.autocast("cpu", torch.bfloat16):
                    maps[rows, view] = (
                        teacher(seen.contiguous(memory_format=torch.channels_last)).float().numpy()
                    )
        maps.flush()
        cuts.flush()
        (self._folder / DONE).touch()


def _body(folder: Path) -> nn.Module:
    """Return the published network up to its last block."""
    trunk = MobileFaceNet()
    take_published(trunk, folder)
    body = nn.Sequential(
        trunk.stem, trunk.stem_slope, trunk.depthwise, trunk.depth_slope, *trunk.blocks
    )
    return body.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


class FeatureHint(nn.Module):
    """Mean squared difference of inner maps, in units of the teacher map's variance."""

    middle: Tensor
    spread: Tensor

    def __init__(self, maps: NDArray[np.float16]) -> None:
        super().__init__()
        some = torch.from_numpy(np.asarray(maps[:: max(1, len(maps) // 512), 0], np.float32))
        self.adapt = nn.Conv2d(STUDENT_CHANNELS, CHANNELS, 1)
        self.register_buffer("middle", some.mean((0, 2, 3)).view(1, -1, 1, 1))
        self.register_buffer("spread", some.std((0, 2, 3)).clamp(min=1e-3).view(1, -1, 1, 1))

    def forward(
        self, network: SiameseNetwork, faces: Tensor, wanted: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return embeddings of ``faces`` and the distance of their inner maps to ``wanted``.

        ``faces``: (n, 3, 128, 128); ``wanted``: (n, 128, 8, 8).
        """
        layers = network.trunk[0]  # type: ignore[index]
        pooling = network.trunk[1]  # type: ignore[index]
        inner = layers[:LAYER](faces)
        embeddings = nn.functional.normalize(network.head(pooling(layers[LAYER:](inner))).float())
        return embeddings, ((self.adapt(inner) - (wanted - self.middle) / self.spread) ** 2).mean()
