"""Presenters of the staff area with real pages, a real database and no kiosk around them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from kiosk.app.bootstrap.administer_factory import build_administer
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.bootstrap.use_cases import build_accounts
from kiosk.app.staff.accounts_presenter import AccountsPresenter
from kiosk.app.staff.enrol_presenter import EnrolPresenter
from kiosk.app.staff.log_presenter import LogPresenter
from kiosk.app.staff.looks_presenter import LooksPresenter
from kiosk.app.staff.sign_in_presenter import SignInPresenter
from kiosk.core.decisions import LogFilter
from kiosk.core.people import Account, AccountRole, Person
from kiosk.core.templates import Template
from kiosk.core.view_models import EnrolStep, EnrolView, Pose
from kiosk.services.kept_looks_service import KeptLooksService
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from kiosk.ui.i18n import tr
from kiosk.ui.screens.enrol.enrol_screen import EnrolScreen
from kiosk.ui.screens.log.log_screen import LogScreen
from kiosk.ui.screens.people.people_screen import PeopleScreen
from kiosk.ui.screens.settings.accounts_screen import AccountsScreen
from kiosk.ui.screens.system.admin_screen import AdminScreen
from kiosk.ui.screens.system.sign_in_screen import SignInScreen
from tests.helpers.administrators import seasoned
from tests.helpers.staff_context import staff_context
from tests.helpers.waiting import WAIT_S

PIN = "482915"


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Store]:
    made = open_store(tmp_path)
    made.accounts.create("관리자", AccountRole.ADMIN, PIN)
    yield made
    made.close()


class Screens:
    """The window's screens by name; the door's is shown first."""

    def __init__(self) -> None:
        self.screen = "door"

    def leave_door(self, screen: str) -> None:
        self.screen = screen

    def to_door(self) -> None:
        self.screen = "door"


@pytest.fixture
def sign_in(qtbot, storage: Store) -> SimpleNamespace:
    pages = AdminScreen()
    page = SignInScreen()
    for widget in (pages, page):
        qtbot.addWidget(widget)
    context = staff_context()
    context.session.end()
    screens = Screens()
    admin = build_administer(storage)
    presenter = SignInPresenter(page, pages, context, screens, admin)
    return SimpleNamespace(
        page=page, pages=pages, session=context.session, screens=screens, presenter=presenter
    )


def test_sign_in_leads_to_the_first_page_and_sign_out_to_the_door(sign_in):
    sign_in.presenter.ask()
    assert sign_in.screens.screen == "sign_in"
    sign_in.page.submitted.emit("관리자", PIN)
    assert sign_in.session.account.name == "관리자"
    assert (sign_in.screens.screen, sign_in.pages.current()) == ("admin", "people")
    sign_in.pages.signOutRequested.emit()
    assert sign_in.screens.screen == "door" and not sign_in.session.account.enabled


class EnrolEngine:
    """The calls that an enrolment makes of the engine."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Future[None]]:
        def call(*_: object) -> Future[None]:
            self.calls.append(name)
            done: Future[None] = Future()
            done.set_result(None)
            return done

        return call


