"""Changing settings: they are written to the file, and take effect at once where possible."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from PySide6.QtCore import QObject, Slot

from kiosk.app.bootstrap.administer_factory import build_two_admins
from kiosk.app.bootstrap.config_factory import site_config
from kiosk.app.kiosk_parts import Restart
from kiosk.app.live_config import LiveConfig
from kiosk.app.staff.context import StaffContext
from kiosk.app.start_checks import check_startable
from kiosk.app.tasks import Failed, shown_by
from kiosk.core.config import Config
from kiosk.core.settings import SettingsView
from kiosk.services.settings_service import SettingsService
from kiosk.storage.config_file import ConfigFile
from kiosk.storage.store import Store
from kiosk.ui.screens.settings.settings_screen import SettingsScreen

T = TypeVar("T")


class SettingsPresenter(QObject):
    """Answers the Settings page; the file is read and written on the staff's worker."""

    def __init__(
        self,
        page: SettingsScreen,
        context: StaffContext,
        storage: Store,
        config: LiveConfig,
        restart: Restart,
    ) -> None:
        super().__init__()
        self._page = page
        self._context = context
        self._storage = storage
        self._config = config
        self._restart = restart
        self._file = ConfigFile(config.file, site_config())
        self._service: SettingsService | None = None
        page.viewRequested.connect(self._show)
        page.changed.connect(self._change)
        page.restartRequested.connect(self._restart_kiosk)

    def _opened(self) -> SettingsService:
        """Return the service, made when first used.

        A file that could not be read at the start counts from its first readable state on.
        """
        if self._service is None:
            self._service = SettingsService(
                self._file,
                self._storage.audit_log,
                build_two_admins(self._storage),
                self._storage.two_admins,
                self._config.started_with or self._file.read(),
                str(self._file.path),
                self._check_startable,
            )
        return self._service

    def _check_startable(self, config: Config, changed: Collection[str]) -> None:
        check_startable(config, changed, in_use=self._config.value)

    def change(self, texts: Mapping[str, str], failed: Failed) -> None:
        """Change settings that another page proposes; ``failed``: called with the error."""
        actor = self._context.session.account
        self._context.worker.run(
            lambda: self._opened().change(actor, texts),
            lambda changed: self._config.use(changed[0]),
            failed,
        )

    @Slot()
    def _show(self) -> None:
        actor = self._context.session.account
        self._run(lambda: self._opened().view(actor), self._page.show_view)

    @Slot(object, str, str)
    def _change(self, texts: Mapping[str, str | None], name: str, pin: str) -> None:
        actor = self._context.session.account

        def done(changed: tuple[Config, SettingsView]) -> None:
            config, view = changed
            self._config.use(config)
            self._page.show_saved(view)

        self._run(lambda: self._opened().change(actor, texts, name, pin), done)

    def save(
        self,
        texts: Mapping[str, str | None],
        done: Callable[[Config], None],
        show_error: Callable[..., None],
    ) -> None:
        """Change settings for another page: then call ``done``, or show why they were not kept."""
        actor = self._context.session.account

        def use(changed: tuple[Config, SettingsView]) -> None:
            self._config.use(changed[0])
            done(changed[0])

        self._context.worker.run(
            lambda: self._opened().change(actor, texts), use, shown_by(show_error)
        )

    @Slot()
    def _restart_kiosk(self) -> None:
        actor = self._context.session.account
        self._run(
            lambda: self._opened().may_restart(actor),
            lambda _: self._restart(_do_nothing),
        )

    def _run(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        self._context.worker.run(work, done, shown_by(self._page.show_error))


def _do_nothing() -> None:
    """Restart only."""
