"""The pool of unlabelled faces with a teacher's embeddings, for distillation.

``pool-*.npz``: ``jpeg`` (concatenated bytes), ``offset`` (n + 1,), ``index`` (n,) row of the
teacher's file, optionally ``source`` (n,) short names of the origin; aligned pictures of 128×128
pixels. ``pool-teacher.npz``: ``embedding`` (rows, e) and ``pca`` (e, dimension).
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kiosk.core.errors import LearningError
from kiosk.learning.data.batch_augmentation import BatchCropper

SIDE = BatchCropper.POOL


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Encoded pictures with their targets.

    ``pictures``: one a row; ``targets`` (n, dimension) float32 of length 1, the teacher's
    embeddings projected by ``pca`` (e, dimension). ``sources`` (n,): origin of each picture, empty
    if unknown. ``folder``: of the pool.
    """

    folder: Path
    pictures: list[NDArray[np.uint8]]
    targets: Tensor
    pca: NDArray[np.float32]
    sources: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.pictures)

    def faces(self, rows: NDArray[np.int64], workers: ThreadPoolExecutor) -> Tensor:
        """Decode to (n, 3, 128, 128) uint8 RGB; ``LearningError`` for a damaged picture."""
        return torch.from_numpy(
            np.stack(list(workers.map(lambda row: _decoded(self.pictures[row], row), rows)))
            .transpose(0, 3, 1, 2)
            .copy()
        )

    def like(self, sources: Sequence[str], nearest: float) -> NDArray[np.bool_]:
        """Return (n,) mask of pictures from ``sources`` and of those most similar to them.

        ``nearest``: share of the pool that the teacher places nearest to their mean.
        """
        own = np.isin(self.sources, list(sources))
        if not own.any():
            return own
        close = (self.targets @ self.targets[torch.from_numpy(own)].mean(0)).numpy()
        return np.asarray(own | (close > np.quantile(close, 1 - nearest)), np.bool_)


def _decoded(jpeg: NDArray[np.uint8], row: int) -> NDArray[np.uint8]:
    image = cv2.imdecode(jpeg, cv2.IMREAD_COLOR) if len(jpeg) else None
    if image is None or image.shape != (SIDE, SIDE, 3):
        raise LearningError(
            f"Row {row} of the pool is not a picture of {SIDE}×{SIDE} pixels; restore the pool's "
            "files."
        )
    return np.asarray(image[..., ::-1], np.uint8)


def load_pool(folder: Path) -> Pool:
    """Load the pool in ``folder``.

    ``LearningError`` if files are missing or do not belong together.
    """
    parts = sorted(folder.glob("pool-[0-9]*.npz"))
    if not parts or not (folder / "pool-teacher.npz").is_file():
        raise LearningError(
            f"{folder} holds no pool: pool-0.npz and pool-teacher.npz are needed; name the folder "
            "that holds them."
        )
    teacher = _arrays(folder / "pool-teacher.npz", "embedding", "pca")
    pictures: list[NDArray[np.uint8]] = []
    rows = []
    sources = []
    for path in parts:
        found = _arrays(path, "jpeg", "offset", "index", "source", optional=("source",))
        ends = found["offset"]
        if (
            len(ends) != len(found["index"]) + 1
            or ends[-1] > len(found["jpeg"])
            or (np.diff(ends) < 0).any()
        ):
            raise LearningError(
                f"{path} is damaged: its offsets do not fit its pictures; restore it."
            )
        pictures += [found["jpeg"][a:b] for a, b in pairwise(ends)]
        rows.append(found["index"])
        sources.append(found.get("source", np.full(len(found["index"]), "")).astype(str))
    return Pool(
        folder,
        pictures,
        _targets(teacher, np.concatenate(rows), folder),
        teacher["pca"].astype(np.float32),
        np.concatenate(sources),
    )


def _targets(teacher: dict[str, NDArray[Any]], rows: NDArray[Any], folder: Path) -> Tensor:
    try:
        targets = (teacher["embedding"].astype(np.float32) @ teacher["pca"].astype(np.float32))[
            rows
        ]
    except (ValueError, IndexError):
        raise LearningError(
            f"The teacher's embeddings in {folder} do not belong to its pictures; restore the "
            "pool's files."
        ) from None
    lengths = np.linalg.norm(targets, axis=1, keepdims=True)
    if not np.isfinite(targets).all() or not (lengths > 0).all():
        raise LearningError(
            f"The teacher's embeddings in {folder} are not all usable numbers; restore "
            "pool-teacher.npz."
        )
    return torch.from_numpy(np.ascontiguousarray(targets / lengths))


def _arrays(path: Path, *names: str, optional: Sequence[str] = ()) -> dict[str, NDArray[Any]]:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return {name: file[name] for name in names if name not in optional or name in file}
    except (
        OSError,
        ValueError,
        EOFError,
        KeyError,
        TypeError,
        AttributeError,
        zipfile.BadZipFile,
    ) as error:
        raise LearningError(
            f"{path} cannot be used ({error}); it must hold {', '.join(names)}."
        ) from None
