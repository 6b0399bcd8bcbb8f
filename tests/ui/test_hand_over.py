"""The person reads the texts of consent and decides, while the staff's pages are locked."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel

from kiosk.app.bootstrap.administer_factory import build_administer
from kiosk.app.bootstrap.consent_factory import (
    ConsentForm,
    build_consents,
    consent_form,
    publish_form,
    renamed,
)
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.staff.hand_over_presenter import HandOverPresenter
from kiosk.core.config import Config
from kiosk.core.config.screen_settings import UiConfig
from kiosk.core.consent import ConsentKind, ConsentTerms
from kiosk.core.consent_choice import ConsentChoice
from kiosk.core.decisions import LogFilter
from kiosk.core.languages import language_codes
from kiosk.core.people import AccountRole, CredentialMode, Person
from kiosk.core.templates import Template
from kiosk.services.door_pin_service import DoorPinService
from kiosk.ui.consent_text import stored_texts
from kiosk.ui.i18n import language, tr, tr_in
from kiosk.ui.screens.consent.hand_over_screen import HandOverScreen
from kiosk.ui.screens.enrol.enrol_screen import EnrolScreen
from kiosk.ui.screens.people.people_screen import PeopleScreen
from kiosk.ui.theme import theme
from kiosk.ui.widgets.overflow_area import OverflowArea
from tests.helpers.screens import click, find
from tests.helpers.staff_context import staff_context
from tests.ui.conftest import clipped

HONG = Person("20231234", "홍길동")
TERMS = ConsentTerms("문지기대학교", "02-1234-5678", 30, 14, 3)


@pytest.fixture
def screen(shown) -> HandOverScreen:
    screen = shown(HandOverScreen(), 1280, 800)
    screen.consent.text.set_form(TERMS)
    screen.begin(HONG, "관리자")
    return screen


def read(screen: HandOverScreen) -> None:
    bar = screen.consent.area.verticalScrollBar()
    bar.setValue(bar.maximum())


def agree(qtbot, screen: HandOverScreen, *kinds: str) -> None:
    for kind in kinds:
        qtbot.keyClick(find(screen, f"consent.{kind}"), Qt.Key.Key_Space)


def face_of(person: Person) -> Template:
    vector = np.ones(8, np.float32) / np.float32(8**0.5)
    return Template(person.id or 0, "net", vector)


def all_words(screen) -> list[str]:
    return [label.text() for label in screen.findChildren(QLabel)]


def words(screen: HandOverScreen) -> str:
    labels = screen.consent.text.findChildren(QLabel)
    return "\n".join(label.text() for label in labels if label.text())


def test_nothing_is_ticked_and_no_button_agrees_to_everything(qtbot, screen):
    read(screen)
    assert screen.consent.text.agreed() == frozenset()
    assert not find(screen, "consentNext").isEnabled()
    agree(qtbot, screen, "face")
    assert not find(screen, "consentNext").isEnabled(), "the required consent is missing"
    assert find(screen, "consentHint").text() == tr("hand_over.required")
    agree(qtbot, screen, "personal")
    assert find(screen, "consentHint").text() == tr("hand_over.ready")
    click(qtbot, screen, "consentNext")
    assert screen.choice is not None
    assert (screen.choice.agreed, screen.choice.entry, screen.choice.language) == (
        {ConsentKind.PERSONAL, ConsentKind.FACE},
        CredentialMode.FACE,
        "ko",
    )


def test_the_end_has_to_be_seen(qtbot, screen):
    agree(qtbot, screen, "personal", "face")
    assert not find(screen, "consentNext").isEnabled()
    assert find(screen, "consentHint").text() == tr("hand_over.to_the_end")
    read(screen)
    assert find(screen, "consentNext").isEnabled()
    screen.begin(HONG, "관리자")
    assert screen.consent.text.agreed() == frozenset(), "the next person decides for themselves"
    agree(qtbot, screen, "personal", "face")
    assert not find(screen, "consentNext").isEnabled()


def test_a_large_glass_shows_the_end_at_once(qtbot, shown):
    screen = shown(HandOverScreen(), 1280, 3000)
    screen.begin(HONG, "관리자")
    agree(qtbot, screen, "personal", "face")
    assert find(screen, "consentNext").isEnabled()


def test_who_refuses_the_face_chooses_a_pin_or_a_card(qtbot, screen):
    for button, entry in (("consentNext", "pin"), ("consentCard", "card")):
        screen.begin(HONG, "관리자")
        read(screen)
        assert not screen.consent.card.isVisible()
        agree(qtbot, screen, "personal")
        assert find(screen, button).text() == tr(f"hand_over.{entry}")
        click(qtbot, screen, button)
        assert screen.choice is not None and screen.choice.entry == entry
        assert screen.choice.agreed == {ConsentKind.PERSONAL}


def type_own_pin(qtbot, screen: HandOverScreen, *pins: str) -> None:
    for pin in pins:
        qtbot.keyClicks(screen.own_pin.entry, pin)
        click(qtbot, screen, "personPinNext")


def test_who_enters_with_a_pin_chooses_it_before_the_kiosk_goes_back(qtbot, screen):
    for entry in (CredentialMode.PIN, CredentialMode.CARD):
        screen.begin(replace(HONG, entry=entry), "관리자")
        screen.consent.decided.emit(ConsentChoice(frozenset({ConsentKind.PERSONAL}), "ko", entry))
        assert screen.own_pin.isVisible() and not screen.finished
        assert HONG.name in find(screen, "personPinTitle").text()
        type_own_pin(qtbot, screen, "482915", "482915")
        assert screen.finished and screen.pin == "482915"
        assert "482915" not in all_words(screen)
    screen.reset()
    assert screen.pin is None and screen.own_pin.entry.text() == ""


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        (("123456",), "accounts.error.pin_simple"),
        (("48",), "accounts.error.pin_digits"),
        (("482915", "482916"), "hand_over.own_pin.differs"),
    ],
)
def test_an_easy_or_mistyped_pin_is_asked_for_again(qtbot, screen, typed, key):
    screen.begin_pin(HONG, "관리자")
    type_own_pin(qtbot, screen, *typed)
    assert screen.own_pin.entry.error.text() == tr(key, least=6, most=12)
    assert not screen.finished and screen.pin is None
    type_own_pin(qtbot, screen, "739128", "739128")
    assert screen.finished and screen.pin == "739128"


def test_nobody_has_to_choose_a_pin(qtbot, screen):
    screen.begin_pin(HONG, "관리자")
    click(qtbot, screen, "personPinLater")
    assert screen.finished and screen.pin == ""


@pytest.mark.parametrize("person", [replace(HONG, has_pin=True), HONG], ids=["has", "by_face"])
def test_who_has_a_pin_or_a_face_is_not_asked_for_one(screen, person):
    entry = CredentialMode.PIN if person.has_pin else CredentialMode.FACE
    screen.begin(replace(person, entry=entry), "관리자")
    agreed = frozenset({ConsentKind.PERSONAL, ConsentKind.FACE})
    screen.consent.decided.emit(ConsentChoice(agreed, "ko", entry))
    assert screen.finished and not screen.own_pin.isVisible()


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("size", [(800, 480), (1280, 800), (1080, 1920)])
def test_the_page_of_the_own_pin_fits(shown, code, size):
    language().use(code)
    screen = shown(HandOverScreen(), *size)
    screen.begin_pin(HONG, "관리자")
    assert clipped(screen) == []


def test_an_enrolled_face_is_enrolled_again_only_with_both(qtbot, screen):
    screen.begin(Person("1", "이산", id=7), "관리자")
    read(screen)
    agree(qtbot, screen, "personal")
    assert not find(screen, "consentNext").isEnabled() and not screen.consent.card.isVisible()
    agree(qtbot, screen, "face")
    assert find(screen, "consentNext").isEnabled()


def test_a_site_may_ask_for_a_signature(qtbot, screen):
    assert not screen.consent.text.pad.isVisible()
    screen.consent.text.set_form(replace(TERMS, signature=True))
    screen.begin(HONG, "관리자")
    agree(qtbot, screen, "personal", "face")
    read(screen)
    assert not find(screen, "consentNext").isEnabled()
    assert find(screen, "consentHint").text() == tr("hand_over.unsigned")
    pad = find(screen, "consentSignature")
    qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    qtbot.mouseMove(pad, QPoint(60, 40))
    qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=QPoint(60, 40))
    assert find(screen, "consentNext").isEnabled()
    click(qtbot, screen, "consentSignatureClear")
    assert not find(screen, "consentNext").isEnabled()
    qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    click(qtbot, screen, "consentNext")
    assert screen.choice is not None and screen.choice.signature.points == 1
    screen.begin(HONG, "관리자")
    assert not screen.consent.text.pad.signature, "the next person signs for themselves"


def test_who_is_asked_again_keeps_their_way_in(qtbot, screen):
    screen.begin(Person("1", "이산", id=7, templates=5), "관리자", again=True)
    read(screen)
    agree(qtbot, screen, "personal", "face")
    assert find(screen, "consentNext").text() == tr("hand_over.again")
    click(qtbot, screen, "consentNext")
    assert screen.choice is not None and screen.choice.entry is CredentialMode.FACE


def test_who_takes_a_consent_back_is_told_and_goes_on_by_another_button(qtbot, screen):
    screen.begin(Person("1", "이산", id=7, templates=5), "관리자", again=True)
    read(screen)
    assert not screen.consent.withdraw.isVisible()
    agree(qtbot, screen, "personal")
    assert not find(screen, "consentNext").isEnabled()
    assert find(screen, "consentHint").text() == tr("hand_over.withdraws_face")
    agree(qtbot, screen, "face")
    assert find(screen, "consentNext").isEnabled() and not screen.consent.withdraw.isVisible()
    agree(qtbot, screen, "face")
    click(qtbot, screen, "consentWithdraw")
    assert screen.choice is not None and screen.choice.agreed == {ConsentKind.PERSONAL}


def test_nobody_with_a_pin_reads_about_faces(qtbot, screen):
    screen.begin(Person("1", "이산", entry=CredentialMode.PIN), "관리자")
    for code in language_codes():
        click(qtbot, screen, f"consentLanguage.{code}")
        said = "\n".join(text.plain() for text in screen.consent.text.shown())
        assert "얼굴" not in said and "face" not in said.lower() and "camera" not in said.lower()


def test_declining_stores_nothing_and_asks_for_the_staff(qtbot, screen):
    click(qtbot, screen, "consentDecline")
    assert screen.choice is not None and screen.choice.refused
    assert "관리자" in find(screen, "handOverWho").text()


def test_only_the_staffs_pin_takes_the_kiosk_back(qtbot, screen):
    click(qtbot, screen, "consentDecline")
    assert not find(screen, "handOverSubmit").isEnabled()
    with qtbot.waitSignal(screen.pinEntered) as entered:
        qtbot.keyClicks(find(screen, "handOver.pin"), "48291")
        click(qtbot, screen, "handOverSubmit")
    assert entered.args == ["48291"]
    screen.show_error("error.sign_in")
    assert screen.back.entry.text() == "" and not find(screen, "handOverSubmit").isEnabled()
    with qtbot.waitSignal(screen.left):
        click(qtbot, screen, "handOverLeave")


def test_the_person_reads_in_their_own_language(qtbot, screen):
    agree(qtbot, screen, "face")
    click(qtbot, screen, "consentLanguage.en")
    assert find(screen, "consent.face").accessibleName() == tr_in("en", "consent.face.agree")
    assert find(screen, "consentNext").text() == tr_in("en", "hand_over.face")
    assert screen.consent.text.agreed() == {ConsentKind.FACE}, "what is ticked stays ticked"
    assert language().code == "ko", "the staff's language stays"
    read(screen)
    agree(qtbot, screen, "personal")
    click(qtbot, screen, "consentNext")
    assert screen.choice is not None and screen.choice.language == "en"


def test_the_sentence_beside_a_checkbox_ticks_it(qtbot, screen):
    sentence = find(screen, "consent.personal").parentWidget().label
    qtbot.mouseClick(sentence, Qt.MouseButton.LeftButton)
    assert screen.consent.text.agreed() == {ConsentKind.PERSONAL}


def test_sensitive_data_and_retention_are_larger_by_a_fifth(screen):
    labels = {label.text(): label for label in screen.consent.text.findChildren(QLabel)}
    for text in screen.consent.text.shown():
        plain = [labels[part.text].font() for part in text.parts if not part.stands_out]
        clear = [labels[part.text] for part in text.parts if part.stands_out]
        assert clear and all(
            label.font().bold()
            and label.property("tone") == "accent"
            and label.font().pixelSize() >= 1.2 * max(font.pixelSize() for font in plain)
            for label in clear
        )


@pytest.mark.parametrize("code", language_codes())
def test_stored_texts_are_the_texts_shown(qtbot, screen, code):
    click(qtbot, screen, f"consentLanguage.{code}")
    kept = stored_texts(TERMS)
    for kind in (ConsentKind.PERSONAL, ConsentKind.FACE):
        assert kept[kind][code] in words(screen)


@pytest.mark.parametrize("code", language_codes())
def test_the_buttons_of_the_hand_over_stay_on_a_small_display(qtbot, shown, code):
    language().use(code)
    theme().set_glass(800, 480)
    page = EnrolScreen()
    area = shown(OverflowArea(page), 730, 480)
    page.who.number.set_text(HONG.number)
    page.who.name.set_text(HONG.name)
    page.who.submitted.emit()
    page.consent.show_refused()
    page.consent.show_unnamed(True)
    assert clipped(page) == []
    assert page.height() <= area.viewport().height()
    for name in ("enrolHandOver", "enrolBack"):
        button = find(page, name)
        assert page.consent.rect().contains(button.parentWidget().geometry())


def test_the_staff_are_told_that_nobody_is_named_as_controller(shown):
    screen = shown(EnrolScreen())
    page = screen.consent
    assert page.unnamed.isHidden()
    page.show_unnamed(True)
    assert not page.unnamed.isHidden()


class Screens:
    """Stands in for the navigation: which screen the window shows."""

    def __init__(self) -> None:
        self.shown = "admin"

    def show(self, screen: str) -> None:
        self.shown = screen

    def shows(self, screen: str) -> bool:
        return self.shown == screen

    def to_door(self) -> None:
        self.shown = "door"


def test_the_enrolment_goes_on_after_the_staffs_pin(qtbot, tmp_path, shown):
    with open_store(tmp_path) as storage:
        storage.accounts.create("관리자", AccountRole.ADMIN, "482915")
        screens = Screens()
        context = replace(staff_context(), navigation=screens)
        context.session.account = storage.accounts.list()[0]
        screen, page = shown(HandOverScreen(), 1280, 800), EnrolScreen()
        qtbot.addWidget(page)
        people = PeopleScreen()
        qtbot.addWidget(people)
        consents = build_consents(storage, Config())
        door_pins = DoorPinService(
            storage.people, storage.door_pins, storage.look_alikes, storage.audit_log
        )
        named = replace(Config(), ui=UiConfig(contact_name="김연구", contact_phone="5678"))
        form = renamed(consent_form(Config()), named)

        def published() -> ConsentForm:
            publish_form(storage, form)
            return form

        presenter = HandOverPresenter(
            screen,
            SimpleNamespace(enrol=page, people=people),
            context,
            build_administer(storage),
            door_pins,
            consents,
            tmp_path / "exports",
            published,
        )
        page.handOverRequested.connect(presenter.begin)
        page.pinRequested.connect(presenter.begin_pin_of_enrolment)
        people.details.consentsRequested.connect(presenter.begin_again)
        people.details.pinRequested.connect(presenter.begin_pin_of_details)
        page.who.number.set_text(HONG.number)
        page.who.name.set_text(HONG.name)
        page.who.submitted.emit()
        page.consent.handedOver.emit()
        assert "김연구 5678" in words(screen), "a contact that was entered since the start"
        assert screens.shown == "hand_over" and HONG.name in screen.consent.text.intro.text()
        screen.pinEntered.emit("482915")
        assert screens.shown == "hand_over", "nothing was decided yet"
        agreed = frozenset({ConsentKind.PERSONAL, ConsentKind.FACE})
        screen.consent.decided.emit(ConsentChoice(agreed, "en", CredentialMode.FACE))
        screen.pinEntered.emit("000000")
        assert screens.shown == "hand_over"
        assert screen.back.entry.error.text() == tr("hand_over.wrong_pin"), "no name was asked"
        with qtbot.waitSignal(page.started) as started:
            screen.pinEntered.emit("482915")
        assert screens.shown == "admin" and screen.choice is None
        assert [given.language for given in started.args[0].consents] == ["en", "en"]
        stored = storage.people.add(started.args[0])
        people.details.consentsRequested.emit(stored)
        assert screens.shown == "hand_over" and len(screen.consent.text.shown()) == 1, "no face"
        screen.consent.decided.emit(
            ConsentChoice(frozenset({ConsentKind.PERSONAL}), "ko", CredentialMode.FACE)
        )
        screen.pinEntered.emit("482915")
        given = storage.people.get(stored.id).consent(ConsentKind.PERSONAL)
        assert given.language == "ko" and given.given_at > stored.consents[0].given_at
        withdrawn = storage.people.enrol_again(stored, [face_of(stored)])
        people.details.consentsRequested.emit(withdrawn)
        screen.consent.decided.emit(
            ConsentChoice(frozenset({ConsentKind.PERSONAL}), "ko", CredentialMode.FACE)
        )
        assert screen.own_pin.isVisible(), "without the face a PIN is needed"
        click(qtbot, screen, "personPinLater")
        screen.pinEntered.emit("482915")
        left = storage.people.get(stored.id)
        assert (left.templates, left.entry, left.consented_at) == (0, CredentialMode.PIN, None)
        [receipt] = (tmp_path / "exports").iterdir()
        name = withdrawn.name
        assert people.error.text() == tr("people.consents_face_gone", name=name, path=str(receipt))
        assert people.panel.is_open and people.details.person.id == stored.id
        assert tr("people.consents_no_way", name=name) in all_words(people)
        people.details.pinRequested.emit(left)
        assert screens.shown == "hand_over" and screen.own_pin.isVisible()
        screen.pinEntered.emit("482915")
        assert screens.shown == "hand_over", "no PIN was chosen yet"
        type_own_pin(qtbot, screen, "739128", "739128")
        screen.pinEntered.emit("482915")
        assert screens.shown == "admin" and storage.door_pins.matches(stored.id, "739128")
        assert tr("people.pin.saved") in all_words(people) and screen.pin is None
        rows = storage.audit_log.query(LogFilter(), 50, 0)[0]
        assert any(row.detail.get("not_given") == ["face"] for row in rows)
        screen.left.emit()
        assert screens.shown == "door" and not context.session.account.enabled
        del presenter
