"""The staff's side of the application: sign-in, enrolment, people, log, accounts, system."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from kiosk.app.doctor.examination import camera_in_use, examine, lock_in_use
from kiosk.app.doctor.machine_checks import versions
from kiosk.core import paths
from kiosk.core.decisions import LogFilter
from kiosk.core.errors import KioskError
from kiosk.core.masking import masked
from kiosk.core.people import Account, AccountRole, Person
from kiosk.core.reports import Order
from kiosk.core.settings import setting_rows
from kiosk.core.view_models import AccountsPage, ActionsPage, EnrolView, LogPage, PeoplePage
from kiosk.storage.audit.log_export import export_log
from kiosk.storage.db.timestamps import local_now

if TYPE_CHECKING:
    from kiosk.app.runtime import KioskApp


FILES = {"log": "access-log", "actions": "actions"}
"""How exports begin."""


class StaffPresenter(QObject):
    """Turns what staff want into use cases on other threads, and their results into screens."""

    exportMoved = Signal(object, int, int)
    signedIn = Signal(object)

    def __init__(self, app: KioskApp) -> None:
        super().__init__()
        self._app = app
        self._account: Account | None = None
        self._cancel_export = threading.Event()
        self._export_began = 0.0
        self._worker = ThreadPoolExecutor(
            max_workers=1, thread_name_prefix="staff-task"
        )  # answers keep their order
        self._exporter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="export")
        self._looker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="doctor")
        self._connect()

    def stop(self) -> None:
        """Cancel an export and let what was asked for end."""
        self._cancel_export.set()
        for worker in (self._worker, self._exporter, self._looker):
            worker.shutdown(wait=True, cancel_futures=True)

    # sign-in

    @Slot()
    def ask_sign_in(self) -> None:
        """Show who may sign in."""
        admin = self._app.admin
        self.run(
            lambda: None if admin.needs_first_admin() else admin.sign_in_names(),
            self._show_sign_in,
            self._no_sign_in,
        )

    def _show_sign_in(self, names: Any) -> None:
        if self._app.window.current not in ("door", "idle"):  # somebody asked, and left meanwhile
            return
        self._app.pause_door()
        if names is None:
            self._app.window.go("wizard")
            return
        self._app.office.sign_in.show_accounts(names)
        self._app.window.go("sign_in")

    def _no_sign_in(self, key: str, **values: object) -> None:
        """Nobody's name can be read: say so where the names would be; left alone, the screen gives way to the door."""
        self._show_sign_in([])
        self._app.office.sign_in.show_error(key, **values)

    def _let_in(self, account: Any) -> None:
        """The PIN was right; who has left the screen meanwhile is not signed in."""
        if self._app.window.current == "sign_in":
            self._welcome(account)

    @Slot(str, str)
    def sign_in(self, name: str, pin: str) -> None:
        """Check a PIN; Argon2id takes a moment, so not on this thread."""
        self.run(
            lambda: self._app.admin.sign_in(name, pin),
            self._let_in,
            self._app.office.sign_in.show_error,
        )

    @Slot(str, str)
    def first_admin(self, name: str, pin: str) -> None:
        """The wizard's administrator, signed in at once."""
        self.run(
            lambda: self._app.admin.first_admin(name, pin),
            self._first_admin_made,
            self._app.office.wizard.show_error,
        )

    def _first_admin_made(self, account: Any) -> None:
        self._account = account
        self._app.office.wizard.show_done()
        self._app.window.leave_when_alone("wizard")  # somebody is signed in from here on

    @Slot()
    def open_admin(self) -> None:
        """From the wizard's last page to enrolling the first people."""
        if self._account is not None:
            self._welcome(self._account)
            self._app.staff.page("enrol")

    def _welcome(self, account: Any) -> None:
        self._account = account
        self._app.pause_door()
        self._app.staff.set_account(account)
        self._app.window.go("admin")
        self._app.staff.page("enrol" if account.role is AccountRole.STAFF else "people")
        self.signedIn.emit(account)

    @Slot()
    def sign_out(self) -> None:
        """Back to the door; an unfinished enrolment is thrown away."""
        self._account = None
        self._cancel_export.set()
        self._app.inference.post(lambda engine, now: engine.enrol.cancel())
        self._app.staff.enrol.reset()
        self._app.to_door()

    # enrolment

    @Slot(str)
    def _check_number(self, number: str) -> None:
        def answer(owner: Any) -> None:
            self._app.staff.enrol.show_number_taken(masked(owner.name) if owner else "")

        self.run(
            lambda: self._app.admin.number_owner(number), answer, self._app.staff.enrol.show_error
        )

    @Slot(object)
    def _start_enrolment(self, person: Person) -> None:
        by = self.signed_in().name
        self._command(lambda engine, now: engine.start_enrolment(person, now, by), self._nothing)

    @Slot(object)
    def _add_person(self, person: Person) -> None:
        actor = self.signed_in()
        enrol = self._app.staff.enrol
        self.run(
            lambda: self._app.admin.add_person(actor, person), enrol.show_added, enrol.show_error
        )

    @Slot()
    def _cancel_enrolment(self) -> None:
        self._command(lambda engine, now: engine.enrol.cancel(), self._nothing)

    @Slot()
    def _retry_enrolment(self) -> None:
        self._command(lambda engine, now: engine.enrol.again(now), self._nothing)

    @Slot()
    def _save_enrolment(self) -> None:
        def save(engine: Any, now: float) -> EnrolView:
            engine.save_enrolment(now)
            view: EnrolView = engine.enrol.view
            return view

        self._command(save, self._app.show_enrolment)

    def _command(
        self, command: Callable[[Any, float], object], done: Callable[[Any], None]
    ) -> None:
        self._app.tasks.watch(self._app.inference.ask(command), done, self._enrol_failed)

    def _enrol_failed(self, error: KioskError) -> None:
        self._app.staff.enrol.show_error(error.key, **error.values)

    # people

    @Slot(str, int, int, object)
    def _people_page(self, text: str, offset: int, limit: int, order: Order) -> None:
        def show(page: Any) -> None:
            rows: PeoplePage = page
            self._app.staff.people.show_page(rows)

        without = self._app.office.campaign.embedder_id if self._app.staff.people.only_again else ""
        self.run(
            lambda: self._app.admin.people(text, offset, limit, order, without),
            show,
            self._app.staff.people.show_error,
        )

    @Slot(object)
    def _save_person(self, person: Person) -> None:
        actor = self.signed_in()
        self.run(
            lambda: self._app.admin.save_person(actor, person),
            self._people_changed,
            self._app.staff.people.show_error,
        )

    def _people_changed(self, _: Any) -> None:
        self._app.staff.people.refresh()

    @Slot(object)
    def _re_enrol(self, person: Person) -> None:
        self._app.staff.page("enrol")
        self._app.staff.enrol.begin_with(person)

    # log

    @Slot(object, int, int, object)
    def _log_page(self, wanted: LogFilter, offset: int, limit: int, order: Order) -> None:
        actor = self.signed_in()

        def show(page: Any) -> None:
            rows: LogPage = page
            self._app.staff.log.show_page(rows)

        self.run(
            lambda: self._app.admin.log(actor, wanted, offset, limit, order),
            show,
            self._app.staff.log.show_error,
        )

    @Slot(object, int, int)
    def _actions_page(self, wanted: LogFilter, offset: int, limit: int) -> None:
        actor = self.signed_in()

        def show(page: Any) -> None:
            rows: ActionsPage = page
            self._app.staff.log.show_actions(rows)

        self.run(
            lambda: self._app.admin.actions(actor, wanted, offset, limit),
            show,
            self._app.staff.log.show_error,
        )

    @Slot(object, str)
    def _export_decisions(self, wanted: LogFilter, kind: str) -> None:
        self._export(wanted, kind, "log")

    @Slot(object, str)
    def _export_actions(self, wanted: LogFilter, kind: str) -> None:
        self._export(wanted, kind, "actions")

    def _export(self, wanted: LogFilter, kind: str, what: str) -> None:
        actor = self.signed_in()
        self._stop_export()
        stop = self._cancel_export = threading.Event()
        self._export_began = time.monotonic()
        folder = paths.exports_dir(self._app.data_dir)

        def export() -> Path:
            self._app.admin.export_log(actor, {"kind": kind, "table": what, **described(wanted)})
            folder.mkdir(parents=True, exist_ok=True)
            target = free_name(folder / f"{FILES[what]}-{local_now():%Y%m%d-%H%M%S}.{kind}")
            export_log(
                paths.database_file(self._app.data_dir),
                wanted,
                target,
                kind,
                lambda done, total: self.exportMoved.emit(stop, done, total),
                stop.is_set,
                vault=self._app.storage.database.vault,
                what=what,
            )
            return target

        def done(target: Any) -> None:
            if not stop.is_set():
                self._app.staff.log.show_export_done(str(target))

        def failed(error: KioskError) -> None:
            if not stop.is_set():
                self._app.staff.log.show_export_failed(error.key, **error.values)

        self._app.tasks.watch(self._exporter.submit(export), done, failed)

    @Slot()
    def _stop_export(self) -> None:
        """Each export has its own stop: a new one never revives, nor answers for, one that was cancelled."""
        self._cancel_export.set()

    @Slot(object, int, int)
    def _export_progress(self, stop: threading.Event, done: int, total: int) -> None:
        if not stop.is_set():
            self._app.staff.log.show_export_progress(
                done, total, time.monotonic() - self._export_began
            )

    # door

    def show_door(self) -> None:
        """Bring the door's page up to date, where it is shown."""
        if self._app.window.current == "admin" and self._app.staff.current() == "lock":
            self._app.staff.lock.show_facts(
                self._app.rules.facts(self._app.config.door.lock, local_now())
            )

    @Slot(str)
    def _choose_override(self, value: str) -> None:
        actor = self.signed_in()

        def choose() -> str:
            self._app.admin.door_allowed(actor)
            self._app.rules.choose(value)
            return value

        def done(chosen: Any) -> None:
            self._app.rules.use(chosen, actor.name)
            self._app.rules.tick()
            self.show_door()

        self.run(choose, done, self._app.staff.lock.show_error)

    # PINs for the door

    @Slot(int, str)
    def _set_person_pin(self, person_id: int, pin: str) -> None:
        actor = self.signed_in()
        people = self._app.staff.people
        self.run(
            lambda: self._app.door_pins.set_pin(actor, person_id, pin),
            lambda _: people.show_pin_set(),
            people.show_error,
        )

    @Slot(int, str)
    def _set_enrolled_pin(self, person_id: int, pin: str) -> None:
        actor = self.signed_in()
        enrol = self._app.staff.enrol
        self.run(
            lambda: self._app.door_pins.set_pin(actor, person_id, pin),
            lambda _: enrol.show_pin_set(),
            enrol.show_pin_error,
        )

    @Slot(int)
    def _look_alikes(self, person_id: int) -> None:
        people = self._app.staff.people
        self.run(
            lambda: self._app.door_pins.look_alikes(person_id),
            lambda names: people.show_look_alikes(person_id, names),
            people.show_error,
        )

    # accounts and system

    def _accounts_page(self, _: Any = None) -> None:
        actor = self.signed_in()

        def show(page: Any) -> None:
            rows: AccountsPage = page
            self._app.staff.accounts.show_page(rows)

        self.run(lambda: self._app.admin.accounts(actor), show, self._app.staff.accounts.show_error)

    @Slot(str, object, str)
    def _add_account(self, name: str, role: AccountRole, pin: str) -> None:
        actor = self.signed_in()
        self.run(
            lambda: self._app.admin.add_account(actor, name, role, pin),
            self._accounts_page,
            self._app.staff.accounts.show_error,
        )

    @Slot(int, str)
    def _set_pin(self, account_id: int, pin: str) -> None:
        actor = self.signed_in()
        self.run(
            lambda: self._app.admin.set_pin(actor, account_id, pin),
            self._accounts_page,
            self._app.staff.accounts.show_error,
        )

    @Slot(int, bool)
    def _set_enabled(self, account_id: int, enabled: bool) -> None:
        actor = self.signed_in()
        self.run(
            lambda: self._app.admin.set_account_enabled(actor, account_id, enabled),
            self._accounts_page,
            self._app.staff.accounts.show_error,
        )

    @Slot()
    def _check_system(self) -> None:
        config = self._app.config
        data_dir = self._app.data_dir
        view = self._app.view

        def show(checks: Any) -> None:
            self._app.staff.system.show_checks(checks)
            self._app.staff.system.show_settings(setting_rows(config))
            self._app.staff.system.show_versions(versions())

        camera = camera_in_use(view.camera_title, view.camera_ok, view.demo)
        lock = lock_in_use(config.door.lock, self._app.lock.reachable)
        failed = self._app.staff.system.show_error
        looked = self._looker.submit(
            lambda: examine(config, data_dir, camera, lock)
        )  # slow, and nobody else shall wait for it
        self._app.tasks.watch(looked, show, lambda error: failed(error.key, **error.values))

    # plumbing

    def _connect(self) -> None:
        staff = self._app.staff
        staff.signOutRequested.connect(self.sign_out)
        staff.doorRequested.connect(self.sign_out)
        staff.pageOpened.connect(self._page_opened)
        staff.enrol.checkNumberRequested.connect(self._check_number)
        staff.enrol.started.connect(self._start_enrolment)
        staff.enrol.addRequested.connect(self._add_person)
        staff.enrol.cancelled.connect(self._cancel_enrolment)
        staff.enrol.retryRequested.connect(self._retry_enrolment)
        staff.enrol.saveRequested.connect(self._save_enrolment)
        staff.enrol.testRequested.connect(self.sign_out)
        staff.people.pageRequested.connect(self._people_page)
        staff.people.saved.connect(self._save_person)
        staff.people.reEnrolRequested.connect(self._re_enrol)
        staff.people.pinChosen.connect(self._set_person_pin)
        staff.people.lookAlikesRequested.connect(self._look_alikes)
        staff.enrol.pinChosen.connect(self._set_enrolled_pin)
        staff.log.pageRequested.connect(self._log_page)
        staff.log.actionsRequested.connect(self._actions_page)
        staff.log.exportRequested.connect(self._export_decisions)
        staff.log.actionsExportRequested.connect(self._export_actions)
        staff.log.exportCancelled.connect(self._stop_export)
        self.exportMoved.connect(self._export_progress)
        staff.accounts.added.connect(self._add_account)
        staff.accounts.pinChosen.connect(self._set_pin)
        staff.accounts.enabledChosen.connect(self._set_enabled)
        staff.lock.overrideChosen.connect(self._choose_override)
        staff.system.refreshRequested.connect(self._check_system)

    @Slot(str)
    def _page_opened(self, name: str) -> None:
        if name == "accounts":
            self._accounts_page()
        elif name == "lock":
            self.show_door()
        elif name == "system":
            self._check_system()

    def signed_in(self) -> Account:
        """Who is signed in; staff without anybody signed in may do nothing."""
        return self._account or Account("", AccountRole.STAFF, enabled=False)

    def run(
        self, work: Callable[[], object], done: Callable[[Any], None], failed: Callable[..., None]
    ) -> None:
        """``work`` after what was asked before it, its result or error back on this thread."""
        self._app.tasks.watch(
            self._worker.submit(work), done, lambda error: failed(error.key, **error.values)
        )

    def _nothing(self, _: Any) -> None:
        """The result is shown by the next step of the engine."""


def free_name(wanted: Path) -> Path:
    """``wanted``, with a number where a file of that second is there already."""
    number = 1
    path = wanted
    while path.exists():
        number += 1
        path = wanted.with_stem(f"{wanted.stem}-{number}")
    return path


def described(wanted: LogFilter) -> dict[str, object]:
    """A filter as it is written down: only what narrows it."""
    parts = {
        "since": wanted.since,
        "until": wanted.until,
        "text": wanted.text,
        "outcome": wanted.outcome,
        "person": wanted.person_id,
    }
    return {name: str(value) for name, value in parts.items() if value}
