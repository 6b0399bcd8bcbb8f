"""Who comes when, why somebody is refused, and how well camera and networks do."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QProgressBar, QWidget

from kiosk.core.people import AccountRole
from kiosk.core.statistics import EntryCounts, RuntimeStats, StageTiming
from kiosk.ui.formatting import DASH, count_text
from kiosk.ui.i18n import tr
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.basics import Card, Label, Screen, column, row, spacing
from kiosk.ui.widgets.charts.bar_chart import BarChart, BarSeries, Swatch
from kiosk.ui.widgets.forms.chips import ChipRow
from kiosk.ui.widgets.key_value_list import KeyValueList
from kiosk.ui.widgets.side_panel import scroll_area
from kiosk.ui.widgets.table.paged_models import event_key

RANGES = ("today", "week", "month", "all")
MOST_DAYS = 92
SHOWN_REASONS = 8
NARROW = 900
"""Pixels below which the cards stand one under another."""


class StatisticsScreen(Screen):
    """``entriesRequested(range)`` is answered by ``show_entries`` or ``show_error``; ``show_pulse`` comes by itself. Staff see today."""

    entriesRequested = Signal(str)

    def __init__(self) -> None:
        super().__init__("statisticsScreen")
        self._entries: EntryCounts | None = None
        self.title = Label("statistics.title", size=SIZES[3], bold=True)
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
        legend = _legend()
        charts = (
            Card(Label("statistics.hours", size=SIZES[2], bold=True), legend, self.hours, margin=2),
            Card(
                row(Label("statistics.days", size=SIZES[2], bold=True), None, self.by),
                self.days,
                margin=2,
            ),
        )
        lists = (
            Card(
                Label("statistics.reasons.title", size=SIZES[2], bold=True),
                self.reasons,
                1,
                Label("statistics.faults.title", size=SIZES[2], bold=True),
                self.faults,
                None,
                margin=2,
            ),
            Card(
                Label("statistics.pulse.title", size=SIZES[2], bold=True),
                Label("statistics.pulse.text", size=SIZES[0], quiet=True, wrap=True),
                self.pulse,
                None,
                margin=2,
            ),
        )
        self._pairs = [_side_by_side(pair) for pair in (charts, lists)]
        inner = QWidget()
        inner.setLayout(column(self.total, *self._pairs, None, gap=2))
        layout = column(
            row(self.title, None, gap=2),
            self.range,
            self.error,
            scroll_area(inner),
            gap=2,
            margin=3,
        )
        layout.setStretch(3, 1)
        self.setLayout(layout)
        self.error.hide()
        self.range.chosen.connect(self.entriesRequested)
        self.by.chosen.connect(self._show_days)

    def set_role(self, role: AccountRole) -> None:
        """Staff see today only."""
        self.range.setVisible(role is AccountRole.ADMIN)

    def opened(self) -> None:
        """The page came to the front: count anew."""
        self.entriesRequested.emit(self.range.value())

    def reset(self) -> None:
        """Begin as for somebody who has just signed in."""
        self.range.set_value("today")
        self.by.set_value("day")
        self.error.hide()

    def retranslate(self) -> None:
        if self._entries is not None:
            self.show_entries(self._entries)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        way = (
            QBoxLayout.Direction.TopToBottom
            if self.width() < NARROW
            else QBoxLayout.Direction.LeftToRight
        )
        for pair in self._pairs:
            pair.setDirection(way)

    def show_entries(self, entries: EntryCounts) -> None:
        """Show the counts."""
        self._entries = entries
        self.error.hide()
        accepted, rejected = entries.total
        self.total.set_key(
            "statistics.total",
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
            [(f"log.reason.{reason}", n) for reason, n in entries.reasons[:SHOWN_REASONS]]
        )
        self.faults.show_rows([(event_key(event), n) for event, n in entries.faults])

    def show_pulse(self, pulse: RuntimeStats) -> None:
        """Show camera and networks as they are now."""
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
        """Why nothing can be counted."""
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
        days = entries.every_day(MOST_DAYS)
        self.days.show_bars(
            BarSeries([pair for _, pair in days], [f"{day.month}/{day.day}" for day, _ in days])
        )


class RankedList(QWidget):
    """Names with a bar and a count each, longest first; words where there is nothing."""

    def __init__(self, name: str, none_key: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.none = Label(none_key, quiet=True, wrap=True, size=SIZES[0], name=f"{name}None")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(spacing(1.5))
        self._grid.setVerticalSpacing(spacing(1))
        self._grid.setColumnStretch(0, 3)
        self._grid.setColumnStretch(1, 2)
        self._rows: list[tuple[Label, QProgressBar, Label]] = []
        self.setLayout(column(self.none, self._grid, gap=0))

    def show_rows(self, rows: Sequence[tuple[str, int]]) -> None:
        """Show (message key, count)."""
        self.none.setVisible(not rows)
        while len(self._rows) < len(rows):
            self._add()
        most = max((n for _, n in rows), default=1)
        for number, parts in enumerate(self._rows):
            for part in parts:
                part.setVisible(number < len(rows))
        for (words, bar, count), (key, n) in zip(self._rows, rows, strict=False):
            words.set_key(key)
            bar.setRange(0, most)
            bar.setValue(n)
            count.set_text(count_text(n))

    def words(self) -> dict[str, str]:
        """What is shown: counts by their names."""
        return {
            words.text(): count.text() for words, _, count in self._rows if not words.isHidden()
        }

    def _add(self) -> None:
        words = Label("", size=SIZES[0], wrap=True)
        bar = QProgressBar()
        count = Label("", size=SIZES[0])
        bar.setTextVisible(False)
        line = len(self._rows)
        for place, part in enumerate((words, bar, count)):
            self._grid.addWidget(part, line, place)
        self._rows.append((words, bar, count))


def stage_text(stage: StageTiming) -> str:
    """Mean, and what nearly all took no longer than."""
    if math.isinf(stage.most_s):
        return tr("statistics.pulse.mean", mean=f"{stage.mean_s * 1000:.1f}")
    return tr(
        "statistics.pulse.mean_most",
        mean=f"{stage.mean_s * 1000:.1f}",
        most=f"{stage.most_s * 1000:g}",
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else DASH


def _side_by_side(cards: Sequence[Card]) -> QBoxLayout:
    layout = QBoxLayout(QBoxLayout.Direction.LeftToRight)
    layout.setSpacing(spacing(2))
    for card in cards:
        layout.addWidget(card, 1)
    return layout


def _legend() -> QWidget:
    """The two colours in words, in the marks that the bars have."""
    made = QWidget()
    made.setLayout(
        row(
            Swatch("genuine"),
            Label("statistics.legend.accepted", size=SIZES[0]),
            1,
            Swatch("impostor"),
            Label("statistics.legend.rejected", size=SIZES[0]),
            None,
        )
    )
    return made
