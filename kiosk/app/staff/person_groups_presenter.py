"""The groups of the access rules, offered where a person's groups are chosen."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from kiosk.access.policy.engine import PolicyEngine
from kiosk.access.policy.rules import AccessPolicy
from kiosk.app.staff.context import StaffContext
from kiosk.ui.screens.access.group_chips import GroupChips


class PersonGroupsPresenter(QObject):
    """Brings the chips up to date whenever a page of the staff area is opened."""

    def __init__(self, chips: GroupChips, context: StaffContext, engine: PolicyEngine) -> None:
        super().__init__()
        self._chips = chips
        self._engine = engine
        context.navigation.pageOpened.connect(self._page_opened)

    @Slot(str)
    def _page_opened(self, _name: str) -> None:
        rules = self._engine.rules
        if rules.groups == AccessPolicy().groups:  # a site without rules
            self._chips.set_known((), "")
        else:
            self._chips.set_known(tuple(rules.groups), rules.default_group)
