"""Many people from a table: choose it, look at what it would do, try it out, import."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from kiosk.core.import_plan import ImportPlan, ImportReport, PlannedRow, RowState
from kiosk.ui.formatting import count_text
from kiosk.ui.i18n import tr
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.basics import Button, Card, ElidedLabel, Field, Label, Screen, column, row
from kiosk.ui.widgets.forms.chips import ChipRow
from kiosk.ui.widgets.side_panel import Confirm, scroll_area
from kiosk.ui.widgets.table.paged_models import PagedModel, StatusBadge, TableColumn
from kiosk.ui.widgets.table.paged_table import PagedTable
from kiosk.ui.widgets.task_progress import TaskProgress

SHOWN_FILES = 6
SHOWN_UNUSED = 3
_BADGES = {
    RowState.NEW: StatusBadge("plus", "import.badge.new", "accept"),
    RowState.CHANGED: StatusBadge("edit", "import.badge.changed", "wait"),
    RowState.UNCHANGED: StatusBadge("check", "import.badge.unchanged", "quiet"),
    RowState.ERROR: StatusBadge("cross", "import.badge.error", "reject"),
}
ALL = "all"


def details_of(planned: PlannedRow) -> str:
    """What a row changes, or what is wrong with it, in one line."""
    if planned.faults:
        return " · ".join(
            _fault_text(fault.column, tr(fault.key, **fault.values)) for fault in planned.faults
        )
    parts = (
        [
            tr(
                "import.detail.fields",
                fields=", ".join(tr(f"import.column.{name}") for name in planned.fields),
            )
        ]
        if planned.fields
        else []
    )
    if planned.photographs:
        parts.append(tr("import.detail.photographs", n=len(planned.photographs)))
    return " · ".join([*parts, *([tr(planned.note)] if planned.note else [])])


def _fault_text(column_name: str, text: str) -> str:
    return (
        tr("import.detail.fault", column=tr(f"import.column.{column_name}"), text=text)
        if column_name
        else text
    )


def import_model() -> PagedModel:
    """Rows are ``PlannedRow``."""
    return PagedModel(
        (
            TableColumn("import.column.row", lambda r: str(r.row), 72, right=True),
            TableColumn("import.column.number", lambda r: r.number, 140),
            TableColumn("import.column.name", lambda r: r.name, 150),
            TableColumn("import.column.state", lambda r: "", 140, badge=lambda r: _BADGES[r.state]),
            TableColumn("import.column.detail", details_of),
        )
    )


class ImportScreen(Screen):
    """``planRequested(file, folder of photographs)`` is answered by ``show_plan``, ``runRequested(dry, leave out)`` by ``show_progress`` and
    ``show_report``, each by ``show_error`` where it went wrong. For administrators; reached from the People page."""

    lookRequested = Signal()
    planRequested = Signal(str, str)
    runRequested = Signal(bool, bool)
    cancelled = Signal()
    backRequested = Signal()

    def __init__(self) -> None:
        super().__init__("importScreen")
        self.back = Button("import.back", "ghost", "back", name="importBack")
        self.title = Label("import.title", size=SIZES[3], bold=True)
        self.choose = ChoosePage()
        self.preview = PreviewPage()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.choose)
        self._pages.addWidget(self.preview)
        layout = column(row(self.back, self.title, None, gap=1), self._pages, gap=2, margin=3)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.back.clicked.connect(self._back)
        self.choose.look.clicked.connect(self.lookRequested)
        self.choose.previewed.connect(self.planRequested)
        self.preview.asked.connect(self.runRequested)
        self.preview.progress.cancelled.connect(self.cancelled)

    def opened(self) -> None:
        """The page came to the front: look for files."""
        self.lookRequested.emit()

    def reset(self) -> None:
        """Begin as for somebody who has just signed in."""
        self._show(self.choose)
        self.choose.reset()
        self.preview.reset()

    def show_files(self, folder: str, files: Sequence[tuple[str, str]]) -> None:
        """Tables that were found, as (path, folder of photographs that lies beside it or nothing)."""
        self.choose.show_files(folder, files)

    def show_plan(self, plan: ImportPlan) -> None:
        """What the file would do."""
        self.choose.say("text", "")
        self.preview.show_plan(plan)
        self._show(self.preview)

    def show_progress(self, done: int, total: int, seconds: float) -> None:
        """So many photographs were looked at; all of them: what follows cannot be stopped any more."""
        self.preview.progress.advance(done, total, seconds)

    def show_report(self, plan: ImportPlan, report: ImportReport, *, stored: bool) -> None:
        """What was done, or would be."""
        self.preview.show_plan(plan)
        self.preview.finish(report, stored=stored)

    def show_error(self, key: str, **values: object) -> None:
        """Why nothing was done."""
        if self._pages.currentWidget() is self.preview:
            self.preview.fail(key, **values)
        else:
            self.choose.say("reject", key, **values)

    def _show(self, page: QWidget) -> None:
        self._pages.setCurrentWidget(page)
        self.back.set_key("import.back" if page is self.choose else "import.other")

    def _back(self) -> None:
        if self._pages.currentWidget() is self.preview:
            self.cancelled.emit()
            self.preview.reset()
            self._show(self.choose)
            self.lookRequested.emit()
        else:
            self.backRequested.emit()


class ChoosePage(QWidget):
    """Which table, and where the photographs are."""

    previewed = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.text = Label("import.choose.text", size=SIZES[0], quiet=True, wrap=True, folder="")
        self.none = Label("import.choose.none", quiet=True, wrap=True, name="importNone")
        self.file = Field("import.choose.file", "importFile", max_length=400)
        self.photographs = Field("import.choose.photographs", "importPhotographs", max_length=400)
        self.look = Button("import.choose.look", icon="refresh", name="importLook")
        self.preview = Button("import.choose.preview", "primary", "forward", name="importPreview")
        self.note = Label("", wrap=True, name="importNote")
        self._files = column(gap=0.5)
        self._rows: QWidget | None = None
        card = Card(
            Label("import.choose.title", size=SIZES[2], bold=True),
            self.text,
            self.none,
            self._files,
            self.file,
            self.photographs,
            Label("import.choose.photographs_text", size=SIZES[0], quiet=True, wrap=True),
            self.note,
            row(self.look, None, self.preview),
            gap=1.5,
        )
        inner = QWidget()
        inner.setLayout(column(card, None))
        self.setLayout(column(scroll_area(inner)))
        self.preview.clicked.connect(self._preview)
        for field in (self.file, self.photographs):
            field.submitted.connect(self._preview)
        self.note.hide()

    def reset(self) -> None:
        """Nothing chosen."""
        for field in (self.file, self.photographs):
            field.set_text("")
            field.clear_error()
        self.say("text", "")

    def say(self, tone: str, key: str, **values: object) -> None:
        """Say what is the matter; nothing where ``key`` is empty."""
        self.preview.setEnabled(True)
        self.note.set_tone(tone)
        self.note.set_key(key, **values)
        self.note.setVisible(bool(key))

    def show_files(self, folder: str, files: Sequence[tuple[str, str]]) -> None:
        """Show what was found, to be touched."""
        self.text.set_key("import.choose.text", folder=folder)
        self.none.setVisible(not files)
        if self._rows is not None:
            self._files.removeWidget(self._rows)
            self._rows.hide()
            self._rows.deleteLater()
        self._rows = QWidget()
        self._rows.setLayout(
            column(*(self._file_button(*pair) for pair in files[:SHOWN_FILES]), gap=0.5)
        )
        self._files.addWidget(self._rows)
        self._rows.setVisible(bool(files))

    def _file_button(self, path: str, photographs: str) -> Button:
        button = Button("common.words", "secondary", "list", name=f"importFile.{path}", words=path)
        button.setProperty("choice", True)
        button.setProperty("file", path)
        button.setProperty("photographs", photographs)
        button.clicked.connect(self._choose)
        return button

    def _choose(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.file.set_text(str(sender.property("file")))
            self.photographs.set_text(str(sender.property("photographs")))

    def _preview(self) -> None:
        if not self.file.text():
            self.file.set_error("import.choose.file_missing")
            self.file.edit.setFocus()
            return
        self.say("quiet", "admin.waiting")
        self.preview.setEnabled(False)
        self.previewed.emit(self.file.text(), self.photographs.text())


class PreviewPage(QWidget):
    """Every row with what it would do; trying it out; the import itself."""

    asked = Signal(bool, bool)

    def __init__(self) -> None:
        super().__init__()
        self._plan = ImportPlan("")
        self.file = ElidedLabel("", size=SIZES[2], bold=True, name="importPlanFile")
        self.chips = ChipRow(
            "importShow",
            [
                (ALL, f"import.state.{ALL}"),
                *((state.value, f"import.state.{state.value}") for state in RowState),
            ],
            value=ALL,
        )
        self.model = import_model()
        self.table = PagedTable("importTable", self.model, "import.table.empty")
        self.detail = Label("", size=SIZES[0], wrap=True, name="importDetail")
        self.unused = Label("", size=SIZES[0], quiet=True, wrap=True, name="importUnused")
        self.progress = TaskProgress("importProgress", "import.run.examining")
        self.confirm = Confirm(
            "importLeave",
            title="import.run.leave_title",
            yes="import.run.leave_yes",
            no="import.run.leave_no",
        )
        self.dry = Button("import.run.dry", icon="search", name="importDry")
        self.go = Button("import.run.go", "primary", "check", name="importGo")
        layout = column(
            self.file,
            self.chips,
            self.table,
            self.detail,
            self.unused,
            self.progress,
            self.confirm,
            row(self.dry, None, self.go),
            gap=1.5,
        )
        layout.setStretch(2, 1)
        self.setLayout(layout)
        self.chips.chosen.connect(self._filter)
        self.model.pageWanted.connect(self._give)
        self.table.chosen.connect(self._show_row)
        self.dry.clicked.connect(self._try_out)
        self.go.clicked.connect(self._go)
        self.confirm.confirmed.connect(self._go_without)
        for widget in (self.detail, self.unused):
            widget.hide()

    def reset(self) -> None:
        """Nothing to be seen."""
        self.show_plan(ImportPlan(""))
        self.progress.hide()

    def show_plan(self, plan: ImportPlan) -> None:
        """Show what it would do; errors first where there are some."""
        self._plan = plan
        self.file.set_text(plan.file)
        for state in RowState:
            self.chips.set_words(
                state.value, f"import.state.{state.value}", n=count_text(plan.count(state))
            )
        self.chips.set_words(ALL, f"import.state.{ALL}", n=count_text(len(plan.rows)))
        self.chips.set_value(RowState.ERROR.value if plan.faults else ALL)
        self.unused.setVisible(bool(plan.unused))
        self.unused.set_key(
            "import.table.unused",
            n=count_text(len(plan.unused)),
            names=", ".join(plan.unused[:SHOWN_UNUSED])
            + (" …" if len(plan.unused) > SHOWN_UNUSED else ""),
        )
        self.confirm.hide()
        self._set_busy(False)
        self._filter("")

    def finish(self, report: ImportReport, *, stored: bool) -> None:
        """Say what was done; the same table is not imported twice by a second touch."""
        self.progress.finish(
            "accept", "import.run.done" if stored else "import.run.tried", "", **report.values()
        )
        self._set_busy(stored)

    def fail(self, key: str, **values: object) -> None:
        """Say why nothing was."""
        self.progress.finish("reject", key, "", **values)
        self._set_busy(False)

    def _rows(self) -> Sequence[PlannedRow]:
        chosen = self.chips.value()
        return (
            self._plan.rows
            if chosen == ALL
            else [planned for planned in self._plan.rows if planned.state == chosen]
        )

    def _filter(self, _value: str) -> None:
        self.detail.hide()
        self.table.clear_choice()
        self.table.view.scrollToTop()
        self.model.restart()

    def _give(self, offset: int, limit: int) -> None:
        rows = self._rows()
        self.model.accept(rows[offset : offset + limit], len(rows), offset)

    def _show_row(self, planned: object) -> None:
        if isinstance(planned, PlannedRow):
            self.detail.set_text(
                f"{planned.row} · {planned.number} {planned.name} · {details_of(planned) or tr(_BADGES[planned.state].key)}"
            )
            self.detail.set_tone("reject" if planned.faults else "text")
            self.detail.show()

    def _try_out(self) -> None:
        self._run(dry=True, leave_out=False)

    def _go(self) -> None:
        if self._plan.faults:
            self.confirm.ask(
                "import.run.leave_text", n=count_text(self._plan.count(RowState.ERROR))
            )
        else:
            self._run(dry=False, leave_out=False)

    def _go_without(self) -> None:
        self._run(dry=False, leave_out=True)

    def _run(self, *, dry: bool, leave_out: bool) -> None:
        self._set_busy(True)
        self.confirm.hide()
        self.progress.start()
        self.asked.emit(dry, leave_out)

    def _set_busy(self, busy: bool) -> None:
        for button in (self.dry, self.go):
            button.setEnabled(not busy and bool(self._plan.rows))
