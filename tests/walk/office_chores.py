"""What an administrator does with the kiosk itself: set-up, settings, exports, power."""

from __future__ import annotations

import re

from kiosk.ui.i18n import language
from tests.walk.stage import ChoreGroup
from tests.walk.walker import Script

PHONE = "028805114"
SEARCHED = {"ko": "전화", "en": "phone"}
"""What finds the phone number of the contact."""


class OfficeChores(ChoreGroup):
    """On the pages Set-up, Settings, Log, Statistics, Privacy and System."""

    def set_up(self) -> Script:
        """The first start: language, an administrator with a PIN, the camera."""
        walker = self.walker
        yield from walker.press("wizard.next", lambda: walker.visible("wizard.pin"))
        for _ in range(2):
            yield from walker.enter("wizard.pin", self.stage.pin)
            yield from walker.press("wizard.submit", lambda: True)
        yield from walker.wait("the next page", lambda: not walker.visible("wizard.pin"))
        for step in ("site", "clock", "lock", "recovery"):
            yield from walker.press(f"wizard.{step}.skip", lambda: True)
        yield from walker.press("wizard.start", self.shown("admin"))

    def setting(self) -> Script:
        """Search for the contact's phone number by its name, type it, save."""
        config = self.stage.runtime.config
        yield from self.open_page("railSettings", "settingsSearch")
        yield from self.fill_in("settingsSearch", SEARCHED[language().code])
        yield from self.fill_in("set.ui.contact_phone", PHONE)
        yield from self.walker.press("settingsSave", lambda: config.value.ui.contact_phone == PHONE)

    def export_log(self) -> Script:
        """Log, today, export."""
        yield from self.open_page("railLog", "logExport")
        yield from self._export("logExport", "*.csv")

    def stick(self) -> Script:
        """The page that the export opened: write it to the stick, and release the stick."""
        walker = self.walker
        yield from walker.press("stick.sdb1.choose", lambda: walker.visible("stickRelease"), 30)
        yield from walker.press("stickRelease", lambda: not walker.visible("stickRelease"))
        yield from walker.wait("the file on it", lambda: any(self.stage.stick.rglob("*.csv")))

    def recovery_code(self) -> Script:
        """Privacy, recovery code, yes, write it down, and type the group that is asked for."""
        walker = self.walker
        yield from self.open_page("railPrivacy", "privacyCode")
        yield from walker.press("privacyCode", lambda: walker.visible("privacyCodeConfirmYes"))
        yield from walker.press(
            "privacyCodeConfirmYes", lambda: walker.visible("privacyCodeCardText")
        )
        self.stage.code = walker.label("privacyCodeCardText")
        asked = "privacyCodeCardGroup"
        yield from walker.press("privacyCodeCardDone", lambda: walker.visible(asked))
        field = walker.find(asked)
        number = re.search(r"\d+", field.accessibleName() if field else "")
        assert number is not None
        yield from self.fill_in(asked, self.stage.code.split("-")[int(number[0]) - 1])
        yield from walker.press("privacyCodeCardCheck", lambda: not walker.visible(asked))

    def attendance(self) -> Script:
        """Statistics, hours of presence, a table for a spreadsheet."""
        walker = self.walker
        yield from self.open_page("railStatistics", "statisticsAttendance")
        yield from walker.press("statisticsAttendance", lambda: walker.enabled("attendanceXlsx"))
        yield from walker.wait(
            "today's hours",
            lambda: walker.row_of("attendanceTable", self.name("member")) is not None,
        )
        yield from self._export("attendanceXlsx", "*.xlsx")

    def restart(self) -> Script:
        """System, restart, yes: the kiosk ends, to be started again by its service."""
        walker, runtime = self.walker, self.stage.runtime
        yield from self.open_page("railSystem", "machine.restart_program")
        yield from walker.press(
            "machine.restart_program", lambda: walker.visible("machineConfirmYes")
        )
        yield from walker.press("machineConfirmYes", lambda: runtime.before_restart is not None)

    def _export(self, button: str, pattern: str) -> Script:
        folder = self.stage.exports
        before = len(list(folder.glob(pattern)))
        yield from self.walker.press(button, lambda: len(list(folder.glob(pattern))) > before, 30)
        yield from self.walker.wait("the exported files", lambda: self.walker.visible("stickCard"))
