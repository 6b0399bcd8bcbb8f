"""Batches for a loss: pairs for the contrastive loss, groups of pictures for others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from kiosk.core.errors import LearningError
from kiosk.learning.data.face_dataset import Faces, Numbers, sample_groups, sample_pairs
from kiosk.learning.data.one_person import sample_pairs_for
from kiosk.learning.training.losses import (
    AngularMarginLoss,
    ContrastiveLoss,
    SwappedLabels,
    TripletLoss,
    pair_distances,
)

LOSSES = ("contrastive", "triplet", "arcface", "cosface")
PICTURES_EACH = 4
"""Pictures per person in a batch of the triplet loss."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """``rows``: of the faces, one per embedding.

    ``targets``: labels of pairs, or each row's person.
    """

    rows: Numbers
    targets: NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """A loss with its batches for one epoch."""

    loss: nn.Module
    batches: Callable[[Faces, int, int, np.random.Generator], list[Batch]]
    ask: Callable[[nn.Module, Tensor, Tensor], Tensor]

    def __call__(self, embeddings: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of one batch."""
        return self.ask(self.loss, embeddings, targets)


def objective(
    name: str,
    margin: float,
    people: int,
    dimension: int,
    me: int | None = None,
    swapped: bool = False,
) -> Objective:
    """Return the objective called ``name``; ``margin`` 0 is the loss's own.

    ``me``: the one person whose pairs are drawn. ``swapped``: labels of pairs are swapped. Raises
    ``LearningError``.
    """
    own = {"margin": margin} if margin else {}
    if name == "contrastive":
        loss = ContrastiveLoss(**own)
        return paired(SwappedLabels(loss) if swapped else loss, me)
    if swapped:
        raise LearningError("--swap-labels needs the contrastive loss; leave out --loss.")
    if me is not None:
        raise LearningError("--me learns with the contrastive loss; leave out --loss.")
    if name == "triplet":
        return Objective(
            TripletLoss(**own), _groups, lambda loss, embeddings, targets: loss(embeddings, targets)
        )
    if name in ("arcface", "cosface"):
        return Objective(
            AngularMarginLoss(people, dimension, name, margin=margin or None),
            _singles,
            lambda loss, embeddings, targets: loss(embeddings, targets),
        )
    raise LearningError(f"There is no loss {name!r}; use one of {', '.join(LOSSES)}.")


def paired(loss: nn.Module, me: int | None = None) -> Objective:
    """Return a loss of distances and labels on balanced pairs, of ``me`` alone where given."""
    return Objective(
        loss,
        partial(_pairs, me=me),
        lambda loss, embeddings, targets: loss(pair_distances(embeddings), targets),
    )


def _pairs(
    faces: Faces, batch: int, count: int, rng: np.random.Generator, me: int | None
) -> list[Batch]:
    """``batch`` counts pictures, so half as many pairs"""
    count = max(count, 2)
    pairs = (
        sample_pairs(faces.people, count, rng)
        if me is None
        else sample_pairs_for(faces.people, me, count, rng)
    )
    half = batch // 2
    starts = [i for i in range(0, len(pairs), half) if len(pairs) - i >= 2] or [0]
    return [
        Batch(
            np.concatenate([pairs.first[i : i + half], pairs.second[i : i + half]]),
            pairs.same[i : i + half],
        )
        for i in starts
    ]


def _groups(faces: Faces, batch: int, count: int, rng: np.random.Generator) -> list[Batch]:
    batches: list[Batch] = []
    while sum(len(b.rows) for b in batches) < count:
        batches += [
            Batch(rows, faces.people[rows])
            for rows in sample_groups(faces.people, batch, PICTURES_EACH, rng)
        ]
    return batches


def _singles(faces: Faces, batch: int, count: int, rng: np.random.Generator) -> list[Batch]:
    order = np.concatenate([rng.permutation(len(faces)) for _ in range(-(-count // len(faces)))])[
        : max(count, 2)
    ]
    return [
        Batch(order[i : i + batch], faces.people[order[i : i + batch]])
        for i in range(0, len(order), batch)
        if len(order) - i >= 2
    ]
