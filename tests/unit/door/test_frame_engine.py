"""What the inference thread does with frames, without them, and between them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from kiosk.core.decisions import Mode, Reason
from kiosk.core.door_state import DoorState
from kiosk.core.errors import CameraError, EnrolError, StorageError
from kiosk.core.frames import Face, Frame, Observation
from kiosk.core.member_looks import LookProposal
from kiosk.core.people import Person
from kiosk.core.ports import CalibrationPort, LookAlikePort
from kiosk.core.rights import Operator
from kiosk.core.templates import Template, TemplateTable
from kiosk.core.thresholds import Calibration, Derived, LookAlike, Thresholds
from kiosk.core.view_models import Coach, EnrolStep
from kiosk.door.claims import Next
from kiosk.door.frame_engine import NO_HOOKS, CameraFacts, CodeInput, Engine, EngineHooks
from kiosk.door.look_offers import LooksPort
from kiosk.services.enrolment import EnrolService
from tests.helpers.consenting import consenting
from tests.helpers.door import INFO, NOW, AlwaysLive, Door, observation, vector
from tests.helpers.fakes import make_face


class ScriptedPipeline:
    """Says that ``person`` stands there; records each call and whether to embed."""

    info = INFO

    def __init__(self) -> None:
        self.person: int | None = None
        self.asked: list[bool] = []
        self.stirring = False
        self.everybody: list[bool] = []
        self.visits: list[Face] = []
        self.standing: tuple[Face, ...] = ()
        self.standing_found = 0

    def visited(self, face: Face) -> None:
        self.visits.append(face)

    def scene_changed(self, frame: Frame) -> bool:
        return self.stirring

    def observe(self, frame: Frame, embed: bool = True, everybody: bool = False) -> Observation:
        self.asked.append(embed)
        self.everybody.append(everybody)
        return replace(
            observation(frame.captured_at, self.person),
            standing=self.standing,
            standing_found=self.standing_found,
        )


class Bench:
    """An engine with a clock."""

    def __init__(
        self,
        calibration: CalibrationPort | None = None,
        look_alikes: LookAlikePort | None = None,
        hooks: EngineHooks = NO_HOOKS,
        codes: CodeInput | None = None,
        looks: LooksPort | None = None,
    ) -> None:
        self.door = Door(liveness=AlwaysLive() if looks else None, looks=looks)
        self.pipeline = ScriptedPipeline()
        enrol = EnrolService(
            self.door.gallery,
            self.door.people,
            INFO,
            thresholds=Thresholds.same(1.0),
            duplicate_factor=1.0,
            pose_timeout_s=60,
        )
        self.engine = Engine(
            self.pipeline,
            self.door.gallery,
            self.door.people,
            self.door.service,
            enrol,
            stall_s=2.0,
            idle_interval_s=0.2,
            calibration=calibration,
            look_alikes=look_alikes,
            hooks=hooks,
            codes=codes,
        )
        self.now = 0.0

    def run(self, seconds: float, fps: float = 30.0, frames: bool = True):
        for index in range(round(seconds * fps)):
            self.now += 1 / fps
            frame = Frame(np.zeros((4, 4, 3), np.uint8), self.now, index) if frames else None
            step = self.engine.step(frame, self.now)
        return step


def test_detection_is_slow_while_nobody_is_there_and_fast_when_somebody_is():
    bench = Bench()
    bench.run(2.0)
    assert len(bench.pipeline.asked) <= 11
    bench.pipeline.person = 1
    bench.run(0.5)
    asked = len(bench.pipeline.asked)
    bench.run(0.3)
    assert len(bench.pipeline.asked) - asked >= 8


def test_a_change_at_an_empty_door_is_examined_at_once_and_twice_as_often_afterwards():
    bench = Bench()
    bench.run(1.0)
    looked = bench.engine._looked_at
    bench.run(looked + 0.2 - bench.now + 1 / 30)  # a look, and one picture after it
    asked = len(bench.pipeline.asked)
    bench.pipeline.stirring = True
    bench.run(1 / 30)
    assert len(bench.pipeline.asked) == asked + 1
    bench.run(2.0)
    assert 15 <= len(bench.pipeline.asked) - asked <= 21


def test_it_is_calm_once_nobody_has_been_there_for_two_seconds():
    bench = Bench()
    assert not bench.run(1.9).calm and bench.run(0.2).calm
    bench.pipeline.person = 1
    assert not bench.run(0.25).calm, "with the first face"
    bench.pipeline.person = None
    steps = [bench.run(0.5) for _ in range(40)]
    assert steps[-1].calm and all(step.door.state is DoorState.IDLE for step in steps if step.calm)


def test_it_is_not_calm_while_somebody_is_enrolled_or_the_camera_is_lost():
    bench = Bench()
    bench.engine.start_enrolment(Operator("x"), consenting("2026-9", "새사람", NOW), bench.now)
    assert not bench.run(5.0).calm
    assert not Bench().run(5.0, frames=False).calm


def test_without_pictures_the_camera_is_lost_and_comes_back():
    bench = Bench()
    bench.run(0.5)
    step = bench.run(2.5, frames=False)
    assert step.door.state is DoorState.CAMERA_LOST and not step.door.camera_ok
    step = bench.run(0.1)
    assert step.door.state is DoorState.IDLE and step.door.camera_ok


def test_the_reason_of_a_lost_camera_is_shown_until_pictures_come():
    bench = Bench()
    bench.run(0.5)
    problem = CameraError("Another program uses it.", key="error.camera_busy")
    bench.engine.camera = CameraFacts("HD Webcam", mode="640×480 YUYV, 30/s", problem=problem)
    shown = bench.run(0.1).door
    assert shown.camera_problem is None and shown.camera_mode == "640×480 YUYV, 30/s"
    assert bench.run(2.5, frames=False).door.camera_problem is problem
    assert bench.run(0.1).door.camera_problem is None


def test_a_camera_that_never_came_is_lost_too():
    assert Bench().run(3.0, frames=False).door.state is DoorState.CAMERA_LOST


def test_an_accept_sounds_once():
    bench = Bench()
    bench.pipeline.person = 1
    sounds = []
    for _ in range(60):
        sounds += bench.run(1 / 30).sounds
    assert [sound.value for sound in sounds] == ["sound_accept"]


def test_an_enrolment_pauses_the_door_and_the_new_person_is_known_at_once():
    bench = Bench()
    bench.engine.start_enrolment(Operator("x"), consenting("2026-9", "새사람", NOW), bench.now)
    bench.pipeline.person = 1
    step = bench.run(1.0)
    assert (
        step.door.state is DoorState.PAUSED
        and step.enrol is not None
        and bench.door.decisions == []
    )
    bench.engine.enrol.cancel()
    bench.door.people.add_with_templates(
        Person("2026-9", "새사람"), [Template(0, "net", vector(6))]
    )
    bench.engine.reload_gallery(bench.now)
    bench.engine.door.resume(bench.now)
    bench.pipeline.person = 6
    bench.run(2.0)
    assert bench.door.last.person_number == "2026-9"


def test_saving_too_early_is_refused():
    try:
        Bench().engine.save_enrolment(0.0)
    except EnrolError as error:
        assert "Finish" in str(error)
    else:
        raise AssertionError("an enrolment without poses was saved")


def test_a_damaged_gallery_puts_the_door_out_of_service_and_opens_nothing():
    bench = Bench()
    bench.run(0.1)
    bench.pipeline.observe = lambda frame, embed=True, everybody=False: Observation(  # type: ignore[method-assign]
        frame.captured_at,
        (640, 480),
        *[(o := observation(frame.captured_at, 1)).faces, o.main, o.quality],
        np.full(8, np.nan, np.float32),
        "net",
    )
    step = bench.run(1.0)
    assert step.door.state is DoorState.OUT_OF_SERVICE and bench.door.lock.opened == 0


def test_templates_that_cannot_be_read_again_let_nobody_in_until_they_can():
    bench = Bench()
    bench.door.people.broken = True
    bench.engine.reload_gallery(bench.now)
    bench.pipeline.person = 1
    step = bench.run(12.0)
    assert step.door.state is DoorState.OUT_OF_SERVICE and step.door.people_enrolled == 0
    assert bench.door.decisions == [] and bench.door.lock.opened == 0
    bench.door.people.broken = False
    bench.run(12.0)
    assert bench.door.last.accepted and bench.door.lock.opened == 1


def test_a_camera_lost_during_an_enrolment_is_said_and_costs_the_person_no_time():
    bench = Bench()
    bench.engine.start_enrolment(Operator("x"), consenting("2026-9", "새사람", NOW), bench.now)
    bench.pipeline.person = 5
    bench.run(0.3)
    step = bench.run(100.0, fps=10, frames=False)
    assert step.enrol is not None and step.enrol.coach is Coach.CAMERA_LOST
    step = bench.run(1.0)
    assert step.enrol.step is EnrolStep.CAPTURE and step.enrol.captured, (
        "the minute without progress did not run on"
    )


def calibration(threshold: float, people: int, mode: Mode) -> Calibration:
    return Calibration(
        threshold, 1e-4, mode, people, 5 * people, 1e-5, 1e-4, 0, 1e-3, 1e-2, 45, False, "reference"
    )


class AtOnce:
    """Derives from how many people there are in ``gallery``; ``later``: from the background."""

    def __init__(self, derive: Callable[[int], Derived]) -> None:
        self.derive = derive
        self.people: set[int] = set()
        self.changes: list[list[int]] = []
        self.later: Derived | None = None
        self.stopped = False

    def stop(self) -> None:
        self.stopped = True

    def read(self, table: TemplateTable) -> Derived:
        self.people = {int(person_id) for person_id in table.person_ids}
        return self.derive(len(self.people))

    def changed(self, person_ids: Sequence[int]) -> Derived:
        self.changes.append(list(person_ids))
        self.people ^= set(person_ids)
        return self.derive(len(self.people))

    def finished(self) -> Derived | None:
        found, self.later = self.later, None
        return found


def derived(people: int) -> Derived:
    """0.5 for one person, and less for each more; with a number always 0.5."""
    return Derived(
        calibration(0.5 / max(people, 1), people, Mode.IDENTIFY),
        calibration(0.5, 1, Mode.VERIFY),
        0.5,
        (LookAlike(1, 2, 0.4),),
    )


def test_every_gallery_change_derives_the_threshold_again():
    bench = Bench(AtOnce(derived))
    assert bench.engine.own_threshold == 1.0
    assert bench.engine.derived.identify.people == 3 and bench.run(0.1).door.threshold == 0.5 / 3
    bench.pipeline.person = 1
    bench.run(2.0)
    assert bench.door.last.accepted and bench.door.last.threshold == 0.5 / 3, (
        "the row keeps the threshold that decided"
    )
    bench.pipeline.person = None
    bench.run(10.0)
    bench.door.people.vectors = [t for t in bench.door.people.vectors if t.person_id == 1]
    bench.engine.reload_gallery(bench.now)
    assert bench.run(0.1).door.threshold == 0.5
    bench.pipeline.person = 1
    bench.run(2.0)
    assert bench.door.last.threshold == 0.5
    bench.engine.start_enrolment(Operator("x"), consenting("2026-9", "새사람", NOW), bench.now)
    assert bench.engine.enrol.view.threshold == 0.5


def test_a_closed_engine_stops_its_calibration():
    bench = Bench(AtOnce(derived))
    assert not bench.engine._calibration.stopped
    bench.engine.close()
    assert bench.engine._calibration.stopped
    Bench().engine.close()


def test_an_engine_that_cannot_be_built_stops_its_calibration():
    def unreadable(people: int) -> Derived:
        raise StorageError("The database does not answer.")

    calibration = AtOnce(unreadable)
    with pytest.raises(StorageError):
        Bench(calibration)
    assert calibration.stopped


def test_only_who_changed_is_read_again():
    bench = Bench(AtOnce(derived))
    people = bench.door.people
    read: list[Sequence[int] | None] = []
    table = people.template_table

    def watched(embedder_id: str, person_ids: Sequence[int] | None = None) -> TemplateTable:
        read.append(person_ids)
        return table(embedder_id, person_ids)

    people.template_table = watched
    added = people.add_with_templates(Person("2026-9", "새사람"), [Template(0, "net", vector(5))])
    bench.engine.reload_gallery(bench.now, added.id)
    assert read == [[added.id]] and bench.engine.gallery.has(added.id)
    read.clear()
    people.enrol_again(people.stored[1], [Template(0, "net", vector(6))])
    people.vectors = [t for t in people.vectors if t.person_id != 2]
    bench.engine.reload_gallery(bench.now)
    assert read == [[1, 2]] and not bench.engine.gallery.has(2)
    assert bench.engine.gallery.verify(vector(6), 1).distance == 0
    assert bench.engine._calibration.changes == [[added.id], [1, 2]]


def test_after_many_changes_at_once_everybody_is_read_in_one_go(monkeypatch):
    monkeypatch.setattr("kiosk.door.frame_engine.RELOADED_AT_ONCE", 2)
    bench = Bench(AtOnce(derived))
    people = bench.door.people
    read: list[Sequence[int] | None] = []
    table = people.template_table

    def watched(embedder_id: str, person_ids: Sequence[int] | None = None) -> TemplateTable:
        read.append(person_ids)
        return table(embedder_id, person_ids)

    people.template_table = watched
    for number in (4, 5, 6):
        people.add_with_templates(
            Person(f"2026-9{number}", "새"), [Template(0, "net", vector(number))]
        )
    bench.engine.reload_gallery(bench.now)
    assert read == [None] and bench.engine.gallery.people == 6
    assert bench.engine._calibration.changes == []


def test_a_deleted_person_is_out_of_the_gallery_with_that_very_call():
    bench = Bench()
    people = bench.door.people
    people.vectors = [t for t in people.vectors if t.person_id != 2]
    bench.engine.reload_gallery(bench.now, 2)
    assert not bench.engine.gallery.has(2) and bench.engine.gallery.people == 2
    bench.pipeline.person = 2
    bench.run(3.0)
    assert bench.door.lock.opened == 0


def test_the_gallery_is_emptied_and_read_again_if_one_change_cannot_be_read():
    bench = Bench(AtOnce(derived))
    people = bench.door.people
    people.broken = True
    bench.engine.reload_gallery(bench.now, 1)
    assert bench.engine.gallery.people == 0
    assert bench.run(0.1).door.state is DoorState.OUT_OF_SERVICE
    people.broken = False
    assert bench.run(11.0).door.state is not DoorState.OUT_OF_SERVICE
    assert bench.engine.gallery.people == 3


def test_results_of_the_background_are_used_between_two_visits():
    found = AtOnce(derived)
    pairs = Pairs()
    bench = Bench(found, pairs)
    bench.pipeline.person = 1
    bench.run(0.2)
    assert bench.door.service.busy
    found.later = Derived(
        calibration(0.25, 3, Mode.IDENTIFY), calibration(0.5, 1, Mode.VERIFY), 0.5, ()
    )
    bench.run(0.1)
    assert found.later is not None and bench.engine.threshold == 0.5 / 3
    bench.pipeline.person = None
    bench.run(12.0)
    assert found.later is None and bench.engine.threshold == 0.25
    assert pairs.kept[-1] == ("net", ())


def test_look_alikes_of_the_background_that_cannot_be_stored_do_not_stop_the_door():
    found = AtOnce(derived)
    pairs = Pairs()
    bench = Bench(found, pairs)
    pairs.broken = True
    found.later = Derived(calibration(0.25, 3, Mode.IDENTIFY), calibration(0.5, 1, Mode.VERIFY))
    assert bench.run(0.1).door.state is DoorState.IDLE and bench.engine.threshold == 0.25


def test_a_kept_look_is_in_the_gallery_at_once_and_a_refused_one_changes_nothing():
    class Keeping:
        def propose(self, person_id: int, *_: object, **__: object) -> LookProposal:
            return LookProposal(person_id, (Template(person_id, "net", vector(2, 0.3)),), None, "")

        def asked(self, proposal: LookProposal) -> None: ...
        def declined(self, proposal: LookProposal) -> None: ...
        def keep(self, proposal: LookProposal) -> None:
            bench.door.people.vectors += bench.door.people._numbered(proposal.templates, 2)

    bench = Bench(looks=Keeping())
    bench.engine.answer_look(True, bench.now)
    assert bench.door.gallery.templates == 3
    bench.pipeline.person = 2
    assert bench.run(1.0).door.look is not None
    bench.engine.answer_look(True, bench.now)
    assert bench.door.gallery.templates == 4 and bench.pipeline.asked[-1]
    assert bench.run(0.2).door.state is DoorState.ACCEPTED


def test_a_threshold_of_0_opens_for_nobody():
    nobody = Derived(calibration(0.0, 3, Mode.IDENTIFY), calibration(0.0, 1, Mode.VERIFY))
    bench = Bench(AtOnce(lambda people: nobody))
    bench.pipeline.person = 1
    bench.run(8.0)
    assert bench.door.decisions and not any(d.accepted for d in bench.door.decisions)


def test_an_enrolment_begun_without_a_camera_says_so_and_waits():
    bench = Bench()
    bench.run(3.0, frames=False)
    bench.engine.start_enrolment(Operator("x"), consenting("2026-9", "새사람", NOW), bench.now)
    step = bench.run(70.0, fps=10, frames=False)
    assert step.enrol is not None and step.enrol.coach is Coach.CAMERA_LOST
    bench.pipeline.person = 5
    assert bench.run(0.3).enrol.step is EnrolStep.CAPTURE


def test_a_defect_while_the_templates_are_read_empties_the_gallery_too(monkeypatch):
    bench = Bench()
    monkeypatch.setattr(bench.door.people, "template_versions", lambda *given: 1 / 0)
    bench.engine.reload_gallery(bench.now)
    assert (
        bench.engine.gallery.people == 0 and bench.run(0.1).door.state is DoorState.OUT_OF_SERVICE
    )


class Pairs:
    """Keeps the look-alikes, or cannot."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, tuple[LookAlike, ...]]] = []
        self.broken = False

    def replace(self, embedder_id: str, pairs) -> bool:
        if self.broken:
            raise StorageError("The database is full.")
        self.kept.append((embedder_id, tuple(pairs)))
        return True


