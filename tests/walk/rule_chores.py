"""Who may enter when, and an opening by hand."""

from __future__ import annotations

from tests.walk.stage import ChoreGroup
from tests.walk.walker import Script


class RuleChores(ChoreGroup):
    """On the pages Door and Access rules."""

    def open_once(self) -> Script:
        """Door, open once, a reason, open."""
        walker = self.walker
        yield from self.open_page("railLock", "openOnce")
        yield from walker.press("openOnce", lambda: walker.visible("openOnceReason.delivery"))
        yield from walker.press(
            "openOnceReason.delivery", lambda: walker.enabled("openOnceConfirmYes")
        )
        yield from walker.press(
            "openOnceConfirmYes", lambda: not walker.visible("openOnceConfirmYes")
        )

    def hours(self) -> Script:
        """Access rules: a schedule with hours on every day, a group that has it, save."""
        walker = self.walker
        yield from self.open_page("railRules", "rulesTab.plans")
        yield from walker.press("rulesTab.plans", lambda: walker.visible("planNew"))
        yield from self.fill_in("planNew", "office")
        yield from walker.press("planNewAdd", lambda: walker.visible("blockAdd"))
        yield from walker.press("blockAdd", lambda: walker.visible("blockEndLater"))
        yield from walker.press("blockEndLater", lambda: True)
        yield from walker.press("blockToAll", lambda: True)
        yield from walker.press("rulesTab.groups", lambda: walker.visible("groupNew"))
        yield from self.fill_in("groupNew", "students")
        chosen = "group.students.schedule.office"
        yield from walker.press("groupNewAdd", lambda: walker.visible(chosen))
        yield from walker.press(chosen, lambda: walker.visible("rulesSave"))
        yield from walker.press("rulesSave", lambda: not walker.visible("rulesSave"))

    def who(self) -> Script:
        """The same page: who may enter now."""
        walker = self.walker
        yield from walker.press("rulesTab.who", lambda: walker.visible("whoWhich.may"))
