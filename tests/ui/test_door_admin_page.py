"""The door page: confirmation of overrides, and messages for every event."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kiosk.access.door_monitor import DoorEvent
from kiosk.access.policy.rules import AuthRequirement, DoorOverride
from kiosk.core.languages import language_codes
from kiosk.core.people import AccountRole
from kiosk.core.view_models import DoorFacts
from kiosk.ui.catalogue import catalogue
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.system.door_admin_page import CHOICES, DoorAdminPage
from tests.ui.conftest import clipped

NAMES = [
    *(e.value for e in DoorEvent),
    *(f"door_{o.value}" for o in DoorOverride),
    "door_opened_once",
    "duress",
    "passback",
    "free_access",
    "free_access_over",
]
NOW = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)


@pytest.fixture
def page(shown) -> DoorAdminPage:
    return shown(DoorAdminPage(), 1060, 1100)


def test_everything_has_a_message():
    for code in language_codes():
        keys = catalogue(code)
        assert {f"door_page.event.{name}" for name in NAMES} <= keys.keys()
        assert {f"door_page.way.{way.value}" for way in AuthRequirement} | {
            f"door_page.override.{o.value}" for o in DoorOverride
        } <= keys.keys()
    assert set(CHOICES) == {o.value for o in DoorOverride}


@pytest.mark.parametrize("code", language_codes())
def test_content_fits(page: DoorAdminPage, code: str, qapp):
    language().use(code)
    page.show_facts(
        DoorFacts(
            "serial",
            False,
            False,
            "",
            "lock_lost",
            "face_pin",
            12,
            "lockdown",
            tuple((NOW, name) for name in NAMES[:20]),
        )
    )
    page.confirm.ask("door_page.ask.lockdown")
    page.opening.start.click()
    page.opening.set_two_admins(True)
    qapp.processEvents()
    assert clipped(page) == []
    words = page.facts.words()
    assert "serial" in words.values() and "12" in words.values() and len(page.events.words()) == 20


@pytest.mark.parametrize("value", ["free", "lockdown"])
def test_overrides_ask_for_confirmation(page: DoorAdminPage, qtbot, value: str):
    requests: list[tuple[str, str, str]] = []
    page.overrideChosen.connect(lambda *chosen: requests.append(chosen))
    page.choice._buttons[value].click()
    assert requests == [] and page.confirm.isVisible() and not page.second.isVisible()
    page.show_facts(DoorFacts())
    assert page.choice.value() == value, "the page's second does not take the question away"
    page.confirm.no.click()
    assert requests == [] and page.choice.value() == "normal" and not page.confirm.isVisible()
    page.choice._buttons[value].click()
    page.confirm.yes.click()
    assert requests == [(value, "", "")]


def test_a_second_administrator_opens_to_everybody_while_two_are_needed(page: DoorAdminPage):
    requests: list[tuple[str, str, str]] = []
    page.overrideChosen.connect(lambda *chosen: requests.append(chosen))
    page.set_two_admins(True)
    page.choice._buttons["lockdown"].click()
    assert not page.second.isVisible()
    page.choice._buttons["free"].click()
    assert page.second.isVisible()
    page.second.name.set_text("Ada")
    page.second.pin.set_text("482915")
    page.confirm.yes.click()
    assert requests == [("free", "Ada", "482915")]
    assert page.second.pin.edit.text() == "", "no PIN stays on the screen"


def test_normal_mode_needs_no_confirmation(page: DoorAdminPage):
    requests: list[tuple[str, str, str]] = []
    page.overrideChosen.connect(lambda *chosen: requests.append(chosen))
    page.show_facts(DoorFacts(override="lockdown"))
    page.choice._buttons["normal"].click()
    assert requests == [("normal", "", "")] and not page.confirm.isVisible()


def test_state_shows_the_most_serious_condition(page: DoorAdminPage):
    for facts, state in (
        (DoorFacts("gpio"), "locked"),
        (DoorFacts("gpio", open=True), "open"),
        (DoorFacts("gpio", open=True, held_for="fire"), "held"),
        (DoorFacts("gpio", reachable=False, open=True), "lost"),
    ):
        page.show_facts(facts)
        assert catalogue("ko")[f"door_page.state.{state}"] in page.facts.words().values()


def test_opening_once_asks_why_and_a_double_tap_opens_nothing(page: DoorAdminPage, qtbot):
    requests: list[tuple[str, ...]] = []
    card = page.opening
    card.openRequested.connect(lambda *chosen: requests.append(chosen))
    card.set_door(4)
    card.start.click()
    card.start.click()
    assert card.confirm.isVisible() and not card.confirm.yes.isEnabled() and requests == []
    assert "4" in card.confirm.text.text()
    card.reasons._chips["other"].click()
    assert not card.confirm.yes.isEnabled(), "another reason must be said"
    card.words.set_text("배관 수리")
    card.confirm.yes.click()
    assert requests == [("other", "배관 수리", "", "")]
    card.show_opened(4)
    assert card.note.text() == tr("open_once.opened", seconds="4") and not card.confirm.isVisible()
    assert card.start.isEnabled() and card.words.text() == ""


def test_without_a_lock_staff_are_told_that_nothing_opens(page: DoorAdminPage):
    card = page.opening
    card.set_door(4, has_lock=False)
    card.start.click()
    assert card.confirm.text.text() == tr("open_once.ask_recorded")
    card.show_opened(4)
    assert card.note.text() == tr("open_once.recorded")


def test_a_question_asked_before_begins_without_a_reason(page: DoorAdminPage):
    card = page.opening
    card.start.click()
    card.reasons._chips["visitor"].click()
    card.confirm.no.click()
    card.start.click()
    assert not card.confirm.yes.isEnabled()
    assert not any(chip.isChecked() for chip in card.reasons._chips.values())


def test_why_the_door_stays_locked_is_said(page: DoorAdminPage):
    page.opening.start.click()
    page.opening.show_error("error.opening_lockdown")
    assert page.opening.note.text() == tr("error.opening_lockdown")


@pytest.mark.parametrize("size", [(1280, 800), (1080, 1920)])
def test_cards_keep_their_height_and_the_rest_of_the_page_stays_below(qtbot, shown, size):
    page = shown(DoorAdminPage(), *size)
    page.set_role(AccountRole.STAFF)
    for ask in (page.opening.start.click, page.opening.confirm.no.click):
        ask()
        qtbot.waitUntil(
            lambda: page.opening.height() == page.opening.heightForWidth(page.opening.width())
        )
    gaps = [
        page.opening.note.y() - page.opening.start.geometry().bottom(),
        page.opening.height() - page.opening.note.geometry().bottom(),
    ]
    assert max(gaps) < page.opening.start.height()


def test_without_a_lock_the_page_does_not_say_that_the_door_is_locked(page: DoorAdminPage):
    page.show_facts(DoorFacts(driver="log"))
    words = page.facts.words()
    assert (
        tr("door_page.no_lock") in words.values() and tr("door_page.state.none") in words.values()
    )
    page.show_facts(DoorFacts(driver="gpio"))
    assert "gpio" in page.facts.words().values()
    assert tr("door_page.state.locked") in page.facts.words().values()
