"""Faces that are there for minutes: on a poster, on a television, of somebody who works nearby.

They would be asked in again and again, and while one is as large as a visitor's nobody could be
told to stand alone. A face is told apart by its place and size alone, so that another one on the
same screen counts as the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kiosk.core.frames import Face

STANDING_S = 120.0
"""Seconds for which faces must have been in a place until they are left out."""

AGAIN_S = 30.0
"""The same in a place where faces stood before: longer than any visit takes."""

VACANT_S = 5.0
"""Seconds without a face after which the next one may be a visitor's."""

REMEMBERED_S = 900.0
"""How long it is remembered that faces stood in a place."""

MAX_SHIFT = 0.6
"""How far a face may be from its place, in widths of the place's face."""

MAX_SCALE = 1.5
"""How much larger or smaller it may be."""

FOLLOW = 0.1
"""How far a place follows the face in it, from picture to picture."""

MAX_PLACES = 24


@dataclass(slots=True, eq=False)
class _Place:
    """Where faces are: centre and width in pixels.

    ``since``: when the first of them came, without a vacancy after it; ``seen_at``: the latest.
    ``standing``: whether they are left out; ``stood_at``: when they last were.
    """

    x: float
    y: float
    width: float
    since: float
    seen_at: float
    standing: bool = False
    stood_at: float = -math.inf

    def distance(self, face: Face) -> float:
        """Return how far ``face`` is away, in widths; infinite if it is another size."""
        scale = face.width / max(self.width, 1.0)
        if not 1 / MAX_SCALE <= scale <= MAX_SCALE:
            return math.inf
        x, y = face.centre
        away = math.hypot(x - self.x, y - self.y) / max(self.width, 1.0)
        return away if away <= MAX_SHIFT else math.inf

    def take(self, face: Face, now: float) -> bool:
        """Note ``face`` in this place; return whether faces now begin to stand in it."""
        if now - self.seen_at > VACANT_S:
            self.since = now
            self.standing = False
        self.seen_at = now
        x, y = face.centre
        self.x += FOLLOW * (x - self.x)
        self.y += FOLLOW * (y - self.y)
        self.width += FOLLOW * (face.width - self.width)
        before = self.standing
        needed = AGAIN_S if now - self.stood_at <= REMEMBERED_S else STANDING_S
        self.standing = before or now - self.since >= needed
        if self.standing:
            self.stood_at = now
        return self.standing and not before

    def outdated(self, now: float) -> bool:
        """Return whether nothing is worth remembering of this place."""
        return now - self.seen_at > VACANT_S and now - self.stood_at > REMEMBERED_S


class StandingFaces:
    """Remembers where faces are and for how long. Not thread-safe.

    ``found``: how often faces have begun to stand in a place.
    """

    def __init__(self) -> None:
        self._places: list[_Place] = []
        self.found = 0

    def separate(self, faces: Sequence[Face], now: float) -> tuple[list[Face], list[Face]]:
        """Return the faces of visitors, and those that are there for minutes; in their order.

        ``now``: seconds, monotonic.
        """
        self._places = [place for place in self._places if not place.outdated(now)]
        standing: set[int] = set()
        placed: set[int] = set()
        for place, number in self._pairs(faces):
            self.found += place.take(faces[number], now)
            placed.add(number)
            if place.standing:
                standing.add(number)
        self._places += [
            _Place(*face.centre, face.width, now, now)
            for number, face in enumerate(faces)
            if number not in placed
        ]
        self._places = sorted(self._places, key=lambda place: place.seen_at)[-MAX_PLACES:]
        visitors = [face for number, face in enumerate(faces) if number not in standing]
        return visitors, [faces[number] for number in sorted(standing)]

    def visited(self, face: Face) -> None:
        """Forget the place of ``face``: it is a visitor's, who was let in."""
        self._places = [place for place in self._places if place.distance(face) == math.inf]

    def _pairs(self, faces: Sequence[Face]) -> list[tuple[_Place, int]]:
        """Return places with the number of the face in each: the nearest pairs first."""
        near = sorted(
            (distance, place_number, number)
            for place_number, place in enumerate(self._places)
            for number, face in enumerate(faces)
            if (distance := place.distance(face)) < math.inf
        )
        found: dict[int, int] = {}
        for _, place_number, number in near:
            if place_number not in found and number not in found.values():
                found[place_number] = number
        return [(self._places[place_number], number) for place_number, number in found.items()]
