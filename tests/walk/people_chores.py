"""People who are enrolled: found, stopped, extended, given a QR or a card."""

from __future__ import annotations

from tests.walk.stage import ChoreGroup
from tests.walk.walker import Script


class PeopleChores(ChoreGroup):
    """On the People page."""

    def extend_all(self) -> Script:
        """Select everybody, another year for all, and take it back."""
        walker = self.walker
        yield from self.open_page("railPeople", "peopleTable")
        yield from walker.press("peopleSelect", lambda: walker.enabled("peopleBulkAll"))
        yield from walker.press("peopleBulkAll", lambda: walker.enabled("peopleBulkAct"))
        yield from walker.press("peopleBulkAct", lambda: walker.visible("peopleBulkExtend"))
        yield from walker.press("peopleBulkPreset.year", lambda: True)
        yield from walker.press("peopleBulkExtend", lambda: walker.visible("peopleBulkUndo"))
        yield from walker.press(
            "peopleBulkUndo",
            lambda: walker.enabled("peopleBulkExtend") and not walker.visible("peopleBulkUndo"),
        )
        yield from walker.press("peopleBulkPanelClose", lambda: walker.in_reach("peopleSelect"))
        yield from walker.press("peopleSelect", lambda: not walker.visible("peopleBulkAll"))

    def stop_person(self) -> Script:
        """People, the search, a row, stop."""
        walker, member = self.walker, self.name("member")
        yield from self.open_page("railPeople", "peopleTable")
        yield from self.fill_in("peopleSearch", member)
        yield from walker.tap_row("peopleTable", member, lambda: walker.visible("personEnable"))
        yield from self._switch()

    def resume_person(self) -> Script:
        """The same row again."""
        yield from self._switch()

    def access_qr(self) -> Script:
        """The same panel: make an access QR that a phone can read from the screen."""
        walker = self.walker
        yield from walker.press("badgeOpen", lambda: walker.visible("badgeMake"))
        yield from walker.press("badgeMake", lambda: walker.visible("badgeUntil"))
        yield from walker.press("badgeClose", lambda: not walker.visible("badgeMaker"))

    def card(self) -> Script:
        """The same panel: hold a card to the reader, which types its code."""
        walker = self.walker
        yield from walker.press("cardRegister", lambda: walker.visible("cardWaiting"))
        yield from walker.hold_card("04A1B2C3D4", lambda: walker.visible("cardRevoke2"))

    def printed_qr(self) -> Script:
        """The same panel: another access QR, saved as a page to print."""
        walker = self.walker
        yield from walker.press("badgeOpen", lambda: walker.visible("badgeMake"))
        yield from walker.press("badgeMake", lambda: walker.visible("badgeUntil"))
        yield from walker.press("badgeSave", lambda: walker.visible("stickCard"))

    def _switch(self) -> Script:
        """Press the button that stops and resumes; its words tell that it was done."""
        before = self.walker.words("personEnable")
        yield from self.walker.press(
            "personEnable", lambda: self.walker.words("personEnable") != before
        )
