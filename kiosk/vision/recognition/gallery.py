"""Enrolled people as one matrix, searched exactly: the nearest person and the second nearest."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kiosk.core.errors import GalleryError
from kiosk.core.templates import Match, Template, Vector
from kiosk.vision.recognition.template_fusion import fused


class Gallery:
    """Templates of one embedder, compared by Euclidean distance with what each person's are fused into.

    Templates of another embedder are never compared: they are counted in ``foreign`` and left out.
    A gallery is replaced as a whole, so a reader on another thread sees the old or the new one.
    """

    def __init__(self, embedder_id: str, dimension: int) -> None:
        self.embedder_id = embedder_id
        self.dimension = dimension
        self.foreign = 0
        self._rows = _Rows.empty(dimension)

    @property
    def people(self) -> int:
        """How many people can be recognised."""
        return len(self._rows.people)

    def has(self, person_id: int) -> bool:
        """Whether that person can be recognised."""
        return bool((self._rows.people == person_id).any())

    def replace(self, templates: Sequence[Template]) -> None:
        """Compare against ``templates`` from now on; raises ``GalleryError`` on a damaged one."""
        own = [t for t in templates if t.embedder_id == self.embedder_id]
        for template in own:
            self._check(template.vector)
        self.foreign = len(templates) - len(own)
        self._rows = _Rows.of(own, self.dimension)

    def search(self, probe: Vector) -> Match | None:
        """The nearest person to ``probe`` (dimension,) and the second nearest; ``None`` when empty."""
        self._check(probe)
        rows = self._rows
        if not len(rows.people):
            return None
        squared = rows.squared(probe)
        first = int(np.argmin(squared))
        nearest = _root(squared[first])
        if len(squared) == 1:
            return Match(int(rows.people[0]), nearest)
        squared[first] = np.inf
        second = int(np.argmin(squared))
        return Match(
            int(rows.people[first]), nearest, int(rows.people[second]), _root(squared[second])
        )

    def verify(self, probe: Vector, person_id: int) -> Match | None:
        """The distance of ``probe`` to ``person_id`` alone; ``None`` when that person has no template."""
        self._check(probe)
        rows = self._rows
        where = np.flatnonzero(rows.people == person_id)
        if not len(where):
            return None
        return Match(person_id, _root(rows.squared(probe)[where[0]]))

    def distance(self, probe: Vector, templates: Sequence[Vector]) -> float:
        """How far ``probe`` would be from somebody enrolled with ``templates``, at least one."""
        self._check(probe)
        return float(np.linalg.norm(self.fused(templates) - probe))

    def fused(self, templates: Sequence[Vector]) -> Vector:
        """(dimension,) what ``templates`` of one person, at least one, are compared as."""
        for vector in templates:
            self._check(vector)
        return np.asarray(fused(np.stack(templates), np.zeros(1, np.int64))[0], np.float32)

    def _check(self, vector: Vector) -> None:
        if vector.shape != (self.dimension,):
            raise GalleryError(
                f"A template has the shape {vector.shape}, not ({self.dimension},): enrol again with {self.embedder_id}."
            )
        if not np.isfinite(vector).all():
            raise GalleryError(
                "A template holds values that are not numbers: enrol this person again."
            )


class _Rows:
    """One fused template a person."""

    def __init__(self, matrix: NDArray[np.float32], people: NDArray[np.int64]) -> None:
        self.matrix = matrix
        self.people = people
        self.squares = np.einsum("ij,ij->i", matrix, matrix)

    @classmethod
    def empty(cls, dimension: int) -> _Rows:
        return cls(np.zeros((0, dimension), np.float32), np.zeros(0, np.int64))

    @classmethod
    def of(cls, templates: Sequence[Template], dimension: int) -> _Rows:
        if not templates:
            return cls.empty(dimension)
        ordered = sorted(templates, key=lambda template: template.person_id)
        people, starts = np.unique([t.person_id for t in ordered], return_index=True)
        matrix = fused(np.stack([t.vector for t in ordered]), starts.astype(np.int64))
        return cls(matrix.astype(np.float32), people.astype(np.int64))

    def squared(self, probe: Vector) -> NDArray[np.float32]:
        """(people,) squared distance to each person; the roots of two are enough."""
        found: NDArray[np.float32] = self.matrix @ probe
        found *= -2
        found += self.squares
        found += probe @ probe
        return found


def _root(squared: np.float32) -> float:
    """The distance; rounding may have taken its square below 0."""
    return math.sqrt(max(float(squared), 0.0))
