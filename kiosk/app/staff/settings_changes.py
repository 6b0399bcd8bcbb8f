"""Changing settings, for every page of the staff area that does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from kiosk.app.bootstrap.administer_factory import build_two_admins
from kiosk.app.bootstrap.config_factory import site_config
from kiosk.app.live_config import LiveConfig
from kiosk.app.staff.context import StaffContext
from kiosk.app.start_checks import check_startable
from kiosk.app.tasks import Failed, shown_by
from kiosk.core.config import Config
from kiosk.services.settings_service import SettingsService
from kiosk.storage.config_file import ConfigFile
from kiosk.storage.store import Store


class SettingsChanges:
    """Writes settings to the file on the staff's worker, and uses them at once where possible."""

    def __init__(self, context: StaffContext, storage: Store, config: LiveConfig) -> None:
        self._context = context
        self._storage = storage
        self._config = config
        self._file = ConfigFile(config.file, site_config())
        self._service: SettingsService | None = None

    def service(self) -> SettingsService:
        """Return the service, made when first used; on the worker's thread.

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
        """Change settings that a page proposes; ``failed``: called with the error."""
        actor = self._context.session.account
        self._context.worker.run(
            lambda: self.service().change(actor, texts),
            lambda changed: self._config.use(changed[0]),
            failed,
        )

    def save(
        self,
        texts: Mapping[str, str | None],
        done: Callable[[Config], None],
        show_error: Callable[..., None],
    ) -> None:
        """Change settings: then call ``done``, or show why they were not kept."""
        actor = self._context.session.account

        def use(changed: tuple[Config, object]) -> None:
            self._config.use(changed[0])
            done(changed[0])

        self._context.worker.run(
            lambda: self.service().change(actor, texts), use, shown_by(show_error)
        )
