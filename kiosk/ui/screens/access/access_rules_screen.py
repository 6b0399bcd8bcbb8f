"""The access rules: groups, weekly schedules, holidays, who may enter when, earlier rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from kiosk.core.access_rules import AccessRules, EntryPreview, PublicHoliday, RulesView
from kiosk.ui.screens.access.entry_preview_panel import EntryPreviewPanel
from kiosk.ui.screens.access.groups_panel import GroupsPanel
from kiosk.ui.screens.access.holidays_panel import HolidaysPanel
from kiosk.ui.screens.access.plans_panel import PlansPanel
from kiosk.ui.screens.access.rules_history_panel import RulesHistoryPanel
from kiosk.ui.screens.access.rules_save_bar import RulesSaveBar
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.forms.chips import ChipRow
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column
from kiosk.ui.widgets.scrolling import scroll_area

TABS = ("groups", "plans", "holidays", "who", "history")


def _now() -> datetime:
    return datetime.now().astimezone()


class AccessRulesScreen(Screen):
    """Edits stay on the page until they are saved or dropped.

    ``viewRequested`` is answered by ``show_view``; ``saveRequested`` (rules, the view's ``seen``,
    name and PIN of a second administrator), ``renameRequested`` (kind, old and new name, ``seen``,
    name, PIN) and ``restoreRequested`` (version, name, PIN) by ``show_saved`` or ``show_error``;
    ``previewRequested`` (wall-clock time or ``None``, rules or ``None``) by ``show_preview`` or
    ``show_preview_error``.
    """

    viewRequested = Signal()
    holidaysRequested = Signal()
    saveRequested = Signal(object, str, str, str)
    renameRequested = Signal(str, str, str, str, str, str)
    restoreRequested = Signal(int, str, str)
    previewRequested = Signal(object, object)

    def __init__(self, now: Callable[[], datetime] = _now) -> None:
        super().__init__("rulesScreen")
        self._view = RulesView(AccessRules())
        self._rules = self._view.rules
        self._again: Callable[[str, str], None] | None = None
        self.tabs = ChipRow("rulesTab", [(tab, f"rules.tab.{tab}") for tab in TABS], value=TABS[0])
        self.groups = GroupsPanel()
        self.plans = PlansPanel(lambda: now().date())
        self.holidays = HolidaysPanel(lambda: now().date())
        self.who = EntryPreviewPanel(now)
        self.history = RulesHistoryPanel()
        self._editors = (self.groups, self.plans, self.holidays)
        self._pages = QStackedWidget()
        for panel in (*self._editors, self.who, self.history):
            page = QWidget()
            page.setLayout(column(panel, None))
            area = scroll_area(page)
            # a calendar of finger-sized days may be wider than what large text leaves of the page
            area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
            self._pages.addWidget(area)
        self.bar = RulesSaveBar()
        layout = column(
            Label("rules.title", size=SIZES[3], bold=True),
            self.tabs,
            self._pages,
            self.bar,
            gap=1.5,
            margin=3,
        )
        layout.setStretch(2, 1)
        self.setLayout(layout)
        self._connect()
        self.show_view(self._view)

    @property
    def edited(self) -> bool:
        """Whether there are edits that are neither saved nor dropped."""
        return self._rules != self._view.rules

    @property
    def rules(self) -> AccessRules:
        """The rules as edited."""
        return self._rules

    def opened(self) -> None:
        """Ask for the rules, or where edits wait here only for the names of the holidays."""
        (self.holidaysRequested if self.edited else self.viewRequested).emit()

    def reset(self) -> None:
        """Start over, as after signing in: edits of another account are dropped."""
        self._again = None
        self.tabs.set_value(TABS[0])
        self._pages.setCurrentIndex(0)
        self.plans.reset()
        self.show_view(RulesView(AccessRules()))

    def draft(self) -> tuple[RulesView, AccessRules] | None:
        """Return the edits with the view that they began from, if there are any."""
        return (self._view, self._rules) if self.edited else None

    def take_draft(self, draft: tuple[RulesView, AccessRules]) -> None:
        """Show edits again; if the file was changed meanwhile, saving them says so."""
        view, rules = draft
        self.show_view(view)
        self._edit(rules)

    def open_tab(self, tab: str) -> None:
        """Open one of ``TABS``."""
        self.tabs.set_value(tab)
        self._open_tab(tab)

    def show_view(self, view: RulesView) -> None:
        """Show the rules in the file."""
        self._view = view
        self._rules = view.rules
        self._show()

    def show_public_holidays(self, holidays: tuple[PublicHoliday, ...]) -> None:
        """Show public holidays in the language in use."""
        self._view = replace(self._view, public_holidays=holidays)
        self.holidays.show_rules(self._rules, self._view)

    def show_saved(self, view: RulesView) -> None:
        """Show that the rules are in force."""
        self._again = None
        self.show_view(view)
        self.bar.show_saved()

    def show_error(self, key: str, **values: object) -> None:
        """Show why nothing was changed; edits stay."""
        self.bar.show_error(key, **values)

    def show_preview(self, preview: EntryPreview) -> None:
        """Show who may enter."""
        self.who.show_preview(preview)

    def show_preview_error(self, key: str, **values: object) -> None:
        """Show why nobody can tell who may enter."""
        self.who.show_error(key, **values)

    def _connect(self) -> None:
        self.tabs.chosen.connect(self._open_tab)
        for panel in self._editors:
            panel.edited.connect(self._edit)
        for named in (self.groups, self.plans):
            named.renamed.connect(self._rename)
        self.bar.saved.connect(self._save)
        self.bar.discarded.connect(self._discard)
        self.who.asked.connect(self._ask)
        self.history.restored.connect(self._restore)

    def _open_tab(self, tab: str) -> None:
        self._pages.setCurrentIndex(TABS.index(tab))
        if tab == "who":
            self.who.ask()

    def _edit(self, rules: object) -> None:
        if isinstance(rules, AccessRules):
            self._again = None
            self._rules = rules
            self._show()

    def _show(self) -> None:
        for panel in (*self._editors, self.history):
            panel.show_rules(self._rules, self._view)
        self.bar.show_state(edited=self.edited, outside=self._view.changed_outside)

    def _ask(self, at: object) -> None:
        self.previewRequested.emit(at, self._rules if self.edited else None)

    def _save(self, name: str, pin: str) -> None:
        if self._again is not None:
            self._again(name, pin)
        else:
            self.saveRequested.emit(self._rules, self._view.seen, name, pin)

    def _discard(self) -> None:
        self._again = None
        self._rules = self._view.rules
        self._show()
        self.viewRequested.emit()

    def _restore(self, number: int) -> None:
        self._again = partial(self.restoreRequested.emit, number)
        self._again("", "")

    def _rename(self, kind: str, old: str, new: str) -> None:
        """Rename at once; a second administrator may be asked for."""
        if self.edited:
            self.bar.show_error("rules.rename_edited")
            return
        self._again = partial(self.renameRequested.emit, kind, old, new, self._view.seen)
        self._again("", "")
