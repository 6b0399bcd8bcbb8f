"""Looks from the question at the door to the gallery, on a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.app.bootstrap.engine_factory import build_engine
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.core.config import Config
from kiosk.core.door_state import DoorState
from kiosk.core.frames import Frame
from kiosk.core.member_looks import LookAnswer, LookRule
from kiosk.core.people import Person
from kiosk.core.templates import Template
from kiosk.core.view_models import DoorView, LookStep
from kiosk.demo.demo_camera import DemoCamera, DemoScene
from kiosk.demo.guide import seed_demo_people
from kiosk.demo.tour import tour_settings
from kiosk.services.look_guard import LookGuard
from kiosk.storage.db.timestamps import local_now
from tests.attacks.look_attack import VISITS, look_alike_frames, within
from tests.helpers.fakes import FakeClock
from tests.helpers.look_door import LookDoor
from tests.helpers.look_people import DrawnFaces
from tests.helpers.tampering import tamper


@pytest.fixture
def door(tmp_path: Path) -> Iterator[LookDoor]:
    made = LookDoor(tmp_path / "munjigi.db", DrawnFaces(3))
    with closing(made.store):
        yield made


def other_day(door: LookDoor, distance: float = 0.5) -> list:
    return door.faces.frames(door.faces.away(door.member, distance), 8)


def test_a_member_is_nearer_to_the_door_on_a_day_like_one_that_was_kept(door: LookDoor) -> None:
    day = other_day(door)
    before = door.gallery.verify(day[0], 1)
    assert door.visit(day) and door.looks == 1
    after = door.gallery.verify(day[0], 1)
    assert before is not None and after is not None and after.distance < before.distance - 0.1


def test_a_look_taken_back_counts_no_more(door: LookDoor) -> None:
    day = other_day(door)
    before = door.gallery.fused([t.vector for t in door.store.looks.templates(1, "net")])
    door.visit(day)
    door.store.looks.remove(1, 1, "관리자")
    left = door.gallery.fused([t.vector for t in door.store.looks.templates(1, "net")])
    assert (left == before).all()


def test_the_door_keeps_a_few_looks_and_replaces_them(door: LookDoor) -> None:
    for _ in range(3 + 7 * 3):
        door.visit(other_day(door))
    history = door.store.looks.history(1)
    assert len(history.later) == LookRule().most
    assert [look.templates for look in history.looks] == [5, 4, 4, 4], "four frames decided"
    assert max(look.number for look in history.later) > LookRule().most, "older ones made room"


def test_a_no_is_remembered_for_a_week(door: LookDoor) -> None:
    door.visit(other_day(door), yes=False)
    assert door.store.looks.history(1).answer is LookAnswer.NO
    kept = []
    for _ in range(8):
        door.visit(other_day(door))
        kept.append(door.looks)
    assert kept == [0, 0, 0, 0, 0, 0, 1, 2]


def test_without_consent_there_is_no_question(door: LookDoor, tmp_path: Path) -> None:
    person = door.store.people.by_number("2026-1")
    assert person is not None
    vectors = door.faces.frames(door.member, 5)
    templates = [Template(0, "net", one) for one in vectors]
    door.store.people.enrol_again(Person("2026-1", "사람1", id=person.id), templates)
    door.gallery.load(door.store.people.template_table("net"))
    assert door.visit(other_day(door)) and door.looks == 0
    assert door.store.looks.history(1).asked_at is None


@pytest.mark.parametrize("pin", [False, True])
def test_without_the_guard_a_look_alike_would_get_in(
    door: LookDoor, monkeypatch: pytest.MonkeyPatch, pin: bool
) -> None:
    """What the attack of 50 visits would do if every look were kept."""
    monkeypatch.setattr(LookGuard, "allows", lambda *_, **__: True)
    monkeypatch.setattr("kiosk.services.look_service.SURE", 9.0)
    before = within(door, 1, 0.97)
    for _ in range(VISITS):
        door.visit(look_alike_frames(door, 0.97), pin=pin)
        if door.looks:
            break
    assert door.looks and within(door, 1, 0.97) > before + 100


def test_a_drawn_member_keeps_the_look_of_another_day_through_the_whole_door(
    tmp_path: Path,
) -> None:
    """Real networks, liveness and database; the engine steps at ten frames a second."""
    storage = open_store(tmp_path)
    engine = build_engine(tour_settings(Config()), storage)
    clock = FakeClock()
    camera = DemoCamera(fps=10.0, clock=clock, sleep=clock.sleep)

    def stand(who: int | None, until: Callable[[DoorView], bool]) -> DoorView:
        camera.cue(DemoScene(who=who))
        for number in range(150):
            image = camera.read()
            assert image is not None
            view = engine.step(Frame(image, clock.now, number), clock.now).door
            camera.turn(
                view.challenge.turn.value if view.challenge and view.challenge.turn else None
            )
            if until(view):
                return view
        raise AssertionError(f"{view.state} with {view.decision}")

    with closing(storage):
        seed_demo_people(engine)
        engine.load_gallery()
        tamper(
            storage.database.path,
            "UPDATE templates SET created_at = ?",
            values=((local_now() - timedelta(days=3)).isoformat(),),
        )
        asked = stand(0, lambda view: view.look is not None)
        assert asked.state is DoorState.ACCEPTED and asked.look is not None
        engine.answer_look(True, clock.now)
        assert stand(0, lambda view: view.look is not None).look.step is LookStep.KEPT  # type: ignore[union-attr]
        history = storage.looks.history(1)
        assert [look.templates for look in history.later] == [asked.look.templates]
        assert engine.gallery.templates == storage.people.template_count(engine.info.id)
        stand(None, lambda view: view.state is DoorState.IDLE)
        again = stand(0, lambda view: view.state is DoorState.ACCEPTED)
        assert again.look is None, "once a day is enough"
        engine.close()
