"""The question whether to keep today's look: when it is asked, and whose yes counts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kiosk.core.decisions import Reason
from kiosk.core.door_state import DoorState
from kiosk.core.errors import StorageError
from kiosk.core.frames import QualityIssue
from kiosk.core.member_looks import LookFrame, LookProposal
from kiosk.core.templates import Template
from kiosk.core.thresholds import Thresholds
from kiosk.core.view_models import LookStep
from kiosk.door.look_offers import MOST_FRAMES
from tests.helpers.door import AlwaysLive, Door, vector

PIN = "482915"


class NotedLooks:
    """Proposes every look, unless told otherwise, and remembers what became of it."""

    def __init__(self) -> None:
        self.proposed: list[tuple[int, float, int, bool]] = []
        self.frames: list[LookFrame] = []
        self.answers: list[str] = []
        self.refuses = False
        self.broken = ""
        self.error: Exception = StorageError("The database does not answer.")

    def propose(
        self,
        person_id: int,
        distance: float,
        frames: Sequence[LookFrame],
        thresholds: Thresholds,
        *,
        with_factor: bool,
    ) -> LookProposal | None:
        self._fail("propose")
        self.frames = list(frames)
        self.proposed.append((person_id, distance, len(frames), with_factor))
        template = Template(person_id, "net", vector(person_id))
        return None if self.refuses else LookProposal(person_id, (template,), None, "basis")

    def asked(self, proposal: LookProposal) -> None:
        self._fail("asked")
        self.answers.append("asked")

    def declined(self, proposal: LookProposal) -> None:
        self._fail("declined")
        self.answers.append("no")

    def keep(self, proposal: LookProposal) -> None:
        self._fail("keep")
        self.answers.append("kept")

    def _fail(self, what: str) -> None:
        if self.broken == what:
            raise self.error


@pytest.fixture
def looks() -> NotedLooks:
    return NotedLooks()


@pytest.fixture
def door(looks: NotedLooks) -> Door:
    return Door(liveness=AlwaysLive(), looks=looks)


def step_shown(door: Door) -> LookStep | None:
    view = door.service.view(door.now).look
    return view.step if view is not None else None


def test_a_member_is_asked_once_the_door_is_open(door: Door, looks: NotedLooks) -> None:
    door.see(2, 0.6)
    assert door.lock.is_open and looks.answers == ["asked"]
    view = door.service.view(door.now)
    assert view.state is DoorState.ACCEPTED and view.look is not None
    assert (view.look.step, view.look.templates) == (LookStep.ASK, 1)
    ((person, distance, frames, with_factor),) = looks.proposed
    assert person == 2 and distance == pytest.approx(0.05, abs=0.01)
    assert frames >= 4 and not with_factor


def test_a_yes_keeps_the_look_of_those_who_are_still_there(door: Door, looks: NotedLooks) -> None:
    door.see(2, 1.0)
    assert door.service.answer_look(True, door.now) == 2
    assert looks.answers == ["asked", "kept"] and step_shown(door) is LookStep.KEPT
    assert door.service.answer_look(True, door.now) is None, "one yes keeps one look"
    door.see(2, 3.5)
    assert step_shown(door) is None and looks.answers == ["asked", "kept"]


def test_a_no_keeps_nothing(door: Door, looks: NotedLooks) -> None:
    door.see(2, 1.0)
    assert door.service.answer_look(False, door.now) is None
    assert looks.answers == ["asked", "no"] and step_shown(door) is None


def test_without_an_answer_nothing_is_kept(door: Door, looks: NotedLooks) -> None:
    door.see(2, 0.6)
    door.see(2, 9.0)
    assert step_shown(door) is LookStep.ASK
    door.see(2, 1.5)
    assert step_shown(door) is None
    assert door.service.answer_look(True, door.now) is None and looks.answers == ["asked"]


@pytest.mark.parametrize("who", [None, 3], ids=["gone", "somebody else"])
def test_nobody_answers_for_a_member_who_left(
    door: Door, looks: NotedLooks, who: int | None
) -> None:
    door.see(2, 0.6)
    door.see(who, 1.2, x=400.0)
    assert step_shown(door) is None
    assert door.service.answer_look(True, door.now) is None and looks.answers == ["asked"]


def test_a_face_in_the_same_place_that_is_another_ends_the_question(
    door: Door, looks: NotedLooks
) -> None:
    door.see(2, 0.6)
    door.see(3, 0.2)
    assert door.service.answer_look(True, door.now) is None and "kept" not in looks.answers


def test_a_yes_needs_the_members_face_just_before_it(door: Door, looks: NotedLooks) -> None:
    door.see(2, 0.6)
    door.see(2, 3.0, issue=QualityIssue.TURNED_AWAY)
    assert step_shown(door) is LookStep.ASK
    assert door.service.answer_look(True, door.now) is None
    assert looks.answers == ["asked"] and step_shown(door) is LookStep.NOT_KEPT


def test_the_next_person_in_the_queue_waits_for_no_question(door: Door) -> None:
    quiet = Door(liveness=AlwaysLive())
    for each in (door, quiet):
        each.see(2, 0.6)
        each.see(3, 6.5, x=400.0)
    assert [one.person_id for one in door.decisions] == [2, 3]
    assert [one.person_id for one in quiet.decisions] == [2, 3]


def test_staff_and_a_lost_camera_end_the_question(door: Door, looks: NotedLooks) -> None:
    door.see(2, 0.6)
    door.service.pause(door.now)
    assert step_shown(door) is None and door.service.answer_look(True, door.now) is None
    door.service.resume(door.now)
    door.see(None, 3.0)
    door.see(1, 0.6)
    door.service.camera(False, door.now)
    assert step_shown(door) is None and door.service.answer_look(True, door.now) is None


def test_only_an_accept_by_the_face_is_followed_by_a_question(looks: NotedLooks) -> None:
    stranger = Door(liveness=AlwaysLive(), looks=looks)
    stranger.see(6, 3.0)
    out = Door(policy=lambda *_: Reason.OUT_OF_SCHEDULE, liveness=AlwaysLive(), looks=looks)
    out.see(1, 1.0)
    duress = Door(policy=lambda *_: Reason.DURESS, liveness=AlwaysLive(), looks=looks)
    duress.see(1, 1.0)
    assert duress.last.accepted and not out.last.accepted
    assert looks.proposed == []


def test_without_the_liveness_checks_nobody_is_asked(looks: NotedLooks) -> None:
    door = Door(looks=looks)
    door.see(2, 1.0)
    assert door.last.accepted and looks.proposed == []


def test_a_pin_makes_the_accept_sure(looks: NotedLooks) -> None:
    door = Door(liveness=AlwaysLive(), asks_pin=lambda person: True, looks=looks)
    door.pins.set(2, PIN)
    door.service.claim("2026-2", door.now)
    door.service.enter_pin(PIN, door.now)
    door.see(2, 0.6)
    assert [one[3] for one in looks.proposed] == [True]


def test_only_frames_of_the_visit_that_spoke_for_the_member_count(
    door: Door, looks: NotedLooks
) -> None:
    door.see(1, 0.2)
    door.see(2, 0.6)
    assert door.last.person_id == 2
    assert all(frame.vector[2] > 0.9 for frame in looks.frames)
    assert len(looks.frames) <= MOST_FRAMES


@pytest.mark.parametrize("broken", ["propose", "asked", "declined", "keep"])
@pytest.mark.parametrize("error", [None, ValueError("'maybe' is not a valid answer")])
def test_a_database_that_fails_moves_neither_door_nor_service(
    door: Door, looks: NotedLooks, broken: str, error: Exception | None
) -> None:
    looks.broken = broken
    looks.error = error or looks.error
    door.see(2, 1.0)
    assert door.lock.is_open and door.last.accepted
    assert door.service.answer_look(broken != "declined", door.now) is None
    assert door.service.state is DoorState.ACCEPTED and "kept" not in looks.answers
    expected = LookStep.NOT_KEPT if broken in ("keep", "declined") else None
    assert step_shown(door) is expected


def test_a_visit_without_a_question_looks_as_before(door: Door, looks: NotedLooks) -> None:
    looks.refuses = True
    door.see(2, 0.6)
    assert looks.proposed and looks.answers == [] and step_shown(door) is None


def test_badges_are_not_read_while_a_member_is_asked(door: Door) -> None:
    door.see(2, 0.6)
    assert door.service.wants_embedding and not door.service.reads_codes
