"""The two pages of an import: choosing a table, and the preview of what it would do."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.import_plan import ImportPlan, ImportReport, PlannedRow, RowState
from kiosk.ui.formatting import count_text
from kiosk.ui.i18n import tr
from kiosk.ui.screens.people.import_table import STATE_BADGES, details_of, import_model
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.forms.chips import ChipRow
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.labels import ElidedLabel, Label
from kiosk.ui.widgets.layouts import column
from kiosk.ui.widgets.scrolling import scroll_area
from kiosk.ui.widgets.table.paged_table import PagedTable
from kiosk.ui.widgets.task_progress import TaskProgress

MAX_FILES = 6
MAX_UNUSED = 3
ALL_ROWS = "all"


class ImportChoosePage(QWidget):
    """Choosing the table and the folder of photographs."""

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
            Label("import.choose.title", size=SIZES[2], bold=True, wrap=True),
            self.text,
            self.none,
            self._files,
            self.file,
            self.photographs,
            Label("import.choose.photographs_text", size=SIZES[0], quiet=True, wrap=True),
            self.note,
            flow(self.look, None, self.preview),
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
        """Clear the choice."""
        for field in (self.file, self.photographs):
            field.set_text("")
            field.clear_error()
        self.show_message("text", "")

    def show_message(self, tone: str, key: str, **values: object) -> None:
        """Show the message ``key``; an empty key hides it."""
        self.preview.setEnabled(True)
        self.note.set_tone(tone)
        self.note.set_key(key, **values)
        self.note.setVisible(bool(key))

    def show_files(self, folder: str, files: Sequence[tuple[str, str]]) -> None:
        """Show the files that were found, as buttons."""
        self.text.set_key("import.choose.text", folder=folder)
        self.none.setVisible(not files)
        if self._rows is not None:
            self._files.removeWidget(self._rows)
            self._rows.hide()
            self._rows.deleteLater()
        self._rows = QWidget()
        self._rows.setLayout(
            column(*(self._file_button(*pair) for pair in files[:MAX_FILES]), gap=0.5)
        )
        self._files.addWidget(self._rows)
        self._rows.setVisible(bool(files))

    def _file_button(self, path: str, photographs: str) -> Button:
        button = Button("common.words", "secondary", "list", name=f"importFile.{path}", words=path)
        button.setProperty("choice", True)
        button.set_elided()
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
        self.show_message("quiet", "admin.waiting")
        self.preview.setEnabled(False)
        self.previewed.emit(self.file.text(), self.photographs.text())


class ImportPreviewPage(QWidget):
    """Every row with what it would do; dry run and import."""

    runRequested = Signal(bool, bool)

    def __init__(self) -> None:
        super().__init__()
        self._plan = ImportPlan("")
        self.file = ElidedLabel("", size=SIZES[2], bold=True, name="importPlanFile")
        self.chips = ChipRow(
            "importShow",
            [(ALL_ROWS, ""), *((state.value, "") for state in RowState)],  # until rows are counted
            value=ALL_ROWS,
        )
        self.model = import_model()
        self.table = PagedTable("importTable", self.model, "import.table.empty")
        self.detail = Label("", size=SIZES[0], wrap=True, name="importDetail")
        self.unused = Label("", size=SIZES[0], quiet=True, wrap=True, name="importUnused")
        self.guessed = Label("", size=SIZES[0], wrap=True, name="importGuessed")
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
            self.guessed,
            self.progress,
            self.confirm,
            flow(self.dry, None, self.go),
            gap=1.5,
        )
        layout.setStretch(2, 1)
        self.setLayout(layout)
        self.chips.chosen.connect(self._filter)
        self.model.pageWanted.connect(self._serve_page)
        self.table.chosen.connect(self._show_row)
        self.dry.clicked.connect(self._run_dry)
        self.go.clicked.connect(self._go)
        self.confirm.confirmed.connect(self._run_without_errors)
        for widget in (self.detail, self.unused, self.guessed):
            widget.hide()

    def reset(self) -> None:
        """Clear the preview."""
        self.show_plan(ImportPlan(""))
        self.progress.hide()

    def show_plan(self, plan: ImportPlan) -> None:
        """Show what the table would do; rows with errors first."""
        self._plan = plan
        self.file.set_text(plan.file)
        for state in RowState:
            self.chips.set_words(
                state.value, f"import.state.{state.value}", n=count_text(plan.count(state))
            )
        self.chips.set_words(ALL_ROWS, f"import.state.{ALL_ROWS}", n=count_text(len(plan.rows)))
        self.chips.set_value(RowState.ERROR.value if plan.errors else ALL_ROWS)
        self.unused.set_key(
            "import.table.unused",
            n=count_text(len(plan.unused)),
            names=", ".join(plan.unused[:MAX_UNUSED])
            + (" …" if len(plan.unused) > MAX_UNUSED else ""),
        )
        self.guessed.set_key(
            "import.table.guessed",
            code_page=plan.code_page,
            names=", ".join(plan.guessed_names),
        )
        self.confirm.hide()
        self._set_busy(False)
        self._filter("")

    def finish(self, report: ImportReport, *, stored: bool) -> None:
        """Show what was done; a stored table cannot be imported twice by a second touch."""
        self.progress.finish(
            "accept", "import.run.done" if stored else "import.run.tried", "", **report.values()
        )
        self._set_busy(stored)

    def fail(self, key: str, **values: object) -> None:
        """Show why nothing was done."""
        self.progress.finish("reject", key, "", **values)
        self._set_busy(False)

    def _rows(self) -> Sequence[PlannedRow]:
        chosen = self.chips.value()
        return (
            self._plan.rows
            if chosen == ALL_ROWS
            else [planned for planned in self._plan.rows if planned.state == chosen]
        )

    def _filter(self, _value: str) -> None:
        self.detail.hide()
        self._show_remarks(True)
        self.table.clear_choice()
        self.table.view.scrollToTop()
        self.model.restart()

    def _serve_page(self, offset: int, limit: int) -> None:
        rows = self._rows()
        self.model.accept(rows[offset : offset + limit], len(rows), offset)

    def _show_row(self, planned: object) -> None:
        if isinstance(planned, PlannedRow):
            details = details_of(planned) or tr(STATE_BADGES[planned.state].key)
            self.detail.set_text(f"{planned.row} · {planned.number} {planned.name} · {details}")
            self.detail.set_tone("reject" if planned.errors else "text")
            self._show_remarks(False)  # on a small screen the rows need their room
            self.detail.show()

    def _show_remarks(self, shown: bool) -> None:
        self.unused.setVisible(shown and bool(self._plan.unused))
        self.guessed.setVisible(shown and bool(self._plan.guessed_names))

    def _run_dry(self) -> None:
        self._run(dry=True, leave_out=False)

    def _go(self) -> None:
        if self._plan.errors:
            self.confirm.ask(
                "import.run.leave_text", n=count_text(self._plan.count(RowState.ERROR))
            )
        else:
            self._run(dry=False, leave_out=False)

    def _run_without_errors(self) -> None:
        self._run(dry=False, leave_out=True)

    def _run(self, *, dry: bool, leave_out: bool) -> None:
        self._set_busy(True)
        self.confirm.hide()
        self.progress.start()
        self.runRequested.emit(dry, leave_out)

    def _set_busy(self, busy: bool) -> None:
        for button in (self.dry, self.go):
            button.setEnabled(not busy and bool(self._plan.rows))
