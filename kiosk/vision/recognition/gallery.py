"""The gallery: one fused template a person in one matrix, searched exactly and changed in place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kiosk.core.errors import GalleryError
from kiosk.core.templates import EnrolledVersions, Match, Template, TemplateTable, Vector
from kiosk.vision.recognition.template_fusion import fuse_into, fused

SPARE = 8
"""The matrix grows by one in this many rows, so that adding one person rarely copies it."""
SPARE_LEAST = 64
"""Rows that it grows by at least."""
NOBODY = -1
"""Person id of a row that is not in use any more."""
NEAR_SLACK = 1e-3
"""Squared distances in single precision may be off by this much; what is near is measured again."""
ROWS_CHECKED = 4096


@dataclass(frozen=True, slots=True, eq=False)
class GalleryRows:
    """One state of the gallery, n rows; never changed once it can be seen.

    ``matrix`` (n, dimension) float32: fused templates. ``person_ids`` (n,) int64, ``NOBODY`` for a
    row not in use. ``squares`` (n,) float32: squared lengths, ``inf`` for a row not in use, so that
    it is farther than every person. ``newest``, ``counts`` (n,) int64: highest id and number of the
    person's templates. ``people``: rows in use.
    """

    matrix: NDArray[np.float32]
    person_ids: NDArray[np.int64]
    squares: NDArray[np.float32]
    newest: NDArray[np.int64]
    counts: NDArray[np.int64]
    people: int

    @classmethod
    def of(cls, table: TemplateTable, space: NDArray[np.float32]) -> GalleryRows:
        """Fuse the templates of a table into the first rows of ``space``, sorted by person."""
        starts = table.starts
        matrix = space[: len(starts)]
        fuse_into(matrix, table.vectors.reshape(-1, space.shape[1]), starts)
        newest = np.maximum.reduceat(table.ids, starts) if len(starts) else table.ids
        counts = np.diff(np.append(starts, len(table)))
        squares = np.einsum("ij,ij->i", matrix, matrix)
        return cls(matrix, table.person_ids[starts], squares, newest, counts, len(starts))

    def row_of(self, person_id: int) -> int | None:
        """Return the row of a person, if there is one."""
        found = np.flatnonzero(self.person_ids == person_id)
        return int(found[0]) if len(found) else None

    def squared(self, probe: Vector) -> NDArray[np.float32]:
        """Return (n,) squared distances of ``probe`` (dimension,); the roots of two are enough."""
        found: NDArray[np.float32] = self.matrix @ probe
        found *= -2
        found += self.squares
        found += probe @ probe
        return found


class Gallery:
    """Templates of one embedder, compared by Euclidean distance with each person's fused template.

    Changes are made on one thread. A reader on another thread sees the rows as they were before or
    after a change, since each change puts another ``GalleryRows`` in place: rows of the matrix are
    only ever added, and the small arrays beside it are copied.
    """

    def __init__(self, embedder_id: str, dimension: int) -> None:
        self.embedder_id = embedder_id
        self.dimension = dimension
        self.load(TemplateTable.empty(dimension))

    @property
    def people(self) -> int:
        """How many people can be recognised."""
        return self._rows.people

    @property
    def templates(self) -> int:
        """How many templates the people have in all."""
        return int(self._rows.counts.sum())

    @property
    def newest(self) -> int:
        """The highest template id in use, 0 if there is none."""
        return int(self._rows.newest.max(initial=0))

    @property
    def rows(self) -> GalleryRows:
        """The present state, for a search on another thread."""
        return self._rows

    def has(self, person_id: int) -> bool:
        """Return whether that person can be recognised."""
        return person_id != NOBODY and self._rows.row_of(person_id) is not None

    # changes

    def replace(self, templates: Sequence[Template]) -> None:
        """Compare with ``templates`` alone; those of another embedder are left out.

        Raises ``GalleryError`` for a damaged one; the gallery stays as it was then.
        """
        own = [t for t in templates if t.embedder_id == self.embedder_id]
        for template in own:
            self._check(template.vector)
        self.load(TemplateTable.of(own, self.dimension))

    def load(self, table: TemplateTable) -> None:
        """Compare with the templates of ``table`` alone; raises ``GalleryError`` as ``replace``."""
        self._check_table(table)
        self._space = with_spare(len(table.starts), self.dimension)
        self._rows = GalleryRows.of(table, self._space)

    def update(self, person_id: int, table: TemplateTable) -> None:
        """Compare ``person_id`` with the templates of ``table``, all theirs, from now on.

        A person without templates is removed. Raises ``GalleryError`` as ``replace``.
        """
        if not len(table):
            self.remove(person_id)
            return
        if (table.person_ids != person_id).any():
            raise ValueError(f"the templates are not all of person {person_id}")
        self._check_table(table)
        own = GalleryRows.of(table, np.empty((1, self.dimension), np.float32))
        rows = self._without(person_id)
        n = len(rows.person_ids)
        if n == len(self._space):
            rows = self._make_room(rows)
            n = len(rows.person_ids)
        self._space[n] = own.matrix[0]
        self._rows = GalleryRows(
            self._space[: n + 1],
            np.append(rows.person_ids, own.person_ids),
            np.append(rows.squares, own.squares),
            np.append(rows.newest, own.newest),
            np.append(rows.counts, own.counts),
            rows.people + 1,
        )

    def remove(self, person_id: int) -> None:
        """Compare with that person no more, and overwrite what is in memory of their face."""
        if not self.has(person_id):
            return
        self._rows = self._without(person_id)
        unused = np.flatnonzero(self._rows.person_ids == NOBODY)
        self._space[unused] = 0

    def _without(self, person_id: int) -> GalleryRows:
        rows = self._rows
        place = rows.row_of(person_id) if person_id != NOBODY else None
        if place is None:
            return rows
        copied = GalleryRows(
            rows.matrix,
            rows.person_ids.copy(),
            rows.squares.copy(),
            rows.newest.copy(),
            rows.counts.copy(),
            rows.people - 1,
        )
        copied.person_ids[place] = NOBODY
        copied.squares[place] = np.inf
        copied.newest[place] = 0
        copied.counts[place] = 0
        return copied

    def _make_room(self, rows: GalleryRows) -> GalleryRows:
        """Copy the rows in use into a larger matrix."""
        used = rows.person_ids != NOBODY
        n = int(used.sum())
        self._space = with_spare(n, self.dimension)
        np.compress(used, rows.matrix, axis=0, out=self._space[:n])
        return GalleryRows(
            self._space[:n],
            rows.person_ids[used],
            rows.squares[used],
            rows.newest[used],
            rows.counts[used],
            n,
        )

    def templates_with(self, stored: EnrolledVersions) -> int:
        """Return how many templates there would be with those of ``stored`` in place of theirs."""
        others = ~np.isin(self._rows.person_ids, stored.person_ids)
        return int(self._rows.counts[others].sum() + stored.counts.sum())

    def outdated(self, stored: EnrolledVersions, *, partly: bool = False) -> list[int]:
        """Return the people who are stored with other templates than here.

        Those who are here and not in ``stored`` count too, unless it lists people only ``partly``.
        """
        rows = self._rows
        used = np.flatnonzero(rows.person_ids != NOBODY)
        here = used[np.argsort(rows.person_ids[used])]
        both, mine, theirs = np.intersect1d(
            rows.person_ids[here], stored.person_ids, assume_unique=True, return_indices=True
        )
        same = (rows.newest[here[mine]] == stored.newest[theirs]) & (
            rows.counts[here[mine]] == stored.counts[theirs]
        )
        either = (
            stored.person_ids if partly else np.union1d(rows.person_ids[here], stored.person_ids)
        )
        return [int(one) for one in np.setdiff1d(either, both[same], assume_unique=True)]

    # comparisons

    def search(self, probe: Vector) -> Match | None:
        """Return the nearest person to ``probe`` (dimension,) and the second nearest, if any."""
        self._check(probe)
        rows = self._rows
        if not rows.people:
            return None
        squared = rows.squared(probe)
        first = int(np.argmin(squared))
        nearest = _root(squared[first])
        if rows.people == 1:
            return Match(int(rows.person_ids[first]), nearest)
        squared[first] = np.inf
        second = int(np.argmin(squared))
        return Match(
            int(rows.person_ids[first]),
            nearest,
            int(rows.person_ids[second]),
            _root(squared[second]),
        )

    def verify(self, probe: Vector, person_id: int) -> Match | None:
        """Return the distance of ``probe`` to ``person_id``; ``None`` if not enrolled."""
        self._check(probe)
        rows = self._rows
        place = rows.row_of(person_id) if person_id != NOBODY else None
        if place is None:
            return None
        squared = rows.squares[place] - 2 * (rows.matrix[place] @ probe) + probe @ probe
        return Match(person_id, _root(np.float32(squared)))

    def near(self, person_id: int, distance: float) -> list[tuple[int, float]]:
        """Return (person, distance) of everybody else at most ``distance`` from that person."""
        rows = self._rows
        place = rows.row_of(person_id) if person_id != NOBODY else None
        if place is None or distance <= 0:
            return []
        own = rows.matrix[place]
        found = np.flatnonzero(rows.squared(own) <= distance * distance + NEAR_SLACK)
        exact = np.linalg.norm(rows.matrix[found].astype(np.float64) - own, axis=1)
        return [
            (int(rows.person_ids[other]), float(apart))
            for other, apart in zip(found, exact, strict=True)
            if other != place and apart <= distance
        ]

    def distance(self, probe: Vector, templates: Sequence[Vector]) -> float:
        """Return the distance of ``probe`` to a person with ``templates``, at least one."""
        self._check(probe)
        return float(np.linalg.norm(self.fused(templates) - probe))

    def fused(self, templates: Sequence[Vector]) -> Vector:
        """Return (dimension,) what ``templates`` of one person, at least one, are compared as."""
        for vector in templates:
            self._check(vector)
        return np.asarray(fused(np.stack(templates), np.zeros(1, np.int64))[0], np.float32)

    def _check(self, vector: Vector) -> None:
        if vector.shape != (self.dimension,):
            raise GalleryError(
                f"A template has the shape {vector.shape}, not ({self.dimension},):"
                f" enrol again with {self.embedder_id}."
            )
        if not np.isfinite(vector).all():
            raise GalleryError(
                "A template holds values that are not numbers: enrol this person again."
            )

    def _check_table(self, table: TemplateTable) -> None:
        for begin in range(0, len(table), ROWS_CHECKED):
            part = table.vectors[begin : begin + ROWS_CHECKED]
            if part.shape[1] != self.dimension or not np.isfinite(part).all():
                for vector in part:
                    self._check(vector)


def with_spare(rows: int, dimension: int) -> NDArray[np.float32]:
    """Return an empty matrix for ``rows`` rows and some that may be added later."""
    return np.empty((rows + max(SPARE_LEAST, rows // SPARE), dimension), np.float32)


def _root(squared: np.float32) -> float:
    """Return the distance; rounding may have taken its square below 0."""
    return math.sqrt(max(float(squared), 0.0))
