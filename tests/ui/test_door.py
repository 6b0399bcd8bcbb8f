"""The door screen: its text in every state, its requests, and a stable layout."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import combinations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QWidget

from kiosk.core.decisions import Decision, Mode, Outcome, Reason
from kiosk.core.door_state import DoorState, Hint
from kiosk.core.errors import CameraError
from kiosk.core.languages import language_codes
from kiosk.core.view_models import ChallengeView, DoorView, LookStep, LookView, Turn
from kiosk.ui.catalogue import catalogue
from kiosk.ui.i18n import language, tr, tr_in
from kiosk.ui.main_window import MainWindow
from kiosk.ui.screens.door.door_screen import DoorScreen
from kiosk.ui.screens.door.idle_screen import IdleScreen
from kiosk.ui.screens.door.way_out import Contact
from kiosk.ui.sounds import TONES, Sounds, sound_file, write_tones
from kiosk.ui.speech import keys_for
from kiosk.ui.theme import DOOR_TOUCH, THEMES, theme
from kiosk.ui.widgets.buttons import Button
from tests.ui.conftest import FakeClock, clipped, face_at

NOW = datetime(2026, 11, 22, 9, 41)
LANDSCAPE = (1280, 800)
PORTRAIT = (1080, 1920)


def decision(reason: Reason, distance: float | None = 0.42) -> Decision:
    outcome = Outcome.ACCEPT if reason is Reason.MATCH else Outcome.REJECT
    return Decision(
        NOW,
        outcome,
        reason,
        Mode.IDENTIFY,
        0.8,
        "siamese",
        1,
        "홍길동",
        "2021123",
        distance,
        0.97,
        5,
        4,
        0.9,
    )


BASE = DoorView(
    threshold=0.8,
    far=1.6,
    people_enrolled=1234,
    embedder_title="Siamese MobileNetV3",
    frames_per_s=29,
    latency_ms=41,
    face=face_at(240, 140),
)
CHECKING = replace(
    BASE,
    state=DoorState.VERIFYING,
    distance=0.42,
    runner_up=0.97,
    votes=3,
    history=((1.0, 0.9), (0.1, 0.42)),
)
ACCEPTED = replace(
    BASE,
    state=DoorState.ACCEPTED,
    decision=decision(Reason.MATCH),
    masked_name="홍*동",
    remaining=3,
    duration=4,
)
ASKING = [
    replace(
        CHECKING, state=DoorState.CHALLENGE, challenge=ChallengeView(turn, done, 2, 0.4, 2.6, 3.5)
    )
    for done, turn in enumerate((*Turn, None))
]
LOOKS = [
    replace(each, look=LookView(step, 8.0, 10.0, 5))
    for step in LookStep
    for each in (ACCEPTED, replace(BASE, state=DoorState.COOLDOWN))
]
REJECTED = replace(
    BASE, state=DoorState.REJECTED, decision=decision(Reason.UNKNOWN, 1.1), remaining=2, duration=3
)
BLOCKED = {
    DoorState.LOCKED_OUT: replace(BASE, state=DoorState.LOCKED_OUT, remaining=20.4, duration=30),
    DoorState.CAMERA_LOST: replace(BASE, state=DoorState.CAMERA_LOST, camera_ok=False),
    DoorState.OUT_OF_SERVICE: replace(
        BASE, state=DoorState.OUT_OF_SERVICE, service_key="error.storage"
    ),
    DoorState.PAUSED: replace(BASE, state=DoorState.PAUSED),
}
EVERY_VIEW = [
    BASE,
    CHECKING,
    *ASKING,
    ACCEPTED,
    *LOOKS,
    *BLOCKED.values(),
    replace(BASE, state=DoorState.COOLDOWN),
    replace(BASE, state=DoorState.COOLDOWN, step_away=True),
    replace(CHECKING, claimed="•••••••456", mode=Mode.VERIFY, distance=1.23, runner_up=None),
    *(replace(BASE, state=DoorState.APPROACH, hint=hint) for hint in Hint),
    *(
        replace(REJECTED, decision=decision(reason))
        for reason in Reason
        if reason is not Reason.MATCH
    ),
]


@pytest.fixture
def door(shown, clock: FakeClock, frame) -> DoorScreen:
    screen = shown(DoorScreen("지능형 시스템 연구실", clock), *LANDSCAPE)
    screen.set_now(NOW)
    screen.set_frame(frame)
    return screen


def words(screen: QWidget, name: str) -> str:
    label = screen.findChild(QLabel, name)
    assert label is not None and label.isVisible(), name
    return label.text()


def click(qtbot, screen: QWidget, name: str) -> None:
    button = screen.findChild(Button, name)
    assert button is not None and button.isVisible(), name
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def read_after_a_while(door: DoorScreen, clock: FakeClock, view: DoorView) -> None:
    clock.advance(2.0)
    door.show_view(view)


def test_door_text_in_both_languages(door, clock):
    read_after_a_while(door, clock, CHECKING)
    assert words(door, "door.words.headline") == "확인하고 있습니다"
    assert words(door, "door.words.other") == "Checking"
    language().use("en")
    assert words(door, "door.words.headline") == "Checking"
    assert words(door, "door.words.other") == "확인하고 있습니다"
    assert words(door, "door.date") == "Sunday 22 November"
    assert words(door, "door.time") == "09:41"


@pytest.mark.parametrize("hint", [hint for hint in Hint if hint is not Hint.NONE])
def test_every_hint_has_its_words(door, clock, hint):
    read_after_a_while(door, clock, replace(BASE, state=DoorState.APPROACH, hint=hint))
    assert words(door, "door.words.headline") == tr_in("ko", f"hint.{hint.value}")


def test_the_figures(door, clock):
    read_after_a_while(door, clock, CHECKING)
    assert words(door, "door.distance") == "0.42"
    assert door.panel.live.gauge.shown_distance() == pytest.approx(0.42)
    assert door.panel.live.gauge.threshold == 0.8
    assert not door.panel.live.details.isVisible(), "a student sees one gauge"


def test_details_unfold_at_a_touch_and_fold_when_the_door_is_left(qtbot, door, clock):
    read_after_a_while(door, clock, CHECKING)
    click(qtbot, door, "door.details")
    read_after_a_while(door, clock, CHECKING)
    assert words(door, "door.runner_up") == "2순위 0.97"
    assert words(door, "door.votes_words") == "일치 3/4"
    assert "29" in words(door, "door.figures")
    door.show_view(replace(BASE, face=None, away_s=21))
    door.set_now(NOW)
    assert not door.panel.live.details.isVisible()
    door.set_details(True)
    door.settle()
    assert door.panel.live.details.isVisible() and not door.panel.live.more.isVisible()


def test_an_empty_place_shows_one_sentence_and_no_figure(door, clock):
    read_after_a_while(door, clock, CHECKING)
    read_after_a_while(door, clock, replace(BASE, face=None, distance=0.42, runner_up=0.97))
    shown = [label.text() for label in door.panel.findChildren(QLabel) if label.isVisible()]
    assert [text for text in shown if text] == ["얼굴을 비춰 주세요", "Look at the camera"]
    assert door.panel.live.gauge.resting
    assert not any(button.isVisible() for button in door.panel.findChildren(Button))


def test_infinite_distances_are_not_shown(door, clock):
    read_after_a_while(
        door, clock, replace(CHECKING, distance=float("inf"), runner_up=float("inf"))
    )
    assert door.panel.live.gauge.resting and not door.panel.live.reading.isVisible()


def test_a_missed_face_changes_nothing_but_one_that_left_ends_the_checking(door, clock):
    read_after_a_while(door, clock, CHECKING)
    clock.advance(0.3)
    door.show_view(replace(CHECKING, face=None))
    assert words(door, "door.distance") == "0.42"
    clock.advance(0.3)
    door.show_view(replace(CHECKING, face=None))
    assert words(door, "door.words.headline") == "얼굴을 비춰 주세요"
    assert door.panel.live.gauge.resting


def test_the_headline_never_contradicts_the_figures(door, clock):
    """In any order of states, figures are there only beside *Checking*, and only with a face."""
    live = door.panel.live
    views = [
        replace(view, state=state, hint=hint, face=face, distance=distance)
        for view in (BASE, replace(BASE, step_away=True))
        for state in DoorState
        for hint in (Hint.NONE, Hint.CENTRE)
        for face in (None, BASE.face)
        for distance in (None, 0.42, 1.13)
    ]
    order = random.Random(7)
    for pause in (0.0, 0.1, 0.6, 2.0):
        order.shuffle(views)
        for view in views:
            clock.advance(pause)
            live.show_view(view)
            if not live.gauge.resting:
                assert live.words.key == "door.state.verifying"
            if live.words.key == "door.state.verifying":
                assert view.state is DoorState.VERIFYING
                assert view.face is not None or pause < 0.5
            assert live.foot.currentWidget() is not live.reading or not live.gauge.resting


def test_headline_stays_for_a_second_but_decisions_are_immediate(door, clock):
    approach = replace(BASE, state=DoorState.APPROACH, hint=Hint.COME_CLOSER)
    read_after_a_while(door, clock, approach)
    clock.advance(0.3)
    door.show_view(replace(approach, hint=Hint.HOLD_STILL))
    assert words(door, "door.words.headline") == "조금 더 가까이 와 주세요"
    read_after_a_while(door, clock, CHECKING)
    clock.advance(0.3)
    door.show_view(replace(BASE, state=DoorState.APPROACH, hint=Hint.COME_CLOSER))
    assert words(door, "door.words.headline") == "조금 더 가까이 와 주세요"
    door.show_view(ACCEPTED)
    assert words(door, "door.decision.words.headline") == "환영합니다, 홍*동 님"
    clock.advance(0.8)
    door.show_view(replace(BASE, state=DoorState.APPROACH, hint=Hint.COME_CLOSER))
    assert words(door, "door.words.headline") == "조금 더 가까이 와 주세요"


def test_each_turn_is_shown_at_once_with_an_arrow_in_both_languages(door):
    door.show_view(CHECKING)
    arrows = []
    for view, turn in zip(ASKING, (*Turn, None), strict=True):
        door.show_view(view)
        key = f"door.challenge.{turn.value if turn else 'straight'}"
        assert words(door, "door.challenge.words.headline") == tr_in("ko", key)
        assert words(door, "door.challenge.words.other") == tr_in("en", key)
        arrows.append(door.panel.challenge.ring.grab().toImage())
    assert all(a != b for a, b in combinations(arrows, 2))
    assert words(door, "door.challenge.step") == tr_in("ko", "door.challenge.last")
    door.show_view(ASKING[0])
    assert words(door, "door.challenge.step") == "2회 중 1회"


def test_a_member_is_asked_in_both_languages_beside_the_open_door(door):
    door.show_view(LOOKS[0])
    assert door.panel.page is door.panel.look
    assert words(door, "door.look.status") == tr_in("ko", "door.accepted.next")
    assert words(door, "door.look.words.headline") == tr_in("ko", "door.look.ask")
    assert words(door, "door.look.words.other") == tr_in("en", "door.look.ask")
    assert "5개" in words(door, "door.look.text") and door.panel.property("tone") == "accept"
    assert door.panel.look.ring.share() == pytest.approx(0.8, abs=0.05)
    door.show_view(LOOKS[1])
    assert words(door, "door.look.status") == "" and door.panel.property("tone") == ""
    door.show_view(BASE)
    assert door.panel.page is door.panel.live


@pytest.mark.parametrize(("name", "answer"), [("door.look.yes", True), ("door.look.no", False)])
def test_both_answers_are_equally_large_and_reach_the_door(qtbot, door, name, answer):
    door.show_view(LOOKS[0])
    look = door.panel.look
    assert abs(look.yes.width() - look.no.width()) <= 1 and look.yes.height() >= DOOR_TOUCH
    assert look.yes.property("kind") == look.no.property("kind")
    with qtbot.waitSignal(door.lookAnswered) as caught:
        click(qtbot, door, name)
    assert caught.args == [answer]


@pytest.mark.parametrize("step", [LookStep.KEPT, LookStep.NOT_KEPT])
def test_what_became_of_a_yes_is_said_without_buttons(door, step):
    door.show_view(replace(ACCEPTED, look=LookView(step, 2.0, 3.0)))
    assert words(door, "door.look.words.headline") == tr_in("ko", f"door.look.{step.value}")
    assert not door.panel.look.buttons.isVisible()


def test_number_entry_is_disabled_during_a_challenge(door, qtbot):
    door.show_view(ASKING[0])
    assert not door.findChild(Button, "door.by_number").isEnabled()
    click(qtbot, door, "door.help")  # the help must not cover the challenge
    assert door.panel.page is door.panel.challenge
    door.show_view(CHECKING)
    assert door.findChild(Button, "door.by_number").isEnabled()
    assert door.panel.page is door.panel.help


def test_turn_progress_ring_is_drawn_and_removed(door):
    def ring() -> QImage:
        return door.preview.grab().toImage()

    door.show_view(CHECKING)
    before = ring()
    door.show_view(ASKING[0])
    early = ring()
    door.show_view(replace(ASKING[0], challenge=replace(ASKING[0].challenge, progress=0.9)))
    late = ring()
    door.show_view(CHECKING)
    assert before != early != late and ring() == before


def test_accept_and_reject_differ_by_symbol_words_shape_and_colour(door):
    pictures = []
    texts = []
    tones = []
    shapes = []
    symbols = []
    for view in (ACCEPTED, REJECTED):
        door.show_view(view)
        page = door.panel.decision
        ring = page.accept_ring if view is ACCEPTED else page.reject_ring
        texts.append(words(door, "door.decision.words.headline"))
        tones.append(door.panel.property("tone"))
        shapes.append(ring._shape)
        symbols.append(ring._symbol)
        pictures.append(door.panel.grab().toImage())
    assert texts == ["환영합니다, 홍*동 님", "등록되지 않은 얼굴입니다"]
    assert (
        tones == ["accept", "reject"]
        and shapes == ["circle", "square"]
        and symbols == ["check", "cross"]
    )
    assert pictures[0] != pictures[1]
    assert pictures[0].pixelColor(30, 300).name() == theme().tokens.colour("accept").name()
    assert words(door, "door.decision.next") == tr("reason.unknown.next")
    assert words(door, "door.decision.figures") == "거리 1.10 · 기준 0.80"


def test_a_decision_without_a_comparison_shows_no_distance(door):
    door.show_view(replace(REJECTED, decision=decision(Reason.UNKNOWN_NUMBER, None)))
    assert words(door, "door.decision.figures") == ""


def test_the_ring_empties_while_the_door_is_open(door):
    door.show_view(ACCEPTED)
    assert door.panel.decision.accept_ring.share() == pytest.approx(0.75, abs=0.02)


@pytest.mark.parametrize("state", list(BLOCKED))
def test_notice_says_what_happens_next(door, state):
    door.show_view(BLOCKED[state])
    assert words(door, "door.notice.headline") == tr_in("ko", f"door.{state.value}.title")
    assert words(door, "door.notice.other") == tr_in("en", f"door.{state.value}.title")
    assert words(door, "door.notice.next")
    assert not door.preview.isVisible()
    assert door.number.isEnabled() is (state is DoorState.LOCKED_OUT) and door.staff.isEnabled()


@pytest.mark.parametrize("name", ["door.decision.way_out.number", "door.by_number"])
def test_a_reject_offers_the_number(qtbot, door, name):
    door.show_view(REJECTED)
    assert door.panel.decision.way_out.number.height() >= DOOR_TOUCH
    with qtbot.waitSignal(door.numberRequested):
        click(qtbot, door, name)


def test_a_reject_names_whom_to_ask_and_calls_them_once_a_minute(qtbot, door, clock):
    called = []
    door.staffCalled.connect(lambda: called.append(1))
    door.set_contact(Contact("김조교", "02-880-1234"))
    door.show_view(REJECTED)
    assert words(door, "door.decision.way_out.contact") == "김조교 · 02-880-1234"
    click(qtbot, door, "door.decision.way_out.ask")
    door.show_view(REJECTED)
    assert words(door, "door.contact.phone") == "02-880-1234"
    click(qtbot, door, "door.call")
    assert words(door, "door.contact.text") == tr_in("ko", "door.contact.called")
    door._call_staff()
    assert called == [1]
    clock.advance(61)
    door.set_now(NOW)
    assert door.panel.live.isVisibleTo(door.panel) or door.panel.asked is None
    door._call_staff()
    assert called == [1, 1]


def test_after_a_reject_the_way_out_stays_while_the_face_does(qtbot, door, clock):
    read_after_a_while(door, clock, replace(BASE, state=DoorState.COOLDOWN, step_away=True))
    with qtbot.waitSignal(door.numberRequested):
        click(qtbot, door, "door.way_out.number")


def test_help_closes_by_itself_unless_touched(qtbot, door, clock):
    door.show_view(BASE)
    click(qtbot, door, "door.help")
    clock.advance(15)
    door.touched()
    clock.advance(15)
    door.set_now(NOW)
    assert door.panel.help.isVisible()
    clock.advance(6)
    door.set_now(NOW)
    assert not door.panel.help.isVisible() and not door.help.isChecked()


def test_a_rejected_person_who_stays_is_told_to_step_away_and_may_type_a_number(door, clock):
    clock.advance(2.0)
    door.show_view(replace(BASE, state=DoorState.COOLDOWN, step_away=True))
    assert words(door, "door.words.headline") == tr_in("ko", "door.state.step_away")
    assert door.number.isEnabled()


def test_a_fault_says_whom_to_call_and_nothing_of_databases(door):
    door.set_contact(Contact("김조교", "02-880-1234"))
    door.show_view(BLOCKED[DoorState.OUT_OF_SERVICE])
    assert words(door, "door.notice.next") == tr_in("ko", "door.out_of_service.next")
    assert words(door, "door.notice.contact") == "김조교 · 02-880-1234"


def test_lockout_counts_down(door):
    door.show_view(BLOCKED[DoorState.LOCKED_OUT])
    assert door.notice.ring._words == "21"
    door.show_view(replace(BLOCKED[DoorState.LOCKED_OUT], remaining=125, duration=240))
    assert door.notice.ring._words == "2:05"


def test_a_face_that_has_to_wait_sees_its_seconds(door):
    waiting = replace(REJECTED, decision=decision(Reason.TOO_MANY_TRIES), wait_s=28.4)
    door.show_view(waiting)
    assert "29초" in words(door, "door.decision.next")
    door.show_view(replace(waiting, wait_s=27.9))
    assert "28초" in words(door, "door.decision.next")


def test_the_camera_comes_back(door):
    door.show_view(BLOCKED[DoorState.CAMERA_LOST])
    assert words(door, "door.camera") == "카메라 연결 안 됨"
    door.show_view(BASE)
    assert not door.header.camera.isVisible() and door.preview.isVisible()


@pytest.mark.parametrize(
    ("name", "signal"), [("door.by_number", "numberRequested"), ("door.staff", "staffRequested")]
)
def test_buttons_emit_signals(qtbot, door, name, signal):
    with qtbot.waitSignal(getattr(door, signal)):
        click(qtbot, door, name)


def test_claimed_number_can_be_cancelled(qtbot, door):
    door.show_view(replace(CHECKING, claimed="•••••••456", mode=Mode.VERIFY))
    assert words(door, "door.mode") == "학번 •••••••456 본인 확인 중"
    with qtbot.waitSignal(door.claimCancelled):
        click(qtbot, door, "door.forget_claim")
    door.show_view(CHECKING)
    assert words(door, "door.mode") == ""
    assert not door.panel.live.forget.isVisible()


def test_help_toggles_and_yields_to_a_decision(qtbot, door):
    click(qtbot, door, "door.help")
    assert door.panel.help.isVisible() and not door.panel.live.isVisible()
    door.show_view(CHECKING)
    assert door.panel.help.isVisible()
    door.show_view(ACCEPTED)
    assert door.panel.decision.isVisible()
    door.show_view(CHECKING)
    click(qtbot, door, "door.help")
    assert door.panel.live.isVisible()


def test_layout_is_stable_in_every_state(door, qapp, clock):
    """The parts keep their geometry whatever is shown."""
    parts: list[Callable[[], QWidget]] = [
        lambda: door.preview,
        lambda: door.panel,
        lambda: door.panel.live.words,
        lambda: door.panel.live.foot,
        lambda: door.number,
        lambda: door.staff,
    ]
    places = set()
    for code in language_codes():
        language().use(code)
        for view in EVERY_VIEW:
            if view.state in BLOCKED or view.decision:
                continue
            read_after_a_while(door, clock, view)
            qapp.processEvents()
            places.add(tuple((part().pos().toTuple(), part().height()) for part in parts))
    assert len(places) == 1


@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT], ids=["landscape", "portrait"])
@pytest.mark.parametrize("code", language_codes())
def test_no_text_is_clipped(door, qapp, clock, size, code):
    language().use(code)
    door.resize(*size)
    for view in EVERY_VIEW:
        read_after_a_while(door, clock, view)
        qapp.processEvents()
        assert clipped(door) == [], view.state
    door.show_view(BASE)
    door.help.setChecked(True)
    qapp.processEvents()
    assert clipped(door) == []


def test_portrait_places_the_panel_below_the_picture(door, qapp):
    assert door.panel.x() > door.preview.x() and door.panel.y() == door.preview.y()
    door.resize(*PORTRAIT)
    qapp.processEvents()
    assert door.panel.y() > door.preview.y() and door.panel.x() == door.preview.x()


@pytest.mark.parametrize("name", THEMES)
def test_every_state_paints_in_both_themes(door, name):
    theme().use(name)
    for view in EVERY_VIEW:
        door.show_view(view)
        assert not door.grab().isNull()


def test_every_control_has_a_name_and_is_large_enough(door):
    buttons = [b for b in door.findChildren(Button) if b.isVisible()]
    assert len(buttons) >= 5
    assert [b.objectName() for b in buttons if not b.objectName() or not b.accessibleName()] == []
    assert [b.objectName() for b in buttons if min(b.width(), b.height()) < 48] == []
    assert min(door.number.height(), door.help.height(), door.staff.height()) >= 64


class TestWindow:
    @pytest.fixture
    def window(self, qtbot, clock, door) -> MainWindow:
        window = MainWindow(windowed=True, idle_s=20, sign_out_s=120, clock=clock)
        qtbot.addWidget(window)
        window.add_screen("door", door)
        window.add_screen("idle", IdleScreen("연구실"))
        window.add_screen("people", QWidget(), staff=True)
        window.go("door")
        window.show()
        yield window
        window.close()

    def test_door_dims_when_idle_and_wakes_for_a_face(self, window, clock):
        clock.advance(60)
        window.follow_door(replace(BASE, away_s=19))
        assert window.current == "door"
        window.follow_door(replace(BASE, away_s=21))
        assert window.current == "idle"
        window.follow_door(replace(BASE, state=DoorState.APPROACH, away_s=0))
        assert window.current == "door"
        window.follow_door(replace(BASE, away_s=60, alert="lockdown"))
        assert window.current == "door"

    def test_a_touch_wakes_it_and_keeps_it_awake(self, qtbot, window, clock):
        clock.advance(60)
        window.follow_door(replace(BASE, away_s=30))
        idle = window.screen_named("idle")
        with qtbot.waitSignals([idle.wakeRequested, window.userActive]):
            qtbot.mouseClick(idle, Qt.MouseButton.LeftButton)
        window.follow_door(replace(BASE, away_s=31))
        assert window.current == "door"
        clock.advance(21)
        window.follow_door(replace(BASE, away_s=52))
        assert window.current == "idle"

    def test_door_with_a_notice_is_not_dimmed(self, window, clock):
        clock.advance(60)
        window.follow_door(replace(BLOCKED[DoorState.CAMERA_LOST], away_s=60))
        assert window.current == "door"

    def test_door_updates_do_not_leave_staff_screens(self, window, clock):
        window.go("people")
        clock.advance(500)
        window.follow_door(replace(BASE, away_s=500))
        assert window.current == "people"

    def test_sign_out_timer_runs_on_staff_screens_only(self, window):
        assert not window.sign_out_timer.isActive()
        window.go("people")
        assert window.sign_out_timer.isActive() and window.sign_out_timer.interval() == 120_000
        window.go("door")
        assert not window.sign_out_timer.isActive()

    def test_untouched_staff_screen_signs_out(self, qtbot, window):
        window.go("people")
        with qtbot.waitSignal(window.signedOut):
            window.sign_out_timer.start(0)

    def test_key_press_restarts_the_sign_out_timer(self, qtbot, window, monkeypatch):
        window.go("people")
        started: list[int] = []
        monkeypatch.setattr(window.sign_out_timer, "start", lambda: started.append(1))
        qtbot.keyClick(window.screen_named("people"), Qt.Key.Key_A)
        assert started

    def test_style_sheet_follows_the_theme(self, window):
        window.show()
        shown = window.screen_named(window.current)
        dark = shown.styleSheet()
        theme().use("light")
        assert shown.styleSheet() != dark and "#F6F8FA" in shown.styleSheet()

    def test_full_screen_keys_work_in_a_window_only(self, qtbot, window):
        qtbot.keyClick(window, Qt.Key.Key_F11)
        assert window.isFullScreen()
        qtbot.keyClick(window, Qt.Key.Key_Escape)
        assert not window.isFullScreen()
        window._windowed = False
        qtbot.keyClick(window, Qt.Key.Key_F11)
        assert not window.isFullScreen()


class TestSounds:
    def test_the_shipped_tones_are_the_ones_described(self, tmp_path):
        for path in write_tones(tmp_path):
            assert path.read_bytes() == sound_file(path.stem).read_bytes()
        assert (
            {path.stem for path in tmp_path.iterdir()} == set(TONES) == {"accept", "reject", "turn"}
        )

    def test_without_a_player_it_beeps(self, qapp, monkeypatch):
        beeps: list[int] = []
        monkeypatch.setattr("kiosk.ui.sounds.find_player", lambda: None)
        monkeypatch.setattr("kiosk.ui.sounds.QApplication.beep", lambda: beeps.append(1))
        sounds = Sounds()
        sounds.play("sound_accept")
        sounds.play("no such tone")
        sounds.enabled = False
        sounds.play("reject")
        assert beeps == [1]

    def test_broken_player_falls_back_to_a_beep(self, qapp, monkeypatch, tmp_path):
        beeps: list[int] = []
        monkeypatch.setattr("kiosk.ui.sounds.find_player", lambda: (str(tmp_path / "gone"), ()))
        monkeypatch.setattr("kiosk.ui.sounds.QApplication.beep", lambda: beeps.append(1))
        Sounds().play("accept")
        assert beeps == [1]


def test_door_text_differs_between_languages():
    assert catalogue("ko")["door.state.idle"] != catalogue("en")["door.state.idle"]


@pytest.mark.parametrize("code", language_codes())
def test_what_is_unusual_is_a_banner_with_symbol_and_words(door, qapp, code):
    language().use(code)
    for alert in ("lock_lost", "forced", "held_open", "tamper", "lockdown_groups"):
        door.show_view(replace(BASE, alert=alert))
        qapp.processEvents()
        assert words(door, "door.alert") == tr_in(code, f"door.alert.{alert}")
        assert door.banner.symbol.isVisible() and door.banner.width() > 0.9 * door.width()
        assert clipped(door) == []
    door.show_view(BASE)
    assert not door.banner.isVisible()


@pytest.mark.parametrize(
    "view", [BASE, CHECKING, REJECTED, *BLOCKED.values()], ids=lambda view: view.state
)
@pytest.mark.parametrize("alert", ["lockdown", "free_access", "fire"])
def test_what_holds_for_everybody_is_said_once_and_nothing_else_is_offered(door, view, alert):
    door.show_view(replace(view, alert=alert))
    for code in language_codes():
        language().use(code)
        assert door.notice.headline.text() == tr_in(code, f"door.alert.{alert}")
        assert door.notice.next.text() == tr_in(code, f"door.alert_next.{alert}")
        assert clipped(door) == []
    hidden = (door.banner, door.panel, door.preview, door.number, door.help)
    assert not any(widget.isVisible() for widget in hidden) and door.staff.isVisible()
    assert keys_for(replace(view, alert=alert)) == (f"door.alert.{alert}",)
    door.show_view(replace(BASE, alert=""))
    assert all(widget.isVisible() for widget in hidden[1:])


def test_a_member_is_welcomed_although_the_door_stands_open(door):
    door.show_view(replace(ACCEPTED, alert="free_access"))
    assert door.panel.page is door.panel.decision


def test_without_a_lock_nobody_is_told_that_the_door_is_open(door):
    for has_lock, key in ((True, "door.accepted.next"), (False, "door.accepted.recorded")):
        view = replace(ACCEPTED, has_lock=has_lock)
        door.show_view(view)
        assert words(door, "door.decision.next") == tr(key)
        assert key in keys_for(view)


@pytest.mark.parametrize("reason", [Reason.LOCKDOWN, Reason.EXPIRED, Reason.OUT_OF_SCHEDULE])
def test_a_number_is_not_offered_where_it_cannot_help(door, reason):
    door.show_view(replace(REJECTED, decision=decision(reason)))
    assert not door.panel.decision.way_out.number.isVisible()
    door.show_view(replace(BASE, state=DoorState.COOLDOWN, step_away=True))
    assert not door.panel.live.way_out.number.isVisible()
    door.show_view(REJECTED)
    assert door.panel.decision.way_out.number.isVisible()


@pytest.mark.parametrize(("code", "words"), [("en", "is using"), ("ko", "cheese 프로그램이")])
def test_a_lost_camera_says_why(door, code, words):
    problem = CameraError("…", key="error.camera_used_by", program="cheese", camera="/dev/video0")
    door.show_view(replace(BLOCKED[DoorState.CAMERA_LOST], camera_problem=problem))
    language().use(code)
    assert words in door.notice.next.text() and "/dev/video0" in door.notice.next.text()
    door.show_view(BLOCKED[DoorState.CAMERA_LOST])
    assert "/dev/video0" not in door.notice.next.text()
