"""Guard against drift: which look of a member may be kept beside their enrolment.

The enrolment is the anchor: a look is compared with it alone, so that looks cannot lead away from
it step by step. docs/calibration.md has how the limits were chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from kiosk.core.member_looks import ENROLMENT
from kiosk.core.ports import GalleryPort
from kiosk.core.templates import Match, Template, Vector
from kiosk.core.thresholds import Thresholds

SURE = 0.85
"""Share of the 1:N threshold within which a face alone is surely the member's."""
SURE_WITH_FACTOR = 0.9
"""The same for a face that came with the member's PIN or card."""
SPREAD = 2.0
"""A look may be this many times as far from the enrolment as the member's templates spread."""
LEAST_SPREAD = 0.35
"""The least spread, in the network's own thresholds: some people keep still at the enrolment."""


class LookGuard:
    """``own_threshold``: the network's own distance, from which the least spread is taken."""

    def __init__(self, gallery: GalleryPort, own_threshold: float) -> None:
        self._gallery = gallery
        self._least_spread = LEAST_SPREAD * own_threshold

    def allows(
        self,
        person_id: int,
        stored: Sequence[Template],
        look: Sequence[Vector],
        thresholds: Thresholds,
        *,
        with_factor: bool,
    ) -> bool:
        """Return whether ``look``, embeddings (dimension,) each, may join the ``stored`` templates.

        Not if one is too far from the enrolment, or anybody else could be meant by it, or if the
        person would resemble somebody more than before. ``with_factor``: a PIN or card was given.
        """
        enrolled = [one.vector for one in stored if one.look == ENROLMENT]
        if not enrolled or not look:
            return False
        limit = thresholds.identify * (SURE_WITH_FACTOR if with_factor else SURE)
        limit = min(limit, SPREAD * self.spread([one.vector for one in stored]))
        if any(self._gallery.distance(vector, enrolled) > limit for vector in look):
            return False
        if any(self._may_be_another(vector, person_id, thresholds) for vector in look):
            return False
        return not self._nears_another(person_id, stored, look, thresholds)

    def spread(self, templates: Sequence[Vector]) -> float:
        """Return the largest distance of one of a person's templates from their others."""
        apart = [
            self._gallery.distance(one, [*templates[:place], *templates[place + 1 :]])
            for place, one in enumerate(templates)
            if len(templates) > 1
        ]
        return max([self._least_spread, *apart])

    def _may_be_another(self, vector: Vector, person_id: int, thresholds: Thresholds) -> bool:
        """Whether somebody else is nearer than the member, or near enough to be taken for."""
        near = dict(_two_nearest(self._gallery.search(vector)))
        own = near.pop(person_id, np.inf)
        return any(apart <= max(own, thresholds.identify) for apart in near.values()) or (
            not np.isfinite(own)
        )

    def _nears_another(
        self,
        person_id: int,
        stored: Sequence[Template],
        look: Sequence[Vector],
        thresholds: Thresholds,
    ) -> bool:
        """Whether the look would move the member to within the distance of look-alikes."""
        templates = [one.vector for one in stored]
        before = self._nearest_other(self._gallery.fused(templates), person_id)
        after = self._nearest_other(self._gallery.fused([*templates, *look]), person_id)
        return after <= thresholds.look_alike and after < before

    def _nearest_other(self, fused: Vector, person_id: int) -> float:
        near = _two_nearest(self._gallery.search(fused))
        return min((apart for other, apart in near if other != person_id), default=np.inf)


def _two_nearest(match: Match | None) -> Iterator[tuple[int, float]]:
    if match is not None:
        yield match.person_id, match.distance
        if match.runner_up_id is not None:
            yield match.runner_up_id, match.runner_up_distance
