"""WCAG 2.2 AA as far as it can be tested: contrast, accessible names, target sizes, colour."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QWidget,
)

from kiosk.app.bootstrap.engine_factory import build_claims
from kiosk.app.bootstrap.policy_factory import build_rules
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.bootstrap.time_factor import apply_time_factor
from kiosk.core.config import Config, UiConfig, config_from, spec_of
from kiosk.core.decisions import Decision, Mode, Outcome, Reason
from kiosk.core.door_state import DoorState, Hint
from kiosk.core.languages import language_codes
from kiosk.core.people import Person
from kiosk.core.templates import Template
from kiosk.core.view_models import ChallengeView, DoorView, Turn
from kiosk.door.claims import PIN_S, Next
from kiosk.ui.i18n import language
from kiosk.ui.screens.door.door_screen import DoorScreen
from kiosk.ui.screens.door.idle_screen import IdleScreen
from kiosk.ui.screens.door.number_screen import NumberScreen, PinScreen
from kiosk.ui.screens.people.person_details import PersonDetails
from kiosk.ui.screens.system.sign_in_screen import SignInScreen
from kiosk.ui.screens.system.wizard_screen import WizardScreen
from kiosk.ui.theme import DARK, LIGHT, Tokens, font, theme
from kiosk.vision.recognition.gallery import Gallery
from tests.helpers.door import vector
from tests.helpers.screens import admin_with_every_page
from tests.ui.conftest import clipped, face_at
from tests.ui.test_theme import contrast

SCREENS = {
    "door": lambda: DoorScreen("Lab"),
    "idle": lambda: IdleScreen("Lab"),
    "number": NumberScreen,
    "pin": PinScreen,
    "sign_in": SignInScreen,
    "wizard": WizardScreen,
    "admin": admin_with_every_page,
    "person": lambda: PersonDetails(lambda: datetime(2026, 3, 2, 12)),
}


@pytest.mark.parametrize("name", SCREENS)
@pytest.mark.parametrize("code", language_codes())
def test_every_control_has_an_accessible_name(shown, name: str, code: str):
    language().use(code)
    screen = shown(SCREENS[name]())
    nameless = [
        f"{type(w).__name__} {w.objectName()}"
        for w in screen.findChildren(QWidget)
        if isinstance(w, QAbstractButton | QLineEdit | QComboBox | QAbstractItemView)
        and not _name_of(w)
        and not isinstance(w, QHeaderView)
        and not w.objectName().startswith("qt_")
    ]
    assert nameless == []


def _name_of(widget: QWidget) -> str:
    words = widget.text() if isinstance(widget, QAbstractButton) else ""
    placeholder = widget.placeholderText() if isinstance(widget, QLineEdit) else ""
    return widget.accessibleName() or words or placeholder


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("ground", ["ground", "surface", "raised"])
@pytest.mark.parametrize("mark", ["edge", "accent", "accept", "reject", "wait"])
def test_fields_focus_and_marks_have_contrast(tokens: Tokens, ground: str, mark: str):
    """1.4.11: marks of fields, focus and states have a contrast of 3:1 to their surroundings."""
    assert contrast(getattr(tokens, mark), getattr(tokens, ground)) >= 3


@pytest.fixture
def taste():
    """Set the theme's text scale and low controls, and reset both."""
    yield theme()
    theme().text_scale = 1.0
    theme().low = False


LARGEST = next(
    spec_of(item).high for item in dataclasses.fields(UiConfig) if item.name == "text_scale"
)


@pytest.mark.parametrize("size", [(1280, 800), (1080, 1920)], ids=["landscape", "portrait"])
@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("name", [name for name in SCREENS if name != "person"])
def test_largest_text_fits(shown, taste, name: str, code: str, size: tuple[int, int]):
    language().use(code)
    taste.text_scale = LARGEST
    screen = shown(SCREENS[name](), *size)
    views = (
        [
            DoorView(state=state, hint=Hint.COME_CLOSER, remaining=3, duration=4)
            for state in DoorState
        ]
        if name == "door"
        else [None]
    )
    for view in views:
        if view is not None:
            screen.show_view(view)
            QApplication.processEvents()
        assert clipped(screen) == [] and screen.size().toTuple() == size, view


