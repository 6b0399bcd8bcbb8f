"""Entries by hour and day, reasons of rejection, and the state of camera and networks."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.people import AccountRole
from kiosk.core.statistics import EntryCounts, RuntimeStats, StageTiming
from kiosk.ui.formatting import DASH, count_text
from kiosk.ui.i18n import tr
from kiosk.ui.screens.log.log_table import event_key
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.charts.bar_chart import BarChart, BarSeries
from kiosk.ui.widgets.charts.colour_swatch import ColourSwatch
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.folding_row import FoldingRow
from kiosk.ui.widgets.forms.chips import ChipRow
from kiosk.ui.widgets.key_value_list import KeyValueList
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.ranked_list import RankedList
from kiosk.ui.widgets.scrolling import scroll_area

RANGES = ("today", "week", "month", "all")
MAX_DAYS = 92
MAX_REASONS = 8

PAIR_WIDTH = 640
"""Width of two cards at scale 1 below which one goes under the other."""


class StatisticsScreen(Screen):
    """Statistics; staff see today only.

    ``entriesRequested(range)`` is answered by ``show_entries`` or ``show_error``; the owner calls
    ``show_pulse`` periodically. ``attendanceRequested``: open the hours of presence.
    """

    entriesRequested = Signal(str)
    attendanceRequested = Signal()

    def __init__(self) -> None:
        super().__init__("statisticsScreen")
        self._entries: EntryCounts | None = None
        self.title = Label("statistics.title", size=SIZES[3], bold=True)
        self.attendance = Button("attendance.open", icon="clock", name="statisticsAttendance")
        self.range = ChipRow(
            "statisticsRange", [(name, f"log.range.{name}") for name in RANGES], value="today"
        )
        self.total = Label("", wrap=True, name="statisticsTotal")
        self.error = Label("", wrap=True, name="statisticsError")
        self.error.set_tone("reject")
        self.hours = BarChart("statisticsHours")
        self.days = BarChart("statisticsDays")
        self.by = ChipRow(
            "statisticsBy",
            [("day", "statistics.by.day"), ("weekday", "statistics.by.weekday")],
            value="day",
        )
        self.reasons = RankedList("statisticsReasons", "statistics.reasons.none")
        self.faults = RankedList("statisticsFaults", "statistics.faults.none")
        self.pulse = KeyValueList("statisticsPulse", name_width=200)
        self._pairs = [
            FoldingRow(*pair, least=PAIR_WIDTH) for pair in (self._charts(), self._lists())
        ]
        self._lay_out()
        self.error.hide()
        self.range.chosen.connect(self.entriesRequested)
        self.attendance.clicked.connect(self.attendanceRequested)
        self.by.chosen.connect(self._show_days)

    def _charts(self) -> tuple[Card, Card]:
        return (
            Card(
                Label("statistics.hours", size=SIZES[2], bold=True, wrap=True),
                _legend(),
                self.hours,
                margin=2,
            ),
            Card(
                flow(Label("statistics.days", size=SIZES[2], bold=True), None, self.by),
                self.days,
                margin=2,
            ),
        )

    def _lists(self) -> tuple[Card, Card]:
        return (
            Card(
                Label("statistics.reasons.title", size=SIZES[2], bold=True, wrap=True),
                self.reasons,
                1,
                Label("statistics.faults.title", size=SIZES[2], bold=True, wrap=True),
                self.faults,
                None,
                margin=2,
            ),
            Card(
                Label("statistics.pulse.title", size=SIZES[2], bold=True, wrap=True),
                Label("statistics.pulse.text", size=SIZES[0], quiet=True, wrap=True),
                self.pulse,
                None,
                margin=2,
            ),
        )

    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setLayout(column(self.total, *self._pairs, None, gap=2))
        layout = column(
            row(self.title, None, self.attendance, gap=2),
            self.range,
            self.error,
            scroll_area(inner),
            gap=2,
            margin=3,
        )
        layout.setStretch(3, 1)
        self.setLayout(layout)

    def set_role(self, role: AccountRole) -> None:
        """Restrict staff to today."""
        for part in (self.range, self.attendance):
            part.setVisible(role is AccountRole.ADMIN)

    def opened(self) -> None:
        """Request the counts."""
        self.entriesRequested.emit(self.range.value())

    def reset(self) -> None:
        """Start over, as after signing in."""
        self.range.set_value("today")
        self.by.set_value("day")
        self.error.hide()

    def retranslate(self) -> None:
        if self._entries is not None:
            self.show_entries(self._entries)

    def show_entries(self, entries: EntryCounts) -> None:
        """Show the counts."""
        self._entries = entries
        self.error.hide()
        accepted, rejected = entries.total
        self.total.set_key(
            "statistics.total" if accepted + rejected else "statistics.no_entries",
            since=entries.since.isoformat(),
            until=entries.until.isoformat(),
            accepted=count_text(accepted),
            rejected=count_text(rejected),
            share=_share(rejected, accepted + rejected),
        )
        busiest = max(range(24), key=lambda hour: sum(entries.hours[hour]))
        self.hours.show_bars(
            BarSeries(entries.hours, [f"{hour}" for hour in range(24)]),
            tr("statistics.busiest", hour=busiest, n=count_text(sum(entries.hours[busiest]))),
        )
        self._show_days("")
        self.reasons.show_rows(
            [(f"log.reason.{reason}", n) for reason, n in entries.reasons[:MAX_REASONS]]
        )
        self.faults.show_rows([(event_key(event), n) for event, n in entries.incidents])

    def show_pulse(self, pulse: RuntimeStats) -> None:
        """Show the current state of camera and networks."""
        lost = pulse.lost
        self.pulse.show_facts(
            [
                ("statistics.pulse.camera", pulse.camera or DASH),
                (
                    "statistics.pulse.state",
                    "=statistics.pulse.well" if pulse.camera_ok else "=statistics.pulse.gone",
                ),
                (
                    "statistics.pulse.lock",
                    "=statistics.pulse.well" if pulse.lock_ok else "=statistics.pulse.gone",
                ),
                (
                    "statistics.pulse.frames",
                    tr("statistics.pulse.per_second", n=f"{pulse.frames_per_s:.1f}"),
                ),
                (
                    "statistics.pulse.latency",
                    tr("statistics.pulse.ms", n=f"{pulse.latency_ms:.0f}"),
                ),
                *((f"statistics.stage.{stage.name}", stage_text(stage)) for stage in pulse.stages),
                *(
                    (f"statistics.dropped.{name}", count_text(n))
                    for name, n in pulse.dropped.items()
                ),
                ("statistics.pulse.camera_lost", count_text(lost.get("camera", 0))),
                ("statistics.pulse.service_lost", count_text(lost.get("service", 0))),
                ("statistics.pulse.restarts", count_text(pulse.restarts)),
            ]
        )

    def show_error(self, key: str, **values: object) -> None:
        """Show why there are no counts."""
        self.error.set_key(key, **values)
        self.error.show()

    def _show_days(self, _by: str) -> None:
        entries = self._entries
        if entries is None:
            return
        if self.by.value() == "weekday":
            names = tr("admin.date.weekdays").split()  # Sunday first
            self.days.show_bars(BarSeries(entries.weekdays, [*names[1:], names[0]]))
            return
        days = entries.every_day(MAX_DAYS)
        self.days.show_bars(
            BarSeries([pair for _, pair in days], [f"{day.month}/{day.day}" for day, _ in days])
        )


def stage_text(stage: StageTiming) -> str:
    """The mean duration of a stage, and the bound that nearly all stay below."""
    if math.isinf(stage.p95_s):
        return tr("statistics.pulse.mean", mean=f"{stage.mean_s * 1000:.1f}")
    return tr(
        "statistics.pulse.mean_most",
        mean=f"{stage.mean_s * 1000:.1f}",
        most=f"{stage.p95_s * 1000:g}",
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else DASH


def _legend() -> QWidget:
    """The two colours of the bars in words."""
    legend = QWidget()
    legend.setLayout(
        flow(
            row(ColourSwatch("genuine"), Label("statistics.legend.accepted", size=SIZES[0])),
            row(ColourSwatch("impostor"), Label("statistics.legend.rejected", size=SIZES[0])),
            gap=2,
        )
    )
    return legend
