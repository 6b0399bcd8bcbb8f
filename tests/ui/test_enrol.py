"""Enrolment by clicks and keys: invalid input, consent, capture and late answers."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QWidget

from kiosk.core.consent import Consent, ConsentKind
from kiosk.core.consent_choice import ConsentChoice
from kiosk.core.languages import language_codes
from kiosk.core.people import CredentialMode, Person, PersonRole
from kiosk.core.view_models import Coach, EnrolStep, EnrolView, Pose
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.enrol.enrol_screen import CHECK, CONSENT, DONE, POSES, WHO, EnrolScreen
from kiosk.ui.screens.people.period_fields import until_problem
from kiosk.ui.theme import theme
from kiosk.ui.widgets.overflow_area import OverflowArea
from tests.helpers.consenting import consenting
from tests.helpers.screens import click, find
from tests.ui.conftest import clipped

NOW = datetime(2026, 11, 22, 9, 41, tzinfo=UTC)
SUNHEE = Person("2024-9", "홍길순", id=3)
HONG = Person("20231234", "홍길동")


@pytest.fixture
def screen(shown) -> EnrolScreen:
    return shown(EnrolScreen(lambda: NOW), 1064, 800)


def typed(qtbot, screen: QWidget, name: str, text: str) -> None:
    edit = find(screen, name)
    assert isinstance(edit, QLineEdit)
    edit.clear()
    qtbot.keyClicks(edit, text)


def page(screen: EnrolScreen) -> int:
    return screen._pages.currentIndex()


def fill_in(qtbot, screen: EnrolScreen, person: Person = HONG) -> None:
    typed(qtbot, screen, "enrolNumber", person.number)
    find(screen, "enrolName").setText(person.name)  # an input method writes Hangul
    click(qtbot, screen, "enrolNext")


BOTH = frozenset({ConsentKind.PERSONAL, ConsentKind.FACE})


def choose(
    screen: EnrolScreen,
    agreed: frozenset[ConsentKind] = BOTH,
    entry: CredentialMode = CredentialMode.FACE,
) -> None:
    screen.decided(ConsentChoice(agreed, "ko", entry))


def start(qtbot, screen: EnrolScreen) -> Person:
    fill_in(qtbot, screen)
    with qtbot.waitSignal(screen.started) as begun:
        choose(screen)
    return begun.args[0]


def test_draft_carries_all_input_and_the_time_of_consent(qtbot, screen):
    typed(qtbot, screen, "enrolFrom", "2026. 12. 1.")
    typed(qtbot, screen, "enrolUntil", "20270228")
    click(qtbot, screen, "enrolRole.visitor")
    draft = start(qtbot, screen)
    assert draft == Person(
        "20231234",
        "홍길동",
        PersonRole.VISITOR,
        True,
        date(2026, 12, 1),
        date(2027, 2, 28),
        NOW,
        consent_language="ko",
        consents=consenting("", "", NOW).consents,
    )
    assert page(screen) == POSES


@pytest.mark.parametrize(
    ("field", "text", "key"),
    [
        ("enrolNumber", "", "enrol.who.number_missing"),
        ("enrolNumber", "2023 1!", "enrol.who.number_odd"),
        ("enrolName", "   ", "enrol.who.name_missing"),
        ("enrolFrom", "31/12/2026", "admin.date.invalid"),
        ("enrolUntil", "2026-02-30", "admin.date.invalid"),
        ("enrolUntil", "2026-01-01", "enrol.who.until_past"),
    ],
)
def test_invalid_input_is_shown_below_its_field(qtbot, screen, field, text, key):
    typed(qtbot, screen, "enrolNumber", "20231234")
    typed(qtbot, screen, "enrolName", "Ada")
    typed(qtbot, screen, field, text)
    click(qtbot, screen, "enrolNext")
    assert page(screen) == WHO
    assert find(screen, f"{field}.error").text() == tr(key)
    language().use("en")
    assert find(screen, f"{field}.error").text() == tr(key)


def test_last_day_must_not_precede_the_first():
    day = date(2026, 12, 1)
    assert until_problem(day, date(2026, 11, 30), NOW.date()) == "enrol.who.until_before_from"
    assert until_problem(day, day, NOW.date()) == ""
    assert until_problem(day, None, NOW.date()) == ""


def test_a_day_is_picked_in_the_calendar_and_cleared(qtbot, screen):
    click(qtbot, screen, "enrolFromOpen")
    click(qtbot, screen, "enrolFromMonthLater")
    click(qtbot, screen, "enrolFromMonth.2026-12-24")
    assert find(screen, "enrolFrom").text() == "2026-12-24"
    assert not screen.who.period.valid_from.month.isVisible()
    click(qtbot, screen, "enrolFromClear")
    assert screen.who.period.valid_from.day() is None


def test_a_taken_number_stops_before_consent(qtbot, screen):
    with qtbot.waitSignal(screen.checkNumberRequested) as requests:
        typed(qtbot, screen, "enrolNumber", "20231234")
        qtbot.keyClick(find(screen, "enrolNumber"), Qt.Key.Key_Tab)
    assert requests.args == ["20231234"]
    screen.show_number_taken("김*수")
    assert "김*수" in find(screen, "enrolNumber.error").text()
    fill_in(qtbot, screen)
    assert page(screen) == WHO
    typed(qtbot, screen, "enrolNumber", "20239999")
    click(qtbot, screen, "enrolNext")
    assert page(screen) == CONSENT


def test_late_taken_number_returns_from_consent(qtbot, screen):
    fill_in(qtbot, screen)
    assert page(screen) == CONSENT
    screen.show_number_taken("김*수")
    assert page(screen) == WHO
    assert "김*수" in find(screen, "enrolNumber.error").text()


def test_answer_for_another_number_is_ignored(qtbot, screen):
    typed(qtbot, screen, "enrolNumber", "1")
    qtbot.keyClick(find(screen, "enrolNumber"), Qt.Key.Key_Tab)
    typed(qtbot, screen, "enrolNumber", "12")
    screen.show_number_taken("김*수")
    assert find(screen, "enrolNumber.error").text() == ""


def test_the_kiosk_is_handed_over_to_decide(qtbot, screen):
    fill_in(qtbot, screen)
    assert page(screen) == CONSENT and HONG.name in find(screen, "enrolHandOverTitle").text()
    with qtbot.waitSignal(screen.handOverRequested) as requests:
        click(qtbot, screen, "enrolHandOver")
    assert (requests.args[0].number, requests.args[0].name) == (HONG.number, HONG.name)


def test_nothing_starts_without_the_required_consent(qtbot, screen):
    fill_in(qtbot, screen)
    with qtbot.assertNotEmitted(screen.started), qtbot.assertNotEmitted(screen.addRequested):
        choose(screen, frozenset())
    assert page(screen) == CONSENT and find(screen, "enrolRefused").isVisible()
    click(qtbot, screen, "enrolBack")
    click(qtbot, screen, "enrolNext")
    assert not screen.consent.refused.isVisible(), "asked again"


@pytest.mark.parametrize("entry", [CredentialMode.PIN, CredentialMode.CARD])
def test_who_refuses_the_face_is_enrolled_otherwise(qtbot, screen, entry):
    fill_in(qtbot, screen)
    with qtbot.waitSignal(screen.addRequested) as requests:
        choose(screen, frozenset({ConsentKind.PERSONAL}), entry)
    draft = requests.args[0]
    assert (draft.entry, draft.consented_at, draft.consents) == (
        entry,
        None,
        (Consent(ConsentKind.PERSONAL, NOW, "ko"),),
    )


def test_a_late_decision_is_ignored(qtbot, screen):
    fill_in(qtbot, screen)
    screen.reset()
    with qtbot.assertNotEmitted(screen.started):
        choose(screen)
    assert page(screen) == WHO


def test_coaching_and_ring_follow_the_view(qtbot, screen, face):
    start(qtbot, screen)
    screen.show_view(
        EnrolView(EnrolStep.CAPTURE, Coach.TURN_LEFT, Pose.LEFT, (Pose.FRONT,), 0.5, face)
    )
    assert find(screen, "enrolCoach").text() == tr("coach.turn_left")
    assert screen.preview._ring == (1, 5, 0.5)
    language().use("en")
    assert find(screen, "enrolCoach").text() == "Turn your head a little to the left"


def captured(screen: EnrolScreen) -> list[Pose]:
    return [
        pose
        for pose, portrait in screen.check.portraits.pictures.items()
        if portrait.image is not None
    ]


def capture_all(screen: EnrolScreen, frame, face) -> None:
    screen.preview.set_frame(frame)
    for count in range(1, len(Pose) + 1):
        step = EnrolStep.CHECK if count == len(Pose) else EnrolStep.CAPTURE
        screen.show_view(EnrolView(step, captured=tuple(Pose)[:count], face=face))


def test_portraits_are_shown_only_before_saving(qtbot, screen, frame, face):
    start(qtbot, screen)
    capture_all(screen, frame, face)
    screen.show_view(EnrolView(EnrolStep.CONFIRM, Coach.GOOD, None, tuple(Pose), 1.0, person=HONG))
    assert captured(screen) == list(Pose) and find(screen, "enrolPortrait.front").isVisible()
    screen.show_view(EnrolView(EnrolStep.DONE, person=HONG))
    assert captured(screen) == []


@pytest.mark.parametrize("leave", ["again", "cancel"])
def test_portraits_are_cleared_on_cancel(qtbot, screen, frame, face, leave):
    start(qtbot, screen)
    capture_all(screen, frame, face)
    screen.show_view(EnrolView(EnrolStep.CONFIRM, Coach.GOOD, None, tuple(Pose), 1.0, person=HONG))
    click(qtbot, screen, "enrolAgain" if leave == "again" else "enrolCancel")
    assert captured(screen) == []


def test_a_portrait_is_the_face_mirrored(screen, frame, face):
    screen.preview.set_frame(frame)  # its left half is blue; this face is in the middle
    portrait = screen.preview.portrait(face, (640, 480))
    assert (
        portrait.pixelColor(2, 60).name() == "#ff0000"
        and portrait.pixelColor(portrait.width() - 3, 60).name() == "#0000ff"
    )
    assert 160 < portrait.width() < 320 and 200 < portrait.height() < 400
    screen.preview.clear()
    assert screen.preview.portrait(face, (640, 480)) is None


def test_capture_can_be_restarted_after_the_first_pose(qtbot, screen):
    start(qtbot, screen)
    assert not screen.poses.again_button.isVisible()
    screen.show_view(EnrolView(EnrolStep.CAPTURE, Coach.SOMEBODY_ELSE, Pose.LEFT, (Pose.FRONT,)))
    with qtbot.waitSignal(screen.retryRequested):
        click(qtbot, screen, "enrolPosesAgain")
    assert not screen.poses.again_button.isVisible()


def test_good_check_is_saved_once(qtbot, screen):
    start(qtbot, screen)
    view = EnrolView(
        EnrolStep.CONFIRM,
        Coach.GOOD,
        None,
        tuple(Pose),
        self_distance=0.3,
        threshold=0.6,
        person=HONG,
    )
    screen.show_view(view)
    assert page(screen) == CHECK
    with qtbot.waitSignal(screen.saveRequested):
        click(qtbot, screen, "enrolSave")
    screen.show_view(view)  # the engine repeats the view until it has saved
    assert not find(screen, "enrolSave").isEnabled()
    screen.show_view(EnrolView(EnrolStep.DONE, person=HONG))
    assert page(screen) == DONE
    assert "홍길동" in find(screen, "enrolDoneTitle").text()
    with qtbot.waitSignal(screen.testRequested):
        click(qtbot, screen, "enrolTest")


def test_look_alike_is_named_before_saving(qtbot, screen):
    start(qtbot, screen)
    screen.show_view(
        EnrolView(
            EnrolStep.CONFIRM,
            known_as=((SUNHEE, 0.41), (Person("2020-7", "이준", id=4), 0.5)),
            self_distance=0.3,
            threshold=0.6,
        )
    )
    words = find(screen, "enrolLookAlikeMore").text()
    assert "홍길순 (2024-9)" in words and "0.410" in words and "이준 (2020-7)" in words
    assert find(screen, "enrolSave").text() == tr("enrol.check.save_anyway")
    assert find(screen, "enrolSave").property("kind") == "secondary"
    with qtbot.assertNotEmitted(screen.saveRequested):
        click(qtbot, screen, "enrolSave")
    assert "홍길순(2024-9)" in find(screen, "enrolAnywayText").text()
    with qtbot.waitSignal(screen.saveRequested):
        click(qtbot, screen, "enrolAnywayYes")
    with qtbot.waitSignal(screen.existingChosen) as opened, qtbot.waitSignal(screen.cancelled):
        click(qtbot, screen, "enrolOpenExisting")
    assert opened.args == [SUNHEE]
    assert not screen.running and screen.who.number.text() == ""


def test_leaving_the_page_cancels_the_capture_and_keeps_the_form(qtbot, screen):
    start(qtbot, screen)
    with qtbot.waitSignal(screen.cancelled):
        screen.leave()
    assert page(screen) == WHO and not screen.running
    with qtbot.assertNotEmitted(screen.cancelled):
        screen.leave()
    typed = screen.form()
    assert (typed.number, typed.name) == (HONG.number, HONG.name)
    screen.reset()
    assert screen.form() is None
    screen.fill(typed)
    assert screen.form() == typed and not screen.who.number.edit.isReadOnly()


def test_steps_that_a_pin_person_does_not_take_have_no_tick(qtbot, screen):
    click(qtbot, screen, "enrolEntry.pin")
    assert screen.stepper._left_out == {POSES, CHECK}
    click(qtbot, screen, "enrolEntry.face")
    assert screen.stepper._left_out == set()
    screen.show_added(Person("2024-9", "홍길순", entry=CredentialMode.PIN, id=3))
    assert screen.stepper._left_out == {POSES, CHECK}
    screen.reset()
    assert screen.stepper._left_out == set()


@pytest.mark.parametrize("distance", [None, 0.7])
def test_templates_that_do_not_match_their_person_cannot_be_saved(qtbot, screen, distance):
    start(qtbot, screen)
    screen.show_view(EnrolView(EnrolStep.CONFIRM, self_distance=distance, threshold=0.6))
    with qtbot.assertNotEmitted(screen.saveRequested):
        click(qtbot, screen, "enrolSave")


def test_saving_can_be_retried_after_an_error(qtbot, screen):
    start(qtbot, screen)
    screen.show_view(EnrolView(EnrolStep.CONFIRM, self_distance=0.3, threshold=0.6))
    click(qtbot, screen, "enrolSave")
    screen.show_error("enrol.who.number_taken", name="김*수")
    assert "김*수" in find(screen, "enrolError").text()
    with qtbot.waitSignal(screen.saveRequested):
        click(qtbot, screen, "enrolSave")


def test_failed_capture_shows_why_and_can_restart(qtbot, screen):
    start(qtbot, screen)
    screen.show_view(
        EnrolView(
            EnrolStep.FAILED, message_key="enrol.who.number_taken", message_values={"name": "김*수"}
        )
    )
    assert "김*수" in find(screen, "enrolCoach").text()
    with qtbot.waitSignal(screen.retryRequested):
        click(qtbot, screen, "enrolPosesAgain")
    assert screen.preview._ring == (0, 5, 0.0)


def test_cancelling_clears_everything_and_late_views_are_ignored(qtbot, screen):
    start(qtbot, screen)
    with qtbot.waitSignal(screen.cancelled):
        click(qtbot, screen, "enrolCancel")
    screen.show_view(EnrolView(EnrolStep.CAPTURE))
    assert page(screen) == WHO
    assert find(screen, "enrolNumber").text() == ""


def test_a_face_is_enrolled_again_under_the_same_number(qtbot, screen):
    person = Person(
        "20231234", "홍길동", id=7, templates=5, enabled=False, valid_until=date(2027, 1, 1)
    )
    screen.begin_with(person)
    with qtbot.assertNotEmitted(screen.checkNumberRequested):
        click(qtbot, screen, "enrolNext")
    with qtbot.waitSignal(screen.started) as begun:
        choose(screen)
    assert (begun.args[0].id, begun.args[0].number, begun.args[0].enabled) == (7, "20231234", False)


def test_steps_are_horizontal_in_portrait_and_accessible(qtbot, shown):
    screen = shown(EnrolScreen(lambda: NOW), 864, 1920)
    assert screen.stepper.width() > screen.stepper.height()
    language().use("en")
    assert screen.stepper.accessibleName() == "Step 1 of 5: Details"


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("size", [(1064, 800), (864, 1920)])
def test_no_page_clips_text_and_every_button_is_named(qtbot, qapp, shown, code, size):
    language().use(code)
    screen = shown(EnrolScreen(lambda: NOW), *size)
    assert clipped(screen) == []
    start(qtbot, screen)
    views = (
        EnrolView(EnrolStep.CAPTURE, Coach.SOMEBODY_ELSE),
        EnrolView(EnrolStep.CHECK, captured=tuple(Pose), pose=None),
        EnrolView(
            EnrolStep.CONFIRM,
            known_as=((SUNHEE, 0.4),),
            self_distance=0.9,
            threshold=0.6,
            person=HONG,
        ),
        EnrolView(EnrolStep.DONE, person=HONG),
    )
    for view in views:
        screen.show_view(view)
        qapp.processEvents()
        assert clipped(screen) == []
    for button in screen.findChildren(QAbstractButton):
        assert button.accessibleName(), button.objectName()


@pytest.mark.parametrize("entry", [CredentialMode.PIN, CredentialMode.CARD])
def test_pin_and_card_enrolment_needs_no_face_or_camera(qtbot, screen, entry):
    click(qtbot, screen, f"enrolEntry.{entry.value}")
    fill_in(qtbot, screen)
    with qtbot.waitSignal(screen.addRequested) as requests:
        choose(screen, frozenset({ConsentKind.PERSONAL}), entry)
    draft = requests.args[0]
    assert (draft.number, draft.entry, draft.consented_at) == (HONG.number, entry, None)
    screen.show_error("error.number_taken", name="이*")
    assert "이*" in find(screen, "enrolNumber.error").text()
    screen.show_added(draft)
    assert page(screen) == DONE and find(screen, "enrolDoneText").text() == tr(
        f"enrol.done.text.{entry.value}"
    )
    assert not screen.done.test.isVisible()


def test_look_alike_is_asked_for_a_pin(qtbot, screen):
    start(qtbot, screen)
    known = ((SUNHEE, 0.12),)
    screen.show_view(
        EnrolView(
            EnrolStep.CONFIRM,
            Coach.GOOD,
            None,
            tuple(Pose),
            1.0,
            known_as=known,
            pin_needed=True,
            self_distance=0.1,
            threshold=0.5,
        )
    )
    assert find(screen, "enrolLookAlikeText").text() == tr("enrol.check.look_alike_pin")
    stored = Person("20231234", "홍길동", id=7)
    screen.show_view(
        EnrolView(EnrolStep.DONE, Coach.GOOD, None, tuple(Pose), person=stored, pin_needed=True)
    )
    with qtbot.waitSignal(screen.pinRequested) as requested:
        click(qtbot, screen, "enrolPinOpen")
    assert requested.args == [stored], "the person chooses it, on a page of their own"
    screen.show_pin_error("error.storage")
    assert find(screen, "enrolPinNote").text() == tr("error.storage")
    screen.show_pin_set()
    assert find(screen, "enrolPinNote").text() == tr("people.pin.saved")


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("size", [(1064, 800), (864, 1920)])
def test_done_page_with_pin_form_fits(qtbot, screen, code, size):
    start(qtbot, screen)
    language().use(code)
    screen.resize(*size)
    screen.show_view(
        EnrolView(
            EnrolStep.DONE,
            Coach.GOOD,
            None,
            tuple(Pose),
            person=Person("20231234", "홍길동", id=7),
            pin_needed=True,
        )
    )
    screen.show_pin_error("accounts.error.pin_digits", least=6, most=12)
    qtbot.waitUntil(lambda: clipped(screen) == [])


def test_no_pin_is_asked_without_a_look_alike(qtbot, screen):
    start(qtbot, screen)
    screen.show_view(
        EnrolView(
            EnrolStep.DONE, Coach.GOOD, None, tuple(Pose), person=Person("20231234", "홍길동", id=7)
        )
    )
    assert not screen.done.pin_card.isVisible()


@pytest.mark.parametrize(
    ("glass", "width", "text_scale", "named"),
    [((1280, 800), 1064, 1.0, True), ((800, 480), 726, 1.0, True), ((800, 480), 726, 2.0, False)],
)
def test_the_steps_keep_their_names_where_there_is_room(
    shown, glass: tuple[int, int], width: int, text_scale: float, named: bool
):
    theme().set_glass(*glass)
    theme().text_scale = text_scale
    screen = EnrolScreen()
    area = shown(OverflowArea(screen), width, glass[1])
    assert (screen.stepper.width() >= screen.stepper.width_with_words()) is named
    assert screen.width() <= area.width()
