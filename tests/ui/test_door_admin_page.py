"""The door page: confirmation of overrides, and messages for every event."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kiosk.access.door_monitor import DoorEvent
from kiosk.access.policy.rules import AuthRequirement, DoorOverride
from kiosk.core.languages import language_codes
from kiosk.core.view_models import DoorFacts
from kiosk.ui.catalogue import catalogue
from kiosk.ui.i18n import language
from kiosk.ui.screens.system.door_admin_page import CHOICES, DoorAdminPage
from tests.ui.conftest import clipped

NAMES = [
    *(e.value for e in DoorEvent),
    *(f"door_{o.value}" for o in DoorOverride),
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
        (DoorFacts(), "locked"),
        (DoorFacts(open=True), "open"),
        (DoorFacts(open=True, held_for="fire"), "held"),
        (DoorFacts(reachable=False, open=True), "lost"),
    ):
        page.show_facts(facts)
        assert catalogue("ko")[f"door_page.state.{state}"] in page.facts.words().values()
