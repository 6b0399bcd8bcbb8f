"""Opening the door once, from the Door page."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from kiosk.app.live_config import LiveConfig
from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import Worker, shown_by
from kiosk.core.config.lock_settings import NO_DRIVER
from kiosk.services.single_opening import OpeningReason, SingleOpening
from kiosk.ui.screens.system.open_once_card import OpenOnceCard


class OpeningPresenter(QObject):
    """Answers the card on a thread of its own: the lock may take seconds to answer."""

    def __init__(
        self,
        card: OpenOnceCard,
        context: StaffContext,
        opening: SingleOpening,
        config: LiveConfig,
    ) -> None:
        super().__init__()
        self._card = card
        self._session = context.session
        self._opening = opening
        self._worker = Worker(context.tasks, "opening")
        door = config.value.door
        card.set_door(door.open_s, has_lock=door.lock != NO_DRIVER)
        card.asked.connect(self._asked)
        card.openRequested.connect(self._open)

    def stop(self) -> None:
        """Wait for an opening in progress."""
        self._worker.stop()

    @Slot()
    def _asked(self) -> None:
        actor = self._session.account
        self._worker.run(
            lambda: self._opening.needs_two(actor),
            self._card.set_two_admins,
            shown_by(self._card.show_error),
        )

    @Slot(str, str, str, str)
    def _open(self, reason: str, words: str, name: str, pin: str) -> None:
        actor = self._session.account
        self._worker.run(
            lambda: self._opening.open(actor, OpeningReason(reason), words, name, pin),
            self._card.show_opened,
            shown_by(self._card.show_error),
        )
