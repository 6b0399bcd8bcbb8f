"""From the number screen to the PIN screen and the door in the application; without threads."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt

from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.camera_opener import CameraOpener
from kiosk.app.runtime import Runtime
from kiosk.core.config import Reload, config_from
from kiosk.core.decisions import Factor, Reason
from kiosk.core.door_state import DoorState
from kiosk.core.errors import StorageError
from kiosk.core.people import Account, AccountRole, CredentialMode, Person
from kiosk.core.settings import keys_reloaded
from kiosk.core.templates import EmbedderInfo
from kiosk.core.view_models import DoorView, LookStep, LookView
from kiosk.door.claims import Claim, Next
from kiosk.ui.i18n import tr
from kiosk.ui.screens.system.admin_screen import PAGES, SUB_PAGES
from kiosk.ui.theme import theme
from tests.helpers.waiting import WAIT_S
from tests.ui.conftest import face_at

PERSON = Person("2026-1234", "이산", id=1)


class Answers:
    """Stands in for the inference thread with the next answer or an error."""

    def __init__(self) -> None:
        self.next: Claim | Exception = Claim()
        self.posted = 0

    def ask(self, command: object) -> Future[object]:
        future: Future[object] = Future()
        if isinstance(self.next, Exception):
            future.set_exception(self.next)
        else:
            future.set_result(self.next)
        return future

    def post(self, command: object) -> Future[object]:
        self.posted += 1
        return Future()


@pytest.fixture
def app(qtbot, tmp_path: Path, clock) -> Iterator[Runtime]:
    storage = open_store(tmp_path)
    made = Runtime(
        config_from({"ui": {"windowed": True, "sound": False}}),
        tmp_path,
        storage,
        camera=lambda: None,
    )  # type: ignore[arg-type, return-value]
    qtbot.addWidget(made.window)
    answers = made.answers = Answers()
    made.inference.ask = answers.ask
    made.inference.post = answers.post
    made.door._clock = clock
    made.window.go("number")
    yield made
    made.display_preferences.stop()  # language and theme are global to the process
    if made.staff.area is not None:
        made.staff.area.context.worker.stop()
    made.door.card_watch.watch(False)
    storage.close()


def answer(app: Runtime, answer: Claim | Exception) -> None:
    app.answers.next = answer


def test_staff_area_is_built_on_request(qtbot, app):
    assert app.staff.area is None and "admin" not in app.window._screens
    app.window.go("door")
    app.door.door.staffRequested.emit()
    qtbot.waitUntil(lambda: app.window.current == "wizard")  # no account exists yet
    assert app.window.screen_named("admin") is app.staff.area.screen
    app.window.show()
    with qtbot.waitSignal(app.window.userActive):  # touches are watched again
        qtbot.keyClick(app.staff.area.wizard, Qt.Key.Key_A)


def test_signing_in_builds_its_first_page_only(qtbot, app):
    area = app.staff.open()
    pages = {*PAGES, *SUB_PAGES}
    assert not any(area.screen.is_built(name) for name in pages)
    area.sign_in.welcome(Account("관리자", AccountRole.ADMIN, id=1))
    assert {name for name in pages if area.screen.is_built(name)} == {"people"}
    app.window.go("door")
    assert {"wizard", "pin_recovery", "hand_over"}.isdisjoint(app.window._screens)


def test_every_page_gets_its_presenters_when_it_is_opened(qapp, app):
    screen = app.staff.open().screen
    app.staff.area.sign_in.welcome(Account("관리자", AccountRole.ADMIN, id=1))
    for name in (*PAGES, *SUB_PAGES):
        screen.page(name)
        assert screen.current() == name and [p for page, p in app.staff.area.pages if page == name]
    for stop in app.staff.area.stops().values():
        stop()
    qapp.processEvents()  # what the pages asked for is shown while they are there


def test_abandoned_number_does_not_open_the_staff_area(app):
    app.window.go("number")
    app.window.signedOut.emit()
    assert app.window.current == "door" and app.staff.area is None


def test_staff_area_is_built_while_the_door_is_idle(app):
    app._tick()
    assert app.staff.area is None, "the networks come first"
    app._engine_ready(EmbedderInfo("net", "Net", 8, 1.0, 2.0))
    app.door.view = DoorView(state=DoorState.VERIFYING)
    app._tick()
    assert app.staff.area is None, "somebody is there"
    app.door.view = DoorView()
    app._tick()
    assert app.staff.area is None, "it is imported first"
    app.staff.imported.result(WAIT_S)
    for page in ("people", "enrol"):
        app._tick()
        assert not app.staff.area.screen.is_built(page), "one step a tick"
    app._tick()
    assert app.staff.area.screen.is_built("enrol") and app.events.embedder.id == "net"
    app.staff.area.screen.set_account(Account("관리자", AccountRole.ADMIN, id=1))
    app.staff.area.screen.page("analysis")
    (analysis,) = (p for page, p in app.staff.area.pages if page == "analysis")
    assert analysis.service is not None


def test_number_without_pin_returns_to_the_door(app):
    answer(app, Claim(Next.FACE, PERSON, PERSON.number))
    app.door.number.submitted.emit("20261234")
    assert app.window.current == "door"


def test_number_with_pin_requires_the_correct_pin(app):
    answer(app, Claim(Next.PIN, PERSON, PERSON.number))
    app.door.number.submitted.emit("20261234")
    assert (
        app.window.current == "pin"
        and "234" in app.door.pin.note.text()
        and "2026" not in app.door.pin.note.text()
    )
    answer(app, Claim(Next.PIN, PERSON, PERSON.number, reason=Reason.WRONG_PIN))
    app.door.pin.submitted.emit("111222")
    assert app.window.current == "pin" and app.door.pin.entry.error.text() == tr(
        "reason.wrong_pin.next"
    )
    answer(app, Claim(Next.FACE, PERSON, PERSON.number, pin_factors=frozenset({Factor.PIN})))
    app.door.pin.submitted.emit("482915")
    assert app.window.current == "door"


def test_refusal_is_shown_at_the_door(app):
    answer(app, Claim(reason=Reason.NO_PIN))
    app.door.number.submitted.emit("1")
    assert app.window.current == "door"


def test_a_wrong_number_stays_to_be_corrected(qtbot, app):
    qtbot.keyClicks(app.door.number.entry, "20261243")
    answer(app, Claim(reason=Reason.UNKNOWN_NUMBER))
    app.door.number.submit.click()
    assert app.window.current == "number" and app.door.number.entry.text() == "20261243"
    assert app.door.number.entry.error.text() == tr("reason.unknown_number.title")
    assert app.door.number.submit.isEnabled()


def test_the_seconds_of_a_number_that_must_wait_count_down(qtbot, app):
    qtbot.keyClicks(app.door.number.entry, "1")
    answer(app, Claim(reason=Reason.TOO_MANY_TRIES, wait_s=2))
    app.door.number.submit.click()
    assert app.window.current == "number" and "2" in app.door.number.entry.error.text()
    answer(app, AssertionError("asked again"))
    app.door.number.entry.submit()
    app._tick()
    assert "1" in app.door.number.entry.error.text() and not app.door.number.submit.isEnabled()
    app._tick()
    assert app.door.number.entry.error.text() == "" and app.door.number.submit.isEnabled()


def test_people_without_a_face_are_not_told_to_look_at_the_camera(app):
    for mode in CredentialMode:
        answer(app, Claim(Next.PIN, replace(PERSON, entry=mode), PERSON.number))
        app.window.go("number")
        app.door.number.submitted.emit("20261234")
        assert ("카메라" in app.door.pin.note.text()) is (mode is CredentialMode.FACE)


@pytest.mark.parametrize("screen", ["number", "pin"])
def test_an_abandoned_keypad_counts_down_and_gives_way_to_the_door(app, clock, screen):
    app.window.go("door")
    app.window.go(screen)
    keypad = app.window.screen_named(screen)
    clock.advance(4)
    app._tick()
    assert keypad.countdown.text() == ""
    clock.advance(4)
    app._tick()
    assert "12" in keypad.countdown.text()
    app.window.touched()
    assert keypad.countdown.text() == ""
    clock.advance(19)
    app._tick()
    assert app.window.current == screen and "1" in keypad.countdown.text()
    clock.advance(1.5)
    app._tick()
    assert app.window.current == "door"


def test_a_keypad_that_is_left_gives_way_to_the_next_person(app, clock):
    somebody = DoorView(state=DoorState.PAUSED, face=face_at(240, 140), arrivals=3)
    app.door.show(somebody)
    app.window.go("door")
    app.window.go("number")
    clock.advance(6)
    app.door.show(somebody)
    assert app.window.current == "number", "the same person reads their card"
    app.window.touched()
    app.door.show(replace(somebody, arrivals=4))
    assert app.window.current == "number", "somebody types"
    clock.advance(6)
    app.door.show(replace(somebody, arrivals=4, face=None))
    assert app.window.current == "number"
    app.door.show(replace(somebody, arrivals=4))
    assert app.window.current == "door"


def test_door_is_shown_if_it_cannot_answer(app):
    answer(app, StorageError("The database is damaged."))
    app.door.number.submitted.emit("1")
    assert app.window.current == "door"


def test_cancelling_returns_to_identification(app):
    answer(app, Claim(Next.PIN, PERSON, PERSON.number))
    app.door.number.submitted.emit("1")
    before = app.answers.posted
    app.door.pin.cancelled.emit()
    assert app.window.current == "door" and app.answers.posted == before + 2


@pytest.mark.parametrize(("name", "yes"), [("yes", True), ("no", False)])
def test_the_answer_about_a_look_reaches_the_engine(app, name, yes):
    asked = []
    engine = SimpleNamespace(answer_look=lambda answer, now: asked.append((answer, now)))
    app.inference.ask = lambda command: command(engine, 7.0)
    look = LookView(LookStep.ASK, 8.0, 10.0, 5)
    app.window.go("door")
    app.door.show(DoorView(state=DoorState.ACCEPTED, look=look))
    getattr(app.door.door.panel.look, name).click()
    assert asked == [(yes, 7.0)]


def test_late_answer_opens_no_screen(app):
    answer(app, Claim(Next.PIN, PERSON, PERSON.number))
    app.window.go("door")
    app.door.number.submitted.emit("1")
    assert app.window.current == "door"


def test_taken_health_port_does_not_stop_the_kiosk(app, caplog):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        app.health.start(port)
    assert app.health.server is None and f"Port {port}" in caplog.text


def test_every_live_setting_is_applied_at_once(app, monkeypatch):
    renewed = []
    monkeypatch.setattr(app.inference, "renew", lambda: renewed.append(1))
    opener = CameraOpener(app.config.value.camera)
    monkeypatch.setattr(app, "_camera", opener)
    effects = {
        "camera.source": ("7", lambda: opener.config.source == "7"),
        "camera.width": (1280, lambda: opener.config.width == 1280),
        "camera.height": (720, lambda: opener.config.height == 720),
        "camera.fps": (15.0, lambda: opener.config.fps == 15.0),
        "ui.volume": (40, lambda: app.door.sounds.volume == app.door.speaker.volume == 40),
        "ui.sound": (True, lambda: app.door.sounds.enabled),
        "ui.reduced_motion": (True, lambda: theme().reduced_motion),
        "ui.idle_s": (45.0, lambda: app.window._idle_s == 45.0),
        "ui.door_details": (True, lambda: app.door.door.panel.live.details_open),
        "ui.keypad_s": (30.0, lambda: app.door.door.asked_s == 30.0),
        "ui.contact_name": ("김조교", lambda: "김조교" in app.door.door.contact.full_text()),
        "ui.contact_phone": ("02-1", lambda: "02-1" in app.door.door.contact.full_text()),
        "security.two_admins": (True, lambda: app.config.value.security.two_admins),
        "cards.reader": (False, lambda: not app.door._takes_cards()),
        "cards.needs_end": (False, lambda: not app.door.card_watch._needs_end),
        "cards.gap_ms": (80.0, lambda: app.door.card_watch._bursts._gap_s == 0.08),
        "cards.min_length": (4, lambda: app.door.card_watch._bursts._min_length == 4),
        "security.recovery_code_resets_pin": (
            False,
            lambda: not app.config.value.security.recovery_code_resets_pin,
        ),
        "privacy.controller": (
            "연구실",
            lambda: app.config.value.privacy.controller == "연구실",
        ),
        "privacy.contact": ("02-2", lambda: app.config.value.privacy.contact == "02-2"),
        "fleet.lease_h": (1.0, lambda: app.config.value.fleet.lease_h == 1.0),
        "fleet.when_stale": ("locked", lambda: app.config.value.fleet.when_stale == "locked"),
        "fleet.allow_remote_opening": (
            True,
            lambda: app.config.value.fleet.allow_remote_opening,
        ),
        "exports.download": (True, lambda: app.config.value.exports.download),
        "door.open_once_in_lockdown": (
            True,
            lambda: app.config.value.door.open_once_in_lockdown,
        ),
        "ui.sign_out_s": (60.0, lambda: app.window.sign_out_timer.interval() == 60_000),
    }
    assert effects.keys() == keys_reloaded(Reload.LIVE)
    for key, (value, applied) in effects.items():
        section, name = key.split(".")
        config = app.config.value
        table = replace(getattr(config, section), **{name: value})
        app.config.use(replace(config, **{section: table}))
        assert applied(), key
    assert not renewed
    config = app.config.value
    app.config.use(replace(config, recognition=replace(config.recognition, votes=5)))
    assert renewed == [1] and app.config.value.recognition.votes == 5


@pytest.mark.parametrize("screen", ["door", "sign_in"])
def test_a_desk_shows_the_sign_in_in_place_of_the_door(app, screen):
    app.navigation._desk = screen == "sign_in"
    app.staff.open()
    app.navigation.to_door()
    assert app.window.current == screen
    app.staff.area.sign_in.sign_out()
    assert app.window.current == screen
