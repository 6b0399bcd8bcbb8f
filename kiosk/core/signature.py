"""A signature drawn with a finger."""

from __future__ import annotations

from dataclasses import dataclass

MOST_POINTS = 4000
"""A longer signature is not drawn further."""

Stroke = tuple[tuple[float, float], ...]
"""Points from touching to lifting the finger: (x, y) from 0 to 1 across and down the field."""


@dataclass(frozen=True, slots=True)
class Signature:
    """``strokes``: in the order in which they were drawn; without one it is no signature."""

    strokes: tuple[Stroke, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.strokes)

    @property
    def points(self) -> int:
        """The number of points of all strokes."""
        return sum(map(len, self.strokes))

    def with_point(self, x: float, y: float, *, begins: bool) -> Signature:
        """Return the signature with one more point; ``begins``: of a new stroke."""
        if self.points >= MOST_POINTS:
            return self
        point = (round(min(max(x, 0.0), 1.0), 4), round(min(max(y, 0.0), 1.0), 4))
        if begins or not self.strokes:
            return Signature((*self.strokes, (point,)))
        return Signature((*self.strokes[:-1], (*self.strokes[-1], point)))


UNSIGNED = Signature()
"""Where no signature was drawn."""
