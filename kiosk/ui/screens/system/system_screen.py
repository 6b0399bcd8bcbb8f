"""The state of the machine: checks with advice, settings in use, versions."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from kiosk.core.view_models import Check, CheckLevel
from kiosk.ui.catalogue import catalogue
from kiosk.ui.i18n import language
from kiosk.ui.screens.delivery.choice_line import ChoiceLine
from kiosk.ui.screens.screen import Screen
from kiosk.ui.screens.system.machine_card import MachineCard
from kiosk.ui.screens.system.reader_test_card import ReaderTestCard
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.charts.rings import TimeRing
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.folding_row import FoldingRow
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.scrolling import scroll_area
from kiosk.ui.widgets.style_property import set_property

_LOOK = {
    CheckLevel.OK: ("check", "circle", "accept"),
    CheckLevel.WARNING: ("warning", "square", "wait"),
    CheckLevel.PROBLEM: ("cross", "square", "reject"),
}

PAIR_WIDTH = 360
"""Width at scale 1 below which a value goes under its name."""


class CheckRow(QFrame):
    """A check: symbol, name, level, finding and advice."""

    def __init__(self, check: Check) -> None:
        super().__init__()
        self.setObjectName(f"check.{check.name}")
        icon, shape, tone = _LOOK[check.level]
        ring = TimeRing(40, name=f"check.{check.name}.ring")
        ring.set_symbol(icon, shape=shape, ink=tone, track="line")
        self.level = Label(f"system.level.{check.level.value}", size=SIZES[0], bold=True)
        self.level.set_tone(tone)
        kind, _, which = check.name.partition(" ")
        self.name = _plain(kind, SIZES[1], bold=True)
        if f"doctor.name.{kind}" in catalogue(language().code):
            self.name.set_key(f"doctor.name.{kind}")
        self.which = _plain(which, SIZES[1], bold=True)
        self.found = _words(check.key, check.values, check.found, quiet=True)
        self.advice = _words(check.advice_key, check.values, check.advice)
        words = column(
            flow(self.name, self.which, self.level, gap=1.5), self.found, self.advice, gap=0.5
        )
        line = row(column(ring, None), words, gap=2)
        line.setStretch(1, 1)
        self.setLayout(line)
        self.which.setVisible(bool(which))
        self.advice.setVisible(bool(check.advice))


class SystemScreen(Screen):
    """``refreshRequested`` requests the checks again, ``cameraRequested`` the camera's set-up,
    ``filesRequested`` the exported files, ``notificationsRequested`` the notifications,
    ``fleetRequested`` the doors of the fleet."""

    refreshRequested = Signal()
    cameraRequested = Signal()
    filesRequested = Signal()
    supportRequested = Signal()
    notificationsRequested = Signal()
    fleetRequested = Signal()
    setupRequested = Signal()

    def __init__(self) -> None:
        super().__init__("systemScreen")
        self._waiting = False
        self.title = Label("system.title", size=SIZES[3], bold=True)
        self.summary = Label("system.summary.none", quiet=True, wrap=True, name="systemSummary")
        self.refresh = Button("system.refresh", icon="refresh", name="systemRefresh")
        self.camera = Button("system.camera", icon="camera", name="systemCamera")
        self.camera.clicked.connect(self.cameraRequested)
        self.files = ChoiceLine("systemFiles", "", "delivery.open")
        self.files.title.set_key("delivery.title")
        self.files.words.set_key("delivery.words")
        self.files.chosen.connect(self.filesRequested)
        self.notifications = ChoiceLine("systemNotifications", "", "notify.open")
        self.notifications.title.set_key("notify.title")
        self.notifications.words.set_key("notify.short")
        self.notifications.chosen.connect(self.notificationsRequested)
        self.fleet = ChoiceLine("systemFleet", "", "doors.open")
        self.fleet.title.set_key("doors.title")
        self.fleet.words.set_key("doors.short")
        self.fleet.chosen.connect(self.fleetRequested)
        self.support = ChoiceLine("systemSupport", "", "support.make")
        self.support.title.set_key("support.title")
        self.support.words.set_key("support.words")
        self.support.chosen.connect(self.supportRequested)
        self.machine = MachineCard()
        self.setup = ChoiceLine("systemSetup", "", "wizard.again.open")
        self.setup.title.set_key("wizard.again.title")
        self.setup.words.set_key("wizard.again.words")
        self.setup.chosen.connect(self.setupRequested)
        self.checks = _Section("system.section.checks", "systemChecks")
        self.reader_test = ReaderTestCard()
        self.settings = _Section(
            "system.section.settings", "systemSettings", "system.section.settings_text"
        )
        self.versions = _Section("system.section.versions", "systemVersions")
        inner = QWidget()
        inner.setLayout(
            column(
                self.machine,
                Card(self.files, self.support, gap=2),
                Card(self.notifications, self.fleet, gap=2),
                Card(self.setup),
                self.checks,
                self.reader_test,
                self.settings,
                self.versions,
                None,
                gap=2,
            )
        )
        head = flow(self.title, self.summary, self.camera, self.refresh, gap=2, grow=self.summary)
        layout = column(head, scroll_area(inner), gap=2, margin=3)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.refresh.clicked.connect(self._refresh)

    def opened(self) -> None:
        """Prepare the page for display; the owner requests the checks."""
        self._show_checking()

    def reset(self) -> None:
        """Start over, as after signing in."""
        self._waiting = False
        self.reader_test.stop()
        self.machine.reset()

    def show_checks(self, checks: Sequence[Check]) -> None:
        """Show the checks, most serious first."""
        order = list(reversed(CheckLevel))
        rows: list[QWidget] = [
            CheckRow(check) for check in sorted(checks, key=lambda check: order.index(check.level))
        ]
        self.checks.show_rows(rows)
        self._waiting = False
        worst = next(
            (level for level in order if any(check.level is level for check in checks)),
            CheckLevel.OK,
        )
        self.summary.set_tone(_LOOK[worst][2])
        self.summary.set_key(
            f"system.summary.{worst.value}", n=sum(check.level is worst for check in checks)
        )

    def show_settings(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show (setting, value with unit)."""
        self.settings.show_pairs(rows)

    def show_versions(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show (program, version)."""
        self.versions.show_pairs(rows)

    def show_error(self, key: str, **values: object) -> None:
        """Show why the checks failed."""
        self._waiting = False
        self.summary.set_tone("reject")
        self.summary.set_key(key, **values)

    def _refresh(self) -> None:
        if not self._waiting:
            self._show_checking()
            self.refreshRequested.emit()

    def _show_checking(self) -> None:
        self._waiting = True
        self.summary.set_tone("quiet")
        self.summary.set_key("system.checking")


class _Section(Card):
    """A card with a title and rows; hidden while empty."""

    def __init__(self, key: str, name: str, text_key: str = "") -> None:
        super().__init__(Label(key, size=SIZES[2], bold=True), name=name, gap=1.5)
        if text_key:
            self.body.addWidget(Label(text_key, size=SIZES[0], quiet=True, wrap=True))
        self._rows: QWidget | None = None
        self.hide()

    def show_pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Show names and values in the given order."""
        self.show_rows([_pair(name, value) for name, value in pairs])

    def show_rows(self, rows: Sequence[QWidget]) -> None:
        """Replace the rows, separated by thin lines."""
        if self._rows is not None:
            self.body.removeWidget(self._rows)
            self._rows.hide()
            self._rows.deleteLater()
        self._rows = QWidget()
        layout: QVBoxLayout = column(gap=1)
        for number, widget in enumerate(rows):
            if number:
                layout.addWidget(_line())
            layout.addWidget(widget)
        self._rows.setLayout(layout)
        self.body.addWidget(self._rows)
        self.setVisible(bool(rows))


def _plain(text: str, size: int, *, quiet: bool = False, bold: bool = False) -> Label:
    label = Label(size=size, quiet=quiet, bold=bold, wrap=not bold)
    label.set_text(text)
    return label


def _words(key: str, values: dict[str, str], text: str, *, quiet: bool = False) -> Label:
    """A label of the message ``key``, or of ``text`` without a key."""
    label = _plain(text, SIZES[0], quiet=quiet)
    if key:
        label.set_key(key, **values)
    return label


def _pair(name: str, value: str) -> QWidget:
    left = _plain(name, SIZES[0], quiet=True)
    right = _plain(value, SIZES[0])
    right.setObjectName(f"value.{name}")
    return FoldingRow(left, right, stretches=(2, 3), least=PAIR_WIDTH)


def _line() -> QFrame:
    line = QFrame()
    set_property(line, "line", True)
    line.setFixedHeight(1)
    return line
