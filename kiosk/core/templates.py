"""Embeddings: templates, comparisons with them, and the network that made them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
"""(dimension,) float32 embedding."""


@dataclass(frozen=True, slots=True)
class Match:
    """The nearest enrolled person and the second nearest, in the embedder's metric.

    ``person_id``: the nearest, at any distance; the consensus applies the threshold.
    ``runner_up_distance``: ``inf`` if fewer than two people are enrolled.
    """

    person_id: int
    distance: float
    runner_up_id: int | None = None
    runner_up_distance: float = float("inf")

    @property
    def has_runner_up(self) -> bool:
        """Whether a second person is enrolled."""
        return self.runner_up_id is not None


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """One enrolled embedding of a person. ``embedder_id`` names the network that made it."""

    person_id: int
    embedder_id: str
    vector: Vector
    pose: str = "front"
    quality: float = 0.0
    id: int | None = None


@dataclass(frozen=True, slots=True)
class EmbedderInfo:
    """What other rooms need to know of an embedding network, from its manifest.

    ``threshold``: the default decision distance. ``far``: the largest distance drawn on a gauge.
    ``measured``: figures by name, measured before the network was shipped.
    """

    id: str
    title: str
    dimension: int
    threshold: float
    far: float
    licence: str = ""
    measured: dict[str, float] = field(default_factory=dict)
