"""The groups of a person as chips."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from kiosk.access.policy.policy_document import policy_in
from kiosk.access.policy.rules import AccessPolicy
from kiosk.app.staff.person_groups_presenter import PersonGroupsPresenter
from kiosk.ui.i18n import tr
from kiosk.ui.screens.access.group_chips import GroupChips
from tests.helpers.screens import click, find
from tests.helpers.staff_context import staff_context
from tests.ui.conftest import clipped


@pytest.fixture
def chips(shown) -> GroupChips:
    made = shown(GroupChips("people.panel.groups", "personGroups"), 392, 400)
    made.set_known(("students", "staff"), "students")
    return made


def test_groups_are_chosen_and_kept_in_their_order(chips: GroupChips, qtbot):
    chips.show_names(("staff", "cleaners"))
    assert chips.names() == ("staff", "cleaners") and not chips.note.isVisible()
    unknown = find(chips, "personGroups.cleaners")
    assert unknown.text() == tr("rules.group.unknown", name="cleaners")
    click(qtbot, chips, "personGroups.students")
    assert chips.names() == ("staff", "cleaners", "students")
    for name in ("staff", "cleaners", "students"):
        click(qtbot, chips, f"personGroups.{name}")
    assert chips.names() == ()
    assert chips.note.text() == tr("rules.group.default", name="students")
    assert not clipped(chips)


def test_new_rules_keep_what_was_chosen_meanwhile(chips: GroupChips, qtbot):
    click(qtbot, chips, "personGroups.staff")
    chips.set_known(("staff", "guests"), "")
    assert chips.names() == ("staff",)
    click(qtbot, chips, "personGroups.staff")
    assert chips.note.text() == tr("rules.group.none")


def test_without_the_right_only_the_own_groups_are_shown(chips: GroupChips, qtbot):
    chips.show_names(("staff",))
    chips.set_editable(False)
    assert not find(chips, "personGroups.staff").isEnabled()
    assert chips.names() == ("staff",)


def test_the_groups_are_those_that_the_door_goes_by(chips: GroupChips):
    context = staff_context()
    engine = SimpleNamespace(rules=policy_in("[groups.a]\n[groups.b]\n"))
    presenter = PersonGroupsPresenter(chips, context, engine)
    context.navigation.pageOpened.emit("people")
    assert find(chips, "personGroups.a") and chips.note.text() == tr("rules.group.none")
    engine.rules = AccessPolicy()
    context.navigation.pageOpened.emit("people")
    assert chips.note.text() == tr("rules.group.no_rules")
    del presenter
