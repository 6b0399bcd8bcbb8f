"""The weekly schedules: choose one, paint its hours, add and remove."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.access_rules import (
    BUILT_IN,
    MINUTES,
    WEEK,
    AccessRules,
    RuleKind,
    RulesView,
    WeekPlan,
    erased,
    painted,
)
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.access.block_editor import BlockEditor
from kiosk.ui.screens.access.dated_hours_panel import DatedHoursPanel
from kiosk.ui.screens.access.name_adder import NameAdder
from kiosk.ui.screens.access.renamer import Renamer
from kiosk.ui.screens.access.rule_words import plan_words
from kiosk.ui.screens.access.week_grid import WeekGrid
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.forms.chips import ChipRow
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row

_WHOLE_WEEK = dict.fromkeys(WEEK, ((0, MINUTES),))


class PlansPanel(QWidget):
    """Emits ``edited`` with the rules, and ``renamed`` with what is to have another name.

    A schedule in use cannot be removed.
    """

    edited = Signal(object)
    renamed = Signal(str, str, str)

    def __init__(self, today: Callable[[], date]) -> None:
        super().__init__()
        self._view = RulesView(AccessRules())
        self._rules = self._view.rules
        self._name = BUILT_IN[0]
        self._chosen = False
        self._shown_names: tuple[str, ...] = ()
        self.chips = ChipRow(
            "planChoice", [(n, f"rules.plan.{n}") for n in BUILT_IN], value="always"
        )
        self.adder = NameAdder("rules.new_plan", "planNew")
        self.used = Label("", size=SIZES[0], quiet=True, wrap=True, name="planUsed")
        self.zone = Label("", size=SIZES[0], quiet=True, wrap=True, name="planZone")
        self.how = Label("rules.grid.how", size=SIZES[0], quiet=True, wrap=True)
        self.grid = WeekGrid("planGrid")
        self.editor = BlockEditor()
        self.dates = DatedHoursPanel(today)
        self.rename = Renamer("planName")
        self.remove = Button("rules.remove_plan", icon="trash", name="planRemove")
        self.confirm = Confirm(
            "planRemoveConfirm",
            title="rules.remove_plan_title",
            yes="rules.remove_yes",
            no="rules.keep",
        )
        self.setLayout(
            column(
                self.chips,
                Card(
                    self.used,
                    self.grid,
                    self.how,
                    self.zone,
                    self.editor,
                    self.rename,
                    row(self.remove, None),
                    self.confirm,
                    gap=1.5,
                ),
                self.dates,
                Card(self.adder),
                gap=1.5,
            )
        )
        self.chips.chosen.connect(self._choose)
        self.adder.added.connect(self._add)
        self.grid.painted.connect(self._paint)
        self.grid.dayChosen.connect(self.editor.choose_day)
        self.editor.dayChosen.connect(self.grid.choose_day)
        self.editor.changed.connect(self._change)
        self.dates.changed.connect(self._change)
        self.rename.renamed.connect(self._rename)
        self.remove.clicked.connect(self._ask)
        self.confirm.confirmed.connect(self._remove)
        language().changed.connect(self._retranslate)

    def show_rules(self, rules: AccessRules, view: RulesView) -> None:
        """Show ``rules``, as edited since ``view``."""
        self._rules, self._view = rules, view
        if not self._chosen or self._name not in self._names():
            self._name = self._names()[0]
        if self._names() != self._shown_names:
            self._show_chips()
        self.chips.set_value(self._name)
        self._show()

    def reset(self) -> None:
        """Show the first schedule and the first day again."""
        self._chosen = False
        self.grid.choose_day(WEEK[0])
        self.editor.choose_day(WEEK[0])

    def _names(self) -> tuple[str, ...]:
        return self._rules.plan_names()

    def _show_chips(self) -> None:
        self._shown_names = self._names()
        self.chips.set_options([(name, "rules.name") for name in self._names()], value=self._name)
        for name in self._names():
            key, values = plan_words(name)
            self.chips.set_words(name, key, **values)

    def _show(self) -> None:
        own = self._rules.plan(self._name)
        plan = own or WeekPlan(self._name, _WHOLE_WEEK if self._name == "always" else {})
        users = [group.name for group in self._rules.groups if group.schedule == self._name]
        keys = self._view.plan_users.get(self._name, ())
        users += [tr(f"rules.use.{key.removeprefix('door.')}") for key in keys]
        self.zone.set_key("rules.zone" if self._view.zone else "", zone=self._view.zone)
        self.zone.setVisible(bool(self._view.zone))
        key = "rules.plan_used" if users else "rules.plan_unused"
        self.used.set_key(key, names=", ".join(users))
        self.grid.show_plan(plan, editable=own is not None)
        self.editor.show_plan(plan)
        self.editor.setVisible(own is not None)
        self.dates.show_plan(plan)
        self.dates.setVisible(own is not None)
        self.how.set_key("rules.grid.how" if own is not None else "rules.grid.built_in")
        self.rename.setVisible(own is not None)
        self.remove.setVisible(own is not None and not users)
        self.confirm.hide()

    def _retranslate(self, _code: str) -> None:
        self._show()

    def _choose(self, name: str) -> None:
        self._name, self._chosen = name, True
        self._show()

    def _add(self, name: str) -> None:
        if name in self._names():
            self.adder.show_error("error.rules_name", name=name)
            return
        self._name, self._chosen = name, True
        self.adder.clear()
        self._emit(replace(self._rules, plans=(*self._rules.plans, WeekPlan(name))))

    def _paint(self, days: tuple[str, ...], begin: int, end: int, on: bool) -> None:
        plan = self._rules.plan(self._name)
        if plan is None:
            return
        change = painted if on else erased
        for day in days:
            plan = plan.with_day(day, change(plan.blocks(day), begin, end))
        self._change(plan)

    def _change(self, plan: WeekPlan) -> None:
        plans = tuple(plan if own.name == plan.name else own for own in self._rules.plans)
        self._emit(replace(self._rules, plans=plans))

    def _rename(self, new: str) -> None:
        self.renamed.emit(RuleKind.PLAN.value, self._name, new)

    def _ask(self) -> None:
        self.confirm.ask("rules.remove_plan_text", name=self._name)

    def _remove(self) -> None:
        plans = tuple(own for own in self._rules.plans if own.name != self._name)
        self._emit(replace(self._rules, plans=plans))

    def _emit(self, rules: AccessRules) -> None:
        self.edited.emit(rules)
