"""Hours of presence by day and person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.ui.formatting import DASH, count_text
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.flow_layout import FlowLayout
from kiosk.ui.widgets.forms.chips import ChipRow
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.switched_off import SwitchedOff
from kiosk.ui.widgets.table.paged_model import PagedModel, TableColumn
from kiosk.ui.widgets.table.paged_table import PagedTable
from kiosk.ui.widgets.table.search_box import SearchBox

RANGES = ("today", "week", "month")


class AttendanceScreen(Screen):
    """``rowsRequested(range, text)`` is answered by ``show_rows`` or ``show_error``;
    ``exportRequested(range, text, kind)`` by ``show_exported`` or ``show_error``.
    ``pageWanted(offset, limit)``: a part of the rows. ``backRequested``: leave the page.
    ``settingWanted``: open the setting that switches attendance on.
    """

    rowsRequested = Signal(str, str)
    exportRequested = Signal(str, str, str)
    pageWanted = Signal(int, int)
    backRequested = Signal()
    settingWanted = Signal()

    def __init__(self) -> None:
        super().__init__("attendanceScreen")
        self.back = Button("attendance.back", "ghost", "back", name="attendanceBack")
        self.title = Label("attendance.title", size=SIZES[3], bold=True, wrap=True)
        self.words = Label("attendance.words.coming", size=SIZES[0], quiet=True, wrap=True)
        self.search = SearchBox("attendanceSearch", "attendance.search")
        self.range = ChipRow(
            "attendanceRange", [(name, f"log.range.{name}") for name in RANGES], value="week"
        )
        self.csv = Button("attendance.csv", icon="download", name="attendanceCsv")
        self.xlsx = Button("attendance.xlsx", icon="download", name="attendanceXlsx")
        self.note = Label("", wrap=True, name="attendanceNote")
        self.table = PagedTable("attendanceTable", _model(), "attendance.empty")
        line = QWidget()
        flow = FlowLayout(gap=1)
        for part in (self.range, self.csv, self.xlsx):
            flow.addWidget(part)
        line.setLayout(flow)
        head = row(self.back, self.title, gap=1)
        head.setStretch(1, 1)
        self.off = SwitchedOff("attendance.off", "attendanceOff")
        self._used = (self.words, self.search, line, self.table)
        self._room = QWidget()  # below what is switched off
        layout = column(
            head, self.off, *self._used[:3], self.note, self.table, self._room, gap=1.5, margin=3
        )
        for below in (self.table, self._room):
            layout.setStretch(layout.indexOf(below), 1)
        self.setLayout(layout)
        self._connect()
        self.show_on(True)
        self.reset()

    def _connect(self) -> None:
        self.back.clicked.connect(self.backRequested)
        self.off.settingWanted.connect(self.settingWanted)
        self.range.chosen.connect(self._request)
        self.search.searched.connect(self._request)
        self.table.model.pageWanted.connect(self.pageWanted)
        self.csv.clicked.connect(self._export_csv)
        self.xlsx.clicked.connect(self._export_xlsx)

    def opened(self) -> None:
        """Request the rows; without attendance the owner has said so by ``show_on``."""
        if self.off.isHidden():
            self._request("")

    def reset(self) -> None:
        """Start over, as after signing in."""
        self.search.reset()
        self.range.set_value("week")
        self.show_rows(0, [])
        self._show_note("quiet", "")

    def show_on(self, on: bool) -> None:
        """Show the page, or only that attendance is switched off and where to switch it on."""
        self._show_note("quiet", "")
        self.off.setVisible(not on)
        self._room.setVisible(not on)
        for part in self._used:
            part.setVisible(on)

    def set_leaving(self, known: bool) -> None:
        """Say what is known: comings and leavings, or comings only."""
        self.words.set_key(f"attendance.words.{'leaving' if known else 'coming'}")

    def show_rows(self, total: int, rows: Sequence[object]) -> None:
        """Show a new list of ``total`` rows, of which ``rows`` are the first."""
        self.table.model.accept(rows, total, 0)
        self._show_note("quiet", "")

    def show_page(self, total: int, rows: Sequence[object], offset: int) -> None:
        """Show a further part of the list."""
        self.table.model.accept(rows, total, offset)

    def show_exported(self, name: str) -> None:
        """Show where the export is."""
        self._show_note("accept", "attendance.exported", file=name)

    def show_error(self, key: str, **values: object) -> None:
        """Show why there are no rows, or no export."""
        self.table.model.accept([], 0, 0)
        self._show_note("reject", key, **values)

    def _show_note(self, tone: str, key: str, **values: object) -> None:
        self.note.set_tone(tone)
        self.note.set_key(key, **values)
        self.note.setVisible(bool(key))

    def _request(self, _: str) -> None:
        self.rowsRequested.emit(self.range.value(), self.search.words())

    def _export_csv(self) -> None:
        self.exportRequested.emit(self.range.value(), self.search.words(), "csv")

    def _export_xlsx(self) -> None:
        self.exportRequested.emit(self.range.value(), self.search.words(), "xlsx")


def _model() -> PagedModel:
    """A table of ``AttendanceLine``."""
    return PagedModel(
        (
            TableColumn("attendance.column.day", lambda line: line.day, 180),
            TableColumn(
                "attendance.column.number", lambda line: line.number, 150, min_table_width=760
            ),
            TableColumn("attendance.column.name", lambda line: line.name),
            TableColumn("attendance.column.first_in", lambda line: line.first_in, 130),
            TableColumn("attendance.column.last_out", lambda line: line.last_out, 130),
            TableColumn("attendance.column.hours", _hours, 110, right=True),
            TableColumn(
                "attendance.column.entries",
                lambda line: count_text(line.entries),
                110,
                right=True,
                min_table_width=860,
            ),
        )
    )


def _hours(line: Any) -> str:
    return DASH if line.hours is None else f"{line.hours:.1f}"