def test_look_alikes_are_kept_whenever_the_gallery_is_read():
    pairs = Pairs()
    bench = Bench(AtOnce(derived), pairs)
    bench.engine.reload_gallery(bench.now)
    assert pairs.kept == [("net", (LookAlike(1, 2, 0.4),))] * 2


def test_entry_is_refused_if_look_alikes_cannot_be_stored():
    pairs = Pairs()
    bench = Bench(AtOnce(derived), pairs)
    pairs.broken = True
    bench.engine.reload_gallery(bench.now)
    bench.pipeline.person = 1
    assert bench.run(3.0).door.state is DoorState.OUT_OF_SERVICE and bench.door.lock.opened == 0


def test_with_a_number_the_other_threshold_decides():
    bench = Bench(AtOnce(derived))
    bench.pipeline.person = 1
    bench.engine.door.pause(bench.now)
    assert (
        bench.engine.claim("2026-1", bench.now).next is Next.FACE
        and bench.engine.door.threshold == 0.5
    )
    bench.run(1.0)
    assert bench.door.last.accepted and bench.door.last.threshold == 0.5


def test_while_the_pin_is_typed_nobody_is_verified():
    bench = Bench()
    bench.door.pins.set(1, "482915")
    bench.door.people.stored[1] = dataclasses.replace(bench.door.people.stored[1], look_alike=True)
    bench.pipeline.person = 2
    bench.engine.door.pause(bench.now)
    assert bench.engine.claim("2026-1", bench.now).next is Next.PIN
    assert bench.run(2.0).door.state is DoorState.PAUSED and bench.door.decisions == []
    assert (
        bench.engine.enter_pin("111222", bench.now).next is Next.PIN
        and bench.run(0.2).door.state is DoorState.PAUSED
    )
    bench.pipeline.person = 1
    assert bench.engine.enter_pin("482915", bench.now).next is Next.FACE
    bench.run(1.0)
    assert bench.door.last.accepted and bench.door.last.person_number == "2026-1"


