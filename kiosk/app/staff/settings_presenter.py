"""Changing settings: they are written to the file, and take effect at once where possible."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from PySide6.QtCore import QObject, Slot

from kiosk.app.kiosk_parts import Restart
from kiosk.app.live_config import LiveConfig
from kiosk.app.staff.context import StaffContext
from kiosk.app.staff.settings_changes import SettingsChanges
from kiosk.app.tasks import shown_by
from kiosk.core.config import Config
from kiosk.core.settings import SettingsView
from kiosk.ui.screens.settings.settings_screen import SettingsScreen

T = TypeVar("T")


class SettingsPresenter(QObject):
    """Answers the Settings page; the file is read and written on the staff's worker."""

    def __init__(
        self,
        page: SettingsScreen,
        context: StaffContext,
        changes: SettingsChanges,
        config: LiveConfig,
        restart: Restart,
    ) -> None:
        super().__init__()
        self._page = page
        self._context = context
        self._changes = changes
        self._config = config
        self._restart = restart
        page.viewRequested.connect(self._show)
        page.changed.connect(self._change)
        page.restartRequested.connect(self._restart_kiosk)

    @Slot()
    def _show(self) -> None:
        actor = self._context.session.account
        self._run(lambda: self._changes.service().view(actor), self._page.show_view)

    @Slot(object, str, str)
    def _change(self, texts: Mapping[str, str | None], name: str, pin: str) -> None:
        actor = self._context.session.account

        def done(changed: tuple[Config, SettingsView]) -> None:
            config, view = changed
            self._config.use(config)
            self._page.show_saved(view)

        self._run(lambda: self._changes.service().change(actor, texts, name, pin), done)

    @Slot()
    def _restart_kiosk(self) -> None:
        actor = self._context.session.account
        self._run(
            lambda: self._changes.service().may_restart(actor),
            lambda _: self._restart(_do_nothing),
        )

    def _run(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        self._context.worker.run(work, done, shown_by(self._page.show_error))


def _do_nothing() -> None:
    """Restart only."""
