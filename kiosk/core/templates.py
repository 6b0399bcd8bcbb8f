"""Embeddings: templates, comparisons with them, and the network that made them."""

from __future__ import annotations

from collections.abc import Sequence
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
    """One enrolled embedding of a person. ``embedder_id`` names the network that made it.

    ``look``: 0 for the enrolment, else the number of the look kept on a later day.
    """

    person_id: int
    embedder_id: str
    vector: Vector
    pose: str = "front"
    quality: float = 0.0
    id: int | None = None
    look: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class TemplateTable:
    """Templates of one embedder as arrays, without an object for each.

    ``person_ids`` (n,) int64, rising; ``ids`` (n,) int64, each template's id, 0 if it has none;
    ``vectors`` (n, dimension) float32. Raises ``ValueError`` for shapes that do not fit together.
    """

    person_ids: NDArray[np.int64]
    ids: NDArray[np.int64]
    vectors: NDArray[np.float32]

    def __post_init__(self) -> None:
        n = len(self.person_ids)
        if self.person_ids.shape != (n,) or self.ids.shape != (n,):
            raise ValueError("one person and one id are needed for each template")
        if self.vectors.ndim != 2 or len(self.vectors) != n:
            raise ValueError("vectors must be (n, dimension)")
        if (np.diff(self.person_ids) < 0).any():
            raise ValueError("templates must be sorted by person")

    def __len__(self) -> int:
        return len(self.person_ids)

    def of_person(self, person_id: int) -> TemplateTable:
        """The rows of one person."""
        begin, end = np.searchsorted(self.person_ids, [person_id, person_id + 1])
        return TemplateTable(
            self.person_ids[begin:end], self.ids[begin:end], self.vectors[begin:end]
        )

    @classmethod
    def empty(cls, dimension: int) -> TemplateTable:
        """A table without rows."""
        nothing = np.zeros(0, np.int64)
        return cls(nothing, nothing, np.zeros((0, dimension), np.float32))

    @classmethod
    def of(cls, templates: Sequence[Template], dimension: int) -> TemplateTable:
        """The table of ``templates`` in any order, all of one dimension."""
        if not templates:
            return cls.empty(dimension)
        ordered = sorted(templates, key=lambda template: template.person_id)
        return cls(
            np.array([t.person_id for t in ordered], np.int64),
            np.array([t.id or 0 for t in ordered], np.int64),
            np.stack([t.vector for t in ordered]).astype(np.float32, copy=False),
        )

    @property
    def starts(self) -> NDArray[np.int64]:
        """(people,) each person's first row."""
        return np.flatnonzero(np.diff(self.person_ids, prepend=np.int64(-1))).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class EnrolledVersions:
    """Which templates of one embedder are stored, to find out what changed.

    ``person_ids`` (n,) int64, rising and unique; ``newest`` (n,) int64, the highest template id of
    each person, never used again after a deletion; ``counts`` (n,) int64, their templates.
    """

    person_ids: NDArray[np.int64]
    newest: NDArray[np.int64]
    counts: NDArray[np.int64]


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
