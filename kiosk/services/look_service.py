"""Keeping a member's look of the day: who is asked, what would be kept, and what it replaces."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Protocol

import numpy as np

from kiosk.core.member_looks import (
    ENROLMENT,
    LookAnswer,
    LookFrame,
    LookHistory,
    LookProposal,
    LookRule,
)
from kiosk.core.people import CredentialMode, Person
from kiosk.core.ports import Clock, GalleryPort, PersonLookup
from kiosk.core.templates import EmbedderInfo, Template, Vector
from kiosk.core.thresholds import Thresholds
from kiosk.services.look_guard import SURE, LookGuard

LEAST_SHARE = 0.75
"""A look has as many templates as the enrolment, so that each counts alike, or this share of it."""


class LookStorePort(Protocol):
    """Stored looks."""

    def history(self, person_id: int) -> LookHistory: ...
    def templates(self, person_id: int, embedder_id: str) -> list[Template]: ...
    def answered(self, person_id: int, answer: LookAnswer) -> None: ...
    def keep(
        self,
        person_id: int,
        templates: Sequence[Template],
        *,
        basis: str,
        most: int,
        replaced: int | None = None,
    ) -> Person: ...


class LookService:
    """For the door, on the inference thread. Every method may raise ``KioskError``."""

    def __init__(
        self,
        looks: LookStorePort,
        people: PersonLookup,
        gallery: GalleryPort,
        info: EmbedderInfo,
        rule: LookRule,
        clock: Clock,
    ) -> None:
        self._looks = looks
        self._people = people
        self._gallery = gallery
        self._embedder_id = info.id
        self._guard = LookGuard(gallery, info.threshold)
        self._rule = rule
        self._clock = clock

    def propose(
        self,
        person_id: int,
        distance: float,
        frames: Sequence[LookFrame],
        thresholds: Thresholds,
        *,
        with_factor: bool,
    ) -> LookProposal | None:
        """Return what the person who was just let in may be asked to keep; ``None`` for nothing.

        ``distance``: of the accept. ``frames``: those that spoke for the person, in their order.
        ``with_factor``: a PIN or card was given as well.
        """
        sure = with_factor or distance <= SURE * thresholds.identify
        if not self._rule.asks or not sure or not self._may_be_asked(person_id):
            return None
        stored = self._looks.templates(person_id, self._embedder_id)
        enrolled = sum(one.look == ENROLMENT for one in stored)
        look = _chosen(frames, enrolled)
        if not self._guard.allows(
            person_id, stored, [one.vector for one in look], thresholds, with_factor=with_factor
        ):
            return None
        templates = tuple(
            Template(person_id, self._embedder_id, one.vector, quality=one.sharpness)
            for one in look
        )
        replaced = self._replaced(person_id, stored, [one.vector for one in look])
        return LookProposal(person_id, templates, replaced, self._people.basis(person_id))

    def asked(self, proposal: LookProposal) -> None:
        """Remember that the person was asked; without an answer that is a no."""
        self._looks.answered(proposal.person_id, LookAnswer.NONE)

    def declined(self, proposal: LookProposal) -> None:
        """Remember a no."""
        self._looks.answered(proposal.person_id, LookAnswer.NO)

    def keep(self, proposal: LookProposal) -> None:
        """Store the look after a yes; refused if anything about the person changed meanwhile."""
        self._looks.keep(
            proposal.person_id,
            proposal.templates,
            basis=proposal.basis,
            most=self._rule.most,
            replaced=proposal.replaced,
        )

    def _may_be_asked(self, person_id: int) -> bool:
        person = self._people.get(person_id)
        if person is None or person.consented_at is None or person.entry is not CredentialMode.FACE:
            return False
        return is_due(self._looks.history(person_id), self._rule, self._clock().date())

    def _replaced(
        self, person_id: int, stored: Sequence[Template], look: Sequence[Vector]
    ) -> int | None:
        """Return the look that makes room: the oldest that the new one resembles, else the oldest.

        Looks resemble each other if they are no farther apart than the person's templates spread.
        """
        later = self._looks.history(person_id).later
        if len(later) < self._rule.most:
            return None
        vectors = {
            kept.number: [one.vector for one in stored if one.look == kept.number] for kept in later
        }
        unused = [number for number, own in vectors.items() if not own]  # of another network
        new = self._gallery.fused(look)
        spread = self._guard.spread([one.vector for one in stored if one.look == ENROLMENT])
        alike = [
            number
            for number, own in vectors.items()
            if own and float(np.linalg.norm(self._gallery.fused(own) - new)) <= spread
        ]
        return min(unused or alike or list(vectors))


def is_due(history: LookHistory, rule: LookRule, today: date) -> bool:
    """Return whether a person may be asked today.

    The next day after a yes while there is room for another look; else after a rest.
    """
    enrolled = history.enrolled_at
    if enrolled is None or today > enrolled.date() + timedelta(days=rule.days):
        return False
    if any(look.kept_at.date() >= today for look in history.looks):
        return False
    if history.asked_at is None:
        return True
    eager = history.answer is LookAnswer.YES and len(history.later) < rule.most
    pause = 1 if eager else rule.pause_days
    return today >= history.asked_at.date() + timedelta(days=pause)


def _chosen(frames: Sequence[LookFrame], wanted: int) -> list[LookFrame]:
    """Return ``wanted`` frames, or as many as there are: the sharpest of equal parts of the visit.

    None if there are fewer than ``LEAST_SHARE`` of them.
    """
    if wanted < 1 or len(frames) < LEAST_SHARE * wanted:
        return []
    parts = np.array_split(np.arange(len(frames)), min(wanted, len(frames)))
    return [frames[max(part, key=lambda place: frames[place].sharpness)] for part in parts]