@pytest.fixture
def enrolling(qtbot) -> SimpleNamespace:
    page = EnrolScreen()
    qtbot.addWidget(page)
    engine = EnrolEngine()
    context = staff_context()
    admin = SimpleNamespace(people_count=lambda _actor, only: only.ends_within_days // 7)
    presenter = EnrolPresenter(page, context, engine, admin, None, 14)
    return SimpleNamespace(page=page, engine=engine, context=context, presenter=presenter)


def test_staff_read_on_their_first_page_whose_period_ends(enrolling):
    page = enrolling.page
    assert page.who.expiring.isHidden()
    enrolling.context.navigation.pageOpened.emit("enrol")
    assert not page.who.expiring.isHidden()
    assert page.who.expiring.text() == tr("people.expiring.text", n="2", days=14)
    enrolling.presenter._expiry_days = 0
    enrolling.context.navigation.pageOpened.emit("enrol")
    assert page.who.expiring.isHidden()


@pytest.mark.parametrize(("next_one", "number"), [("조교", "2026-7"), ("다른 조교", "")])
def test_what_was_typed_comes_back_to_who_was_signed_out_alone(enrolling, next_one, number):
    session = enrolling.context.session
    session.account = Account("조교", AccountRole.STAFF)
    enrolling.page.who.number.set_text("2026-7")
    enrolling.presenter.keep_form()
    session.end()
    assert enrolling.page.who.number.text() == "", "nobody else sees it meanwhile"
    session.signedIn.emit(Account(next_one, AccountRole.STAFF))
    assert enrolling.page.who.number.text() == number
    enrolling.page.reset()
    session.signedIn.emit(Account("조교", AccountRole.STAFF))
    assert enrolling.page.who.number.text() == "", "kept once"


def test_opening_another_page_cancels_the_capture(enrolling):
    enrolling.page._running = True
    enrolling.context.navigation.pageOpened.emit("enrol")
    assert enrolling.page.running
    enrolling.context.navigation.pageOpened.emit("log")
    assert enrolling.engine.calls == ["cancel_enrolment"] and not enrolling.page.running


def test_a_capture_that_advances_counts_as_a_touch(enrolling, monkeypatch):
    touches = []
    monkeypatch.setattr(enrolling.context.navigation, "keep_awake", lambda: touches.append(1))
    for captured, progress, expected in (
        ((), 0.0, 0),
        ((), 0.4, 1),
        ((), 0.4, 1),
        ((), 0.0, 1),
        ((Pose.FRONT,), 0.0, 2),
    ):
        view = EnrolView(EnrolStep.CAPTURE, captured=captured, progress=progress)
        enrolling.presenter.show(view)
        assert len(touches) == expected


def test_an_answer_that_comes_too_late_opens_no_screen(sign_in):
    sign_in.screens.screen = "number"
    sign_in.presenter.ask()
    assert sign_in.screens.screen == "number"


def test_a_pin_checked_too_late_signs_nobody_in(sign_in):
    sign_in.presenter.ask()
    sign_in.screens.to_door()
    sign_in.page.submitted.emit("관리자", PIN)
    assert not sign_in.session.account.enabled and sign_in.screens.screen == "door"


def test_a_wrong_pin_is_shown_and_signs_nobody_in(sign_in):
    sign_in.presenter.ask()
    sign_in.page.submitted.emit("관리자", "000000")
    assert not sign_in.session.account.enabled and sign_in.screens.screen == "sign_in"


def test_what_the_database_says_is_shown_where_one_signs_in(sign_in, storage):
    storage.close()
    sign_in.presenter.ask()
    assert sign_in.screens.screen == "sign_in" and sign_in.page.entry.error.text()


def test_the_list_of_accounts_follows_each_change(qtbot, storage):
    page = AccountsScreen()
    qtbot.addWidget(page)
    shown = []
    page.show_page = shown.append
    context = staff_context()
    presenter = AccountsPresenter(page, context, build_accounts(storage))
    context.navigation.pageOpened.emit("accounts")
    page.added.emit("조교", AccountRole.STAFF, PIN, "", "")
    assert [len(accounts.rows) for accounts in shown] == [1, 2]
    context.session.account = Account("조교", AccountRole.STAFF, id=2)
    page.enabledChosen.emit(1, False, "", "")
    assert len(shown) == 2 and all(account.enabled for account in storage.accounts.list())
    del presenter


def test_two_administrators_make_a_third_on_the_accounts_page(qtbot, storage):
    page = AccountsScreen()
    qtbot.addWidget(page)
    refused = []
    page.show_error = lambda key, **_: refused.append(key)
    context = staff_context(seasoned(storage, "하나"))
    seasoned(storage, "둘", "582036")
    storage.two_admins.turn_on()
    presenter = AccountsPresenter(page, context, build_accounts(storage))
    for name, pin in (("", ""), ("하나", PIN), ("둘", PIN), ("관리자", PIN)):
        page.added.emit("셋", AccountRole.ADMIN, "739164", name, pin)
    assert refused == [
        "error.second_admin",
        "error.second_admin",
        "error.sign_in",
        "error.approver_pin",
    ]
    assert [one.name for one in storage.accounts.list()] == ["관리자", "둘", "하나"]
    page.added.emit("셋", AccountRole.ADMIN, "739164", "둘", "582036")
    assert "셋" in [one.name for one in storage.accounts.list()]
    page.ownPinChosen.emit("000111", "614293")
    page.ownPinChosen.emit(PIN, "614293")
    assert storage.accounts.verify("하나", "614293").pin_is_own
    del presenter


class SlowExport:
    """Writes until it is stopped."""

    def __init__(self) -> None:
        self.began = threading.Event()

    def export_into(self, actor, table, log_filter, kind, folder, progress, stopped) -> Path:
        self.began.set()
        progress(1, 2)
        pause = threading.Event()
        while not stopped():
            pause.wait(0.01)
        return folder / "never-shown.csv"


def test_a_look_is_shown_and_removed_on_the_people_page(qtbot, storage):
    template = Template(0, "net", np.ones(8, np.float32))
    storage.people.add_with_templates(Person("1", "이산", consented_at=local_now()), [template])
    storage.looks.keep(1, [template], basis=storage.people.basis(1), most=3)
    page = PeopleScreen()
    qtbot.addWidget(page)
    changed = []
    presenter = LooksPresenter(
        page, staff_context(), KeptLooksService(storage.looks, changed.append)
    )
    page.details.show_person(storage.people.get(1))
    page.looksRequested.emit(1)
    assert not page.details.looks.isHidden()
    page.lookRemoved.emit(1, 1)
    assert page.details.looks.isHidden() and changed == [1] and presenter
    assert storage.looks.history(1).later == ()
    page.lookRemoved.emit(1, 1)
    assert page.error.text() == tr("error.look_gone")


def test_signing_out_stops_an_export_and_shows_no_result(qtbot, storage, tmp_path):
    page = LogScreen()
    qtbot.addWidget(page)
    shown = []
    page.show_export_done = shown.append
    context = staff_context()
    export = SlowExport()
    presenter = LogPresenter(page, context, build_administer(storage), export, tmp_path)
    page.exportRequested.emit(LogFilter(), "csv")
    assert export.began.wait(WAIT_S)
    with qtbot.waitSignal(context.tasks._finished):
        context.session.end()
        presenter.stop()
    assert shown == []
