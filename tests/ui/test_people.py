"""The people list: 50,000 rows in pages, search, side panel, and the rights of staff."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QScrollArea, QWidget

from kiosk.core.consent import Consent, ConsentKind
from kiosk.core.languages import language_codes
from kiosk.core.member_looks import Look, LookHistory
from kiosk.core.people import AccountRole, CredentialMode, Person, PersonRole
from kiosk.core.people_filter import PeopleFilter, PersonState
from kiosk.core.reports import Order
from kiosk.core.view_models import PeoplePage
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.people.people_screen import PeopleScreen
from kiosk.ui.screens.people.people_table import person_badge
from kiosk.ui.screens.people.person_details import PersonDetails, consent_of
from kiosk.ui.theme import theme
from kiosk.ui.widgets.table.paged_model import MAX_PAGES, PAGE
from kiosk.ui.widgets.table.paged_table import ROW_HEIGHT
from tests.helpers.screens import click, find
from tests.ui.conftest import clipped, touch_header

TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MANY = 50_000


def person(number: int) -> Person:
    return Person(f"2023{number:05d}", f"사람 {number}", templates=5, id=number + 1)


class Provider:
    """Answers like the owner of the screen and records the requests."""

    def __init__(self, screen: PeopleScreen, total: int = MANY) -> None:
        self.screen = screen
        self.total = total
        self.requested = []
        self.orders: list[Order] = []
        screen.provider = self  # a signal connection does not keep it alive
        screen.pageRequested.connect(self.answer)

    def answer(self, text: str, offset: int, limit: int, order: Order) -> None:
        self.requested.append((text, offset, limit))
        self.orders.append(order)
        total = self.total if not text else 3 if text == "홍" else 0
        rows = tuple(person(i) for i in range(offset, min(offset + limit, total)))
        self.screen.show_page(PeoplePage(rows, total, offset))


@pytest.fixture
def screen(shown) -> PeopleScreen:
    theme().reduced_motion = True
    made = shown(PeopleScreen(lambda: NOON), 1064, 800)
    made.set_role(AccountRole.ADMIN)
    return made


def open_row(qtbot, screen: PeopleScreen, row: int = 0) -> None:
    view = screen.table.view
    place = QPoint(40, row * ROW_HEIGHT + ROW_HEIGHT // 2)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_a_pass_of_four_hours_and_its_state_go_by_the_clock_beside_the_door(qtbot, screen):
    Provider(screen)
    screen.refresh()
    open_row(qtbot, screen)
    period = screen.details.form.period
    period.findChild(QWidget, "personPreset.hours_4").click()
    assert (period.valid_until.day(), period.time.text()) == (TODAY, "16:00")
    minute = NOON.time()
    ended = replace(person(0), valid_until=TODAY, until_time=minute)
    screen.details.show_person(ended)
    assert screen.details.state.text() == tr("people.state.expired")
    screen.details.show_person(replace(ended, until_time=minute.replace(minute=1)))
    assert screen.details.state.text() == tr("people.state.active")


def test_stopping_a_person_asks_before_what_was_typed_is_dropped(qtbot, screen):
    Provider(screen)
    screen.refresh()
    open_row(qtbot, screen)
    saved: list[Person] = []
    screen.saved.connect(saved.append)
    screen.details.form.name.set_text("다른 이름")
    screen.details.enable.click()
    assert saved == [] and screen.details.confirm_drop.isVisible()
    screen.details.confirm_drop.confirmed.emit()
    assert [(one.name, one.enabled) for one in saved] == [(person(0).name, False)]


def test_the_focus_stays_on_the_button_that_was_pressed(qtbot, screen):
    Provider(screen)
    screen.refresh()
    open_row(qtbot, screen)
    screen.details.enable.setFocus()
    screen.details.enable.click()
    assert not screen.details.enable.isEnabled()
    screen.refresh()
    assert screen.window().focusWidget() is screen.details.enable


def test_only_visible_pages_are_requested(qtbot, screen, qapp):
    provider = Provider(screen)
    screen.refresh()
    assert provider.requested == [("", 0, PAGE)]
    assert screen.table.shown.text() == "1–11 / 전체 50,000"
    bar = screen.table.view.verticalScrollBar()
    began = time.process_time()
    for share in range(1, 41):
        bar.setValue(bar.maximum() * share // 40)
        qapp.processEvents()
    scrolling = time.process_time() - began
    qtbot.waitUntil(lambda: screen.model.row(MANY - 1) is not None)
    assert screen.model.row(MANY - 1) == person(MANY - 1)
    assert len(provider.requested) < 40, "pages scrolled past must not be asked for"
    assert scrolling < 3.0
    assert screen.table.shown.text().endswith("50,000 / 전체 50,000")


def test_only_a_few_pages_are_kept(screen):
    for offset in range(0, 40 * PAGE, PAGE):
        screen.show_page(
            PeoplePage(tuple(person(i) for i in range(offset, offset + PAGE)), MANY, offset)
        )
    assert len(screen.model._pages) == MAX_PAGES


def test_page_buttons_scroll_by_a_page(qtbot, screen):
    Provider(screen)
    screen.refresh()
    assert not find(screen, "peopleTableEarlier").isEnabled()
    click(qtbot, screen, "peopleTableLater")
    assert (
        screen.table.view.verticalScrollBar().value()
        == screen.table.view.verticalScrollBar().pageStep()
    )
    click(qtbot, screen, "peopleTableEarlier")
    assert screen.table.view.verticalScrollBar().value() == 0


def heads(screen: QWidget) -> list[str]:
    model = screen.model
    return [
        model.headerData(n, Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole)
        for n in range(model.columnCount())
    ]


def test_touching_a_header_sorts_and_then_reverses(qtbot, screen):
    provider = Provider(screen)
    screen.refresh()
    screen.table.view.verticalScrollBar().setValue(4000)
    columns = [column.order for column in screen.model.columns]
    assert provider.orders[-1] == Order("name") and heads(screen)[columns.index("name")].endswith(
        "↑"
    )
    touch_header(qtbot, screen, columns.index("valid"))
    assert (provider.requested[-1], provider.orders[-1]) == (("", 0, PAGE), Order("valid"))
    assert screen.table.view.verticalScrollBar().value() == 0
    touch_header(qtbot, screen, columns.index("valid"))
    assert provider.orders[-1] == Order("valid", descending=True)
    assert [head[-1] in "↑↓" for head in heads(screen)] == [column == "valid" for column in columns]
    assert heads(screen)[columns.index("valid")].endswith("↓")
    spoken = screen.model.headerData(
        columns.index("valid"), Qt.Orientation.Horizontal, Qt.ItemDataRole.AccessibleTextRole
    )
    assert spoken == tr("admin.table.falling", column=tr("people.column.valid"))


def test_order_applies_to_later_pages_and_is_reset(qtbot, screen):
    provider = Provider(screen)
    screen.refresh()
    touch_header(qtbot, screen, 0)
    screen.table.view.verticalScrollBar().setValue(screen.table.view.verticalScrollBar().maximum())
    qtbot.waitUntil(lambda: provider.requested[-1][1] > 0)
    assert provider.orders[-1] == Order("number")
    screen.reset()
    screen.opened()
    assert provider.orders[-1] == Order("name")


def test_typing_searches_once_after_the_last_key(qtbot, screen):
    provider = Provider(screen)
    screen.refresh()
    qtbot.keyClicks(find(screen, "peopleSearch"), "zzz")
    assert len(provider.requested) == 1
    qtbot.waitUntil(lambda: len(provider.requested) == 2)
    assert provider.requested[-1] == ("zzz", 0, PAGE)
    assert find(screen, "peopleTableEmptyTitle").text() == tr("people.empty.none.title")


def test_enter_searches_at_once(qtbot, screen):
    provider = Provider(screen)
    find(screen, "peopleSearch").setText("홍")
    qtbot.keyClick(find(screen, "peopleSearch"), Qt.Key.Key_Return)
    assert provider.requested == [("홍", 0, PAGE)]
    assert screen.model.rowCount() == 3


def test_late_page_of_an_older_search_is_replaced(screen):
    screen.show_page(PeoplePage(tuple(person(i) for i in range(PAGE)), 300, 0))
    screen.model.restart()  # a new search; an answer to the old one comes first
    screen.show_page(PeoplePage(tuple(person(i) for i in range(200, 300)), 300, 200))
    screen.show_page(PeoplePage(tuple(person(i) for i in range(1000, 1000 + PAGE)), 300, 0))
    assert screen.model.row(0) == person(1000)
    assert screen.model.row(250) is None


def test_offset_must_be_a_multiple_of_the_page_size(screen):
    with pytest.raises(ValueError, match="multiple"):
        screen.show_page(PeoplePage((person(0),), 10, 7))


def test_empty_list_shows_advice(qtbot, screen):
    screen.show_page(PeoplePage())
    assert find(screen, "peopleTableEmptyTitle").text() == tr("people.empty.title")
    with qtbot.waitSignal(screen.enrolRequested):
        click(qtbot, screen, "peopleEnrol")


def test_details_are_changed_and_saved(qtbot, screen):
    provider = Provider(screen, 5)
    screen.refresh()
    assert len(provider.requested) == 1
    open_row(qtbot, screen, 2)
    find(screen, "personName").setText("  홍   길동 ")
    click(qtbot, screen, "personRole.staff")
    find(screen, "personUntil").setText("2027.2.28")
    with qtbot.waitSignal(screen.saved) as saved:
        click(qtbot, screen, "personSave")
    assert saved.args == [
        replace(person(2), name="홍 길동", role=PersonRole.STAFF, valid_until=date(2027, 2, 28))
    ]
    assert not find(screen, "personSave").isEnabled()
    screen.refresh()
    assert find(screen, "personNote").text() == tr("people.panel.saved")
    assert find(screen, "personSave").isEnabled()


def test_number_and_way_in_are_changed_and_refusals_are_shown_there(qtbot, screen):
    screen.show_page(PeoplePage((replace(person(0), templates=0),), 1, 0))
    open_row(qtbot, screen)
    find(screen, "personNumber").setText("2026 1!")
    with qtbot.assertNotEmitted(screen.saved):
        click(qtbot, screen, "personSave")
    assert find(screen, "personNumber.error").text() == tr("enrol.who.number_odd")
    find(screen, "personNumber").setText("2026-0042")
    click(qtbot, screen, "personEntry.pin")
    with qtbot.waitSignal(screen.saved) as saved:
        click(qtbot, screen, "personSave")
    assert (saved.args[0].number, saved.args[0].entry) == ("2026-0042", CredentialMode.PIN)
    screen.show_error("error.number_taken", name="이*")
    assert find(screen, "personNumber.error").text() == tr("error.number_taken", name="이*")
    screen.show_error("error.entry_has_face")
    assert find(screen, "personEntry.error").text() == tr("error.entry_has_face")


def test_enter_on_the_table_opens_a_row_and_escape_closes_it(qtbot, screen):
    Provider(screen, 5)
    screen.refresh()
    screen.table.view.selectRow(1)
    qtbot.keyClick(screen.table.view, Qt.Key.Key_Return)
    assert find(screen, "peoplePanelTitle").text() == "사람 1"
    qtbot.keyClick(find(screen, "personName"), Qt.Key.Key_Escape)
    assert not screen.panel.isVisible()


@pytest.mark.parametrize(
    ("field", "text", "key"),
    [
        ("personName", " ", "enrol.who.name_missing"),
        ("personFrom", "soon", "admin.date.invalid"),
        ("personUntil", "2025-01-01", "enrol.who.until_before_from"),
    ],
)
def test_wrong_details_are_not_saved(qtbot, screen, field, text, key):
    screen.show_page(PeoplePage((replace(person(0), valid_from=date(2026, 1, 1)),), 1, 0))
    open_row(qtbot, screen)
    find(screen, field).setText(text)
    with qtbot.assertNotEmitted(screen.saved):
        click(qtbot, screen, "personSave")
    assert find(screen, f"{field}.error").text() == tr(key)


def test_disabling_and_a_refused_change(qtbot, screen):
    screen.show_page(PeoplePage((person(0),), 1, 0))
    open_row(qtbot, screen)
    with qtbot.waitSignal(screen.saved) as saved:
        screen.details.enable.click()
    assert saved.args[0].enabled is False
    screen.show_error("people.panel.read_only")
    assert find(screen, "personNote").text() == tr("people.panel.read_only")
    assert screen.details.person.enabled is True


def test_deleting_asks_for_confirmation(qtbot, screen):
    screen.show_page(PeoplePage((person(3),), 1, 0))
    open_row(qtbot, screen)
    screen.details.delete.click()
    words = find(screen, "personDeleteConfirmText").text()
    assert "사람 3" in words and "202300003" in words and "5" in words
    with qtbot.assertNotEmitted(screen.deleted):
        screen.details.confirm.no.click()
    screen.details.delete.click()
    with qtbot.waitSignal(screen.deleted) as deleted:
        click(qtbot, screen, "personDeleteConfirmYes")
    assert deleted.args == [4]
    assert not screen.panel.isVisible()


def test_open_question_is_closed_for_the_next_person(qtbot, screen):
    screen.show_page(PeoplePage((person(0), person(1)), 2, 0))
    open_row(qtbot, screen, 0)
    screen.details.delete.click()
    open_row(qtbot, screen, 1)
    assert not screen.details.confirm.isVisible()


def test_re_enrolment_emits_the_person(qtbot, screen):
    screen.show_page(PeoplePage((person(0),), 1, 0))
    open_row(qtbot, screen)
    with qtbot.waitSignal(screen.reEnrolRequested) as asked:
        screen.details.re_enrol.click()
    assert asked.args == [person(0)]


def test_staff_can_only_view(qtbot, screen):
    screen.set_role(AccountRole.STAFF)
    screen.show_page(PeoplePage((person(0),), 1, 0))
    open_row(qtbot, screen)
    for name in ("personSave", "personEnable", "personDelete", "personReEnrol", "personFromOpen"):
        assert not screen.findChild(QWidget, name).isVisible(), name
    assert find(screen, "personName").isReadOnly()
    with qtbot.assertNotEmitted(screen.saved):
        qtbot.keyClick(find(screen, "personName"), Qt.Key.Key_Return)


def test_error_is_shown_until_the_next_page(qtbot, screen):
    screen.show_error("people.panel.read_only")
    assert find(screen, "peopleError").text()
    Provider(screen, 2)
    screen.refresh()
    assert not screen.error.isVisible()


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({}, "active"),
        ({"enabled": False}, "disabled"),
        ({"valid_until": date(2026, 11, 21)}, "expired"),
        ({"valid_until": TODAY}, "active"),
        ({"valid_from": TODAY}, "active"),
        ({"valid_from": date(2026, 11, 23)}, "not_yet"),
        ({"templates": 0}, "no_face"),
        ({"enabled": False, "templates": 0}, "disabled"),
    ],
)
def test_the_state_of_a_person(changes, key):
    assert person_badge(replace(person(0), **changes), NOON).key == f"people.state.{key}"


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("size", [(1064, 800), (864, 1920)])
def test_very_long_name_is_handled(qtbot, shown, code, size):
    theme().reduced_motion = True
    screen = shown(PeopleScreen(lambda: NOON), *size)
    screen.set_role(AccountRole.ADMIN)
    screen.show_page(
        PeoplePage((replace(person(0), name="Wolfeschlegelsteinhausenbergerdorff " * 3),), 1, 0)
    )
    language().use(code)
    assert heads(screen)[1] == tr("people.column.name") + " ↑"
    open_row(qtbot, screen)
    screen.details.delete.click()
    assert [words for words in clipped(screen) if "peoplePanelTitle" not in words] == []
    assert screen.panel.geometry().right() < screen.width()


def test_withdrawing_consent_asks_for_confirmation(qtbot, screen):
    Provider(screen)
    screen.refresh()
    open_row(qtbot, screen)
    click(qtbot, screen, "personWithdraw")
    assert "5" in find(screen, "personWithdrawConfirmText").text()
    with qtbot.waitSignal(screen.withdrawn) as asked:
        click(qtbot, screen, "personWithdrawConfirmYes")
    assert asked.args == [1]
    screen.show_note("people.withdrawn", path="/data/exports/r.json")
    assert "/data/exports/r.json" in find(screen, "peopleError").text()


def test_person_without_a_face_has_no_consent_to_withdraw(qtbot, screen):
    chose = replace(person(0), templates=0, entry=CredentialMode.CARD)
    screen.show_page(PeoplePage((chose,), 1, 0))
    open_row(qtbot, screen)
    assert not find(screen, "personWithdraw").isEnabled()
    assert person_badge(chose, NOON).key == "people.state.needs_pin"
    assert person_badge(replace(chose, has_pin=True), NOON).key == "people.state.active"
    assert (
        person_badge(replace(chose, entry=CredentialMode.FACE), NOON).key == "people.state.no_face"
    )
    assert find(screen, "personEntry.card").isChecked()


def test_own_data_are_exported_from_the_panel(qtbot, screen):
    Provider(screen)
    screen.refresh()
    open_row(qtbot, screen)
    with qtbot.waitSignal(screen.dataRequested) as asked:
        click(qtbot, screen, "personOwnData")
    assert asked.args == [1] and not find(screen, "personDelete").isEnabled()
    screen.show_data_done("/data/exports/own-data.json")
    assert (
        "/data/exports/own-data.json" in find(screen, "personNote").text()
        and find(screen, "personDelete").isEnabled()
    )


def test_the_consent_names_the_version_of_its_text():
    given = datetime(2026, 3, 2, 12, tzinfo=UTC)
    consents = (Consent(ConsentKind.PERSONAL, given, "ko", 3), Consent(ConsentKind.FACE, given))
    who = replace(person(0), consents=consents)
    assert "3" in consent_of(who, ConsentKind.PERSONAL)
    assert consent_of(who, ConsentKind.FACE) == "2026-03-02"
    assert consent_of(who, ConsentKind.ATTENDANCE) == "–"


def test_groups_are_chosen_by_chips(shown, qtbot):
    details = shown(PersonDetails(lambda: datetime(2026, 3, 2, 12, tzinfo=UTC)), 420, 900)
    details.set_may_edit(True)
    details.show_person(Person("2026-1", "홍길동", id=1, groups=("students", "night")))
    details.form.groups.set_known(("students", "청소"), "")
    click(qtbot, details, "personGroups.students")
    click(qtbot, details, "personGroups.청소")
    with qtbot.waitSignal(details.saved) as saved:
        details.save.click()
    assert saved.args[0].groups == ("night", "청소")


TWIN = replace(person(0), look_alike=True)


def test_needed_pin_is_shown_in_list_and_panel(qtbot, screen):
    assert person_badge(TWIN, NOON).key == "people.state.needs_pin"
    assert person_badge(replace(TWIN, has_pin=True), NOON).key == "people.state.active"
    screen.show_page(PeoplePage((TWIN,), 1, 0))
    with qtbot.waitSignal(screen.lookAlikesRequested) as asked:
        open_row(qtbot, screen)
    assert asked.args == [1]
    screen.show_look_alikes(1, [("홍길순", 0.123)])
    assert "홍길순 · 0.123" in screen.details.door_pin.others.text()
    screen.show_look_alikes(99, [("다른사람", 0.1)])
    assert "다른사람" not in screen.details.door_pin.others.text(), "an answer to an older question"


def test_staff_let_the_person_choose_a_pin_and_never_type_it(qtbot, screen):
    screen.show_page(PeoplePage((TWIN,), 1, 0))
    open_row(qtbot, screen)
    with qtbot.waitSignal(screen.details.pinRequested) as requested:
        click(qtbot, screen, "personPinOpen")
    assert requested.args[0].id == 1
    screen.show_error("error.storage")
    assert (
        find(screen, "personPinNote").text() == tr("error.storage") and not screen.error.isVisible()
    )
    screen.show_pin_set()
    assert find(screen, "personPinNote").text() == tr("people.pin.saved")
    assert find(screen, "personPinOpen").text() == tr("people.pin.change")


def test_staff_may_set_a_first_pin_but_not_replace_one(qtbot, screen):
    screen.set_role(AccountRole.STAFF)
    screen.show_page(PeoplePage((TWIN, replace(TWIN, id=2, has_pin=True)), 2, 0))
    open_row(qtbot, screen, 0)
    assert screen.details.door_pin.open_button.isVisible()
    open_row(qtbot, screen, 1)
    assert not screen.details.door_pin.open_button.isVisible()


LOOKS = LookHistory(
    (
        Look(0, datetime(2026, 11, 2, 9, tzinfo=UTC), 5),
        Look(1, datetime(2026, 11, 5, 9, tzinfo=UTC), 4),
        Look(3, datetime(2026, 11, 9, 9, tzinfo=UTC), 5),
    )
)


def test_looks_are_listed_with_their_days_and_one_can_be_removed(qtbot, screen):
    Provider(screen, 3)
    screen.refresh()
    with qtbot.waitSignal(screen.looksRequested) as asked:
        open_row(qtbot, screen)
    assert asked.args == [1] and not screen.details.looks.isVisible()
    screen.show_looks(2, LOOKS)
    assert not screen.details.looks.isVisible(), "of another person"
    screen.show_looks(1, LOOKS)
    assert screen.details.looks.isVisible()
    assert not clipped(screen.details.looks)
    assert screen.details.findChild(QWidget, "lookRemove0") is None
    find(screen, "lookRemove3").click()
    assert "2026-11-09" in find(screen, "lookRemoveConfirmText").text()
    with qtbot.waitSignal(screen.lookRemoved) as removed:
        find(screen, "lookRemoveConfirmYes").click()
    assert removed.args == [1, 3]
    screen.show_look_removed(1, LookHistory(LOOKS.looks[:1]))
    assert not screen.details.looks.isVisible()
    assert screen.details.note.text() == tr("people.looks.removed")


def test_staff_see_looks_and_cannot_remove_them(qtbot, screen):
    Provider(screen, 3)
    screen.set_role(AccountRole.STAFF)
    screen.refresh()
    open_row(qtbot, screen)
    screen.show_looks(1, LOOKS)
    assert screen.details.looks.isVisible()
    assert screen.details.findChild(QWidget, "lookRemove1") is None


def test_filters_are_counted_and_cleared(qtbot, screen):
    provider = Provider(screen, 5)
    click(qtbot, screen, "peopleFilter")
    assert screen.filter_panel.is_open
    for chip in ("peopleRole.graduate", "peopleState.needs_pin", "peopleSeen.90"):
        find(screen, chip).click()
    assert screen.wanted("홍") == PeopleFilter(
        "홍", role=PersonRole.GRADUATE, state=PersonState.NEEDS_PIN, unseen_days=90
    )
    assert len(provider.requested) == 3
    assert find(screen, "peopleFilter").text() == tr("people.filter.active", n=3)
    find(screen, "peopleSeen.never").click()
    assert screen.wanted("").never_seen and screen.wanted("").unseen_days is None
    screen.filters.clear.click()
    assert screen.wanted("") == PeopleFilter()


def test_who_leaves_soon_is_told_and_listed_by_a_touch(qtbot, screen):
    provider = Provider(screen, 5)
    screen.show_expiring(0, 14)
    assert not screen.expiring.isVisible()
    screen.show_expiring(3, 21)
    click(qtbot, screen, "peopleExpiringShow")
    assert screen.wanted("") == PeopleFilter(ends_within_days=21)
    assert len(provider.requested) == 1


def test_people_are_selected_by_touch_and_changed_together(qtbot, screen):
    Provider(screen, 5)
    screen.refresh()
    click(qtbot, screen, "peopleSelect")
    for number in (0, 2, 2, 3):
        open_row(qtbot, screen, number)
    assert screen.selection.ids == {1, 4} and not screen.panel.is_open
    assert screen.model.index(0, 0).data().startswith("☑")
    assert screen.model.index(2, 0).data().startswith("☐")
    with qtbot.waitSignal(screen.selection.allWanted):
        click(qtbot, screen, "peopleBulkAll")
    click(qtbot, screen, "peopleBulkAct")
    with qtbot.waitSignal(screen.selection.edited) as edited:
        screen.selection.actions.stop.click()
    assert edited.args == [frozenset({1, 4}), {"enabled": False}]
    assert not screen.selection.actions.resume.isEnabled()
    screen.selection.actions.show_done(
        "people.bulk.done", undo=True, changed="2", unchanged="0", refused="0"
    )
    with qtbot.waitSignal(screen.selection.undoWanted):
        screen.selection.actions.undo.click()


def test_deleting_the_selected_asks_with_their_number(qtbot, screen):
    Provider(screen, 5)
    screen.refresh()
    click(qtbot, screen, "peopleSelect")
    screen.selection.take({1, 2, 3})
    click(qtbot, screen, "peopleBulkAct")
    actions = screen.selection.actions
    actions.delete.click()
    assert find(screen, "peopleBulkConfirmText").text() == tr("people.bulk.delete_text", n="3")
    with qtbot.waitSignal(screen.selection.deleted) as deleted:
        actions.confirm.confirmed.emit()
    assert deleted.args == [frozenset({1, 2, 3})]
    click(qtbot, screen, "peopleSelect")
    assert screen.selection.ids == frozenset() and not screen.selection.panel.is_open
    screen.set_role(AccountRole.STAFF)
    assert not screen.select.isVisible()


def marked(screen: PeopleScreen) -> list[int]:
    return [index.row() for index in screen.table.view.selectionModel().selectedRows()]


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("glass", [(800, 480), (1024, 600)])
def test_the_panel_is_as_wide_as_its_content_on_a_small_display(shown, code, glass):
    language().use(code)
    theme().set_glass(*glass)
    theme().reduced_motion = True
    screen = shown(PeopleScreen(), glass[0] - 100, glass[1])
    screen.set_role(AccountRole.ADMIN)
    screen.open_person(replace(person(0), templates=5))
    assert clipped(screen) == []
    area = screen.panel.findChild(QScrollArea)
    assert area.horizontalScrollBar().maximum() == 0


def test_unsaved_changes_are_asked_about(qtbot, screen):
    screen.show_page(PeoplePage((person(0), person(1)), 2, 0))
    open_row(qtbot, screen)
    screen.details.form.name.set_text("다른 이름")
    open_row(qtbot, screen, 1)
    assert screen.details.person == person(0) and screen.details.form.name.text() == "다른 이름"
    assert marked(screen) == [0], "of the person whose changes are not saved"
    screen.details.confirm_leave.no.click()
    screen.show_page(PeoplePage((person(1), person(0)), 2, 0))
    assert marked(screen) == [1], "in a list sorted otherwise too"
    screen.show_page(PeoplePage((person(0), person(1)), 2, 0))
    screen.panel.close_button.click()
    assert screen.panel.is_open and screen.details.confirm_leave.isVisible()
    screen.search.searched.emit("x")
    assert screen.panel.is_open and screen.details.form.name.text() == "다른 이름"
    open_row(qtbot, screen, 1)
    click(qtbot, screen, "personLeaveYes")
    assert screen.details.person == person(1) and marked(screen) == [1]
    screen.panel.close_button.click()
    assert not screen.panel.is_open, "nothing was changed"


def test_an_empty_list_says_what_to_do_and_counts_nothing(screen):
    screen.show_page(PeoplePage((), 0, 0))
    assert find(screen, "peopleCount").text() == "" and not screen.select.isEnabled()
    assert screen.table.empty_text.text() == tr("people.empty.text")
    screen.show_page(PeoplePage((TWIN,), 1, 0))
    assert find(screen, "peopleCount").text() == tr("people.count", total="1")
    assert screen.select.isEnabled()
