"""Presenters of selections and of the set-up, with real pages and a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kiosk.app.bootstrap.administer_factory import build_administer
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.bootstrap.use_cases import build_people_bulk
from kiosk.app.staff.people_bulk_presenter import PeopleBulkPresenter
from kiosk.app.staff.wizard_presenter import WizardPresenter
from kiosk.core.config import Config
from kiosk.core.errors import StorageError
from kiosk.core.people import Account, AccountRole, Person, PersonRole
from kiosk.storage.store import Store
from kiosk.ui.i18n import tr
from kiosk.ui.screens.people.people_screen import PeopleScreen
from kiosk.ui.screens.system.wizard_screen import WizardScreen
from tests.helpers.staff_context import ImmediateWorker, staff_context


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Store]:
    made = open_store(tmp_path)
    for n in range(3):
        made.people.add(Person(f"2026-{n}", f"사람 {n}", PersonRole.VISITOR))
    yield made
    made.close()


class SlowWorker:
    """A ``Worker`` whose work waits until the test does it."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def run(self, *work: Any) -> None:
        self.waiting.append(lambda: ImmediateWorker().run(*work))

    def stop(self) -> None: ...


def test_work_that_ends_after_its_account_signed_out_is_shown_to_nobody(
    qtbot, shown, storage, tmp_path, monkeypatch
):
    page = shown(PeopleScreen(), 1064, 800)
    deletions = SlowWorker()
    monkeypatch.setattr(
        "kiosk.app.staff.people_bulk_presenter.Worker", lambda tasks, name: deletions
    )
    context = staff_context(worker=SlowWorker())
    presenter = PeopleBulkPresenter(
        page, context, build_administer(storage), build_people_bulk(storage), tmp_path
    )
    ids = frozenset(one.id for one in storage.people.search("", 9, 0)[0])
    page.selection.edited.emit(ids, {"enabled": False})
    page.selection.deleted.emit(ids)
    context.session.end()
    context.session.account = Account("둘", AccountRole.ADMIN, id=2)
    for work in (*context.worker.waiting, *deletions.waiting):
        work()
    people, _ = storage.people.search("", 9, 0)
    assert [one.enabled for one in people] == [False] * 3, "changed, and nobody deleted"
    assert page.selection.actions.undo.isHidden()
    page.selection.undoWanted.emit()
    context.worker.waiting[-1]()
    assert not any(one.enabled for one in storage.people.search("", 9, 0)[0])
    del presenter


def test_everybody_listed_is_stopped_brought_back_and_deleted(
    qtbot, shown, storage, tmp_path, monkeypatch
):
    page = shown(PeopleScreen(), 1064, 800)
    monkeypatch.setattr(
        "kiosk.app.staff.people_bulk_presenter.Worker", lambda tasks, name: ImmediateWorker()
    )
    presenter = PeopleBulkPresenter(
        page, staff_context(), build_administer(storage), build_people_bulk(storage), tmp_path
    )

    def enabled() -> list[bool]:
        return [person.enabled for person in storage.people.search("", 9, 0)[0]]

    page.select.click()
    page.filters.role.set_value("visitor")
    page.selection.bar.everybody.click()
    assert len(page.selection.ids) == 3
    page.selection.bar.act.click()
    page.selection.actions.stop.click()
    assert enabled() == [False] * 3
    page.selection.actions.undo.click()
    assert enabled() == [True] * 3
    page.selection.actions.confirm.confirmed.emit()
    assert enabled() == [] and page.selection.ids == frozenset()
    assert len(list((tmp_path / "exports").glob("deletion-receipt-*.json"))) == 3
    assert page.selection.actions.note.text().startswith("3명을 삭제했습니다.")
    del presenter


class Setup:
    """The set-up with services that record what they are asked for."""

    def __init__(self, account: Account, monkeypatch) -> None:
        monkeypatch.setattr(
            "kiosk.app.staff.wizard_presenter.Worker", lambda tasks, name: ImmediateWorker()
        )
        self.asked: list[tuple[str, object]] = []
        self.shown: list[str] = []
        self.refusal: StorageError | None = None
        self.wizard = WizardScreen()
        self.presenter = WizardPresenter(
            self.wizard,
            staff_context(account),
            SimpleNamespace(go=self.shown.append, leave_when_alone=self._leave),
            SimpleNamespace(value=Config()),
            Path("/nowhere"),
            SimpleNamespace(save=self._save),
            SimpleNamespace(open=self._open),
            SimpleNamespace(new_recovery_code=lambda actor: "ABCDE-FGHJK"),
            SimpleNamespace(sticks=lambda actor: []),
            None,
        )

    def _leave(self, name: str) -> None:
        self.shown.append(f"{name} ends when left alone")

    def _save(self, texts, done, show_error) -> None:
        self.asked.append(("save", texts))
        done(Config())

    def _open(self, actor, reason, words, name, pin) -> None:
        self.asked.append(("open", reason))
        if self.refusal:
            raise self.refusal


def test_an_administrator_runs_the_set_up_again(qtbot, monkeypatch):
    setup = Setup(Account("관리자", AccountRole.ADMIN, id=1), monkeypatch)
    setup.presenter.again()
    assert setup.shown == ["wizard ends when left alone", "wizard"]
    wizard = setup.wizard
    assert wizard.site.fields["door.name"].text() == Config().door.name
    wizard.site.next.click()
    assert setup.asked[0][0] == "save" and wizard.pages.currentWidget() is wizard.clock
    assert len(wizard.clock._shown) == 2
    wizard.clock.next.click()
    wizard.lock.test.click()
    assert setup.asked[-1] == ("open", "other")
    assert wizard.lock.note.text() == tr("wizard.lock.opened")
    setup.refusal = StorageError("no", key="error.generic")
    wizard.lock.test.click()
    assert wizard.lock.note.text() == tr("error.generic") and wizard.lock.test.isEnabled()
    wizard.lock.next.click()
    wizard.recovery.confirm.confirmed.emit()
    assert wizard.recovery.code.pending == "ABCDE-FGHJK"
    parcel = setup.presenter._recovery_parcel()
    assert parcel is not None and [file.name[-4:] for file in parcel.files] == [".txt", ".pdf"]
    assert b"ABCDE-FGHJK" in parcel.files[0].content
    assert parcel.files[1].content.startswith(b"%PDF")
    wizard.recovery.clear()
    assert setup.presenter._recovery_parcel() is None


def test_staff_do_not(qtbot, monkeypatch):
    setup = Setup(Account("조교", AccountRole.STAFF, id=2), monkeypatch)
    setup.presenter.again()
    assert setup.shown == []
