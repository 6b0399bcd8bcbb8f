"""Which look a member may keep, when they are asked, and what it replaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from kiosk.core.member_looks import Look, LookAnswer, LookFrame, LookHistory, LookProposal, LookRule
from kiosk.core.people import CredentialMode, Person
from kiosk.core.templates import EmbedderInfo, Template, Vector
from kiosk.core.thresholds import Thresholds
from kiosk.services.look_guard import SURE, LookGuard
from kiosk.services.look_service import LookService, is_due
from kiosk.vision.recognition.gallery import Gallery
from tests.helpers.look_people import DIMENSION, DrawnFaces, toward

INFO = EmbedderInfo("net", "Net", DIMENSION, 1.0, 2.0)
NOW = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
ENROLLED = NOW - timedelta(days=10)
THRESHOLDS = Thresholds(0.9, 1.0, 0.7)


class MemoryLooks:
    """Looks in a list."""

    def __init__(self) -> None:
        self.stored: list[Template] = []
        self.days: dict[int, datetime] = {0: ENROLLED}
        self.asked_at: datetime | None = None
        self.answer = LookAnswer.NONE
        self.kept: list[tuple[tuple[Template, ...], str, int, int | None]] = []

    def history(self, person_id: int) -> LookHistory:
        numbers = sorted({one.look for one in self.stored})
        looks = [Look(n, self.days[n], 1) for n in numbers]
        return LookHistory(tuple(looks), self.asked_at, self.answer)

    def templates(self, person_id: int, embedder_id: str) -> list[Template]:
        return [one for one in self.stored if one.embedder_id == embedder_id]

    def answered(self, person_id: int, answer: LookAnswer) -> None:
        self.asked_at, self.answer = NOW, answer

    def keep(
        self,
        person_id: int,
        templates: Sequence[Template],
        *,
        basis: str,
        most: int,
        replaced: int | None = None,
    ) -> Person:
        self.kept.append((tuple(templates), basis, most, replaced))
        return Person("1", "이산")


class OnePerson:
    """Finds one person."""

    def __init__(self) -> None:
        self.person: Person | None = Person("1", "이산", consented_at=ENROLLED, id=1)

    def basis(self, person_id: int) -> str:
        return "as it was"

    def get(self, person_id: int) -> Person | None:
        return self.person

    def by_typed_number(self, number: str) -> Person | None:
        return None


class Site:
    """Person 1 enrolled with five templates, person 2 with one, as ``LookService`` sees them."""

    def __init__(self, rule: LookRule | None = None, templates: int = 5) -> None:
        self.faces = DrawnFaces(7)
        self.face = self.faces.person(1)
        self.other = self.faces.person(2)
        self.looks = MemoryLooks()
        self.people = OnePerson()
        self.gallery = Gallery("net", DIMENSION)
        for vector in self.faces.frames(self.face, templates):
            self.looks.stored.append(Template(1, "net", vector))
        self.read()
        self.service = LookService(
            self.looks, self.people, self.gallery, INFO, rule or LookRule(), lambda: NOW
        )

    def read(self) -> None:
        other = Template(2, "net", self.other)
        self.gallery.replace([*self.looks.stored, other])

    def keep_before(self, number: int, face: Vector, days_ago: int) -> None:
        self.looks.days[number] = NOW - timedelta(days=days_ago)
        vectors = self.faces.frames(face, 5)
        self.looks.stored += [Template(1, "net", one, look=number) for one in vectors]
        self.read()

    def propose(
        self,
        face: Vector | None = None,
        distance: float = 0.5,
        count: int = 12,
        with_factor: bool = False,
        thresholds: Thresholds = THRESHOLDS,
    ) -> LookProposal | None:
        vectors = self.faces.frames(
            self.faces.away(self.face, 0.4) if face is None else face, count
        )
        frames = [LookFrame(one, 100.0 + place) for place, one in enumerate(vectors)]
        return self.service.propose(1, distance, frames, thresholds, with_factor=with_factor)


def test_the_look_of_a_new_member_is_proposed_and_stored_as_it_was_proposed() -> None:
    site = Site()
    proposal = site.propose()
    assert proposal is not None and (proposal.person_id, proposal.replaced) == (1, None)
    assert len(proposal.templates) == 5 and proposal.basis == "as it was"
    site.service.keep(proposal)
    ((templates, basis, most, replaced),) = site.looks.kept
    assert (templates, basis, most, replaced) == (proposal.templates, "as it was", 3, None)


def test_the_sharpest_frame_of_each_part_of_the_visit_is_taken() -> None:
    proposal = Site().propose(count=15)
    assert proposal is not None
    assert [one.quality for one in proposal.templates] == [102.0, 105.0, 108.0, 111.0, 114.0]


@pytest.mark.parametrize(("enrolled", "expected"), [(1, 1), (3, 3), (5, 5), (9, 9)])
def test_a_look_has_as_many_templates_as_the_enrolment(enrolled: int, expected: int) -> None:
    proposal = Site(templates=enrolled).propose()
    assert proposal is not None and len(proposal.templates) == expected


def test_a_visit_of_too_few_frames_makes_no_look() -> None:
    assert Site().propose(count=3) is None
    four = Site().propose(count=4)
    assert four is not None and len(four.templates) == 4


def test_only_a_sure_accept_is_followed_by_a_question() -> None:
    site = Site()
    sure = SURE * THRESHOLDS.identify
    assert site.propose(distance=sure) is not None
    assert site.propose(distance=sure + 0.01) is None
    assert site.propose(distance=sure + 0.01, with_factor=True) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"consented_at": None},
        {"entry": CredentialMode.PIN},
        {"entry": CredentialMode.CARD},
    ],
)
def test_who_gave_no_consent_for_their_face_is_not_asked(change: dict[str, object]) -> None:
    site = Site()
    assert site.people.person is not None
    site.people.person = replace(site.people.person, **change)  # type: ignore[arg-type]
    assert site.propose() is None
    site.people.person = None
    assert site.propose() is None


def test_switched_off_nobody_is_asked() -> None:
    assert Site(LookRule(asks=False)).propose() is None


def test_templates_of_another_network_are_no_enrolment() -> None:
    site = Site()
    site.looks.stored = [replace(one, embedder_id="old") for one in site.looks.stored]
    assert site.propose() is None


# when


@pytest.mark.parametrize(
    ("days", "answer", "due"),
    [
        (0, LookAnswer.YES, False),
        (1, LookAnswer.YES, True),
        (6, LookAnswer.NONE, False),
        (7, LookAnswer.NONE, True),
        (6, LookAnswer.NO, False),
        (7, LookAnswer.NO, True),
    ],
)
def test_a_member_is_asked_again_the_day_after_a_yes_and_rests_after_a_no_or_nothing(
    days: int, answer: LookAnswer, due: bool
) -> None:
    enrolment = Look(0, ENROLLED, 5)
    history = LookHistory((enrolment,), NOW - timedelta(days=days), answer)
    assert is_due(history, LookRule(), NOW.date()) is due


def test_a_member_is_asked_neither_on_the_day_of_the_enrolment_nor_long_after() -> None:
    for days, due in ((0, False), (1, True), (60, True), (61, False)):
        history = LookHistory((Look(0, NOW - timedelta(days=days), 5),))
        assert is_due(history, LookRule(), NOW.date()) is due, days
    assert not is_due(LookHistory(), LookRule(), NOW.date())


def test_who_has_all_looks_is_asked_seldom() -> None:
    looks = tuple(Look(n, ENROLLED + timedelta(days=n), 5) for n in range(4))
    for days, due in ((1, False), (6, False), (7, True)):
        history = LookHistory(looks, NOW - timedelta(days=days), LookAnswer.YES)
        assert is_due(history, LookRule(most=3), NOW.date()) is due
        assert is_due(history, LookRule(most=4), NOW.date())


def test_one_look_a_day_is_enough() -> None:
    looks = (Look(0, ENROLLED, 5), Look(1, NOW - timedelta(hours=2), 5))
    assert not is_due(LookHistory(looks), LookRule(), NOW.date())


# the guard


def test_a_look_beyond_the_persons_own_spread_is_never_kept() -> None:
    site = Site(templates=1)  # one picture: the least spread counts
    assert site.propose(site.faces.away(site.face, 0.5)) is not None
    assert site.propose(site.faces.away(site.face, 0.8)) is None
    assert site.propose(site.faces.away(site.face, 0.8), with_factor=True) is None


def test_a_look_is_compared_with_the_enrolment_alone() -> None:
    """Looks do not lead away step by step: each is measured from where it began."""
    site = Site()
    other = site.faces.person(9)
    for number in range(1, 4):
        site.keep_before(number, toward(site.face, other, 0.2 * number), 5 - number)
    assert site.propose(toward(site.face, other, 0.5)) is not None
    assert site.propose(toward(site.face, other, 0.8)) is None


def test_a_look_nearer_to_somebody_else_is_never_kept() -> None:
    site = Site()
    site.other = site.faces.away(site.face, 0.62)
    site.read()
    wide = Thresholds(1.2, 1.2)
    assert site.propose(toward(site.face, site.other, 0.5), thresholds=wide) is None
    narrow = Thresholds(0.9, 0.9)
    assert site.propose(toward(site.face, site.other, 0.3), thresholds=narrow) is None


def test_a_look_that_makes_two_members_look_alike_is_not_kept() -> None:
    site = Site()
    site.other = toward(site.face, site.faces.person(9), 1.2)
    site.read()
    look = toward(site.face, site.faces.person(9), 0.45)
    before = float(
        np.linalg.norm(site.gallery.fused([t.vector for t in site.looks.stored]) - site.other)
    )
    apart = Thresholds(0.8, 0.8, before - 0.3)
    assert site.propose(look, thresholds=apart) is not None
    near = Thresholds(0.8, 0.8, before - 0.02)
    assert site.propose(look, thresholds=near) is None


def test_the_guard_allows_nothing_for_nobody() -> None:
    site = Site()
    guard = LookGuard(site.gallery, 1.0)
    look = site.faces.frames(site.face, 2)
    assert not guard.allows(1, [], look, THRESHOLDS, with_factor=True)
    assert not guard.allows(1, site.looks.stored, [], THRESHOLDS, with_factor=True)
    site.gallery.remove(1)
    assert not guard.allows(1, site.looks.stored, look, THRESHOLDS, with_factor=True)


# what makes room


def test_the_oldest_look_that_the_new_one_resembles_makes_room() -> None:
    site = Site(LookRule(most=3))
    near, far = site.faces.away(site.face, 0.5), site.faces.away(site.face, 0.5)
    site.keep_before(1, far, 6)
    site.keep_before(2, near, 5)
    site.keep_before(3, near, 4)
    proposal = site.propose(near)
    assert proposal is not None and proposal.replaced == 2


def test_without_one_that_it_resembles_the_oldest_makes_room() -> None:
    site = Site(LookRule(most=2))
    for number in (1, 2):
        site.keep_before(number, site.faces.away(site.face, 0.5), 6 - number)
    proposal = site.propose(site.faces.away(site.face, 0.5))
    assert proposal is not None and proposal.replaced == 1


def test_a_look_of_another_network_makes_room_first() -> None:
    site = Site(LookRule(most=2))
    for number in (1, 2):
        site.keep_before(number, site.faces.away(site.face, 0.5), 6 - number)
    site.looks.stored = [
        replace(one, embedder_id="old") if one.look == 2 else one for one in site.looks.stored
    ]
    proposal = site.propose()
    assert proposal is not None and proposal.replaced == 2
