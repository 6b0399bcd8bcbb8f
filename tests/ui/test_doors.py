"""The page of the fleet and its presenter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.app.staff.doors_presenter import DoorsPresenter
from kiosk.core.errors import FleetError
from kiosk.core.fleet_status import SyncStatus
from kiosk.core.fleet_view import ConflictView
from kiosk.core.languages import language_codes
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.fleet.conflict_card import ConflictCard
from kiosk.ui.screens.fleet.doors_screen import DoorsScreen
from kiosk.ui.theme import theme
from tests.helpers.fleet_views import FLEET, NOW
from tests.helpers.staff_context import ImmediateWorker, staff_context
from tests.ui.conftest import clipped

NODE = FLEET.nodes[1].node


class Office:
    """Staff's use cases: ``said`` lists what was asked."""

    needs_two = False

    def __init__(self) -> None:
        self.fleet = FLEET
        self.said: list[tuple[object, ...]] = []
        self.error: FleetError | None = None

    def _say(self, *said: object) -> str:
        if self.error is not None:
            raise self.error
        self.said.append(said)
        return "303호"

    def view(self, actor):
        self._say("view")
        return self.fleet

    def admit(self, actor, node, *, staff, name, pin):
        return self._say("admit", node, staff, name, pin)

    def revoke(self, actor, node, name, pin):
        return self._say("revoke", node, name, pin)

    def settle(self, actor, conflict, keep_mine, name, pin):
        self._say("settle", conflict, keep_mine, name, pin)

    def lock_down(self, actor, doors):
        self._say("lock", doors)

    def open_once(self, actor, door):
        self._say("open", door)

    def end_lock_down(self, actor, doors):
        self._say("unlock", doors)


class Page:
    def __init__(self, qtbot) -> None:
        self.screen = DoorsScreen()
        qtbot.addWidget(self.screen)
        self.screen.resize(1024, 900)
        self.screen.show()
        self.office = Office()
        context = staff_context()
        self.presenter = DoorsPresenter(self.screen, context, lambda: self.office)
        self.presenter._worker = self.presenter._looker = ImmediateWorker()
        context.navigation.pageOpened.emit("fleet")
        self.office.said.clear()

    def confirm(self, question) -> None:
        """Say yes, as after the moment in which the button ignores presses."""
        question.confirmed.emit()
        question.hide()


@pytest.fixture
def page(qtbot) -> Page:
    return Page(qtbot)


def test_every_node_request_conflict_and_deletion_is_there(page):
    screen = page.screen
    assert list(screen.nodes) == [node.node for node in FLEET.nodes]
    request = next(iter(screen.requests.values()))
    assert request.code.text() == "7K3M 0Q9R XF2D"
    assert set(screen.conflicts) == {1, 2}
    own, door, behind, away, revoked = screen.nodes.values()
    assert own.revoke.isHidden()
    assert own.lock.isHidden()
    assert not door.revoke.isHidden()
    assert tr("doors.behind", n=3) in behind.trouble.text()
    assert tr("doors.trouble.camera") in behind.trouble.text()
    assert tr("doors.trouble.log") in behind.trouble.text()
    assert tr("doors.without_staff") in away.trouble.text()
    assert revoked.revoke.isHidden()
    assert screen._deletions.count() == 1


def test_what_staff_choose_is_asked_of_the_fleet(page):
    screen, office = page.screen, page.office
    request = next(iter(screen.requests.values()))
    request.without.click()
    page.confirm(request.confirm)
    screen.nodes[NODE].lock.click()
    screen.nodes[NODE].unlock.click()
    screen.nodes[NODE].open_once.click()
    screen.lock_all.click()
    page.confirm(screen.confirm)
    screen.unlock_all.click()
    screen.conflicts[2].take.click()
    page.confirm(screen.conflicts[2].confirm)
    screen.nodes[NODE].revoke.click()
    page.confirm(screen.nodes[NODE].confirm)
    assert [said for said in office.said if said != ("view",)] == [
        ("admit", "9" * 32, False, "", ""),
        ("lock", (NODE,)),
        ("unlock", (NODE,)),
        ("open", NODE),
        ("lock", ("*",)),
        ("unlock", ("*",)),
        ("settle", 2, False, "", ""),
        ("revoke", NODE, "", ""),
    ]
    assert screen.note.text() == tr("doors.revoked_note", name="303호")


def test_a_second_administrator_is_asked_for_where_two_are_needed(page):
    page.office.needs_two = True
    page.presenter._look()
    card = page.screen.nodes[NODE]
    card.revoke.click()
    card.second.name.set_text("이")
    card.second.pin.set_text("482915")
    page.confirm(card.confirm)
    assert ("revoke", NODE, "이", "482915") in page.office.said
    page.screen.conflicts[2].set_two_admins(True)
    assert not page.screen.conflicts[2]._two, "a person's"


def test_rules_are_chosen_by_two_administrators_where_two_are_needed(qtbot):
    view = ConflictView(4, "version", "a = 1", "a = 2", NOW)
    card = ConflictCard(view)
    qtbot.addWidget(card)
    card.set_two_admins(True)
    card.keep.click()
    card.second.name.set_text("이")
    card.second.pin.set_text("482915")
    with qtbot.waitSignal(card.settled) as heard:
        card._settle()
    assert heard.args == [4, True, "이", "482915"]


def test_what_keeps_this_node_from_following_is_said(page):
    status = SyncStatus(member=True, connected=True, problem=FleetError("stuck"))
    page.presenter._status = lambda: status
    page.presenter._look()
    assert page.screen.problem.isVisible()
    page.presenter._status = SyncStatus
    page.presenter._look()
    assert not page.screen.problem.isVisible()


def test_errors_are_said_and_nothing_is_shown_outside_a_fleet(page):
    page.office.error = FleetError("busy", key="error.fleet_busy")
    page.screen.unlock_all.click()
    assert page.screen.note.text() == tr("error.fleet_busy")
    page.office.error = FleetError("none", key="error.fleet_none")
    page.presenter._look()
    assert page.screen.state.text() == tr("error.fleet_none")
    assert page.screen.nodes == {}


def test_cards_stay_while_they_are_looked_at_again_and_go_with_what_they_showed(page):
    card = page.screen.nodes[NODE]
    card.revoke.click()
    page.presenter._look()
    assert page.screen.nodes[NODE] is card
    assert not card.confirm.isHidden()
    page.office.fleet = replace(FLEET, nodes=FLEET.nodes[:1], requests=(), conflicts=())
    page.presenter._look()
    assert list(page.screen.nodes) == [FLEET.nodes[0].node]
    assert page.screen.requests == {}


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("size", [(800, 480), (480, 800), (1280, 800)])
def test_nothing_is_cut_off(page, qtbot, code, size):
    language().use(code)
    theme().set_glass(*size)
    page.screen.resize(*size)
    page.screen.show_fleet(FLEET, NOW, two_admins=True)
    qtbot.wait(0)
    assert clipped(page.screen) == []
