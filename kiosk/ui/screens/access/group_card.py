"""One group: its schedule, what its people may do, and who is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal

from kiosk.core.access_rules import GroupRule
from kiosk.ui.screens.access.renamer import Renamer
from kiosk.ui.screens.access.rule_words import group_words, plan_words
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.flow_layout import FlowLayout
from kiosk.ui.widgets.forms.chips import ChipRow
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import row

FLAGS = ("opens", "alone", "lockdown")


class GroupCard(Card):
    """Emits ``changed`` with the group, ``removed``, ``renamed`` with the old and the new name,
    and ``defaultChosen`` with yes or no.

    Its chips are named ``group.<name>.schedule.<plan>`` and ``group.<name>.<flag>``.
    """

    changed = Signal(object)
    removed = Signal(str)
    renamed = Signal(str, str)
    defaultChosen = Signal(str, bool)

    def __init__(self, group: GroupRule) -> None:
        self.group = group
        name = f"group.{group.name}"
        key, values = group_words(group.name)
        self.title = Label("", bold=True, wrap=True)
        self.title.set_key(key, **values)
        self.members = Label("", size=SIZES[0], quiet=True, wrap=True, name=f"{name}.members")
        self.plans = ChipRow(f"{name}.schedule", [("always", "rules.plan.always")], value="always")
        self.flags = {flag: self._flag(f"{name}.{flag}", f"rules.flag.{flag}") for flag in FLAGS}
        self.default = self._flag(f"{name}.default", "rules.flag.default")
        self.rename = Renamer(f"{name}.name")
        self.remove = Button("rules.remove_group", icon="trash", name=f"{name}.remove")
        self.confirm = Confirm(
            f"{name}.removeConfirm",
            title="rules.remove_group_title",
            yes="rules.remove_yes",
            no="rules.keep",
        )
        flow = FlowLayout()
        for chip in (*self.flags.values(), self.default):
            flow.addWidget(chip)
        super().__init__(
            self.title,
            self.members,
            Label("rules.schedule", size=SIZES[0], quiet=True, wrap=True),
            self.plans,
            Label("rules.within", size=SIZES[0], quiet=True, wrap=True),
            flow,
            self.rename,
            row(self.remove, None),
            self.confirm,
            name=name,
        )
        self._plan_names: tuple[str, ...] = ()
        self._count = 0
        self.plans.chosen.connect(self._plan_chosen)
        for chip in self.flags.values():
            chip.clicked.connect(self._flag_clicked)
        self.default.clicked.connect(self._default_clicked)
        self.remove.clicked.connect(self._ask)
        self.confirm.confirmed.connect(self._remove)
        self.rename.renamed.connect(lambda new: self.renamed.emit(self.group.name, new))

    def show_group(
        self, group: GroupRule, plans: Sequence[str], members: int, *, default: bool, only: bool
    ) -> None:
        """Show ``group``; ``only``: it is the only one, so that it is everybody's and stays."""
        self.group = group
        self._count = members
        if tuple(plans) != self._plan_names:
            self._plan_names = tuple(plans)
            self.plans.set_options([(name, "rules.name") for name in plans], value=plans[0])
            for name in plans:
                key, values = plan_words(name)
                self.plans.set_words(name, key, **values)
        self.plans.set_value(group.schedule)
        for flag, chip in self.flags.items():
            chip.setChecked(getattr(group, flag))
        self.default.setChecked(default)
        self.default.setEnabled(not only)
        self.remove.setVisible(not only)
        kind = "default_members" if default else "members"
        self.members.set_key(f"rules.{kind if members else f'no_{kind}'}", n=members)

    def _flag(self, name: str, key: str) -> Button:
        chip = Button(key, "chip", name=name)
        chip.setProperty("chip", True)
        chip.setCheckable(True)
        return chip

    def _plan_chosen(self, plan: str) -> None:
        self.changed.emit(replace(self.group, schedule=plan))

    def _flag_clicked(self) -> None:
        opens, alone, lockdown = (self.flags[flag].isChecked() for flag in FLAGS)
        self.changed.emit(replace(self.group, opens=opens, alone=alone, lockdown=lockdown))

    def _default_clicked(self) -> None:
        self.defaultChosen.emit(self.group.name, self.default.isChecked())

    def _ask(self) -> None:
        key = "rules.remove_group_members" if self._count else "rules.remove_group_text"
        self.confirm.ask(key, name=self.group.name, n=self._count)

    def _remove(self) -> None:
        self.removed.emit(self.group.name)
