"""The staff area: a navigation rail at the left, and the chosen page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import cast

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QStackedWidget, QWidget

from kiosk.core.languages import language_codes
from kiosk.core.people import Account, AccountRole
from kiosk.ui.fitting import fit
from kiosk.ui.i18n import tr
from kiosk.ui.screens.access.access_rules_screen import AccessRulesScreen
from kiosk.ui.screens.analysis.analysis_screen import AnalysisScreen
from kiosk.ui.screens.analysis.statistics_screen import StatisticsScreen
from kiosk.ui.screens.delivery.delivery_screen import DeliveryScreen
from kiosk.ui.screens.enrol.enrol_screen import EnrolScreen
from kiosk.ui.screens.fleet.doors_screen import DoorsScreen
from kiosk.ui.screens.log.attendance_screen import AttendanceScreen
from kiosk.ui.screens.log.log_screen import LogScreen
from kiosk.ui.screens.notifications.notifications_screen import NotificationsScreen
from kiosk.ui.screens.people.import_screen import ImportScreen
from kiosk.ui.screens.people.people_screen import PeopleScreen
from kiosk.ui.screens.screen import Screen
from kiosk.ui.screens.settings.accounts_screen import AccountsScreen
from kiosk.ui.screens.settings.privacy_screen import PrivacyScreen
from kiosk.ui.screens.settings.settings_screen import SettingsScreen
from kiosk.ui.screens.system.camera_setup_screen import CameraSetupScreen
from kiosk.ui.screens.system.door_admin_page import DoorAdminPage
from kiosk.ui.screens.system.lazy_page import LazyPage, Now, PageT
from kiosk.ui.screens.system.system_screen import SystemScreen
from kiosk.ui.theme import SIZES, spacing, text_px, theme
from kiosk.ui.widgets.appearance_switches import LanguageSwitch, ThemeButton
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.overflow_area import OverflowArea
from kiosk.ui.widgets.scrolling import scroll_area

PAGES = {
    "people": "people",
    "enrol": "person-add",
    "log": "list",
    "analysis": "chart",
    "statistics": "bars",
    "lock": "lock",
    "rules": "calendar",
    "privacy": "key",
    "accounts": "shield",
    "settings": "sliders",
    "system": "gear",
}
"""Icons by page, in the order of the rail."""
SUB_PAGES = {
    "import": "people",
    "camera": "system",
    "delivery": "system",
    "notifications": "system",
    "fleet": "system",
    "attendance": "statistics",
}
"""Pages without a button in the rail, and the page that leads to them."""
ATTRIBUTES = {"import": "importing"}
"""Attributes of ``AdminScreen`` that are not called like their page."""
ADMIN_ONLY = frozenset({"rules", "privacy", "accounts", "settings", "system", *SUB_PAGES})
RAIL_WIDTH = 216
"""Width in pixels at scale 1 with two languages on the switch."""
RAIL_SHARE = 0.22
"""Share of the width that the rail with its words may take."""
SMALL_GLASS = 0.8
"""Scale of the glass below which the rail shows icons only."""
LANGUAGE_WIDTH = 56
"""Width in pixels that each further language needs at the largest text."""
Page = (
    PeopleScreen
    | EnrolScreen
    | LogScreen
    | AnalysisScreen
    | StatisticsScreen
    | DoorAdminPage
    | AccessRulesScreen
    | PrivacyScreen
    | AccountsScreen
    | SettingsScreen
    | SystemScreen
    | ImportScreen
    | CameraSetupScreen
    | DeliveryScreen
    | NotificationsScreen
    | DoorsScreen
    | AttendanceScreen
)
WITH_ROLE = (
    PeopleScreen,
    EnrolScreen,
    LogScreen,
    AnalysisScreen,
    StatisticsScreen,
    DoorAdminPage,
)
"""Pages on which staff see less than administrators."""


def rail_width() -> int:
    """Return the width of the rail in pixels at scale 1, with room for a button per language."""
    return RAIL_WIDTH + LANGUAGE_WIDTH * max(0, len(language_codes()) - 2)


def _now() -> datetime:
    return datetime.now().astimezone()


class AdminScreen(Screen):
    """``page(name)`` opens one of ``PAGES`` or ``SUB_PAGES`` and emits ``pageOpened``.

    A page is built when it is first opened or its attribute is first read; ``pageBuilt`` is emitted
    then, before anything happens on the page. All pages together take a second on a slow machine.

    The buttons of the rail are named ``railPeople``, ``railEnrol``, ``railLog``, ``railEvidence``,
    ``railStatistics``, ``railLock``, ``railPrivacy``, ``railAccounts``, ``railSettings``,
    ``railSystem``, ``railDoor`` and ``railSignOut``. What staff may not do is hidden here and
    refused by the services.
    """

    signOutRequested = Signal()
    doorRequested = Signal()
    pageOpened = Signal(str)
    pageBuilt = Signal(str)

    people = LazyPage("people", PeopleScreen)
    enrol = LazyPage("enrol", EnrolScreen)
    log = LazyPage("log", lambda _: LogScreen())
    analysis = LazyPage("analysis", lambda _: AnalysisScreen())
    statistics = LazyPage("statistics", lambda _: StatisticsScreen())
    lock = LazyPage("lock", lambda _: DoorAdminPage())
    rules = LazyPage("rules", lambda _: AccessRulesScreen())
    privacy = LazyPage("privacy", lambda _: PrivacyScreen())
    accounts = LazyPage("accounts", lambda _: AccountsScreen())
    settings = LazyPage("settings", lambda _: SettingsScreen())
    system = LazyPage("system", lambda _: SystemScreen())
    importing = LazyPage("import", lambda _: ImportScreen())
    camera = LazyPage("camera", lambda _: CameraSetupScreen())
    delivery = LazyPage("delivery", lambda _: DeliveryScreen())
    notifications = LazyPage("notifications", lambda _: NotificationsScreen())
    fleet = LazyPage("fleet", lambda _: DoorsScreen())
    attendance = LazyPage("attendance", lambda _: AttendanceScreen())

    def __init__(
        self,
        now: Now = _now,
        quietly: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        """``now``: the time on a clock beside the door. ``quietly``: entered while a page is built,
        which sends thousands of events.
        """
        super().__init__("adminScreen")
        self._now = now
        self._quietly = quietly
        self._account: Account | None = None
        self._page = "people"
        self._screens: dict[str, Page] = {}
        self._areas: dict[str, OverflowArea] = {}
        self._pages = QStackedWidget()
        self.account_name = Label("", bold=True, wrap=True, name="railAccount")
        self.account_role = Label("", size=SIZES[0], quiet=True)
        self._group = QButtonGroup(self)
        self._buttons = {name: self._rail_button(name, icon) for name, icon in PAGES.items()}
        self.rail = self._rail()
        layout = row(self.rail, self._pages, gap=0)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self._connect()
        self.retranslate()

    def built(self, name: str, make: Callable[[Now], PageT]) -> PageT:
        """Return the page ``name``, built by ``make`` at the first call."""
        if name not in self._screens:
            with self._quietly():
                screen = self._screens[name] = cast(Page, make(self._now))
                area = self._areas[name] = OverflowArea(screen)
                self._pages.addWidget(area)
                self._connect_page(name)
                if self._account is not None:
                    _prepare(screen, self._account)
                self.pageBuilt.emit(name)
        return cast(PageT, self._screens[name])

    def build(self, name: str) -> Page:
        """Return the page ``name``, built now unless it is there."""
        return cast("Page", getattr(self, ATTRIBUTES.get(name, name)))

    def is_built(self, name: str) -> bool:
        """Return whether the page ``name`` is there."""
        return name in self._screens

    def set_account(self, account: Account) -> None:
        """Show what the signed-in account may do, and clear the content of the previous one."""
        self._account = account
        self.account_name.set_text(account.name)
        self.account_role.set_key(f"accounts.role.{account.role.value}")
        for name, button in self._buttons.items():
            button.setVisible(self._may(name))
        for screen in self._screens.values():
            _prepare(screen, account)

    def page(self, name: str) -> None:
        """Open the page ``name``; a page that is not allowed opens the people list instead."""
        if name not in PAGES and name not in SUB_PAGES:
            raise ValueError(f"there is no page {name!r}")
        self._page = name if self._may(name) else "people"
        self._buttons[SUB_PAGES.get(self._page, self._page)].setChecked(True)
        screen = self.build(self._page)
        area = self._areas[self._page]
        area.follow_scale()
        self._pages.setCurrentWidget(area)
        screen.opened()
        self.pageOpened.emit(self._page)

    def current(self) -> str:
        """The name of the open page."""
        return self._page

    def styled_parts(self) -> Sequence[QWidget]:
        return (self.rail,)  # the pages have style sheets of their own

    def retranslate(self) -> None:
        self._pages.setAccessibleName(tr("admin.rail.title"))
        self._fold_rail(self.width())

    def _may(self, name: str) -> bool:
        admin = self._account is not None and self._account.role is AccountRole.ADMIN
        return admin or name not in ADMIN_ONLY

    def _rail_button(self, name: str, icon: str, *, checkable: bool = True) -> Button:
        key = "".join(part.capitalize() for part in name.split("_"))
        button = Button(f"admin.rail.{name}", "ghost", icon, name=f"rail{key}")
        button.setProperty("rail", True)
        button.setProperty("page", name)
        button.setCheckable(checkable)
        fit(button, touch=44)  # eleven pages fit a glass of 800 pixels in height
        if checkable:
            self._group.addButton(button)
        return button

    def _rail(self) -> QFrame:
        rail = QFrame()
        rail.setObjectName("rail")
        rail.setProperty("rail", True)
        self.door = self._rail_button("door", "door", checkable=False)
        self.sign_out = self._rail_button("sign_out", "sign-out", checkable=False)
        self.languages = LanguageSwitch("adminLanguage")
        pages = QWidget()
        pages.setLayout(
            column(
                *self._buttons.values(),
                None,
                flow(self.languages, None, ThemeButton("adminTheme"), gap=0.5),
                gap=0,
            )
        )
        self._links = scroll_area(pages)
        rail.setLayout(
            column(
                self.account_name,
                self.account_role,
                self._links,
                self.door,
                self.sign_out,
                gap=0.25,
                margin=2,
            )
        )
        return rail

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold_rail(event.size().width())

    def rescale(self) -> None:
        """Fold or unfold the rail at the present scale."""
        self._fold_rail(self.width())

    def _fold_rail(self, width: int) -> None:
        """Show icons only where the rail with its words would take too much of the width."""
        buttons = (*self._buttons.values(), self.door, self.sign_out)
        widest = max(button.width_with_words() for button in buttons)
        wide = max(text_px(rail_width()), widest + 2 * spacing(2))
        folded = theme().glass < SMALL_GLASS or wide > RAIL_SHARE * width
        for label in (self.account_name, self.account_role):
            label.setVisible(not folded)
        for button in buttons:
            button.show_words(not folded)
        layout = self.rail.layout()
        assert layout is not None
        fit(layout, left=1 if folded else 2, right=0.5 if folded else 2)
        margins = layout.contentsMargins()
        bar = self._links.verticalScrollBar().sizeHint().width()
        switch = self.languages.buttons()  # the widest: its buttons have a frame around them
        narrow = max(button.minimumSizeHint().width() for button in switch) + spacing(1.5) + bar
        self.rail.setFixedWidth(narrow + margins.left() + margins.right() if folded else wide)

    def _connect(self) -> None:
        self._group.buttonClicked.connect(self._rail_clicked)
        self.door.clicked.connect(self.doorRequested)
        self.sign_out.clicked.connect(self.signOutRequested)

    def _connect_page(self, name: str) -> None:
        """Connect the buttons of the page ``name`` that lead to another page."""
        if name == "people":
            self.people.enrolRequested.connect(self._open_enrol)
            self.people.importRequested.connect(self._open_import)
        elif name == "import":
            self.importing.backRequested.connect(self._open_people)
        elif name == "system":
            self.system.cameraRequested.connect(self._open_camera)
            self.system.filesRequested.connect(self._open_files)
            self.system.notificationsRequested.connect(self._open_notifications)
            self.system.fleetRequested.connect(self._open_fleet)
        elif name == "camera":
            self.camera.backRequested.connect(self._open_system)
        elif name == "statistics":
            self.statistics.attendanceRequested.connect(self._open_attendance)
        elif name == "attendance":
            self.attendance.settingWanted.connect(self._open_attendance_setting)

    def _rail_clicked(self, button: QAbstractButton) -> None:
        self.page(str(button.property("page")))

    def _open_enrol(self) -> None:
        self.page("enrol")

    def _open_import(self) -> None:
        self.page("import")

    def _open_camera(self) -> None:
        self.page("camera")

    def _open_files(self) -> None:
        self.page("delivery")

    def _open_notifications(self) -> None:
        self.page("notifications")

    def _open_fleet(self) -> None:
        self.page("fleet")

    def _open_attendance(self) -> None:
        self.page("attendance")

    def _open_attendance_setting(self) -> None:
        self.page("settings")
        self.settings.look_for("privacy.attendance")

    def _open_system(self) -> None:
        self.page("system")

    def _open_people(self) -> None:
        self.page("people")


def _prepare(screen: Page, account: Account) -> None:
    """Show on ``screen`` what ``account`` may do, and nothing of the account before."""
    if isinstance(screen, AccountsScreen):
        screen.set_account(account)
    elif isinstance(screen, WITH_ROLE):
        screen.set_role(account.role)
    screen.reset()