def test_text_scale_enlarges_text(taste):
    taste.text_scale = LARGEST
    assert font(20).pixelSize() == round(20 * LARGEST) > 20


@pytest.mark.parametrize("size", [(1280, 800), (1080, 1920)], ids=["landscape", "portrait"])
@pytest.mark.parametrize("name", ["door", "number", "pin"])
def test_low_controls_are_in_the_lower_half(shown, taste, name: str, size: tuple[int, int]):
    def highest() -> int:
        screen = shown(SCREENS[name](), *size)
        buttons = [b for b in screen.findChildren(QAbstractButton) if b.isVisible()]
        assert len(buttons) >= 5
        return min(b.mapTo(screen, b.rect().topLeft()).y() for b in buttons)

    assert highest() < size[1] / 2 or (name == "number" and size[1] > size[0])
    taste.low = True
    assert highest() >= size[1] / 2


def test_time_factor_scales_only_timeouts_for_people():
    config = apply_time_factor(config_from({"ui": {"time_factor": 3}}))
    plain = Config()
    assert config.liveness.turn_s == 3 * plain.liveness.turn_s
    assert (
        config.door.claim_s == 3 * plain.door.claim_s
        and config.door.reject_s == 3 * plain.door.reject_s
    )
    assert (
        config.ui.sign_out_s == 3 * plain.ui.sign_out_s
        and config.enrolment.pose_timeout_s == 3 * plain.enrolment.pose_timeout_s
    )
    assert config.door.open_s == plain.door.open_s and config.door.lockout_s == plain.door.lockout_s


@pytest.mark.parametrize(
    ("seconds", "taken"), [(2.9 * PIN_S, Next.FACE), (3.1 * PIN_S, Next.NOTHING)]
)
def test_time_factor_extends_pin_entry(tmp_path, seconds: float, taken: Next):
    storage = open_store(tmp_path)
    gallery = Gallery("net", 8)
    person = storage.people.add_with_templates(
        Person("2026-1", "홍길동"), [Template(0, "net", vector(1))]
    )
    storage.door_pins.set(person.id or 0, "482915")
    gallery.replace(storage.people.templates("net"))
    claims = build_claims(
        config_from({"ui": {"time_factor": 3}, "door": {"pin_for": "everybody"}}),
        storage,
        storage.people,
        gallery,
        None,
    )
    assert claims.begin("2026-1", 10.0).next is Next.PIN
    assert claims.enter("482915", 10.0 + seconds).next is taken
    storage.close()


def test_time_factor_extends_wait_for_second_person(tmp_path):
    (tmp_path / "policy.toml").write_text("[door]\ntwo_person = 'always'\ntwo_person_s = 30\n")
    assert build_rules(Config(), tmp_path).two_person_s == 30
    assert build_rules(config_from({"ui": {"time_factor": 3}}), tmp_path).two_person_s == 90


def test_states_differ_by_more_than_colour(shown, clock):
    """1.4.1: by text here; symbols and shapes are tested with the door."""
    texts = [words_of(shown, clock, state) for state in DoorState]
    assert len(set(texts)) == len(DoorState)


def words_of(shown, clock, state: DoorState) -> tuple[str, ...]:
    outcome = Outcome.ACCEPT if state is DoorState.ACCEPTED else Outcome.REJECT
    decision = Decision(
        datetime(2026, 3, 2, tzinfo=UTC), outcome, Reason.UNKNOWN, Mode.IDENTIFY, 1.0, "net"
    )
    view = DoorView(
        state=state,
        face=face_at(240, 140) if state is not DoorState.IDLE else None,
        hint=Hint.COME_CLOSER,
        remaining=2,
        duration=4,
        masked_name="홍*동",
        challenge=ChallengeView(Turn.LEFT, 0, 2, 0.0, 3.0, 3.5)
        if state is DoorState.CHALLENGE
        else None,
        decision=decision if state in (DoorState.ACCEPTED, DoorState.REJECTED) else None,
    )
    screen = shown(DoorScreen("Lab", clock))
    for _ in range(2):  # the headline stays for a second
        clock.advance(5)
        screen.show_view(view)
    return tuple(
        label.text() for label in screen.findChildren(QLabel) if label.isVisible() and label.text()
    )
