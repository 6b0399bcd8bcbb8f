"""The enrolled people: find, view, change, delete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import Signal

from kiosk.core.member_looks import LookHistory
from kiosk.core.people import AccountRole, Person
from kiosk.core.people_filter import PeopleFilter
from kiosk.core.view_models import PeoplePage, ReEnrolment
from kiosk.ui.formatting import count_text
from kiosk.ui.screens.people.expiring_card import ExpiringCard
from kiosk.ui.screens.people.people_filter_panel import PeopleFilterPanel
from kiosk.ui.screens.people.people_selection import PeopleSelection
from kiosk.ui.screens.people.people_table import people_model
from kiosk.ui.screens.people.person_details import PersonDetails
from kiosk.ui.screens.people.re_enrolment_card import ReEnrolmentCard
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.forms.chips import ChipRow
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column
from kiosk.ui.widgets.side_panel import SidePanel
from kiosk.ui.widgets.table.paged_table import PagedTable
from kiosk.ui.widgets.table.search_box import SearchBox


def _now() -> datetime:
    return datetime.now().astimezone()


class PeopleScreen(Screen):
    """A paged table; ``pageRequested(text, offset, limit, Order)`` is answered by ``show_page``.

    After ``saved``, ``deleted`` or ``withdrawn`` the owner calls ``refresh`` or ``show_error``;
    after ``dataRequested`` it calls ``show_data_done`` or ``show_error``.
    """

    pageRequested = Signal(str, int, int, object)
    saved = Signal(object)
    deleted = Signal(int)
    withdrawn = Signal(int)
    dataRequested = Signal(int)
    enrolRequested = Signal()
    importRequested = Signal()
    reEnrolRequested = Signal(object)
    lookAlikesRequested = Signal(int)
    looksRequested = Signal(int)
    lookRemoved = Signal(int, int)
    """The person's id, and the number of the look."""

    def __init__(self, now: Callable[[], datetime] = _now) -> None:
        """``now``: the time on a clock beside the door."""
        super().__init__("peopleScreen")
        self._awaiting: Person | None = None
        self.title = Label("people.title", size=SIZES[3], bold=True)
        self.count = Label("", quiet=True, name="peopleCount")
        self.search = SearchBox("peopleSearch", "people.search")
        self.enrol = Button("people.enrol", "primary", "person-add", name="peopleEnrol")
        self.many = Button("people.import", icon="list", name="peopleImport")
        self.error = Label("", wrap=True, name="peopleError")
        self.error.set_tone("reject")
        self.error.hide()
        self.selection = PeopleSelection(self, now)
        self.model = people_model(now, self.selection.mark)
        self.table = PagedTable("peopleTable", self.model, "people.empty")
        self.re_enrolment = ReEnrolmentCard()
        self.show_only = ChipRow(
            "peopleShow", [("all", "people.show.all"), ("again", "people.show.again")], value="all"
        )
        self.show_only.hide()
        self.select = Button("people.bulk.select", icon="check", name="peopleSelect")
        self.filter_button = Button("people.filter.open", icon="filter", name="peopleFilter")
        self.filter_panel = SidePanel(self, "peopleFilterPanel")
        self.filter_panel.title.set_key("people.filter.open")
        self.filters = PeopleFilterPanel()
        self.filter_panel.set_content(self.filters)
        self.expiring = ExpiringCard()
        self.panel = SidePanel(self, "peoplePanel")
        self.details = PersonDetails(now)
        self.panel.set_content(self.details)
        self.panel.may_close = self._may_close
        find = flow(self.search, self.filter_button, self.select, grow=self.search)
        head = flow(self.title, self.count, None, self.many, self.enrol, gap=2)
        layout = column(
            head,
            self.re_enrolment,
            self.expiring,
            find,
            self.show_only,
            self.error,
            self.selection.bar,
            self.table,
            gap=2,
            margin=3,
        )
        layout.setStretch(layout.indexOf(self.table), 1)
        self.setLayout(layout)
        self._connect()

    def set_role(self, role: AccountRole) -> None:
        """Let staff view and administrators change."""
        self.details.set_may_edit(role is AccountRole.ADMIN)
        self.many.setVisible(role is AccountRole.ADMIN)
        self.select.setVisible(role is AccountRole.ADMIN)

    def reset(self) -> None:
        """Start over, as after signing in."""
        self.panel.close_panel()
        self.search.reset()
        self.filter_panel.close_panel()
        self._select(False)
        self.filters.reset()
        self._show_filter_count()
        self.show_only.set_value("all")
        self.show_re_enrolment(ReEnrolment())
        self.expiring.show_count(0, 0)
        self.model.reset_order()

    def open_person(self, person: Person) -> None:
        """Show the details of ``person``, from another page."""
        self._open(person)

    def draft(self) -> tuple[Person, Person] | None:
        """Return the person in the panel as stored and as edited, if they differ."""
        return self.details.draft() if self.panel.is_open else None

    def take_draft(self, draft: tuple[Person, Person]) -> None:
        """Show edits of a person again."""
        stored, edited = draft
        self.open_person(stored)
        self.details.form.show_person(edited)

    def opened(self) -> None:
        """Refresh the list."""
        self.refresh()

    def refresh(self) -> None:
        """Request the list again and confirm a saved change."""
        saved = self._awaiting
        self._awaiting = None
        if saved is not None:
            self.details.show_person(saved, "people.panel.saved")
        self.error.hide()
        self.model.restart()

    def wanted(self, text: str) -> PeopleFilter:
        """The people to list, with the words ``text``."""
        return self.filters.wanted(text)

    def show_expiring(self, people: int, days: int) -> None:
        """Show how many people's periods end within ``days``."""
        self.filters.set_soon_days(days)
        self.expiring.show_count(people, days)

    @property
    def only_again(self) -> bool:
        """Whether only people who must be enrolled again are listed."""
        return self.show_only.value() == "again"

    def show_re_enrolment(self, progress: ReEnrolment) -> None:
        """Show who must be enrolled again, and who of them is waiting."""
        self.re_enrolment.show_re_enrolment(progress)
        self.show_only.set_words("again", "people.show.again_count", n=count_text(progress.needed))
        self.show_only.setVisible(progress.needed > 0)
        if not progress.needed and self.only_again:
            self.show_only.set_value("all")
            self.model.restart()

    def show_page(self, page: PeoplePage) -> None:
        """Show a page of rows."""
        self.model.accept(page.rows, page.total, page.offset)
        if self.panel.is_open:
            self._mark_edited()
        self.count.set_key("people.count" if page.total else "", total=count_text(page.total))
        self.select.setEnabled(page.total > 0 or self.selection.on)
        self.selection.show_listed(page.total)
        self.table.set_empty(
            "people.empty.none" if self.search.words() or self.filters.active else "people.empty"
        )

    def show_look_alikes(self, person_id: int, names: Sequence[tuple[str, float]]) -> None:
        """Show a person's look-alikes in the panel, as (name, distance)."""
        self.details.show_look_alikes(person_id, names)

    def show_looks(self, person_id: int, history: LookHistory) -> None:
        """Show a person's looks in the panel."""
        self.details.show_looks(person_id, history)

    def show_look_removed(self, person_id: int, history: LookHistory) -> None:
        """Show that a look was removed."""
        self.details.show_looks(person_id, history)
        self.details.show_done("people.looks.removed")
        self.model.restart()

    def show_pin_set(self) -> None:
        """Show that the PIN was stored."""
        self.details.door_pin.show_done()
        self.model.restart()

    def show_error(self, key: str, **values: object) -> None:
        """Show an error in the open panel, or above the table."""
        self.model.drop_requests()
        if self.panel.is_open:
            self._awaiting = None
            self.details.show_error(key, **values)
            return
        self.error.set_tone("reject")
        self.error.set_key(key, **values)
        self.error.show()

    def show_note(self, key: str, **values: object) -> None:
        """Show a confirmation above the table."""
        self.error.set_tone("accept")
        self.error.set_key(key, **values)
        self.error.show()

    def _connect(self) -> None:
        self.model.pageWanted.connect(self._ask)
        self.search.searched.connect(self._search)
        self.table.chosen.connect(self._choose)
        self.panel.closed.connect(self.table.clear_choice)
        self.enrol.clicked.connect(self.enrolRequested)
        self.many.clicked.connect(self.importRequested)
        self.details.saved.connect(self._save)
        self.details.deleted.connect(self._delete)
        self.details.withdrawn.connect(self._withdraw)
        self.details.dataRequested.connect(self.dataRequested)
        self.details.reEnrolRequested.connect(self.reEnrolRequested)
        self.re_enrolment.started.connect(self.reEnrolRequested)
        self.show_only.chosen.connect(self._search)
        self.filter_button.clicked.connect(self._open_filters)
        self.filters.changed.connect(self._filter)
        self.select.clicked.connect(lambda: self._select(not self.selection.on))
        self.selection.changed.connect(self.table.view.viewport().update)
        self.expiring.wanted.connect(self.filters.show_soon)
        self.details.lookRemoved.connect(self.lookRemoved)

    def _ask(self, offset: int, limit: int) -> None:
        self.pageRequested.emit(self.search.words(), offset, limit, self.model.order)

    def _search(self, _text: str) -> None:
        if not self._editing:
            self.panel.close_panel()
        self.table.view.scrollToTop()
        self.model.restart()

    def _open_filters(self) -> None:
        self.panel.close_panel()
        self.filter_panel.open_panel()

    def _select(self, on: bool) -> None:
        """Begin or end selecting people by touch."""
        self.panel.close_panel()
        self.filter_panel.close_panel()
        self.expiring.set_away(on)
        self.selection.switch(on)
        self.select.set_key("people.bulk.end" if on else "people.bulk.select")

    def _filter(self) -> None:
        self._show_filter_count()
        self._search("")

    def _show_filter_count(self) -> None:
        active = self.filters.active
        self.filter_button.set_key(
            "people.filter.active" if active else "people.filter.open", n=active
        )

    @property
    def _editing(self) -> bool:
        return self.panel.is_open and self.details.has_edits

    def _may_close(self) -> bool:
        """Whether nothing unsaved is in the panel; asks if something is."""
        if not self._editing:
            return True
        self.details.ask_to_leave(self.panel.close_panel)
        return False

    def _choose(self, person: object) -> None:
        """Open the details of ``person``; unsaved changes of another person are asked about."""
        if not isinstance(person, Person):
            return
        if self._editing and person.id != self.details.person.id:
            self.details.ask_to_leave(lambda: self._open(person))
            self._mark_edited()
        else:
            self._open(person)

    def _mark_edited(self) -> None:
        """Highlight the row of the person in the panel, until a question is answered."""
        edited = self.details.person.id
        self.table.mark(lambda person: person.id == edited)

    def _open(self, person: object) -> None:
        if isinstance(person, Person) and self.selection.on:
            self.selection.toggle(person)
            self.table.clear_choice()
        elif isinstance(person, Person):
            self.filter_panel.close_panel()
            self.panel.title.set_text(person.name)
            self.details.show_person(person)
            self.details.offer_re_enrolment(self.only_again)
            self.panel.open_panel()
            self._mark_edited()
            if person.look_alike and person.id is not None:
                self.lookAlikesRequested.emit(person.id)
            if person.templates and person.id is not None:
                self.looksRequested.emit(person.id)

    def _save(self, person: object) -> None:
        if isinstance(person, Person):
            self._awaiting = person
            self.panel.title.set_text(person.name)
            self.saved.emit(person)

    def show_data_done(self, path_text: str) -> None:
        """Show that a person's own data were written to a file."""
        self.details.show_done("people.panel.own_data_done", path=path_text)

    def _withdraw(self, person_id: int) -> None:
        self.panel.close_panel()
        self.withdrawn.emit(person_id)

    def _delete(self, person_id: int) -> None:
        self.panel.close_panel()
        self.deleted.emit(person_id)