def test_a_wrong_number_is_corrected_on_the_keypad_while_nobody_is_verified():
    bench = Bench()
    bench.pipeline.person = 1
    bench.engine.door.pause(bench.now)
    assert bench.engine.claim("9999", bench.now).reason is Reason.UNKNOWN_NUMBER
    assert bench.run(2.0).door.state is DoorState.PAUSED and len(bench.door.decisions) == 1
    assert bench.engine.claim("2026-1", bench.now).next is Next.FACE
    bench.run(1.0)
    assert bench.door.last.accepted


def test_somebody_who_comes_to_the_keypad_is_counted_as_an_arrival():
    bench = Bench()
    bench.pipeline.person = None
    bench.engine.door.pause(bench.now)
    before = bench.run(4.0).door.arrivals
    bench.pipeline.person = 2
    assert bench.run(1.0).door.arrivals == before + 1
    assert bench.run(2.0).door.arrivals == before + 1


def test_many_wrong_pins_for_one_number_make_nobody_else_wait():
    bench = Bench()
    bench.door.pins.set(1, "482915")
    bench.door.people.stored[1] = dataclasses.replace(bench.door.people.stored[1], look_alike=True)
    bench.run(0.1)
    bench.engine.claim("2026-1", bench.now)
    for _ in range(10):
        bench.run(4.0)
        bench.engine.enter_pin("111222", bench.now)
    assert bench.door.tries.counted == {"2026-1": 10}
    bench.engine.door.cancel_claim(bench.now)
    bench.engine.door.resume(bench.now)
    bench.pipeline.person = 2
    bench.run(6.0)
    assert bench.door.last.accepted and bench.door.last.person_number == "2026-2"


