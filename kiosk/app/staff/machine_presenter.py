"""Brightness, volume and power, from the System page."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from kiosk.app.kiosk_parts import Restart
from kiosk.app.live_config import LiveConfig
from kiosk.app.staff.context import StaffContext
from kiosk.app.staff.settings_changes import SettingsChanges
from kiosk.app.tasks import Worker, shown_by
from kiosk.core.config import Config
from kiosk.services.machine_service import MachineService, PowerAction
from kiosk.ui.screens.system.machine_card import MachineCard


class MachinePresenter(QObject):
    """Answers the card on a thread of its own. ``sample``: plays a tone to judge the volume by."""

    def __init__(
        self,
        card: MachineCard,
        context: StaffContext,
        service: MachineService,
        config: LiveConfig,
        settings: SettingsChanges,
        restart: Restart,
        sample: Callable[[], None],
    ) -> None:
        super().__init__()
        self._card = card
        self._session = context.session
        self._service = service
        self._settings = settings
        self._restart = restart
        self._sample = sample
        self._worker = Worker(context.tasks, "machine")
        card.show_volume(config.value.ui.volume)
        card.powerChosen.connect(self._power)
        card.brightnessChosen.connect(self._set_brightness)
        card.volumeChosen.connect(self._set_volume)
        config.changed.connect(self._config_changed)
        context.navigation.pageOpened.connect(self._page_opened)

    def stop(self) -> None:
        """Wait for what the machine was asked."""
        self._worker.stop()

    @Slot(str)
    def _page_opened(self, name: str) -> None:
        if name != "system":
            return
        self._card.reset()
        actor = self._session.account
        failed = shown_by(self._card.show_error)
        self._worker.run(
            lambda: self._service.actions(actor),
            lambda actions: self._card.show_actions([action.value for action in actions]),
            failed,
        )
        self._worker.run(
            lambda: self._service.brightness(actor), self._card.show_brightness, failed
        )

    @Slot(str)
    def _power(self, action: str) -> None:
        actor = self._session.account
        wanted = PowerAction(action)

        def done(_: None) -> None:
            self._card.show_doing()
            if wanted is PowerAction.RESTART_PROGRAM:
                self._restart(_do_nothing)

        self._worker.run(
            lambda: self._service.power(actor, wanted), done, shown_by(self._card.show_error)
        )

    @Slot(int)
    def _set_brightness(self, percent: int) -> None:
        actor = self._session.account
        self._worker.run(
            lambda: self._service.set_brightness(actor, percent),
            lambda _: None,
            shown_by(self._card.show_error),
        )

    @Slot(int)
    def _set_volume(self, percent: int) -> None:
        self._settings.change({"ui.volume": str(percent)}, shown_by(self._card.show_error))

    @Slot(object, object)
    def _config_changed(self, before: Config, after: Config) -> None:
        self._card.show_volume(after.ui.volume)
        if before.ui.volume != after.ui.volume:
            self._sample()


def _do_nothing() -> None:
    """Restart only."""
