"""The page of notifications: states of the channels, tests, secrets."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import Worker, shown_by
from kiosk.core.errors import KioskError
from kiosk.core.site_events import ChannelState
from kiosk.services.notification_service import NotificationService
from kiosk.ui.screens.notifications.notifications_screen import NotificationsScreen

PAGE = "notifications"

LOOK_TICKS = 3
"""Seconds between two looks while the page is shown."""


class NotificationsPresenter(QObject):
    """Answers the page on a thread of its own: a test may take as long as its receiver.

    ``service``: makes the service when it is first needed; it opens the queue.
    """

    def __init__(
        self,
        page: NotificationsScreen,
        context: StaffContext,
        service: Callable[[], NotificationService],
    ) -> None:
        super().__init__()
        self._page = page
        self._context = context
        self._make_service = service
        self._made: NotificationService | None = None
        self._worker = Worker(context.tasks, "notifications")
        self._looker = Worker(context.tasks, "notifications-states")
        self._looking = False
        self._ticks = 0
        context.navigation.pageOpened.connect(self._page_opened)
        page.flushRequested.connect(self._flush)
        page.settingsRequested.connect(self._open_settings)
        page.backRequested.connect(self._go_back)
        for card in page.cards.values():
            card.testRequested.connect(self._test)
            card.secretGiven.connect(self._set_secret)

    def stop(self) -> None:
        """Wait for the work in progress."""
        self._worker.stop()
        self._looker.stop()

    def tick(self) -> None:
        """Look at the channels every few seconds while the page is shown."""
        self._ticks += 1
        if self._ticks % LOOK_TICKS == 0 and self._context.navigation.is_shown(PAGE):
            self._look()

    def _service(self) -> NotificationService:
        if self._made is None:
            self._made = self._make_service()
        return self._made

    @Slot(str)
    def _page_opened(self, name: str) -> None:
        if name == PAGE:
            self._look()

    def _look(self) -> None:
        if self._looking:
            return
        self._looking = True
        actor = self._context.session.account

        def states() -> tuple[tuple[ChannelState, ...], bool]:
            service = self._service()
            return service.states(actor), service.two_admins

        def show(found: tuple[tuple[ChannelState, ...], bool]) -> None:
            self._looking = False
            self._page.show_states(*found)

        def failed(error: KioskError) -> None:
            self._looking = False
            self._page.show_error(error.key, **error.values)

        self._looker.run(states, show, failed)

    @Slot(str)
    def _test(self, channel: str) -> None:
        actor = self._context.session.account
        card = self._page.cards[channel]

        def done(_: None) -> None:
            card.show_note("accept", "notify.tested")

        def failed(error: KioskError) -> None:
            card.show_note("reject", error.key, **error.values)

        self._worker.run(lambda: self._service().test(actor, channel), done, failed)

    @Slot(str, str, str, str)
    def _set_secret(self, channel: str, secret: str, name: str, pin: str) -> None:
        actor = self._context.session.account
        card = self._page.cards[channel]

        def store() -> str:
            service = self._service()
            key = "" if secret else service.new_secret()
            service.set_secret(actor, channel, secret or key, name, pin)
            return key

        def failed(error: KioskError) -> None:
            card.show_note("reject", error.key, **error.values)

        self._worker.run(store, card.show_stored, failed)

    @Slot()
    def _flush(self) -> None:
        actor = self._context.session.account
        self._worker.run(
            lambda: self._service().flush(actor),
            lambda _: self._look(),
            shown_by(self._page.show_error),
        )

    @Slot()
    def _open_settings(self) -> None:
        self._context.navigation.open_page("settings")

    @Slot()
    def _go_back(self) -> None:
        self._context.navigation.open_page("system")