def test_a_face_that_is_there_for_minutes_is_forgiven_its_rejects_and_told():
    bench = Bench()
    bench.door.service._machine = replace(bench.door.service._machine, failures=4, failed_at=0.0)
    bench.run(0.5)
    bench.pipeline.standing = (make_face(),)
    bench.pipeline.standing_found = 1
    step = bench.run(0.5)
    assert bench.door.service._machine.failures == 0 and step.door.faces_ignored == 1
    bench.door.service._machine = replace(bench.door.service._machine, failures=4)
    bench.run(0.5)
    assert bench.door.service._machine.failures == 4, "forgiven once, not for ever"
    bench.pipeline.standing = ()
    assert bench.run(0.5).door.faces_ignored == 0


def test_faces_put_up_again_and_again_do_not_end_every_lock_out():
    bench = Bench()
    bench.run(0.5)
    lifted = 0
    for number in range(1, 11):  # a print that is shown for half a minute, away, shown again
        bench.door.service._machine = replace(
            bench.door.service._machine, failures=4, pauses=3, locked_until=bench.now + 60
        )
        bench.pipeline.standing_found = number
        bench.run(0.5)
        lifted += not bench.door.service.waits(bench.now)
        bench.now += 40
    assert lifted == 1


def test_everybody_is_looked_at_while_staff_use_the_kiosk_and_who_was_let_in_is_a_visitor():
    bench = Bench()
    bench.run(0.5)
    bench.engine.door.pause(bench.now)
    bench.run(0.5)
    assert not bench.pipeline.everybody[0] and bench.pipeline.everybody[-1]
    bench.engine.door.resume(bench.now)
    bench.pipeline.person = 1
    bench.run(2.0)
    assert bench.door.lock.opened and bench.pipeline.visits
    assert bench.engine.step(None, bench.now).face


def test_a_face_that_stands_nearby_is_left_out_during_a_challenge_too():
    bench = Bench()
    bench.run(0.5)
    bench.door.service._machine = replace(
        bench.door.service._machine, state=DoorState.CHALLENGE, until=bench.now + 9
    )
    asked = len(bench.pipeline.everybody)
    bench.run(0.2)
    assert len(bench.pipeline.everybody) > asked and not any(bench.pipeline.everybody[asked:])
