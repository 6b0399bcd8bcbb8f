"""All groups of the access rules, a card each, and a field that adds one."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.access_rules import AccessRules, GroupRule, RuleKind, RulesView
from kiosk.ui.screens.access.group_card import GroupCard
from kiosk.ui.screens.access.name_adder import NameAdder
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column


class GroupsPanel(QWidget):
    """Emits ``edited`` with the rules, and ``renamed`` with what is to have another name."""

    edited = Signal(object)
    renamed = Signal(str, str, str)

    def __init__(self) -> None:
        super().__init__()
        self._rules = AccessRules()
        self.cards: dict[str, GroupCard] = {}
        self.unknown = Label("", wrap=True, name="groupsUnknown")
        self.unknown.set_tone("wait")
        self.no_default = Label("rules.no_default", size=SIZES[0], wrap=True, quiet=True)
        self.adder = NameAdder("rules.new_group", "groupNew")
        self._column = column(gap=2)
        self.setLayout(column(self.unknown, self.no_default, self._column, Card(self.adder), gap=2))
        self.adder.added.connect(self._add)

    def show_rules(self, rules: AccessRules, view: RulesView) -> None:
        """Show the groups of ``rules``, as edited since ``view``."""
        self._rules = rules
        names = [group.name for group in rules.groups]
        if names != list(self.cards):
            self._make_cards(rules)
        for group in rules.groups:
            self.cards[group.name].show_group(
                group,
                rules.plan_names(),
                view.members.get(group.name, 0),
                default=rules.default_group == group.name or len(names) == 1,
                only=len(names) == 1,
            )
        self.no_default.setVisible(not rules.default_group and len(names) > 1)
        unknown = [name for name in view.members if name not in names]
        self.unknown.setVisible(bool(unknown))
        self.unknown.set_key("rules.unknown_groups", names=", ".join(sorted(unknown)))

    def _make_cards(self, rules: AccessRules) -> None:
        for name, card in list(self.cards.items()):
            if rules.group(name) is None:
                self._column.removeWidget(card)
                card.hide()
                card.deleteLater()
                del self.cards[name]
        for group in rules.groups:
            if group.name not in self.cards:
                card = self.cards[group.name] = GroupCard(group)
                self._column.addWidget(card)
                card.show()  # a layout shows what is added to a visible widget only later
                card.changed.connect(self._change)
                card.removed.connect(self._remove)
                card.renamed.connect(partial(self.renamed.emit, RuleKind.GROUP.value))
                card.defaultChosen.connect(self._choose_default)
        self.cards = {group.name: self.cards[group.name] for group in rules.groups}

    def _change(self, group: GroupRule) -> None:
        groups = tuple(group if own.name == group.name else own for own in self._rules.groups)
        self.edited.emit(replace(self._rules, groups=groups))

    def _choose_default(self, name: str, chosen: bool) -> None:
        self.edited.emit(replace(self._rules, default_group=name if chosen else ""))

    def _remove(self, name: str) -> None:
        groups = tuple(own for own in self._rules.groups if own.name != name)
        default = "" if self._rules.default_group == name else self._rules.default_group
        only = groups[0].name if len(groups) == 1 else ""
        self.edited.emit(replace(self._rules, groups=groups, default_group=default or only))

    def _add(self, name: str) -> None:
        if self._rules.group(name) is not None:
            self.adder.show_error("error.rules_name", name=name)
            return
        self.adder.clear()
        self.edited.emit(
            replace(self._rules, groups=(*self._rules.groups, GroupRule(name, "never")))
        )
