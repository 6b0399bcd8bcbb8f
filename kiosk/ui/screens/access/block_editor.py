"""The blocks of one day of a schedule, to the half hour, also over midnight."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.access_rules import DAYS, MINUTES, WEEK, Block, WeekPlan, block_text
from kiosk.ui.screens.access.time_stepper import STEP, TimeStepper
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.flow_layout import FlowLayout
from kiosk.ui.widgets.forms.chips import ChipRow
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column

NEW_BLOCK: Block = (9 * 60, 18 * 60)


class BlockEditor(QWidget):
    """Emits ``changed`` with the plan as edited.

    Its parts are named ``blockDay``, ``blocks.<number>``, ``blockBegin…``, ``blockEnd…``,
    ``blockAdd``, ``blockRemove``, ``blockToWeekdays`` and ``blockToAll``.
    """

    changed = Signal(object)
    dayChosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._plan = WeekPlan("")
        self._number = 0
        self.days = ChipRow("blockDay", [(d, f"rules.day.{d}") for d in WEEK], value=WEEK[0])
        self.blocks = ChipRow("blocks", [("none", "rules.closed_day")], value="none")
        self.begin = TimeStepper("rules.begin", "blockBegin", most=MINUTES - STEP)
        self.end = TimeStepper("rules.end", "blockEnd", most=2 * MINUTES)
        self.add = Button("rules.add_block", icon="plus", name="blockAdd")
        self.remove = Button("rules.remove_block", icon="trash", name="blockRemove")
        self.to_weekdays = Button("rules.to_weekdays", name="blockToWeekdays")
        self.to_all = Button("rules.to_all", name="blockToAll")
        self.night = Label("rules.night", size=SIZES[0], quiet=True, wrap=True, name="blockNight")
        times, actions = FlowLayout(gap=2), FlowLayout()
        for part in (self.begin, self.end):
            times.addWidget(part)
        for button in (self.add, self.remove, self.to_weekdays, self.to_all):
            actions.addWidget(button)
        self.setLayout(column(self.days, self.blocks, times, self.night, actions, gap=1.5))
        self.days.chosen.connect(self._choose_day)
        self.blocks.chosen.connect(self._choose_block)
        self.begin.changed.connect(self._begin_changed)
        self.end.changed.connect(self._end_changed)
        self.add.clicked.connect(self._add)
        self.remove.clicked.connect(self._remove)
        self.to_weekdays.clicked.connect(self._copy_to_weekdays)
        self.to_all.clicked.connect(self._copy_to_all)

    @property
    def day(self) -> str:
        """The day whose blocks are edited."""
        return self.days.value()

    def show_plan(self, plan: WeekPlan) -> None:
        """Show the blocks of the chosen day of ``plan``."""
        self._plan = plan
        self._show()

    def choose_day(self, day: str) -> None:
        """Show the blocks of ``day``."""
        self.days.set_value(day)
        self._number = 0
        self._show()

    def _own(self) -> tuple[Block, ...]:
        return self._plan.blocks(self.day)

    def _show(self) -> None:
        own = self._own()
        self._number = min(self._number, max(len(own) - 1, 0))
        options = [(str(number), "rules.name") for number in range(len(own))]
        self.blocks.set_options(
            options or [("none", "rules.closed_day")], value=str(self._number) if own else "none"
        )
        for number, block in enumerate(own):
            self.blocks.set_words(str(number), "rules.name", name=block_text(block))
        for part in (self.begin, self.end, self.remove):
            part.setVisible(bool(own))
        self.night.setVisible(any(end > MINUTES for _, end in own))
        if own:
            begin, end = own[self._number]
            self.end.set_range(begin + 1, begin + MINUTES - (begin > 0))
            self.begin.show_minute(begin)
            self.end.show_minute(end)

    def _choose_day(self, day: str) -> None:
        self.choose_day(day)
        self.dayChosen.emit(day)

    def _choose_block(self, number: str) -> None:
        self._number = int(number) if number.isdigit() else 0
        self._show()

    def _begin_changed(self, minute: int) -> None:
        _, end = self._own()[self._number]
        self._replace((minute, end if end > minute else minute + STEP))

    def _end_changed(self, minute: int) -> None:
        begin, _ = self._own()[self._number]
        self._replace((begin, minute))

    def _replace(self, block: Block) -> None:
        others = [own for number, own in enumerate(self._own()) if number != self._number]
        self._set_day([*others, block])

    def _add(self) -> None:
        self._set_day([*self._own(), NEW_BLOCK])

    def _remove(self) -> None:
        self._set_day([own for number, own in enumerate(self._own()) if number != self._number])

    def _set_day(self, blocks: list[Block]) -> None:
        self._emit(self._plan.with_day(self.day, blocks))

    def _copy_to_weekdays(self) -> None:
        self._copy(DAYS[:5])

    def _copy_to_all(self) -> None:
        self._copy(WEEK)

    def _copy(self, days: tuple[str, ...]) -> None:
        plan = self._plan
        for day in days:
            plan = plan.with_day(day, self._own())
        self._emit(plan)

    def _emit(self, plan: WeekPlan) -> None:
        self.show_plan(plan)
        self.changed.emit(plan)
