"""Cards and access QR in a person's panel: the reader's keys, the code on screen, the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.live_config import LiveConfig
from kiosk.app.staff.cards_presenter import CardsPresenter
from kiosk.cli import main
from kiosk.core.card_facts import CardKind, PersonCard
from kiosk.core.config import Config
from kiosk.core.languages import language_codes
from kiosk.core.people import Account, AccountRole, CredentialMode, Person
from kiosk.storage.people.own_data_files import delete_own_data
from kiosk.storage.store import Store
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.access.person_cards import PersonCards
from kiosk.ui.screens.enrol.enrol_screen import EnrolScreen
from kiosk.ui.widgets.layouts import column
from kiosk.ui.widgets.scrolling import scroll_area
from tests.helpers.screens import click, find
from tests.helpers.staff_context import staff_context
from tests.ui.conftest import clipped

CARD = "04A1B2C3D4"


class Panel:
    """The part on a window of its own, with its presenter and a real database."""

    def __init__(self, qtbot, part: PersonCards, storage: Store, folder: Path) -> None:
        self.qtbot = qtbot
        self.part = part
        self.storage = storage
        self.folder = folder
        self.context = staff_context()
        self.presenter = CardsPresenter(
            part, self.context, storage, LiveConfig(Config(), folder / "config.toml"), folder
        )
        add = storage.people.add
        self.one = add(Person("2026-1", "이산", entry=CredentialMode.CARD))
        self.other = add(Person("2026-2", "홍길동"))
        part.show_person(self.one)
        self._at_ms = 100_000

    def hold_card(self, code: str = CARD, gap_ms: int = 8) -> None:
        """Type as a reader does; the events carry the times."""
        self._at_ms += 5000
        for character in [*code, "\r"]:
            self._at_ms += gap_ms
            key = Qt.Key.Key_Return if character == "\r" else Qt.Key(ord(character))
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, character)
                event.setTimestamp(self._at_ms)
                QApplication.sendEvent(self.part.window().windowHandle(), event)
        self.part._trial._complete()  # what the pause after the last key does

    def click(self, name: str) -> None:
        click(self.qtbot, self.part, name)

    def cards(self, person: Person) -> list[CardKind]:
        return [card.kind for card in self.storage.cards(b"").of_person(person.id or 0)]


@pytest.fixture
def panel(qtbot, shown, tmp_path: Path) -> Iterator[Panel]:
    storage = open_store(tmp_path)
    part = shown(PersonCards(), 392, 900)
    yield Panel(qtbot, part, storage, tmp_path)
    part._end()
    storage.close()


def test_a_card_is_registered_at_the_reader_and_revoked(panel: Panel):
    panel.click("cardRegister")
    panel.hold_card()
    assert panel.part.note.text() == tr("cards.registered", code="••••••C3D4")
    assert not panel.part.waiting.isVisible() and panel.cards(panel.one) == [CardKind.CARD]
    panel.click("cardRegister")
    panel.hold_card()
    assert panel.part.note.text() == tr("cards.own", code="••••••C3D4")
    panel.click("cardRevoke1")
    panel.click("cardRevokeConfirmYes")
    assert panel.cards(panel.one) == [] and panel.part.none.isVisible()


def test_the_confirmation_stays_in_sight_when_the_list_grows(shown):
    cards, above = PersonCards(), QWidget()
    above.setFixedHeight(300)
    inner = QWidget()
    inner.setLayout(column(above, cards, None))
    area = shown(scroll_area(inner), 392, 260)
    cards.show_person(Person("2026-1", "이산", id=1))
    cards.show_registered(CARD, new=True)
    listed = tuple(PersonCard(n, CardKind.CARD, datetime(2026, 3, 2, tzinfo=UTC)) for n in (1, 2))
    cards.show_cards(1, listed)
    for _ in range(4):
        QApplication.processEvents()
    place = cards.note.mapTo(area.viewport(), cards.note.rect().bottomLeft())
    assert area.viewport().rect().contains(place)


def test_a_card_of_somebody_else_is_refused_by_name(panel: Panel):
    panel.click("cardRegister")
    panel.hold_card()
    panel.part.show_person(panel.other)
    panel.click("cardRegister")
    panel.hold_card()
    assert panel.part.note.text() == tr("error.card_taken_by", name="이산", number="2026-1")
    assert panel.cards(panel.other) == []


def test_what_a_person_types_is_no_card_and_the_kiosk_goes_on_waiting(panel: Panel):
    panel.click("cardRegister")
    panel.hold_card(gap_ms=150)
    assert panel.part.note.text() == tr("cards.unread.too_slow")
    assert panel.part.waiting.isVisible() and panel.cards(panel.one) == []
    panel.hold_card()
    assert panel.cards(panel.one) == [CardKind.CARD]


def test_leaving_the_panel_ends_the_wait_and_forgets_the_code(panel: Panel):
    panel.click("badgeOpen")
    panel.click("badgeMake")
    assert panel.part.badge.code.code.size
    panel.part.hide()
    assert not panel.part.badge.code.code.size
    panel.part.show()
    panel.click("cardRegister")
    panel.part.hide()
    panel.hold_card()
    assert panel.cards(panel.one) == [CardKind.BADGE]


def test_an_access_qr_that_is_made_after_the_panel_was_closed_is_not_shown_later(panel: Panel):
    waiting: list[Callable[[], None]] = []
    at_once = panel.context.worker.run
    panel.context.worker.run = lambda *work: waiting.append(lambda: at_once(*work))
    panel.click("badgeOpen")
    panel.click("badgeMake")
    panel.part.hide()
    panel.context.worker.run = at_once
    waiting[0]()
    panel.part.show()
    assert panel.cards(panel.one) == [CardKind.BADGE]
    assert not panel.part.badge.code.code.size
    panel.click("badgeOpen")
    panel.click("badgeMake")
    assert panel.part.badge.code.code.size


def test_an_access_qr_is_shown_readably_and_saved_for_printing(panel: Panel):
    panel.click("badgeOpen")
    panel.click("badgeDays.30")
    panel.click("badgeMake")
    code = panel.part.badge.code
    image = code.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    # the reader of the door: OpenCV's misses some codes, and this one is drawn by chance
    (found,) = zxingcpp.read_barcodes(np.pad(pixels, 20, constant_values=128))
    assert found.text.startswith("MNJ1.")
    panel.click("badgeSave")
    file = panel.folder / "exports" / f"badge-{panel.one.id}.pdf"
    assert file.read_bytes().startswith(b"%PDF") and file.name in panel.part.note.text()
    assert delete_own_data(panel.folder / "munjigi.db", panel.one.id or 0) == 1
    assert not file.exists()


def test_a_new_access_qr_is_announced_to_replace_the_earlier_one(panel: Panel):
    panel.click("badgeOpen")
    assert not panel.part.badge.replaces.isVisible()
    panel.click("badgeMake")
    first = panel.part.badge.code.code
    panel.click("badgeOpen")
    assert find(panel.part, "badgeReplaces").text() == tr("cards.replaces")
    panel.click("badgeMake")
    assert not np.array_equal(first, panel.part.badge.code.code)
    assert panel.cards(panel.one) == [CardKind.BADGE]


def test_the_service_refuses_staff_even_if_the_screen_is_shown(panel: Panel):
    panel.context.session.account = Account("조교", AccountRole.STAFF, id=2)
    panel.click("badgeOpen")
    panel.click("badgeMake")
    assert panel.part.note.text() == tr("error.admin_only") and panel.cards(panel.one) == []


@pytest.mark.parametrize("code", language_codes())
def test_every_state_fits(panel: Panel, code: str):
    language().use(code)
    panel.click("cardRegister")
    assert not clipped(panel.part)
    panel.hold_card()
    panel.click("badgeOpen")
    assert not clipped(panel.part)
    panel.click("badgeMake")
    panel.click("badgeSave")
    panel.click("cardRevoke1")
    assert not clipped(panel.part)


def test_an_enrolment_by_card_ends_with_registering_it(qtbot, shown):
    screen = shown(EnrolScreen(), 1064, 1200)
    screen.set_role(AccountRole.STAFF)
    person = Person("2026-1", "이산", id=1, entry=CredentialMode.CARD)
    screen.show_added(person)
    assert not screen.done.cards.isVisible(), "an administrator registers cards"
    screen.set_role(AccountRole.ADMIN)
    with qtbot.waitSignal(screen.done.cards.listRequested) as asked:
        screen.show_added(person)
    assert asked.args == [person] and find(screen, "cardRegister").isEnabled()
    assert find(screen, "enrolDoneText").text() == tr("enrol.done.text.card_here")
    screen.show_added(replace(person, id=2, entry=CredentialMode.PIN))
    assert find(screen, "badgeOpen").isEnabled()


def test_cards_are_listed_and_revoked_by_command(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    with open_store(tmp_path) as storage:
        person = storage.people.add(Person("2026-1", "이산"))
        storage.cards(b"x").new_badge(person.id or 0, b"serial", date(2027, 5, 30))
    command = ["people", "card", "2026-1", "--data-dir", str(tmp_path)]
    assert main([*command, "--list"]) == 0
    assert "valid until 2027-05-30" in capsys.readouterr().out
    assert main([*command, "--revoke", "1"]) == 0 and capsys.readouterr().out == ""
    assert main([*command, "--revoke", "1"]) == 2
