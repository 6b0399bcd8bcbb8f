"""The import page by touch, and from a file to the database."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget

from kiosk.app.bootstrap.consent_factory import publish_consent
from kiosk.app.bootstrap.importer import found_tables, photographs_beside
from kiosk.app.bootstrap.pipeline_factory import build_photograph_pipeline, build_pipeline
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.live_config import LiveConfig
from kiosk.app.staff.import_presenter import ImportPresenter
from kiosk.core.config import Config
from kiosk.core.frames import Frame, QualityIssue
from kiosk.core.import_plan import ImportPlan, ImportReport, PlannedRow, RowError, RowState
from kiosk.core.languages import language_codes
from kiosk.core.people import Account, AccountRole
from kiosk.core.rights import Right, require
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.people.import_screen import ImportScreen
from kiosk.ui.screens.system.admin_screen import AdminScreen
from kiosk.ui.theme import theme
from tests.helpers.screens import click, find
from tests.helpers.staff_context import staff_context
from tests.ui.conftest import clipped

ROWS = tuple(PlannedRow(n + 2, f"2026-{n}", f"사람{n}", RowState.NEW) for n in range(250))
WRONG = ROWS[3].with_error(RowError(5, "valid_until", "import.error.date", {"text": "soon"}))
PLAN = ImportPlan("people.csv", (*ROWS[:3], WRONG, *ROWS[4:]), ("IMG_1.jpg",))


@pytest.fixture
def screen(shown) -> ImportScreen:
    theme().reduced_motion = True
    return shown(ImportScreen(), 1064, 800)


@pytest.mark.parametrize("code", language_codes())
def test_a_guessed_code_page_is_said_with_the_first_names(screen, code):
    language().use(code)
    screen.show_plan(PLAN)
    assert screen.preview.guessed.isHidden()
    screen.show_plan(replace(PLAN, code_page="GBK"))
    said = find(screen, "importGuessed")
    assert said.isVisible() and not clipped(screen)
    assert "GBK" in said.text() and said.text().endswith("사람0, 사람1, 사람2")
    screen.preview.table.chosen.emit(ROWS[0])
    assert screen.preview.detail.isVisible() and screen.preview.guessed.isHidden()
    screen.preview.chips.chosen.emit("all")
    assert screen.preview.guessed.isVisible()


def test_choosing_a_found_file_fills_its_photographs(qtbot, screen):
    with qtbot.waitSignal(screen.lookRequested):
        screen.opened()
    screen.show_files("/data/imports", [("/usb/a.csv", "/usb/photos"), ("/usb/b.xlsx", "")])
    click(qtbot, screen, "importFile./usb/a.csv")
    with qtbot.waitSignal(screen.planRequested) as requests:
        click(qtbot, screen, "importPreview")
    assert (
        requests.args == ["/usb/a.csv", "/usb/photos"]
        and not find(screen, "importPreview").isEnabled()
    )
    screen.show_error("import.file.missing", file="a.csv", row=1, column="name")
    assert (
        "a.csv" in find(screen, "importNote").text() and find(screen, "importPreview").isEnabled()
    )


def test_path_can_be_typed_and_an_empty_one_is_refused(qtbot, screen):
    click(qtbot, screen, "importPreview")
    assert find(screen, "importFile.error").text() == tr("import.choose.file_missing")
    line = screen.findChild(QLineEdit, "importFile")
    qtbot.keyClicks(line, "/srv/people.csv")
    with qtbot.waitSignal(screen.planRequested) as requests:
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert requests.args == ["/srv/people.csv", ""]


def test_rows_are_counted_filtered_and_explained(qtbot, screen):
    screen.show_plan(PLAN)
    preview = screen.preview
    assert preview.chips.value() == "error" and preview.model.total == 1, "errors come first"
    preview.table.chosen.emit(preview.model.row(0))
    assert all(
        part in find(screen, "importDetail").text()
        for part in ("5", "2026-3", "soon", tr("import.column.valid_until"))
    )
    click(qtbot, screen, "importShow.new")
    assert preview.model.total == 249 and not preview.detail.isVisible()
    preview._serve_page(200, 100)
    assert preview.model.row(248) is ROWS[249]
    assert (
        "249" in find(screen, "importShow.new").text()
        and "IMG_1.jpg" in find(screen, "importUnused").text()
    )


def test_leaving_out_errors_needs_confirmation(qtbot, screen):
    screen.show_plan(PLAN)
    with qtbot.assertNotEmitted(screen.runRequested):
        click(qtbot, screen, "importGo")
    click(qtbot, screen, "importLeaveNo")
    click(qtbot, screen, "importGo")
    with qtbot.waitSignal(screen.runRequested) as requests:
        click(qtbot, screen, "importLeaveYes")
    assert requests.args == [False, True]


def test_dry_run_progress_cancel_and_finish(qtbot, screen):
    plan = ImportPlan("people.csv", ROWS)
    screen.show_plan(plan)
    with qtbot.waitSignal(screen.runRequested) as requests:
        click(qtbot, screen, "importDry")
    assert requests.args == [True, False] and not find(screen, "importGo").isEnabled()
    screen.show_progress(3, 10, 1.0)
    assert "3" in find(screen, "importProgressDetail").text()
    with qtbot.waitSignal(screen.cancelled):
        click(qtbot, screen, "importProgressCancel")
    screen.show_error("import.stopped")
    assert (
        find(screen, "importProgressTitle").text() == tr("import.stopped")
        and find(screen, "importGo").isEnabled()
    )
    with qtbot.waitSignal(screen.runRequested) as requests:
        click(qtbot, screen, "importGo")
    assert requests.args == [False, False]
    screen.show_report(plan, ImportReport(250, 0, 0, 0, 12), stored=True)
    assert (
        "250" in find(screen, "importProgressTitle").text()
        and not find(screen, "importGo").isEnabled()
    ), "not twice"
    click(qtbot, screen, "importBack")
    with qtbot.waitSignal(screen.backRequested):
        click(qtbot, screen, "importBack")


def test_administrators_reach_it_from_the_people_page(qtbot, shown):
    admin = shown(AdminScreen())
    admin.set_account(Account("조교", AccountRole.STAFF, id=2))
    admin.page("people")
    assert not admin.people.many.isVisible()
    admin.page("import")
    assert admin.current() == "people"
    admin.set_account(Account("관리자", AccountRole.ADMIN, id=1))
    click(qtbot, admin, "peopleImport")
    assert admin.current() == "import" and admin.findChild(QWidget, "importScreen").isVisible()
    click(qtbot, admin, "importBack")
    assert admin.current() == "people"


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("size", [(1064, 800), (864, 1920)])
def test_no_text_is_clipped(qtbot, qapp, shown, code, size):
    language().use(code)
    screen = shown(ImportScreen(), *size)
    screen.show_files(
        "/var/lib/munjigi/imports", [(f"/media/usb/people-{n}.csv", "") for n in range(9)]
    )
    qapp.processEvents()
    assert clipped(screen) == []
    screen.show_plan(PLAN)
    screen.preview.table.chosen.emit(WRONG)
    screen.show_progress(7, 2500, 3.0)
    click(qtbot, screen, "importGo")
    qapp.processEvents()
    assert clipped(screen) == []


class Site:
    """The presenter between a real page and a real database."""

    def __init__(self, folder: Path, page: ImportScreen) -> None:
        self.folder = folder
        self.page = page
        self.changed = []
        self.context = staff_context(gallery_changed=lambda: self.changed.append(1))
        self.storage = open_store(folder / "data")
        publish_consent(self.storage, Config())
        self.presenter = ImportPresenter(
            page, self.context, self.storage, live_config(folder), folder / "data"
        )


def live_config(folder: Path) -> LiveConfig:
    return LiveConfig(Config(), folder / "config.toml")


@pytest.fixture
def site(tmp_path, screen) -> Iterator[Site]:
    made = Site(tmp_path, screen)
    yield made
    made.presenter.stop()
    made.storage.close()


def test_from_a_file_to_people_with_faces(qtbot, site):
    imports = site.folder / "data" / "imports"
    photographs = imports / "photos"
    photographs.mkdir(parents=True)
    for n in range(2):
        cv2.imwrite(
            str(photographs / f"2026-1-{n + 1}.png"),
            draw_person(CAST[0].looks, yaw=0.1 * n, noise_seed=n),
        )
    (imports / "people.csv").write_text(
        "학번,이름,동의일\n2026-1,홍길동,2026-01-05\n2026-2,이산,\n", encoding="cp949"
    )
    site.page.opened()
    name = f"importFile.{imports / 'people.csv'}"
    qtbot.waitUntil(lambda: site.page.findChild(QWidget, name) is not None)
    click(qtbot, site.page, name)
    click(qtbot, site.page, "importPreview")
    qtbot.waitUntil(lambda: site.page.preview.isVisible())
    click(qtbot, site.page, "importDry")
    qtbot.waitUntil(lambda: find(site.page, "importGo").isEnabled())
    assert (
        site.storage.people.search("", 10, 0)[1] == 0
        and "2" in site.page.preview.progress.title.text()
    )
    click(qtbot, site.page, "importGo")
    qtbot.waitUntil(lambda: bool(site.changed))
    assert [(p.name, p.templates) for p in site.storage.people.search("", 10, 0)[0]] == [
        ("이산", 0),
        ("홍길동", 2),
    ]


class Examining:
    """An importer that runs a hook while the last photograph is examined."""

    def __init__(self, plan: ImportPlan, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.plan = plan
        self.meanwhile = meanwhile
        self.agreed = []

    def examine(
        self, actor: Account, plan: ImportPlan, progress: object, stopped: object
    ) -> ImportPlan:
        self.meanwhile()
        return replace(self.plan, examined=True)

    def carry_out(self, actor: Account, plan: ImportPlan, leave_out: bool) -> ImportReport:
        require(actor, Right.IMPORT_PEOPLE)
        self.agreed.append((plan.count(RowState.ERROR), leave_out))
        return ImportReport.of(plan)


def run(qtbot, site: Site, importer: Examining, leave_out: bool = False) -> None:
    site.presenter._importer = lambda: importer
    site.presenter._show_plan(PLAN if leave_out else replace(PLAN, rows=ROWS))
    site.page.preview._run(dry=False, leave_out=leave_out)
    qtbot.waitUntil(lambda: find(site.page, "importGo").isEnabled() or bool(site.changed))


def test_cancelling_at_the_last_photograph_stores_nothing(qtbot, site):
    importer = Examining(replace(PLAN, rows=ROWS), lambda: site.presenter._stop.set())
    run(qtbot, site, importer)
    assert (
        importer.agreed == []
        and site.page.preview.progress.title.text() == tr("import.stopped")
        and not site.changed
    )


def test_losing_the_right_during_an_import_stores_nothing(qtbot, site):
    importer = Examining(
        replace(PLAN, rows=ROWS),
        lambda: site.context.session.end(),
    )
    run(qtbot, site, importer)
    assert importer.agreed == [] and site.page.preview.progress.title.text() == tr(
        "error.sign_in_first"
    )


def test_rows_rejected_by_their_photographs_need_another_confirmation(qtbot, site):
    worse = replace(
        PLAN,
        rows=(
            ROWS[0].with_error(RowError(2, "photographs", "import.error.date", {})),
            *PLAN.rows[1:],
        ),
    )
    importer = Examining(worse)
    run(qtbot, site, importer, leave_out=True)
    assert importer.agreed == [] and site.page.preview._plan.count(RowState.ERROR) == 2
    click(qtbot, site.page, "importGo")
    click(qtbot, site.page, "importLeaveYes")
    qtbot.waitUntil(lambda: bool(site.changed))
    assert importer.agreed == [(2, True)]


def test_bad_file_is_shown_and_staff_are_refused(qtbot, site):
    site.page.planRequested.emit("/no/such.csv", "")
    qtbot.waitUntil(lambda: site.page.choose.note.isVisible())
    assert "/no/such.csv" in site.page.choose.note.text()
    site.context.session.account = Account("조교", AccountRole.STAFF, id=2)
    site.page.planRequested.emit("/no/such.csv", "")
    qtbot.waitUntil(lambda: site.page.choose.note.text() == tr("error.admin_only"))


def test_tables_are_found_newest_first_and_photographs_beside_them(tmp_path):
    for n, name in enumerate(
        (
            "data/old.csv",
            "stick/deep/new.xlsx",
            "stick/notes.txt",
            "stick/.hidden.csv",
            "stick/a/b/c/d/far.csv",
        )
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        os.utime(file, (n, n))
    found = found_tables(tmp_path / "data", (tmp_path / "stick", tmp_path / "nowhere"))
    assert [file.name for file in found] == ["new.xlsx", "old.csv"]
    assert photographs_beside(found[0]) is None
    decomposed = unicodedata.normalize("NFD", "사진")  # as a Mac writes it
    (tmp_path / "stick" / "deep" / decomposed).mkdir()
    assert photographs_beside(found[0]) == tmp_path / "stick" / "deep" / decomposed


def test_face_filling_its_photograph_is_accepted():
    picture = draw_person(CAST[0].looks, height=300)[78:408, 190:450]
    frame = Frame(picture.copy(), 0.0, 0)
    close, good = (
        build(Config()).observe(frame) for build in (build_pipeline, build_photograph_pipeline)
    )
    assert QualityIssue.TOO_CLOSE in close.quality.issues and close.embedding is None
    assert good.quality.issues == () and good.embedding is not None
